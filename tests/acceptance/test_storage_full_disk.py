"""A whole station on a disk of a few megabytes: what goes, what stays, where it stops, and how it goes on.

The real programs on a real file system (tmpfs). Nothing is mocked: the disk is filled by the pictures of the
units that are saved, and then by somebody else to its last byte.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.lab.bench.bench_shift import code_of_unit, write_bench_shift
from edge.lab.demo_folder import DemoFolder, ShiftChoice
from edge.lab.desk_watch import DeskWatch
from edge.lab.running_parts import RunningParts
from edge.lab.settling import wait_until_settled
from edge.lab.station_copy import StationCopy
from hardware.sim.scanner import send_scan
from hardware.sim.scene import SceneWriter
from sync.database import Database
from sync.oms.ledger import LEDGER_FILE, MIGRATIONS
from sync.oms.reconcile import Saved, reconcile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DISK = "26M"
LIMITS = "\n[storage]\nreserve_mb = 12\nstop_mb = 6\nqueue_mb = 3\n"
PATIENCE_S = 60.0


class SmallDisk(DemoFolder):
    """A demo's folder whose station has a file system of its own."""

    def write_station_config(self, *, http_port: int, broker_host: str, broker_port: int) -> None:
        super().write_station_config(http_port=http_port, broker_host=broker_host, broker_port=broker_port)
        with self.station_config.open("a", encoding="utf-8") as file:
            file.write(LIMITS)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "demo" / "station" / "data"
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("a file system of its own can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def heavy_picture(seed: int) -> bytes:
    """A 1080p picture of about a megabyte."""
    rng = np.random.default_rng(seed)
    picture = np.full((1080, 1920, 3), 190, np.uint8)
    cv2.rectangle(picture, (600, 240), (1320, 860), (40, 90, 180), -1)
    noise = rng.integers(-34, 35, (1080, 1920, 1), dtype=np.int16)
    done, jpeg = cv2.imencode(
        ".jpg", np.clip(picture + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    assert done
    return bytes(jpeg)


class Shop:
    """The programs, the person at the desk, and what they saw as saved."""

    def __init__(self, parts: RunningParts, folder: DemoFolder, disk: Path, reference: str) -> None:
        self.parts = parts
        self.folder = folder
        self.disk = disk
        self.watch = DeskWatch(parts.client)
        self.saved: list[str] = []
        self._number = 0
        self._reference = reference
        self._open()

    def _scan(self, text: str, aim: str | None = None) -> dict[str, Any]:
        scans = int(self.watch.now()["scans"])
        send_scan(self.folder.scanner, text, aim)
        return self.watch.heard(scans)

    def _open(self) -> None:
        assert self._scan(self._reference)["current_return"] is not None

    def inspect(self) -> str | None:
        """One unit; gives the code of what the desk said instead of saving it, None where it was saved."""
        self._number += 1
        desk = self._scan(*code_of_unit(self._number))
        if desk["proposal"] is None:
            return str(desk["notice"]["message"]["code"])
        inspection_id = str(desk["proposal"]["inspection_id"])
        desk, refusal = self.watch.do("/api/proposal/accept", {"inspection_id": inspection_id})
        if refusal is not None or (desk["last_saved"] or {}).get("inspection_id") != inspection_id:
            return refusal or str(desk["notice"]["message"]["code"])
        self.saved.append(inspection_id)
        return None

    def pictures(self) -> set[str]:
        """Inspections of which there are pictures."""
        return {path.name.rpartition("-")[0] for path in (self.disk / "pictures").glob("*/*.jpg")}

    def free_mb(self) -> float:
        found = os.statvfs(self.disk)
        return found.f_bavail * found.f_frsize / 2**20

    def owed(self) -> int:
        return int(self.parts.client.get("/api/state")["connection"]["owed"])

    def disk_check(self) -> str:
        checks = self.parts.client.get("/api/health")["checks"]
        return next(str(one["message"]["code"]) for one in checks if one["name"] == "disk")


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@contextmanager
def the_shop(disk: Path) -> Iterator[Shop]:
    folder = SmallDisk(disk.parent.parent)
    started_at = datetime.now(UTC).replace(microsecond=0)
    folder.begin(ShiftChoice(1, 1, started_at, None))
    shift = write_bench_shift(started_at, 200)
    folder.write_oms_files(shift, cancelled=False)
    SceneWriter(folder.scene).show({"top": heavy_picture(1), "front": heavy_picture(2)})
    parts = RunningParts(folder)
    try:
        parts.start()
        StationCopy(folder, parts).wait_for_announcements(shift)
        yield Shop(parts, folder, disk, shift.returns[0].reference)
    finally:
        parts.stop()


def test_what_goes_what_stays_where_it_stops_and_how_it_goes_on(disk: Path) -> None:
    with the_shop(disk) as shop:
        wait_for((disk / "outbox.reserve").exists, "the outbox's room is taken beforehand")

        # With an OMS that answers, the station outlives its disk: confirmed pictures make room.
        rounds = 0
        while len(shop.pictures()) == len(shop.saved):
            assert shop.inspect() is None
            wait_until_settled(shop.parts.client, timeout_s=PATIENCE_S)
            rounds += 1
            assert rounds < 60, "the disk is never short"
            if shop.free_mb() < 12:
                wait_for(lambda: shop.free_mb() >= 12, "room is made while nothing else is wrong")
        kept = shop.pictures()
        assert kept == set(shop.saved[-len(kept) :]), "the oldest go first"
        assert not list((disk / "drafts").glob("*.jpg")), "and before them what can be taken again"

        # Without one, nothing may go: the station works to its limit, and then stops in words.
        shop.parts.programs["oms"].stop()
        unanswered = len(shop.saved)
        while (said := shop.inspect()) is None:
            assert len(shop.saved) - unanswered < 40, "the disk is never full"
        assert said == "error.storage_short"
        assert shop.disk_check() == "health.disk.full"
        assert set(shop.saved[unanswered:]) <= shop.pictures(), "what the OMS has not confirmed stays"
        assert not shop.pictures() & set(shop.saved[:unanswered]), (
            "all that is confirmed went before the stop"
        )
        assert shop.owed() == len(shop.saved) - unanswered
        assert shop.inspect() == "error.storage_short", "as long as it lasts"

        # Somebody fills the disk to its last byte: what is owed is delivered all the same.
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * 4096)
        wait_for(lambda: not (disk / "outbox.reserve").exists(), "the outbox gets its room")
        shop.parts._run(
            "oms", "oms", "serve", "--broker", f"mqtt://127.0.0.1:{shop.parts._broker.port}",
            "--data", str(shop.folder.oms), "--expected", str(shop.folder.expected),
            "--reference", str(shop.folder.reference),
        )  # fmt: skip
        assert wait_until_settled(shop.parts.client, timeout_s=PATIENCE_S) == 0

        # Space returns, and so does the work.
        (disk / "filler").unlink()
        wait_for(lambda: shop.free_mb() >= 6, "room")
        assert shop.inspect() is None
        assert wait_until_settled(shop.parts.client, timeout_s=PATIENCE_S) == 0
        metrics = shop.parts.client.get_bytes("/metrics").decode()
        assert "darkstore_disk_free_bytes" in metrics
        assert "darkstore_disk_days_to_full" not in metrics, "too early to say"
        saved = [Saved(one, None, None) for one in shop.saved]
    ledger = Database.open(shop.folder.oms / LEDGER_FILE, [MIGRATIONS], now=lambda: datetime.now(UTC))
    try:
        report = reconcile(ledger, saved)
    finally:
        ledger.close()
    assert report.good
    assert (report.owed, report.applied, report.unknown_to_journal) == (len(saved), len(saved), ())
