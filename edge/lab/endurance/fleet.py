"""`darkstore endurance fleet`: hundreds of stations lose one Mosquitto at the same moment, and come back.

Each station has its own outbox, relay and connection; a few processes hold them. Twice the broker is stopped,
all stations commit what they owe, and the broker is started again: once at once, as in a restart, and once
after an outage long enough for all stations to have backed off as far as they do. From the births and from
the OMS's ledger follow: how the connections were spread against full jitter, how evenly the stations were
served, and whether everything was settled.
"""

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from edge.lab.bench.figures import percentile
from edge.lab.endurance.books import compare_books
from edge.lab.endurance.fleet_fairness import fairness
from edge.lab.endurance.fleet_part import FleetPart, identity_of, run_part
from edge.lab.endurance.fleet_spread import (
    ahead,
    busiest_second,
    chance_distance,
    distance,
    expected_waits,
    is_spread,
)
from edge.lab.errors import EnduranceFailed
from edge.lab.mosquitto import DURABLE, Mosquitto
from edge.lab.oms_receiver import oms_receiver
from sync.database import Database
from sync.fields import parse_utc, utc_text
from sync.oms.ledger import LEDGER_FILE, MIGRATIONS
from sync.retry import BackOff
from sync.settings import BrokerSettings

POLL_S = 0.25
CALM_S = 12.0  # a connection that lasted longer counts as well made
Progress = Callable[[str, int, int], None]  # phase, done, of


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is played.

    Attributes:
        stations: How many.
        events: Events that each owes when the broker comes back.
        processes: Processes that share the stations.
        downs_s: How long the broker is away, each time; longer where committing takes longer.
        broker: How stations connect; the port is filled in.
        seed: Draws the stations' waits.
        patience_s: Longest wait until all is settled, each time.
    """

    stations: int = 200
    events: int = 200
    processes: int = 2
    downs_s: tuple[float, ...] = (2.0, 150.0)
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    seed: int = 1
    patience_s: float = 300.0


def play_fleet(fleet: Fleet, folder: Path, on_progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Play it; the figures, with `good` for whether all is well.

    Raises:
        EnduranceFailed: Not everything was settled in time; the folder keeps everything.
        MosquittoMissing: Mosquitto is not installed.
        ProgramEnded, ProgramSilent: A program of ours did not come up.
    """
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder / "broker", DURABLE))
        stack.enter_context(oms_receiver(folder, broker.port))
        parts = stack.enter_context(_parts(fleet, folder, broker.port))
        _until(fleet, parts, "connecting", fleet.stations, on_progress)
        episodes, saved = [], list[str]()
        for down_s in fleet.downs_s:
            time.sleep(CALM_S if fleet.broker.stable_after_s > 1 else 0)
            gone = time.time()
            saved += _away(fleet, broker, parts, down_s, on_progress)
            started = time.time()
            broker.start()
            back = time.time()
            _until(fleet, parts, "settling", fleet.stations * fleet.events, on_progress)
            took = time.time() - back
            births = {
                # A broker that goes publishes the wills, and who reads its own death says that it lives.
                number: [at for at in times if at >= started]
                for part in parts
                for number, times in part.ask("births").items()
            }
            episodes.append(_episode(fleet, folder, back - gone, back, took, births))
        memory = {
            "stations_mb": [part.memory_mb() for part in parts],
            "mosquitto_mb": _memory_mb(broker.pid or 0),
        }
    books = compare_books(folder / "oms", saved)
    return {
        "stations": fleet.stations,
        "processes": fleet.processes,
        "events_each_time": fleet.stations * fleet.events,
        "broker": "mosquitto",
        "returns": episodes,
        "memory": memory,
        "saved": books.saved,
        "applied": books.applied,
        "lost": len(books.lost),
        "applied_twice": len(books.applied_twice),
        "rejected": books.rejected,
        "exceptions": books.exceptions,
        "good": books.good and all(one["spread"]["as_full_jitter"] for one in episodes),
    }


class _Part:
    """The driver's end of one process of stations."""

    def __init__(self, part: FleetPart) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe: Connection
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=run_part, args=(part, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def send(self, *request: object) -> None:
        """One request; `ask` without one waits for its answer."""
        self._pipe.send(request)

    def ask(self, *request: object) -> Any:
        """One request and its answer."""
        if request:
            self.send(*request)
        return self._pipe.recv()

    def memory_mb(self) -> int:
        """The most that it ever held."""
        return _memory_mb(self._process.pid or 0)

    def stop(self) -> None:
        """Let its stations say farewell, then end it."""
        if self._process.is_alive():
            self._pipe.send(("stop",))
        self._process.join(60)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()


@contextmanager
def _parts(fleet: Fleet, folder: Path, port: int) -> Iterator[list[_Part]]:
    broker = fleet.broker.model_copy(update={"port": port})
    numbers = range(fleet.stations)
    parts: list[_Part] = []
    try:
        for share in range(fleet.processes):
            mine = tuple(numbers[share :: fleet.processes])
            parts.append(_Part(FleetPart(os.getpid(), folder / "stations", mine, broker, fleet.seed)))
        for part in parts:
            part.ask()  # waits for "ready"
        yield parts
    finally:
        for part in parts:
            part.stop()


def _away(
    fleet: Fleet, broker: Mosquitto, parts: list[_Part], down_s: float, on_progress: Progress
) -> list[str]:
    """The broker goes and stays away, every station commits what it will owe; what was saved."""
    for part in parts:
        part.ask("births")  # those from before don't count
    broker.stop()
    gone = time.monotonic()
    for part in parts:
        part.send("commit", fleet.events)
    saved = [one for part in parts for one in part.ask()]
    while (away := time.monotonic() - gone) < down_s:
        on_progress("away", int(away), int(down_s))
        time.sleep(min(POLL_S, down_s - away))
    return saved


def _until(fleet: Fleet, parts: list[_Part], phase: str, goal: int, on_progress: Progress) -> None:
    """Wait until all are connected, or nothing is owed."""
    deadline = time.monotonic() + fleet.patience_s
    while True:
        if phase == "connecting":
            done = sum(part.ask("connected") for part in parts)
        else:
            done = goal - sum(part.ask("owed") for part in parts)
        on_progress(phase, done, goal)
        if done >= goal:
            return
        if time.monotonic() > deadline:
            raise EnduranceFailed(f"{phase}: {done} of {goal} after {fleet.patience_s:.0f} s")
        time.sleep(POLL_S)


def _episode(
    fleet: Fleet, folder: Path, down_s: float, back: float, took: float, births: dict[int, list[float]]
) -> dict[str, Any]:
    """What one return of the broker shows."""
    connected = {number: min(times) for number, times in births.items() if times}
    waits = [max(0.0, at - back) for at in connected.values()]
    rng = random.Random(fleet.seed)
    back_off = BackOff(fleet.broker.reconnect_base_s, fleet.broker.reconnect_cap_s)
    expected = expected_waits(back_off, down_s, rng)
    return {
        "broker_away_s": round(down_s, 1),
        "connected": len(connected),
        "all_settled_s": round(took, 1),
        "spread": {
            "window_s": round(max(expected), 1),
            "connect_s": _quartiles(waits),
            "full_jitter_s": _quartiles(expected),
            "distance_from_full_jitter": round(distance(waits, expected), 3),
            "distance_by_chance": round(chance_distance(len(waits), len(expected)), 3),
            "ahead_of_full_jitter": round(ahead(waits, expected), 3),
            "as_full_jitter": len(connected) == fleet.stations and is_spread(waits, expected),
            "busiest_second": busiest_second(waits),
            "busiest_second_of_full_jitter": round(
                busiest_second(expected) * fleet.stations / len(expected), 1
            ),
        },
        "fairness": _fairness(folder, back, connected),
    }


def _fairness(folder: Path, back: float, connected: dict[int, float]) -> dict[str, Any]:
    """How evenly the OMS served those that waited at the same time, by its own ledger."""
    answered = _answered(folder, back)
    keys = {number: (identity_of(number).site, identity_of(number).station) for number in connected}
    here = {number: answered[key] for number, key in keys.items() if key in answered}
    took = [times[-1] - connected[number] for number, times in here.items()]
    return {"station_settled_after_connecting_s": _quartiles(took), **asdict(fairness(connected, here))}


def _answered(folder: Path, since: float) -> dict[tuple[str, str], list[float]]:
    """When each station's events were answered, in order."""
    ledger = Database.open(folder / "oms" / LEDGER_FILE, [MIGRATIONS], now=lambda: datetime.now(UTC))
    found: dict[tuple[str, str], list[float]] = {}
    try:
        rows = ledger.sql(
            "SELECT site, station, answered_at FROM events WHERE answered_at >= ? ORDER BY answered_at",
            (utc_text(datetime.fromtimestamp(since, UTC)),),
        )
    finally:
        ledger.close()
    for site, station, at in rows:
        found.setdefault((site, station), []).append(parse_utc(at).timestamp())
    return found


def _quartiles(values: list[float]) -> dict[str, float]:
    return {
        name: round(percentile(values, share), 2)
        for name, share in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    }


def _memory_mb(pid: int) -> int:
    """The most memory that a process ever held."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0
