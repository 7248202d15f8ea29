"""A station with everything around it, ready to be measured, with two simulated 1080p cameras."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from edge.inspection.golden_pictures import GOLDEN_FOLDER, GoldenStore
from edge.lab.bench.bench_shift import ARTICLE, LOOKS, write_bench_shift
from edge.lab.demo_folder import DemoFolder, ShiftChoice
from edge.lab.drawn_pictures import DrawnPictures, draw_empty_station
from edge.lab.errors import DeskStuck
from edge.lab.running_parts import RunningParts
from edge.lab.shift.plan import Shift
from edge.lab.station_copy import StationCopy
from edge.lab.table_scene import TableScene
from hardware.sim.scanner import send_scan

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class BenchStation:
    """The running parts and what lies on the table."""

    folder: DemoFolder
    parts: RunningParts
    shift: Shift
    table: TableScene
    pictures: DrawnPictures


@contextmanager
def bench_station(returns: int, *, golden: int = 0) -> Iterator[BenchStation]:
    """Start broker, OMS receiver and station, with so many returns of one unit announced.

    Args:
        returns: How many.
        golden: How many intact units of the article the station was shown before.
    """
    with tempfile.TemporaryDirectory(prefix="darkstore-bench-") as name:
        folder = DemoFolder(Path(name))
        started_at = datetime.now(UTC).replace(microsecond=0)
        folder.begin(ShiftChoice(1, 1, started_at, None))
        shift = write_bench_shift(started_at, 1, returns=returns, golden=golden)
        folder.write_oms_files(shift, cancelled=False)
        pictures = DrawnPictures(folder.pictures, 1)
        pictures.prepare(shift)
        store = GoldenStore(folder.station / "data" / GOLDEN_FOLDER)
        for unit in shift.returns[0].units[len(LOOKS) :]:
            for view, jpeg in pictures.views(unit, at_first=False).items():
                store.add(ARTICLE.sku, view, {unit.unit_id: jpeg})
        empty = draw_empty_station()
        folder.write_references(empty)
        table = TableScene(folder.scene, pictures)
        table.clear(empty)
        parts = RunningParts(folder)
        try:
            parts.start()
            StationCopy(folder, parts).wait_for_announcements(shift)
            yield BenchStation(folder, parts, shift, table, pictures)
        finally:
            parts.stop()


class LiveDesk:
    """A page's view of the desk: what the station pushes to it, as it arrives.

    Args:
        parts: Where the station is.
    """

    def __init__(self, parts: RunningParts) -> None:
        self._socket: ClientConnection = connect(
            parts.address.replace("http://", "ws://") + "/api/live",
            origin=Origin(parts.address),
            max_size=2**22,
        )

    def wait(self, phase: str, newer_than: int = -1) -> dict[str, Any]:
        """The first desk in that phase whose version is above `newer_than`.

        Raises:
            DeskStuck: None was pushed in time.
        """
        while True:
            try:
                message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            except TimeoutError as error:
                raise DeskStuck(phase, PATIENCE_S, "no change") from error
            desk = message.get("desk") or message.get("state", {}).get("desk")
            if desk is not None and desk["phase"] == phase and int(desk["version"]) > newer_than:
                return dict(desk)

    def close(self) -> None:
        """Close the page."""
        self._socket.close()


def open_return(station: BenchStation, live: LiveDesk, number: int = 0) -> dict[str, Any]:
    """Scan a return's number."""
    send_scan(station.folder.scanner, station.shift.returns[number].reference)
    return live.wait("return_open")
