"""The receiver's marks while a backlog drains behind a gap: right, and small."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.oms.ledger import Ledger
from sync.oms.marks import Marks
from sync.oms.sequence_ranges import gaps, merged, reach, with_numbers

KEY = ("blr-01", "desk-1", "000001-9f3ac1")
numbers = st.sets(st.integers(1, 60))


@given(numbers, numbers)
def test_stretches_say_what_the_numbers_say(before: set[int], added: set[int]) -> None:
    found = with_numbers(with_numbers([], before), added)
    assert {one for first, last in found for one in range(first, last + 1)} == before | added
    assert all(left[1] + 1 < right[0] for left, right in pairwise(found))
    assert found == merged(found)


@given(numbers, st.integers(0, 60), st.integers(0, 70))
def test_reach_and_gaps_are_those_of_the_numbers(known: set[int], at: int, end: int) -> None:
    beyond = with_numbers([], {one for one in known if one > at})
    reached = at
    while reached + 1 in known:
        reached += 1
    assert reach(at, beyond) == reached
    missing = {one for first, last in gaps(at, end, beyond) for one in range(first, last + 1)}
    assert missing == set(range(at + 1, end + 1)) - known


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path, now=lambda: datetime.now(UTC))
    yield opened
    opened.database.close()


def answer(ledger: Ledger, first: int, last: int) -> None:
    ledger.database.sql(
        "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO events (id, site, station, epoch, sequence, subject, type, status, answered_at) "
        "SELECT 'm-' || i, ?, ?, ?, i, 'R', 't', 'applied', 'x' FROM n",
        (first, last, *KEY),
    )


def test_a_long_backlog_behind_one_missing_event_is_one_stretch(ledger: Ledger) -> None:
    marks = Marks(ledger.database)
    with ledger.database.write():
        answer(ledger, 2, 20_000)
        for first in range(2, 20_001, 1000):
            assert marks.advance(KEY, range(first, min(first + 1000, 20_001))).through == 0
            marks.keep()
        assert marks.missing(KEY, 20_010, 5) == [(1, 1), (20_001, 20_010)]
        assert marks._read(KEY).beyond == [(2, 20_000)]
        answer(ledger, 1, 1)
        assert marks.advance(KEY, [1]).through_id == "m-20000"


def test_a_restarted_receiver_reads_stretches_not_events(ledger: Ledger) -> None:
    with ledger.database.write():
        answer(ledger, 2, 5000)
        answer(ledger, 5002, 9000)
    assert Marks(ledger.database)._read(KEY).beyond == [(2, 5000), (5002, 9000)]
    assert Marks(ledger.database).missing(KEY, 9000, 9) == [(1, 1), (5001, 5001)]
