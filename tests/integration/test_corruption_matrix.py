"""Damaged records of a real shift: nothing damaged is called whole, each loss is named, work goes on.

The shift is played once, by the real desk on a real file. Two states of it are kept: *killed* (database, log
and marks as a SIGKILL leaves them) and *stopped* in order. Each case damages a copy and starts on it.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders_desk import SITE, DeskUnderTest, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return
from fakes_sync import a_delivery, free_port, wait_until

from edge.bootstrap import EDGE_MIGRATIONS, open_station
from edge.inspection.desk import QuestionKind
from edge.inspection.recovery import sweep_pictures
from edge.returns.expected import Reference, ReferenceKind
from edge.settings import Settings
from edge.station.services import HealthState
from edge.waking import MARKS_FILE, Waking, wake
from sync.broker import EmbeddedBroker
from sync.database import Database
from sync.high_water import HighWater
from sync.oms.ledger import Ledger
from sync.oms.reconcile import reconcile
from sync.oms.serving import receiver, utc_now
from sync.oms.settings import OmsSettings
from sync.records import SYNC_MIGRATIONS
from sync.sealing import seal
from sync.settings import BrokerSettings

MIGRATIONS = [SYNC_MIGRATIONS, EDGE_MIGRATIONS]
PAGE = 4096
UNITS = 8  # in each of three parts of the shift
SEEDS = int(os.environ.get("DARKSTORE_CORRUPTION_SEEDS", "12"))
Key = tuple[str, int]
Damage = Callable[[Path, "Shift"], None]


@dataclass(frozen=True)
class Shift:
    """A shift in its two states, with what was there at earlier moments.

    Attributes:
        killed: Folder as after a SIGKILL.
        stopped: Folder as after an orderly stop.
        truth: Every event: epoch and sequence to id and bytes.
        earlier: The database after the first part.
        middle_log: The log after the second part; its pages are in the database of `killed`.
    """

    killed: Path
    stopped: Path
    truth: dict[Key, tuple[str, bytes]]
    earlier: bytes
    middle_log: bytes


def order(value: str) -> Reference:
    return Reference(kind=ReferenceKind.ORDER, value=value)


def inspect(desk: DeskUnderTest, units: int) -> None:
    desk.scan("ORD-1001")
    for number in range(units):
        desk.table.put(f"unit-{number}-{len(desk.events())}")
        desk.scan(a_gtin(1))
        while (question := desk.desk.question) is not None:
            desk.answer("1" if question.kind is QuestionKind.QUANTITY else "another")
        assert desk.accept().last_saved is not None


def events_in(database: Database) -> dict[Key, tuple[str, bytes]]:
    rows = database.sql(
        "SELECT epoch, sequence, message_id, envelope FROM outbox JOIN outbox_payloads USING (position)"
    )
    return {
        (epoch, sequence): (message_id, bytes(envelope)) for epoch, sequence, message_id, envelope in rows
    }


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Shift:
    base = tmp_path_factory.mktemp("shift")
    at_work, killed = base / "stopped", base / "killed"
    with a_desk(at_work) as desk:
        file = at_work / "station.db"
        marks = HighWater(at_work / MARKS_FILE)
        marks.follow(desk.outbox)
        desk.knows(
            a_product(), an_expected_return(a_line(pieces=90, mrp=1500), references=(order("ORD-1001"),))
        )
        inspect(desk, UNITS)
        desk.database.sql("PRAGMA wal_checkpoint(TRUNCATE)")
        earlier = file.read_bytes()
        inspect(desk, UNITS)
        middle_log = (at_work / "station.db-wal").read_bytes()
        desk.database.sql("PRAGMA wal_checkpoint(TRUNCATE)")
        inspect(desk, UNITS)
        shutil.copytree(at_work, killed)
        truth = events_in(desk.database)
        marks.close()
    seal(at_work / "station.db")
    assert len(truth) == 3 * UNITS + 1
    return Shift(killed, at_work, truth, earlier, middle_log)


def woken(folder: Path, shift: Shift) -> Waking:
    """Start on a folder, and hold what it then says against the truth."""
    database, waking = wake(folder / "station.db", MIGRATIONS, now=utc_now)
    with closing(database):
        assert database.sql("PRAGMA integrity_check") == [("ok",)]
        assert database.sql("PRAGMA foreign_key_check") == []
        present = events_in(database)
        lost = {
            (epoch, sequence)
            for epoch, first, last in database.sql("SELECT epoch, first, last FROM lost_sequences")
            for sequence in range(first, last + 1)
        }
        counts = database.sql("SELECT sum(total) FROM outbox_counts")[0][0]
    assert present.keys() | lost == shift.truth.keys(), "every event is there or named"
    assert not present.keys() & lost
    assert counts == len(present)
    assert waking.lost_events == len(lost)
    altered = {key for key, event in present.items() if event != shift.truth[key]}
    if waking.trouble is None:
        assert not lost
    assert not altered, "what is sent is what was committed"
    return waking


def flip(path: Path, seed: int, bits: int = 8) -> None:
    content = bytearray(path.read_bytes())
    rng = random.Random(seed)
    for _ in range(bits):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def cut(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def database_of(folder: Path) -> Path:
    return folder / "station.db"


def log_of(folder: Path) -> Path:
    return folder / "station.db-wal"


def remove_log(folder: Path, _: Shift) -> None:
    log_of(folder).unlink()
    (folder / "station.db-shm").unlink(missing_ok=True)


def remove_index_of_log(folder: Path, _: Shift) -> None:
    (folder / "station.db-shm").unlink()


def old_log(folder: Path, shift: Shift) -> None:
    log_of(folder).write_bytes(shift.middle_log)


def old_database(folder: Path, shift: Shift) -> None:
    database_of(folder).write_bytes(shift.earlier)


def old_database_alone(folder: Path, shift: Shift) -> None:
    remove_log(folder, shift)
    old_database(folder, shift)


def empty_database(folder: Path, _: Shift) -> None:
    database_of(folder).write_bytes(b"")


def no_database(folder: Path, shift: Shift) -> None:
    remove_log(folder, shift)
    database_of(folder).unlink()


def first_page_gone(folder: Path, _: Shift) -> None:
    content = database_of(folder).read_bytes()
    database_of(folder).write_bytes(bytes(PAGE) + content[PAGE:])


def half_a_log(folder: Path, _: Shift) -> None:
    cut(log_of(folder), 0.5)


def half_a_database(folder: Path, _: Shift) -> None:
    cut(database_of(folder), 0.5)


def nonsense(folder: Path, _: Shift) -> None:
    database_of(folder).write_bytes(b"\x5a" * 50_000)


@pytest.fixture
def folder(tmp_path: Path, shift: Shift) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(shift.killed, copy)
    return copy


def test_a_killed_station_starts_whole(folder: Path, shift: Shift) -> None:
    assert woken(folder, shift) == Waking()


def test_the_index_of_the_log_is_made_anew(folder: Path, shift: Shift) -> None:
    remove_index_of_log(folder, shift)
    assert woken(folder, shift) == Waking()


@pytest.mark.parametrize(
    ("damage", "most_lost"),
    [
        (remove_log, UNITS),
        (half_a_log, UNITS),
        (old_log, UNITS),
        (old_database, 3 * UNITS + 1),
        (old_database_alone, 2 * UNITS),
        (empty_database, 3 * UNITS + 1),
        (no_database, 3 * UNITS + 1),
        (half_a_database, 3 * UNITS + 1),
        (nonsense, 3 * UNITS + 1),
    ],
)
def test_what_is_gone_is_named_to_the_event(
    folder: Path, shift: Shift, damage: Damage, most_lost: int
) -> None:
    damage(folder, shift)
    waking = woken(folder, shift)
    assert waking.trouble is not None
    assert 0 < waking.lost_events <= most_lost


@pytest.mark.parametrize("seed", range(SEEDS))
def test_flipped_bits_in_the_log(folder: Path, shift: Shift, seed: int) -> None:
    flip(log_of(folder), seed)
    woken(folder, shift)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_flipped_bits_in_the_database_of_a_killed_station(folder: Path, shift: Shift, seed: int) -> None:
    flip(database_of(folder), seed)
    woken(folder, shift)


@pytest.mark.parametrize("share", [0.03, 0.3, 0.71, 0.99])
def test_a_truncated_log(folder: Path, shift: Shift, share: float) -> None:
    cut(log_of(folder), share)
    woken(folder, shift)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.62, 0.97])
def test_a_truncated_database(folder: Path, shift: Shift, share: float) -> None:
    cut(database_of(folder), share)
    assert woken(folder, shift).trouble == "salvaged"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_single_flipped_bit_after_an_orderly_stop_is_noticed(
    tmp_path: Path, shift: Shift, seed: int
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shift.stopped, folder)
    flip(database_of(folder), seed, bits=1)
    assert woken(folder, shift).trouble is not None


def test_an_orderly_stop_leaves_no_doubt(tmp_path: Path, shift: Shift) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shift.stopped, folder)
    assert woken(folder, shift) == Waking()


def test_the_first_page_is_replaced_and_all_behind_it_is_read(tmp_path: Path, shift: Shift) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shift.stopped, folder)
    first_page_gone(folder, shift)
    waking = woken(folder, shift)
    assert waking.trouble == "salvaged"
    assert waking.lost_events == 0


def test_a_page_that_the_log_holds_too_is_no_loss(folder: Path, shift: Shift) -> None:
    first_page_gone(folder, shift)
    assert woken(folder, shift) == Waking()


def test_every_page_of_the_table_of_contents_is_replaced(tmp_path: Path, shift: Shift) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shift.stopped, folder)
    content = bytearray(database_of(folder).read_bytes())
    from sync.schema_page import _schema_pages

    pages = _schema_pages(bytes(content))
    assert len(pages) > 1
    for number in pages:
        content[(number - 1) * PAGE : number * PAGE] = b"\x11" * PAGE
    database_of(folder).write_bytes(content)
    waking = woken(folder, shift)
    assert waking.salvaged is not None
    assert waking.lost_events == 0


@pytest.mark.parametrize("damage", [remove_log, half_a_database, nonsense, empty_database])
def test_the_station_says_so_everywhere_and_goes_on(folder: Path, shift: Shift, damage: Damage) -> None:
    damage(folder, shift)
    section = {"site": SITE, "station": "desk-1", "data_dir": folder, "port": 1}
    with open_station(Settings.model_validate({"station": section}), serving=False) as station:
        (database,) = [one for one in station.services.devices.checks() if one.name == "database"]
        assert database.state is HealthState.WARNING
        (task,) = [one for one in station.journal.tasks() if one.kind == "repair"]
        known = {path.name for path in (folder / "pictures").rglob("*.jpg")}
        aside = {path.name.rpartition("-")[0] for path in (folder / "unclaimed").rglob("*.jpg")}
    assert task.message.params["units"] == len(aside)
    assert len(known) + 2 * len(aside) == 2 * 3 * UNITS, "a picture of each view: kept, or put aside"
    with open_station(Settings.model_validate({"station": section}), serving=False) as station:
        (database,) = [one for one in station.services.devices.checks() if one.name == "database"]
        assert database.state is HealthState.OK


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(port=free_port()) as running:
        yield running


@pytest.mark.parametrize("damage", [remove_log, half_a_database])
def test_what_is_left_and_what_is_new_is_delivered_and_the_oms_knows_the_loss(
    folder: Path, shift: Shift, damage: Damage, broker: EmbeddedBroker
) -> None:
    damage(folder, shift)
    lost = woken(folder, shift).lost_events
    with a_desk(folder) as desk:
        sweep_pictures(desk.parts.store, desk.parts.pictures)
        desk.knows(a_product(sku="NEW", gtins=[a_gtin(7)]))
        desk.knows(
            an_expected_return(
                a_line(line_id="n", sku="NEW", gtin=a_gtin(7)),
                return_id="R-2",
                references=(order("ORD-1002"),),
            )
        )
        desk.scan("ORD-1002")
        desk.scan(a_gtin(7))
        assert desk.accept().last_saved is not None
        owed = desk.outbox.counts().owed
        assert owed == len(shift.truth) - lost + 2
        oms = folder / "oms"
        with receiver(OmsSettings(data_dir=oms, broker=BrokerSettings(port=broker.port), gap_quiet_s=0.3)):
            delivery = a_delivery(desk.outbox, broker.port)
            delivery.start()
            try:
                wait_until(lambda: desk.outbox.counts().owed == 0)
                wait_until(lambda: delivery.reconciliation.result.finished_at is not None)
                result = delivery.reconciliation.result
            finally:
                delivery.stop()
    assert (result.missing, result.doubled, result.forgotten) == ((), (), ())
    with closing(Ledger.open(oms, now=utc_now).database) as ledger:
        report = reconcile(ledger)
    assert report.missing == lost
    assert report.applied_twice == ()


def test_what_the_log_held_and_the_oms_has_is_no_loss_of_stock(
    folder: Path, shift: Shift, broker: EmbeddedBroker
) -> None:
    oms = folder / "oms"
    settings = OmsSettings(data_dir=oms, broker=BrokerSettings(port=broker.port), gap_quiet_s=0.3)

    def deliver(where: Path, until: Callable[..., object]) -> None:
        with a_desk(where) as desk, receiver(settings):
            delivery = a_delivery(desk.outbox, broker.port)
            delivery.start()
            try:
                wait_until(lambda: until(desk, delivery))
            finally:
                delivery.stop()

    before = folder.with_name("before")
    shutil.copytree(folder, before)
    deliver(before, lambda desk, _: desk.outbox.counts().owed == 0)
    remove_log(folder, shift)
    lost = woken(folder, shift).lost_events
    assert lost == UNITS
    told: list[int] = []

    def is_told(desk: DeskUnderTest, delivery: object) -> bool:
        told[:] = [sum(one.size for one in delivery.reconciliation.result.forgotten)]  # type: ignore[attr-defined]
        return told[0] > 0 and desk.outbox.counts().owed == 0

    deliver(folder, is_told)
    assert told == [UNITS], "the OMS says which events it has that the station lost"
    with closing(Ledger.open(oms, now=utc_now).database) as ledger:
        report = reconcile(ledger)
    assert report.missing == 0
    assert report.good
