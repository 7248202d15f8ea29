"""Stations, an OMS and a broker in one thread: everything that matters is real, but time and the network.

The stations are whole deliveries on SQLite files, the OMS is the reference receiver on its ledger; `Network`
stands between them and does what a broker may do at its worst: keep messages back, drop, double and reorder
them, forget everything. Nobody acts unless the test says so.
"""

import shutil
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from builders_messages import a_movement, a_resolution, an_event, an_expected_return, an_inspection

from sync.answers import Answered
from sync.contract.messages import EventData, ExpectedItem, ReferenceItem, StockState, StreamName
from sync.database import Database, MigrationSet
from sync.delivery import Delivery
from sync.envelope import OutgoingEvent
from sync.oms.exchange import OmsExchange
from sync.oms.ledger import LEDGER_FILE, Ledger
from sync.oms.loading import ExpectedFile
from sync.oms.receiver import SUBSCRIPTIONS
from sync.oms.settings import OmsSettings
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS, OutboxRow, OutboxState
from sync.salvage import SalvageReport, salvage
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity
from sync.wire import Connected, Disconnected, LinkEvent, Publication, Received

SITE = "blr-01"
WINDOW = 3
BEGIN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
STATION_FILE = "station.db"
OMS = "oms"


@dataclass
class Clock:
    """Time stands still until the test lets it pass."""

    seconds: float = 1000.0
    drawn: int = 0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    def new_id(self) -> str:
        """Never given twice, whoever was restored."""
        self.drawn += 1
        return f"id-{self.drawn:06d}"

    def new_random(self) -> str:
        self.drawn += 1
        return f"{self.drawn * 7919 % 0xFFFFFF:06x}"


class NetLink:
    """One client's link; see `sync.wire.Link`."""

    def __init__(self, network: "Network", client: str, subscriptions: Sequence[str]) -> None:
        self.network, self.client, self.subscriptions = network, client, subscriptions
        self.give: Callable[[LinkEvent], None] = lambda _: None
        self.will: Publication | None = None
        self.on_puback: Callable[[Publication], None] = lambda _: None

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        self.give = on_event

    def publish(self, publications: list[Publication]) -> None:
        if self.network.is_connected(self):
            for publication in publications:
                self.network.publish(publication)
                self.on_puback(publication)

    def acknowledge(self, *received: Received) -> None:
        """What was delivered is gone; a redelivery is one of the network's tricks."""

    def stop(self, farewell: Publication | None = None) -> None:
        if farewell is not None:
            self.publish([farewell])
        self.network.disconnect(self.client, will=False)


class Network:
    """A broker: sessions with what waits for each client, and what is retained."""

    def __init__(self) -> None:
        self.sessions: dict[str, deque[Received]] = {}
        self.retained: dict[str, Publication] = {}
        self._filters: dict[str, Sequence[str]] = {}
        self._connected: dict[str, NetLink] = {}

    def is_connected(self, link: NetLink) -> bool:
        return self._connected.get(link.client) is link

    def connect(self, link: NetLink, will: Publication) -> None:
        if self.is_connected(link):
            return
        session = self.sessions.setdefault(link.client, deque())
        self._filters[link.client] = link.subscriptions
        self._connected[link.client] = link
        link.will = will
        for publication in self.retained.values():
            if any(_matches(one, publication.topic) for one in link.subscriptions):
                session.append(Received(publication.topic, publication.payload, retained=True))
        link.give(Connected(session_present=bool(session)))

    def disconnect(self, client: str, *, will: bool = True) -> None:
        link = self._connected.pop(client, None)
        if link is None:
            return
        link.give(Disconnected("broker.connection_lost", "the test cut it"))
        if will and link.will is not None:
            self.publish(link.will)

    def publish(self, publication: Publication) -> None:
        if publication.retain:
            self.retained[publication.topic] = publication
        for client, filters in self._filters.items():
            if any(_matches(one, publication.topic) for one in filters):
                self.sessions[client].append(Received(publication.topic, publication.payload))

    def deliver(self, client: str, most: int = 1000) -> int:
        """Give a connected client the next of what waits for it."""
        link, session = self._connected.get(client), self.sessions.get(client)
        count = 0
        while link is not None and session and count < most:
            link.give(session.popleft())
            count += 1
        return count

    def forget(self) -> None:
        """Killed before it wrote anything down: sessions and retained messages are gone."""
        for client in list(self._connected):
            self.disconnect(client, will=False)
        self.sessions.clear()
        self.retained.clear()
        self._filters.clear()


class KeptReturns:
    """A station's copy of the expected returns: key to offset, in its own database."""

    def apply(self, items: Sequence[ExpectedItem | ReferenceItem], database: Database) -> None:
        for item in items:
            key = item.expected.return_id if hasattr(item, "expected") and item.expected else str(item)
            database.sql("INSERT OR REPLACE INTO kept (key, offset) VALUES (?, ?)", (key, item.offset))

    def reset(self, database: Database) -> None:
        database.sql("DELETE FROM kept")


@dataclass
class World:
    """What the whole test shares, and what an outside observer remembers.

    Attributes:
        recorded: Ids that any life of the OMS's ledger ever held.
        told: Ids for which the staff got a task.
        committed: The order in which events were committed; ids that were never to be in order are left out.
        out_of_order: What an observer at the OMS saw applied before something that was committed earlier.
    """

    folder: Path
    clock: Clock = field(default_factory=Clock)
    network: Network = field(default_factory=Network)
    recorded: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    committed: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    out_of_order: list[str] = field(default_factory=list)
    settle_on_puback: bool = False

    def __post_init__(self) -> None:
        kept = self.folder / "kept_migrations"
        kept.mkdir(parents=True)
        (kept / "0001_kept.sql").write_text(
            "CREATE TABLE kept (key TEXT PRIMARY KEY, offset INTEGER NOT NULL);"
        )
        self.migrations = [SYNC_MIGRATIONS, MigrationSet("kept", kept)]


class SimStation:
    """A station: its database, and a delivery that takes a turn when told to."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.identity = world, StationIdentity(SITE, name)
        self.path = world.folder / name / STATION_FILE
        self.path.parent.mkdir(parents=True)
        self.backup_path = self.path.with_suffix(".backup")
        self.open()

    def open(self) -> None:
        clock = self.world.clock
        self.database = Database.open(self.path, self.world.migrations, now=clock.now)
        self._let_go_of_the_forgotten()
        self.outbox = Outbox(
            self.database,
            OutboxSettings(window=WINDOW, retry_base_s=1, retry_cap_s=5, answer_timeout_s=30, page_size=10),
            identity=self.identity,
            now=clock.now,
            new_id=clock.new_id,
            new_random=clock.new_random,
            monotonic_ns=lambda: int(clock.seconds * 1e9),
        )
        self.outbox.begin_epoch()
        self.link = NetLink(self.world.network, self.identity.client_id, self.identity.topics.subscriptions)
        if self.world.settle_on_puback:
            self.link.on_puback = self._settle_on_puback
        self.delivery = Delivery(
            self.outbox,
            BrokerSettings(),
            handlers={StreamName.EXPECTED: KeptReturns()},
            describe=lambda: StationDescription(software="0.1.0"),
            on_answer=self._hear,
            now=clock.now,
            new_id=clock.new_id,
            monotonic=clock.monotonic,
            rng=Random(1),
            link=self.link,
        )
        self.delivery.relay.start_without_thread()
        self.connect()

    def connect(self) -> None:
        if not self.delivery.relay.status().session_taken_over:
            self.world.network.connect(self.link, self.delivery.presence.will())

    def turn(self) -> None:
        self.delivery.relay.turn()

    def close(self) -> None:
        """SIGKILL, as far as the disk and the broker see it."""
        self.world.network.disconnect(self.identity.client_id)
        self.database.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def back_up(self) -> None:
        self.backup_path.unlink(missing_ok=True)
        self.database.sql("VACUUM INTO ?", (str(self.backup_path),))

    def restore(self) -> None:
        if not self.backup_path.exists():
            return
        self.close()
        _replace(self.path, self.backup_path)
        self.open()

    def salvage(self, lose: int) -> SalvageReport:
        """Some of the newest events become unreadable, and what is left is salvaged."""
        self.close()
        self.world.clock.seconds += 0.1  # each salvage has a folder of its own
        with closing(sqlite3.connect(self.path)) as raw, raw:
            rows = raw.execute("SELECT position FROM outbox ORDER BY position DESC LIMIT ?", (lose,))
            for (position,) in rows.fetchall():
                raw.execute("DELETE FROM outbox_payloads WHERE position = ?", (position,))
                raw.execute("DELETE FROM outbox WHERE position = ?", (position,))
        report = salvage(self.path, self.world.migrations, now=self.world.clock.now)
        self.open()
        return report

    def commit(self, subject: str, kind: str) -> OutboxRow:
        return self._append(subject, _data(kind, subject, self.world.clock.new_id()))

    def repair(self, dead: OutboxRow) -> OutboxRow:
        data = _data("good", dead.subject, self.world.clock.new_id())
        return self._append(dead.subject, data, replaces=dead.message_id)

    def dead(self) -> list[OutboxRow]:
        return self.outbox.rows(states=[OutboxState.DEAD])

    def kept(self) -> dict[str, int]:
        return dict(self.database.sql("SELECT key, offset FROM kept"))

    def states(self) -> dict[str, str]:
        return dict(self.database.sql("SELECT message_id, state FROM outbox"))

    def _append(self, subject: str, data: EventData, *, replaces: str | None = None) -> OutboxRow:
        event = OutgoingEvent(type=data.EVENT_TYPE, subject=subject, data=data.to_data(), replaces=replaces)
        with self.database.write():
            row = self.outbox.append(event)
        if replaces is None:
            number = self.world.clock.drawn
            self.world.committed[row.message_id] = (self.identity.station, subject, number)
        return row

    def _let_go_of_the_forgotten(self) -> None:
        """Of what this database has forgotten, nobody can keep the order."""
        states = self.states()
        for message_id, (station, *_) in list(self.world.committed.items()):
            if station == self.identity.station and message_id not in states:
                del self.world.committed[message_id]

    def _hear(self, answered: Answered) -> None:
        self.world.told.add(answered.row.message_id)

    def _settle_on_puback(self, publication: Publication) -> None:
        """What this station must never do; a test shows that it would be caught."""
        for token in publication.tokens:
            self.database.sql(
                "UPDATE outbox SET state = 'SETTLED', status = 'puback' WHERE message_id = ?", (token,)
            )


class SimOms:
    """The reference receiver: its ledger, and an exchange that takes a turn when told to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder / OMS
        self.backup_path = self.folder / "backup"
        self.folder.mkdir(parents=True)
        self._arrived: list[LinkEvent] = []
        self._newest: dict[tuple[str, str], int] = {}  # newest event applied, by station and subject
        self._seen: set[str] = set()
        self._returns = 0
        self.open()

    def open(self) -> None:
        clock = self.world.clock
        self.ledger = Ledger.open(self.folder, now=clock.now)
        settings = OmsSettings(data_dir=self.folder, gap_quiet_s=5, gap_cap_s=20, reconcile_every_s=60)
        self.exchange = OmsExchange(
            settings, self.ledger, self._link, now=clock.now, new_id=clock.new_id, monotonic=clock.monotonic
        )
        self._arrived.clear()
        self.exchange.load()
        self.link.start(self._arrived.append)
        self.connect()

    def connect(self) -> None:
        self.world.network.connect(self.link, self.exchange.state("offline"))

    def turn(self) -> None:
        arrived, self._arrived[:] = list(self._arrived), []
        self.exchange.work(arrived, _at_once)
        self.exchange.tick(_at_once)
        self._observe()

    def close(self) -> None:
        self.world.network.disconnect(OMS)
        self.ledger.database.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def back_up(self) -> None:
        self.backup_path.unlink(missing_ok=True)
        self.ledger.database.sql("VACUUM INTO ?", (str(self.backup_path),))

    def restore(self) -> None:
        if not self.backup_path.exists():
            return
        self.close()
        _replace(self.folder / LEDGER_FILE, self.backup_path)
        self._newest.clear()  # what was forgotten comes again beside what is new
        self.world.committed.clear()
        self.open()

    def expect(self, number: int) -> None:
        """The OMS learns of returns, or of changes to known ones."""
        self._returns += 1
        returns = tuple(
            an_expected_return(f"R-{one}", quantity=1 + self._returns % 90) for one in range(number)
        )
        self.exchange.streams.take_expected(ExpectedFile(site=SITE, returns=returns))

    def statuses(self) -> dict[str, str]:
        return dict(self.ledger.database.sql("SELECT id, status FROM events"))

    def stream(self) -> dict[str, int]:
        return dict(
            self.ledger.database.sql("SELECT key, offset FROM stream_items WHERE stream = 'expected'")
        )

    def applied_units(self) -> tuple[int, int]:
        """Units that the books say came in, and events with a unit that were applied."""
        (booked,) = self.ledger.database.sql(
            "SELECT total(CAST(quantity AS INTEGER)) FROM postings WHERE account = 'AVAILABLE'"
        )
        (applied,) = self.ledger.database.sql(
            "SELECT count(*) FROM events WHERE status = 'applied' AND inspection_id IS NOT NULL"
        )
        return int(booked[0]), int(applied[0])

    def _observe(self) -> None:
        statuses = self.statuses()
        new = [one for one in statuses if one not in self._seen]
        self._seen.update(new)
        self.world.recorded.update(statuses)
        fresh = [self.world.committed[one] + (one,) for one in new if one in self.world.committed]
        for station, subject, number, message_id in sorted(fresh, key=lambda one: one[2]):
            if number < self._newest.get((station, subject), -1):
                self.world.out_of_order.append(message_id)
            if statuses[message_id] == "applied":
                self._newest[station, subject] = max(number, self._newest.get((station, subject), -1))

    def _link(self, will: Callable[[], Publication]) -> NetLink:
        del will
        self.link = NetLink(self.world.network, OMS, SUBSCRIPTIONS)
        return self.link


def _at_once(work: Callable[[], None]) -> None:
    work()


def _matches(pattern: str, topic: str) -> bool:
    wanted, levels = pattern.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(
        one in ("+", level) for one, level in zip(wanted, levels, strict=True)
    )


def _replace(path: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(copy, path)


def _data(kind: str, subject: str, name: str) -> EventData:
    if kind == "early":  # speaks of an event that never comes: put off again and again, then rejected
        nowhere = an_inspection(f"none-{name}", return_id=subject, line_id=None)
        return a_resolution(an_event(nowhere, message_id=f"none-{name}"))
    unfit = (a_movement(StockState.AVAILABLE, quantity=2),)
    changes = {"movements": unfit} if kind == "bad" else {}
    return an_inspection(f"i-{name}", return_id=subject, line_id=None, **changes)
