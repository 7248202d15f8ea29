"""What endurance runs are made of: fabricated backlogs like real ones, a clock, the measures of a fleet."""

import doctest
import json
import random
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fakes_sync import an_outbox

from edge.lab.bench.bench_events import bench_returns, inspected_events
from edge.lab.endurance import fleet_fairness, fleet_spread
from edge.lab.endurance.busy_desk import EVENTS_A_RETURN, BusyDesk
from edge.lab.endurance.clock import OutageClock
from edge.lab.endurance.fleet_fairness import fairness
from edge.lab.endurance.fleet_spread import chance_distance, distance, expected_waits, is_spread
from edge.lab.fabricated_backlog import MARKED_NUMBER, fabricate_backlog
from sync.contract.validation import parse_event
from sync.oms import sequence_ranges
from sync.outbox import Outbox
from sync.retry import BackOff

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def rows_of(outbox: Outbox) -> list[dict[str, Any]]:
    """Every row with its parsed envelope, without what differs from run to run."""
    found = []
    for (message_id,) in outbox.database.sql("SELECT message_id FROM outbox ORDER BY position"):
        row = outbox.get(message_id)
        envelope = json.loads(row.envelope)
        assert envelope["id"] == message_id
        assert envelope["epoch"] == row.epoch
        assert (envelope["sequence"], envelope["subject"]) == (row.sequence, row.subject)
        for varying in ("id", "epoch", "time", "elapsed"):
            envelope.pop(varying)
        if "previous" in envelope:
            epoch, _, envelope["previous"] = envelope["previous"].partition(":")
            assert epoch == row.epoch
        found.append({"state": row.state, "position": row.position, "type": row.type, **envelope})
    return found


def columns_of(outbox: Outbox) -> list[dict[str, Any]]:
    """Every column of both tables but what differs from run to run; a new one must be fabricated too."""
    connection = outbox.database.peewee.connection()
    cursor = connection.execute(
        "SELECT * FROM outbox JOIN outbox_payloads USING (position) ORDER BY position"
    )
    names = [column[0] for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        assert row["checksum"] == zlib.crc32(row["envelope"])
        for varying in ("message_id", "epoch", "committed_at", "envelope", "checksum"):
            row.pop(varying)
    return found


def test_a_fabricated_backlog_is_what_the_outbox_would_have_written(tmp_path: Path) -> None:
    real, made = an_outbox(tmp_path / "real"), an_outbox(tmp_path / "made")
    with real.database.write():
        for event in inspected_events(30, NOW):
            real.append(event)
    fabricate_backlog(made, bench_returns(NOW), count=30, since=NOW - timedelta(days=30), until=NOW)
    try:
        assert rows_of(made) == rows_of(real)
        assert columns_of(made) == columns_of(real)
        assert made.counts().owed == 30
        assert made.epochs()[-1].last_sequence == 30
        oldest = made.counts().oldest_owed_at
        assert oldest is not None
        assert oldest - (NOW - timedelta(days=30)) <= timedelta(days=1)
        for row in made.rows():
            parse_event(made.get(row.message_id).envelope)
            assert str(MARKED_NUMBER) not in made.get(row.message_id).envelope.decode()
    finally:
        real.database.close()
        made.database.close()


def test_a_backlog_can_be_added_to_and_goes_on_by_the_outbox_itself(tmp_path: Path) -> None:
    outbox = an_outbox(tmp_path)
    told: list[int] = []
    try:
        for first in (0, 100):
            fabricate_backlog(
                outbox,
                bench_returns(NOW),
                count=8,
                since=NOW,
                until=NOW,
                first=first,
                on_progress=told.append,
            )
        with outbox.database.write():
            last = outbox.append(next(inspected_events(1, NOW, first=200)))
        assert (last.position, last.sequence) == (17, 17)
        assert told == [8, 8]
        assert len({row.message_id for row in outbox.rows()}) == 17
    finally:
        outbox.database.close()


def test_a_busy_desk_owes_what_a_return_owes_and_the_contract_takes_it(tmp_path: Path) -> None:
    from edge.bootstrap import EDGE_MIGRATIONS
    from edge.ids import new_id
    from sync.database import Database
    from sync.records import SYNC_MIGRATIONS
    from sync.settings import OutboxSettings
    from sync.topics import StationIdentity

    clock = OutageClock(NOW)
    database = Database.open(tmp_path / "station.db", [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    outbox = Outbox(
        database, OutboxSettings(), identity=StationIdentity("SITE-1", "desk-1"), now=clock.now, new_id=new_id
    )
    outbox.begin_epoch()
    try:
        saved = BusyDesk(outbox, clock).take_return(7)
        events = [parse_event(outbox.get(row.message_id).envelope) for row in reversed(outbox.rows())]
        assert len(events) == EVENTS_A_RETURN
        assert [event.type.split(".")[2] for event in events] == [
            "received",
            "inspected",
            "inspected",
            "closed",
        ]
        assert len({event.subject for event in events}) == 1
        assert [one for (one,) in database.sql("SELECT inspection_id FROM inspection")] == sorted(saved)
        assert database.sql("SELECT count(*) FROM audit") == [(EVENTS_A_RETURN,)]
    finally:
        database.close()


def test_the_clock_of_an_outage_stands_jumps_and_runs() -> None:
    seconds = [100.0]
    clock = OutageClock(NOW, monotonic=lambda: seconds[0])
    seconds[0] += 50
    assert clock.now() == NOW
    clock.advance_to(NOW + timedelta(days=3))
    clock.advance_to(NOW)
    assert clock.reading().now == NOW + timedelta(days=3)
    clock.let_run()
    seconds[0] += 1.5
    assert clock.now() == NOW + timedelta(days=3, seconds=1.5)


def test_full_jitter_is_told_from_a_herd() -> None:
    back_off = BackOff(1, 60)
    expected = expected_waits(back_off, 300, random.Random(1))
    assert expected[-1] <= 60
    fleet = expected_waits(back_off, 300, random.Random(2), stations=200)
    herd = [30.0] * 200
    waves = [float(2**one) for one in range(6)] * 33
    assert distance(fleet, expected) < chance_distance(200, len(expected))
    assert is_spread(fleet, expected)
    assert is_spread([wait + 5 for wait in fleet], expected)  # a busy machine is slow for all
    assert not is_spread(herd, expected)
    assert not is_spread([59.0] * 200, expected)
    assert not is_spread(waves, expected)
    assert not is_spread([wait / 3 for wait in fleet], expected)


def test_a_station_that_waits_for_the_others_is_told_from_one_that_came_late() -> None:
    all_along = [one / 5 for one in range(300)]
    at_the_end = [59 + one / 1000 for one in range(300)]
    even = fairness(dict.fromkeys(range(10), 0.0), dict.fromkeys(range(10), all_along))
    assert (even.evenness, even.left_with_nothing, even.competing) == (1.0, 0, 10)
    starved = dict.fromkeys(range(9), all_along) | {9: at_the_end}
    uneven = fairness(dict.fromkeys(range(10), 0.0), starved)
    assert uneven.left_with_nothing == 1
    assert uneven.evenness is not None
    assert uneven.evenness <= 0.9
    late = fairness(dict.fromkeys(range(9), 0.0) | {9: 59.0}, starved)
    assert (late.evenness, late.left_with_nothing, late.competing) == (1.0, 0, 9)
    assert fairness({}, {}).evenness is None


def test_the_examples_hold() -> None:
    for module in (fleet_fairness, fleet_spread, sequence_ranges):
        result = doctest.testmod(module)
        assert (result.failed, result.attempted > 0) == (0, True)
