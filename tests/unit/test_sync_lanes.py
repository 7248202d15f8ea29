"""What leaves next: order within a subject, live before backlog, never more than the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_sync import an_event, an_outbox, commit

from sync.answers import Answer, AnswerStatus
from sync.lanes import Lanes
from sync.outbox import Outbox
from sync.owed import Owed, OwedRows
from sync.settlement import Outcome, Settlement


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(tmp_path)
    yield made
    made.database.close()


def lanes_of(outbox: Outbox, *, window: int = 100, page_size: int = 10) -> Lanes:
    return Lanes(OwedRows(outbox.database), window=window, page_size=page_size)


def settle(outbox: Outbox, lanes: Lanes, row: Owed, status: AnswerStatus = AnswerStatus.APPLIED) -> Outcome:
    settlement = Settlement(outbox.database, now=lambda: outbox.epoch.started_at)
    with outbox.database.write():
        outcome = settlement.record([Answer(row.message_id, status)], [], lambda _: row)
    if outcome.dead:
        lanes.held_anew()
    for gone in (*outcome.settled, *outcome.dead):
        lanes.answered(gone)
    return outcome


def sequences(rows: list[Owed]) -> list[int]:
    return [row.sequence for row in rows]


def drain(outbox: Outbox, lanes: Lanes) -> list[tuple[str, int]]:
    """Answer everything, one at a time, and give the order in which it left."""
    order, flying = [], lanes.next()
    while flying:
        row = flying.pop(0)
        order.append((row.subject, row.sequence))
        settle(outbox, lanes, row)
        flying.extend(lanes.next())
    return order


def test_one_event_of_a_subject_at_a_time(outbox: Outbox):
    commit(outbox, "A", "A", "B", "A", "B")
    lanes = lanes_of(outbox)

    first = lanes.next()
    assert sequences(first) == [1, 3]
    assert lanes.next() == []
    settle(outbox, lanes, first[0])
    second = lanes.next()
    assert sequences(second) == [2]
    settle(outbox, lanes, first[1])
    assert sequences(lanes.next()) == [5]
    settle(outbox, lanes, second[0])
    assert sequences(lanes.next()) == [4]


def test_never_more_than_the_window(outbox: Outbox):
    commit(outbox, *(f"R-{number}" for number in range(50)))
    lanes = lanes_of(outbox, window=10)
    assert len(lanes.next()) == 9  # a tenth is left to live rows
    assert lanes.in_flight == 9
    commit(outbox, "live")
    lanes.appended()
    assert [row.subject for row in lanes.next()] == ["live"]
    assert lanes.next() == []


def test_live_rows_pass_a_backlog_but_leave_it_a_share(outbox: Outbox):
    commit(outbox, *(f"old-{number}" for number in range(40)))
    lanes = lanes_of(outbox, window=20)
    backlog = lanes.next()
    commit(outbox, *(f"live-{number}" for number in range(40)))
    lanes.appended()
    for row in backlog:
        settle(outbox, lanes, row)

    mixed = [row.subject.split("-")[0] for row in lanes.next()]

    assert mixed.count("live") == 15
    assert mixed.count("old") == 5


def test_a_live_row_waits_for_older_rows_of_its_subject_which_are_pulled_forward(outbox: Outbox):
    commit(outbox, *(f"old-{number}" for number in range(30)), "bag", "bag")
    lanes = lanes_of(outbox, window=10, page_size=5)
    lanes.next()
    commit(outbox, "bag")
    lanes.appended()

    pulled = lanes.next()
    assert [(row.subject, row.sequence) for row in pulled] == [("bag", 31)]
    settle(outbox, lanes, pulled[0])
    assert [row.sequence for row in lanes.next()] == [32]


def test_everything_leaves_exactly_once_and_in_order(outbox: Outbox):
    subjects = [f"S-{number % 7}" for number in range(100)]
    commit(outbox, *subjects)
    order = drain(outbox, lanes_of(outbox, window=5, page_size=10))
    assert sorted(sequence for _, sequence in order) == list(range(1, 101))
    for subject in set(subjects):
        own = [sequence for name, sequence in order if name == subject]
        assert own == sorted(own)


def test_a_delayed_subject_waits_and_others_go_on(outbox: Outbox):
    commit(outbox, "A", "A", "B", "B")
    lanes = lanes_of(outbox)
    first, other = lanes.next()
    lanes.delay(first.subject)
    settle(outbox, lanes, other)
    assert sequences(lanes.next()) == [4]
    lanes.resume("A")
    assert sequences(lanes.next()) == [1]


def test_a_dead_letter_holds_its_subject_until_its_replacement_is_settled(outbox: Outbox):
    commit(outbox, "A", "A", "A", "B")
    lanes = lanes_of(outbox)
    dead, other = lanes.next()
    settle(outbox, lanes, dead, AnswerStatus.REJECTED)
    settle(outbox, lanes, other)
    assert lanes.next() == []

    with outbox.database.write():
        outbox.append(an_event("A", replaces=dead.message_id))
    lanes.appended()
    repair = lanes.next()
    assert sequences(repair) == [5]
    settle(outbox, lanes, repair[0])
    assert sequences(lanes.next()) == [2]


def test_a_rejected_replacement_can_be_replaced_again(outbox: Outbox):
    commit(outbox, "A", "A")
    lanes = lanes_of(outbox)
    dead = lanes.next()[0]
    for _ in range(3):
        settle(outbox, lanes, dead, AnswerStatus.REJECTED)
        with outbox.database.write():
            outbox.append(an_event("A", replaces=dead.message_id))
        lanes.appended()
        dead = lanes.next()[0]
    settle(outbox, lanes, dead)
    assert sequences(lanes.next()) == [2]


def test_a_released_dead_letter_lets_its_subject_go_on(outbox: Outbox):
    commit(outbox, "A", "A")
    lanes = lanes_of(outbox)
    dead = lanes.next()[0]
    settle(outbox, lanes, dead, AnswerStatus.REJECTED)
    assert lanes.next() == []
    outbox.release(dead.message_id)
    lanes.reopened(dead.position)
    assert sequences(lanes.next()) == [2]


def test_after_a_restart_everything_unanswered_leaves_again(outbox: Outbox):
    commit(outbox, "A", "B", "A")
    lanes = lanes_of(outbox)
    assert sequences(lanes.next()) == [1, 2]
    lanes.restart()
    assert sequences(lanes.next()) == [1, 2]


def test_rows_opened_again_leave_again_in_order(outbox: Outbox):
    rows = commit(outbox, "A", "B", "A", "C")
    lanes = lanes_of(outbox, page_size=2)
    assert len(drain(outbox, lanes)) == 4
    outbox.database.sql("UPDATE outbox SET state = 'PENDING' WHERE subject = 'A'")
    lanes.reopened(rows[0].position)
    assert drain(outbox, lanes) == [("A", 1), ("A", 3)]


def test_one_subject_with_many_rows_is_looked_through_in_bounded_pieces(outbox: Outbox, monkeypatch):
    monkeypatch.setattr("sync.lanes.LOOK_AHEAD", 20)
    commit(outbox, *(["A"] * 100), "B")
    lanes = lanes_of(outbox, page_size=10)
    assert [row.subject for row in lanes.next()] == ["A"]
    rounds = 0
    while lanes.hungry:
        rounds += 1
        found = lanes.next()
        if found:
            assert [row.subject for row in found] == ["B"]
    assert rounds > 2
    assert lanes.in_flight == 2
