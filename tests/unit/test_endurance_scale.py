"""What a station and its OMS do all the time costs the same with a long history as with a short one.

Counted are the steps that SQLite's machine takes, not time: a query that reads past a history takes more of
them, however fast the computer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders_messages import EPOCH, NOW, an_event, an_inspection
from fakes_oms import Desk
from fakes_sync import an_outbox

from edge.bootstrap import EDGE_MIGRATIONS
from edge.inspection.store import InspectionStore
from edge.inspection.tasks import TaskStore
from edge.lab.bench.bench_events import bench_returns, inspected_events
from edge.lab.fabricated_backlog import fabricate_backlog
from edge.returns.expected import Reference, ReferenceKind
from sync.answers import Answer, AnswerStatus, Through
from sync.database import Database
from sync.housekeeping import remove_expired
from sync.lanes import Lanes
from sync.oms.matching import match_blind_returns
from sync.outbox import Outbox
from sync.owed import OwedRows
from sync.reconciliation import Reconciliation
from sync.records import SYNC_MIGRATIONS, OutboxState
from sync.resending import Resending
from sync.settlement import Settlement
from sync.wholeness import SHORT as SHORT_OF_EVENTS

SHORT, LONG = 2500, 25_000
EVERY = 10  # steps from one count to the next
ROOM = 1.5  # a larger tree is deeper
SLACK = 300

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "


def steps(database: Database, act: Callable[[], object]) -> int:
    """Steps of SQLite's machine that `act` takes in this thread."""
    counted = [0]

    def count() -> int:
        counted[0] += EVERY
        return 0

    database.sql("SELECT 1")
    connection = database.peewee.connection()
    connection.set_progress_handler(count, EVERY)
    try:
        act()
    finally:
        connection.set_progress_handler(None, 0)
    return counted[0]


def fill(database: Database, rows: int, *statements: str) -> None:
    """Run statements that insert one row for each number `i` of the table `n`."""
    with database.write():
        for statement in statements:
            database.sql(NUMBERS + statement, (rows,))


def the_same(short: int, long: int) -> bool:
    return long <= short * ROOM + SLACK


# -- the station's outbox: half of it settled, a few dead, the rest owed


def an_outbox_with_history(folder: Path, rows: int) -> Outbox:
    outbox = an_outbox(folder)
    now = datetime.now(UTC)
    fabricate_backlog(outbox, bench_returns(now), count=rows, since=now - timedelta(days=30), until=now)
    sql = outbox.database.sql
    with outbox.database.write():
        sql(
            "UPDATE outbox SET state = 'SETTLED', answered_at = committed_at WHERE position BETWEEN 5 AND ?",
            (rows // 2,),
        )
        sql("UPDATE outbox SET state = 'DEAD', answered_at = committed_at WHERE position < 5")
        sql(
            "INSERT INTO outbox_holds SELECT message_id, subject, place, answered_at FROM outbox "
            "WHERE position < 5"
        )
        sql(
            "UPDATE outbox_counts SET total = "
            "(SELECT count(*) FROM outbox WHERE outbox.state = outbox_counts.state)"
        )
    return outbox


def settle_a_window(outbox: Outbox) -> None:
    rows = OwedRows(outbox.database).after(0, 2**40, 20)
    answers = [Answer(row.message_id, AnswerStatus.APPLIED) for row in rows[:-1]]
    mark = Through(rows[-1].epoch, rows[-1].sequence, rows[-1].message_id)
    settlement = Settlement(outbox.database, now=lambda: NOW)
    with outbox.database.write():
        settlement.mark_sent(rows)
        settlement.record(answers, [mark], lambda _: None)


def append_one(outbox: Outbox) -> None:
    with outbox.database.write():
        outbox.append(next(inspected_events(1, NOW, first=700_000_000)))


def list_rows(*states: OutboxState) -> Callable[[Outbox], object]:
    return lambda outbox: outbox.rows(states=states or None, limit=20)


def open_lanes(outbox: Outbox) -> None:
    assert len(Lanes(OwedRows(outbox.database), window=20, page_size=50).next()) > 0


def resend_a_step(outbox: Outbox) -> None:
    with outbox.database.write():
        next(Resending(outbox.database).steps(outbox.epoch.text, 10, 40))


def compare_a_block(outbox: Outbox) -> None:
    comparing = Reconciliation(
        outbox.database, outbox.identity, send=lambda _: None, new_id=lambda: "", now=lambda: NOW
    )
    comparing.answered(outbox.epoch.text, 10**6)


def keep_house(outbox: Outbox) -> None:
    assert not list(remove_expired(outbox.database, retention_days=90, now=lambda: NOW))


STATION = {
    "append": append_one,
    "counts": lambda outbox: outbox.counts(),
    "list all": list_rows(),
    "list dead": list_rows(OutboxState.DEAD),
    "list settled": list_rows(OutboxState.SETTLED),
    "list sent": list_rows(OutboxState.SENT),
    "list pending": list_rows(OutboxState.PENDING),
    "list dead and settled": list_rows(OutboxState.DEAD, OutboxState.SETTLED),
    "epochs": lambda outbox: outbox.epochs(),
    "lanes": open_lanes,
    "settle": settle_a_window,
    "resend": resend_a_step,
    "compare": compare_a_block,
    "housekeeping": keep_house,
}


@pytest.fixture(scope="module")
def outboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outbox, Outbox]]:
    made = [an_outbox_with_history(tmp_path_factory.mktemp("outbox"), rows) for rows in (SHORT, LONG)]
    yield made[0], made[1]
    for outbox in made:
        outbox.database.close()


@pytest.mark.parametrize("name", STATION)
def test_the_outbox_costs_the_same_with_a_long_history(outboxes: tuple[Outbox, Outbox], name: str) -> None:
    short, long = (steps(outbox.database, lambda one=outbox: STATION[name](one)) for outbox in outboxes)
    assert the_same(short, long), f"{short} steps with {SHORT} rows, {long} with {LONG}"


def test_the_measure_itself_sees_a_scan(outboxes: tuple[Outbox, Outbox]) -> None:
    scan = "SELECT count(*) FROM outbox WHERE reason = 'x'"
    short, long = (steps(one.database, lambda one=one: one.database.sql(scan)) for one in outboxes)
    assert not the_same(short, long)


def test_expired_rows_are_found_behind_a_thousand_dead_letters(tmp_path: Path) -> None:
    outbox = an_outbox_with_history(tmp_path, 3000)
    try:
        outbox.database.sql("UPDATE outbox SET state = 'DEAD' WHERE position < 1100")
        later = datetime.now(UTC) + timedelta(days=200)
        removed = sum(remove_expired(outbox.database, retention_days=90, now=lambda: later))
        assert removed == 401  # 1100 to 1500; the newer ones are owed
        assert outbox.rows(states=[OutboxState.SETTLED]) == []
    finally:
        outbox.database.close()


def test_a_row_that_is_let_go_late_does_not_take_back_what_was_let_go_before(tmp_path: Path) -> None:
    outbox = an_outbox_with_history(tmp_path, 100)
    try:
        later = datetime.now(UTC) + timedelta(days=200)
        much_later = later + timedelta(days=200)
        sql = outbox.database.sql
        sql(
            "UPDATE outbox SET answered_at = ? WHERE position = 20",
            (later.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),),
        )
        assert sum(remove_expired(outbox.database, retention_days=90, now=lambda: later)) == 45
        assert sum(remove_expired(outbox.database, retention_days=90, now=lambda: much_later)) == 1
        assert sql("SELECT removed_to FROM epochs") == [(50,)]
        assert sql(SHORT_OF_EVENTS) == []  # else the next start would take the database for damaged
    finally:
        outbox.database.close()


# -- the station's own records


def a_station_with_history(folder: Path, rows: int) -> Database:
    database = Database.open(folder / "station.db", [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=lambda: NOW)
    fill(
        database,
        rows,
        "INSERT INTO received_return (return_id, reference, blind, status, body, received_at) "
        "SELECT 'R' || i, 'ORD-' || i, 1, iif(i < 4, 'OPEN', 'CLOSED'), '{}', "
        "'2026-10-' || printf('%02d', i % 30 + 1) || 'T00:00:00.000000Z' FROM n",
        "INSERT INTO audit (at, clock_ok, action, subject, detail) "
        "SELECT '2026-10-01T00:00:00.' || printf('%06d', i) || 'Z', 1, 'saved', 'S' || i, '{}' FROM n",
        "INSERT INTO task (task_id, kind, message_id, code, params, place, owner, state, created_at) "
        "SELECT 'T' || i, 'rejected', 'M' || i, 'c', '{}', '', 'staff', 'DONE', '2026-10-01' FROM n",
    )
    return database


RECORDS: dict[str, Callable[[Database, InspectionStore], object]] = {
    "newest trusted time": lambda _, store: store.newest_time(),
    "an unknown number": lambda _, store: store.blind_return(
        Reference(kind=ReferenceKind.ORDER, value="ORD-7")
    ),
    "unfinished returns": lambda _, store: store.unfinished(),
    "returns of today": lambda database, _: database.sql(
        "SELECT count(*) FROM received_return WHERE received_at >= '2026-11-22'"
    ),
    "a task for a message": lambda database, _: TaskStore(database, lambda: "new")._exists("rejected", "M7"),
}


@pytest.fixture(scope="module")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Database]]:
    made = [a_station_with_history(tmp_path_factory.mktemp("station"), rows) for rows in (SHORT, LONG)]
    yield made
    for database in made:
        database.close()


@pytest.mark.parametrize("name", RECORDS)
def test_the_desk_costs_the_same_with_a_long_history(stations: list[Database], name: str) -> None:
    def ask(database: Database) -> int:
        store = InspectionStore(database, an_outbox_of(database))
        return steps(database, lambda: RECORDS[name](database, store))

    short, long = map(ask, stations)
    assert the_same(short, long), f"{short} steps with {SHORT} rows, {long} with {LONG}"


def an_outbox_of(database: Database) -> Outbox:
    from fakes_sync import IDENTITY

    from sync.settings import OutboxSettings

    return Outbox(database, OutboxSettings(), identity=IDENTITY, now=lambda: NOW, new_id=lambda: "new")


# -- the receiver's ledger


@contextmanager
def a_ledger_with_history(folder: Path, rows: int) -> Iterator[Desk]:
    """Other sites' events, balances, references and rejected returns, so many of each."""
    with Desk(folder) as desk:
        fill(
            desk.ledger.database,
            rows,
            "INSERT INTO events (id, site, station, epoch, sequence, subject, type, status, inspection_id, "
            "answered_at) "
            "SELECT 'E' || i, 'other', 'desk-1', 'e', i, 'S' || i, 't', 'applied', 'I' || i, 'x' "
            "FROM n",
            "INSERT INTO balances (site, item, account, unit, quantity) "
            "SELECT 'site-' || i, 'TEA-250', 'AVAILABLE', 'C62', '1' FROM n",
            "INSERT INTO held_subjects (site, station, subject, event_id, epoch, sequence, why, waiting) "
            "SELECT 'other', 'desk-1', 'S' || i, 'E' || i, 'e', i, 'rejected', '{}' FROM n",
            "INSERT INTO expected_references (kind, value, return_id) "
            "SELECT 'rma', 'V' || i, 'R' || i FROM n",
            "INSERT INTO arrivals "
            "(return_id, site, reference_kind, reference_value, provisional, received_at) "
            "SELECT 'A' || i, 'other', 'order', 'W' || i, 0, 'x' FROM n",
        )
        yield desk


def apply_a_batch(desk: Desk) -> None:
    events = [
        an_event(an_inspection(f"i{one}", return_id=f"R-{one}"), sequence=one, epoch=EPOCH)
        for one in range(1, 6)
    ]
    assert desk.deliver(*events).through == 5


LEDGER: dict[str, Callable[[Desk], object]] = {
    "a batch": apply_a_batch,
    "matching blind returns": lambda desk: match_blind_returns(desk.ledger),
    "a unit found to be too many": lambda desk: desk.ledger.mark_over_received("I7", "over_received", "why"),
}


@pytest.mark.parametrize("name", LEDGER)
def test_the_receiver_costs_the_same_with_a_long_history(tmp_path: Path, name: str) -> None:
    counted = []
    for rows in (SHORT, LONG):
        with a_ledger_with_history(tmp_path / str(rows), rows) as desk:
            counted.append(steps(desk.ledger.database, lambda desk=desk: LEDGER[name](desk)))
    assert the_same(*counted), f"{counted[0]} steps with {SHORT} rows, {counted[1]} with {LONG}"
