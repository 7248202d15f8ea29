"""Some stations of a fleet in one process: each with its own database, outbox, relay and connection.

The driver talks to the process through a pipe; times are wall times of this machine, which all processes and
the OMS's ledger share.
"""

import gc
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from edge.ids import new_id
from edge.lab.bench.bench_events import UNITS_A_RETURN, inspected_events
from edge.versions import SOFTWARE
from hardware.cameras.parent_death import die_with_parent
from sync.database import Database
from sync.delivery import Delivery
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity

STATIONS_A_SITE = 2
RETURNS_A_STATION = 100_000  # numbers of returns that are a station's own
THREADS_SWITCH_S = 0.0005


@dataclass(frozen=True, slots=True)
class FleetPart:
    """Which stations a process holds, and how they find the broker."""

    driver_pid: int
    folder: Path
    stations: tuple[int, ...]
    broker: BrokerSettings
    seed: int


def identity_of(station: int) -> StationIdentity:
    """Two stations to a site."""
    return StationIdentity(f"FLEET-{station // STATIONS_A_SITE:03d}", f"desk-{station % STATIONS_A_SITE + 1}")


class _Station:
    """One station; it notes when it announced itself."""

    def __init__(self, part: FleetPart, number: int, stack: ExitStack) -> None:
        self._next_return = number * RETURNS_A_STATION
        self.births: list[float] = []
        path = part.folder / f"station-{number:03d}" / "station.db"
        database = Database.open(path, [SYNC_MIGRATIONS], now=_now)
        stack.callback(database.close)
        self.outbox = Outbox(
            database, OutboxSettings(), identity=identity_of(number), now=_now, new_id=new_id
        )
        self.outbox.begin_epoch()
        self.delivery = Delivery(
            self.outbox,
            part.broker,
            handlers={},
            describe=self._describe,
            now=_now,
            new_id=new_id,
            rng=random.Random(f"{part.seed}/{number}"),
        )
        stack.callback(self.delivery.stop)

    def commit(self, events: int) -> list[str]:
        """Owe so many inspections more; their ids."""
        saved = []
        with self.outbox.database.write():
            for event in inspected_events(events, _now(), first=self._next_return):
                self.outbox.append(event)
                saved.append(str(event.data["inspection_id"]))
        self._next_return += -(-events // UNITS_A_RETURN)
        return saved

    def _describe(self) -> StationDescription:
        """Asked for at each birth, which is the first thing that a station does on a new connection."""
        self.births.append(_now().timestamp())
        return StationDescription(software=SOFTWARE)


def run_part(part: FleetPart, pipe: Connection) -> None:
    """Run the stations until the driver says stop, or is gone.

    Requests are tuples: `commit` with a number of events a station gives the ids of what was saved; `owed`
    the events owed by all; `connected` how many are; `births` the times of each station's announcements
    since the last such request; `stop` nothing.
    """
    die_with_parent(part.driver_pid)
    sys.setswitchinterval(THREADS_SWITCH_S)
    gc.set_threshold(50_000)
    with ExitStack() as stack, suppress(EOFError):
        stations = {number: _Station(part, number, stack) for number in part.stations}
        for station in stations.values():
            station.delivery.start()
        pipe.send("ready")
        while (request := pipe.recv())[0] != "stop":
            pipe.send(_answer(request, stations))
    with suppress(OSError):
        pipe.send("stopped")


def _answer(request: Sequence[object], stations: dict[int, _Station]) -> object:
    match request:
        case ("commit", int(events)):
            return [saved for station in stations.values() for saved in station.commit(events)]
        case ("owed",):
            return sum(station.outbox.counts().owed for station in stations.values())
        case ("connected",):
            return sum(station.delivery.relay.status().connected for station in stations.values())
        case ("births",):
            found = {number: list(station.births) for number, station in stations.items()}
            for station in stations.values():
                station.births.clear()
            return found
    raise ValueError(f"nobody asks {request!r}")


def _now() -> datetime:
    return datetime.now(UTC)
