"""`darkstore endurance outage`: a month under full load without a network, then everything is delivered.

Full load is a return every two minutes, day and night; each owes four events (it came, two units, its
balance). The days pass by a clock that the simulation moves; each morning the station starts anew. All the
while its real relay looks for a broker in vain. Then a real Mosquitto and the real OMS receiver come up; the
backlog drains while live returns go on, and how long each of *those* waits is measured. At the end the lab's
journal is compared with the OMS's ledger.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.bootstrap import EDGE_MIGRATIONS
from edge.ids import new_id
from edge.lab.bench.figures import percentile, spread
from edge.lab.endurance.books import compare_books
from edge.lab.endurance.busy_desk import EVENTS_A_RETURN, BusyDesk
from edge.lab.endurance.clock import OutageClock
from edge.lab.endurance.live_returns import LiveReturns
from edge.lab.errors import EnduranceFailed
from edge.lab.mosquitto import DURABLE, Mosquitto
from edge.lab.oms_receiver import oms_receiver
from edge.versions import SOFTWARE
from sync.database import Database
from sync.delivery import Delivery
from sync.housekeeping import remove_expired
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity

DAY = timedelta(days=1)
IDENTITY = StationIdentity("ENDURANCE-1", "desk-1")
DATABASE_FILE = "station.db"
LIVE_LIMIT_S = 5.0  # "within seconds": 95 of 100 live events
POLL_S = 0.01
LEAST_LIVE = 10  # live returns, however soon the backlog is drained

Progress = Callable[[str, int, int], None]  # phase, done, of


@dataclass(frozen=True, slots=True)
class Outage:
    """What is played.

    Attributes:
        days: Simulated days without a network.
        returns_a_day: Returns taken in each day, evenly spread.
        live_every_s: A live return that often while the backlog drains.
        patience_s: Longest wait for the backlog to drain.
    """

    days: int = 30
    returns_a_day: int = 720
    live_every_s: float = 0.5
    patience_s: float = 900.0

    @property
    def returns(self) -> int:
        """All of them."""
        return self.days * self.returns_a_day


@dataclass(slots=True)
class _Played:
    """What happened at the station."""

    saved: list[str] = field(default_factory=list)
    returns: int = 0
    took_ms: list[list[float]] = field(default_factory=list)  # of each return, by day


def play_outage(outage: Outage, folder: Path, on_progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Play it; the figures, with `good` for whether all is well.

    Raises:
        EnduranceFailed: The backlog did not drain in time; the folder keeps everything.
        MosquittoMissing: Mosquitto is not installed.
        ProgramEnded, ProgramSilent: A program of ours did not come up.
    """
    broker = Mosquitto(folder / "broker", DURABLE)
    clock = OutageClock(datetime.now(UTC).replace(microsecond=0) - outage.days * DAY)
    played = _Played()
    started = time.monotonic()
    for day in range(outage.days):
        with _station(folder, clock, broker.port) as (outbox, delivery):
            delivery.start()
            _one_day(outage, day, outbox, clock, played, on_progress)
    offline_s = time.monotonic() - started
    clock.let_run()
    with ExitStack() as stack:
        began = time.monotonic()
        outbox, delivery = stack.enter_context(_station(folder, clock, broker.port))
        start_s = time.monotonic() - began
        owed = outbox.counts().owed
        stack.enter_context(broker)
        stack.enter_context(oms_receiver(folder, broker.port))
        drained = _drain(outage, outbox, delivery, BusyDesk(outbox, clock), played, on_progress)
        epochs = len(outbox.epochs())
    books = compare_books(folder / "oms", played.saved)
    events = played.returns * EVENTS_A_RETURN
    within = percentile(drained["live_ms"], 0.95) <= LIVE_LIMIT_S * 1e3
    return {
        "simulated_days": outage.days,
        "returns_a_day": outage.returns_a_day,
        "returns": played.returns,
        "epochs": epochs,
        "events": events,
        "owed_at_the_end_of_the_outage": owed,
        "oldest_owed_days": drained["oldest_days"],
        "station_db_mb": round((folder / DATABASE_FILE).stat().st_size / 1e6, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "offline_took_s": round(offline_s, 1),
        "start_with_the_backlog_s": round(start_s, 2),
        "save_a_return_first_day": spread(played.took_ms[0]),
        "save_a_return_last_day": spread(played.took_ms[outage.days - 1]),
        "drain_s": round(drained["seconds"], 1),
        "settled_per_s": round((owed + drained["live_events"]) / drained["seconds"]),
        "live_returns": drained["live_returns"],
        "live_settled": {**spread(drained["live_ms"]), "max_ms": round(max(drained["live_ms"]), 2)},
        "live_within_seconds": within,
        "applied_events": books.events,
        "saved": books.saved,
        "applied": books.applied,
        "lost": len(books.lost),
        "applied_twice": len(books.applied_twice),
        "rejected": books.rejected,
        "exceptions": books.exceptions,
        "good": books.good and within and books.events == events,
    }


def _one_day(
    outage: Outage,
    day: int,
    outbox: Outbox,
    clock: OutageClock,
    played: _Played,
    on_progress: Progress,
) -> None:
    """A day of returns, then the housekeeping that a station does."""
    desk = BusyDesk(outbox, clock)
    midnight = clock.now()
    took = []
    for number in range(outage.returns_a_day):
        clock.advance_to(midnight + DAY * (number / outage.returns_a_day))
        began = time.perf_counter()
        played.saved += desk.take_return(played.returns)
        took.append((time.perf_counter() - began) * 1e3)
        played.returns += 1
        on_progress("offline", day * outage.returns_a_day + number + 1, outage.returns)
    clock.advance_to(midnight + DAY)
    played.took_ms.append(took)
    for _ in remove_expired(outbox.database, retention_days=outbox.settings.retention_days, now=clock.now):
        pass


def _drain(
    outage: Outage,
    outbox: Outbox,
    delivery: Delivery,
    desk: BusyDesk,
    played: _Played,
    on_progress: Progress,
) -> dict[str, Any]:
    """Deliver the backlog while live returns go on; seconds from the OMS's presence to nothing owed."""
    oldest, newest = outbox.counts().oldest_owed_at, datetime.now(UTC)
    backlog = outbox.counts().owed
    live = LiveReturns(outbox.database)
    delivery.start()
    try:
        deadline = time.monotonic() + outage.patience_s
        _wait(lambda: delivery.relay.status().oms_present, deadline, "the station met the OMS")
        began = next_live = time.monotonic()
        taken = 0
        while True:
            owed = outbox.counts().owed
            on_progress("draining", max(0, backlog - owed), backlog)
            if taken >= LEAST_LIVE and owed == 0:
                break
            if time.monotonic() >= next_live and (owed > live.waiting or taken < LEAST_LIVE):
                next_live += outage.live_every_s
                live.committed(lambda: played.saved.extend(desk.take_return(played.returns)))
                played.returns += 1
                taken += 1
            live.look()
            if time.monotonic() > deadline:
                raise EnduranceFailed(f"{owed} events were still owed after {outage.patience_s:.0f} s")
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
        live.look()
    finally:
        delivery.stop()
    return {
        "seconds": seconds,
        "live_returns": taken,
        "live_events": taken * EVENTS_A_RETURN,
        "live_ms": live.took_ms,
        "oldest_days": round((newest - oldest) / DAY, 1) if oldest else 0,
    }


@contextmanager
def _station(folder: Path, clock: OutageClock, port: int) -> Iterator[tuple[Outbox, Delivery]]:
    """One run of the station: its database with all its tables, its outbox with a new epoch, its delivery."""
    database = Database.open(folder / DATABASE_FILE, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    try:
        outbox = Outbox(
            database,
            OutboxSettings(),
            identity=IDENTITY,
            now=clock.now,
            new_id=new_id,
            monotonic_ns=clock.monotonic_ns,
        )
        outbox.begin_epoch()
        delivery = Delivery(
            outbox,
            BrokerSettings(port=port),
            handlers={},
            describe=lambda: StationDescription(software=SOFTWARE),
            now=clock.now,
            new_id=new_id,
        )
        try:
            yield outbox, delivery
        finally:
            delivery.stop()
    finally:
        database.close()


def _wait(reached: Callable[[], bool], deadline: float, what: str) -> None:
    while not reached():
        if time.monotonic() > deadline:
            raise EnduranceFailed(f"the time was over before {what}")
        time.sleep(POLL_S)
