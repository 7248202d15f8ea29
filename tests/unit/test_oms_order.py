"""Each event names the one before it about the same return: order holds whatever broker and backups do."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_messages import (
    EPOCH,
    a_birth,
    a_closing,
    a_received,
    an_event,
    an_expected_return,
    an_inspection,
    pieces,
)
from fakes_oms import Desk

from sync.contract.messages import AnswerStatus, AnyEvent, ClosedLine
from sync.oms.applying import MAX_RETRIES

APPLIED, RETRY = AnswerStatus.APPLIED, AnswerStatus.RETRY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        opened.expect(an_expected_return(quantity=2))
        yield opened


def a_return() -> list[AnyEvent]:
    """Received, two units, closed; each event names the one before it."""
    line = ClosedLine(
        line_id="1", sku="TEA-250", unit="C62", expected="2", received="2", missing="0", excess="0"
    )
    data = [a_received(), an_inspection("i1"), an_inspection("i2"), a_closing(lines=(line,))]
    return [
        an_event(one, number, previous=f"{EPOCH}:{number - 1}" if number > 1 else None)
        for number, one in enumerate(data, start=1)
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_whatever_order_a_broker_makes_a_returns_events_are_applied_in_their_own(
    desk: Desk, order: tuple[int, ...]
) -> None:
    events = a_return()
    waiting, applied = [events[number] for number in order], list[tuple[int, str | None]]()
    for _ in events:
        for event in list(waiting):
            answer = desk.tell(event)
            if answer.status is APPLIED:
                waiting.remove(event)
                applied.append((event.sequence, answer.exception))
    assert applied == [(1, None), (2, None), (3, None), (4, None)]


def test_an_event_whose_forerunner_was_forgotten_waits_for_it(desk: Desk) -> None:
    received, first, _, closing = a_return()
    desk.tell_all(received)
    answer = desk.tell(closing)
    assert (answer.status, answer.field) == (RETRY, None)
    assert "3 of epoch" in (answer.reason or "")
    assert desk.tell(first).status is APPLIED, "what comes before it is not held"


def test_a_forerunner_that_was_lost_in_a_salvage_is_not_waited_for(desk: Desk) -> None:
    received, first, _, closing = a_return()
    desk.tell_all(received, first)
    assert desk.tell(closing).status is RETRY
    desk.announce(a_birth(4, (3, 3)))
    assert desk.tell(closing).exception == "count_differs", "applied; and the missing unit shows"


def test_one_that_never_comes_does_not_hold_a_return_for_ever(desk: Desk) -> None:
    *_, closing = a_return()
    statuses = [desk.tell(closing).status for _ in range(MAX_RETRIES + 1)]
    assert statuses == [RETRY] * MAX_RETRIES + [APPLIED]


def test_other_returns_do_not_wait(desk: Desk) -> None:
    *_, closing = a_return()
    assert desk.tell(closing).status is RETRY
    desk.expect(an_expected_return("R-2", quantity=1))
    assert desk.tell(an_event(an_inspection("j1", return_id="R-2"), 9)).status is APPLIED
    assert desk.stock() == {"RETURNING": -pieces(1).value, "AVAILABLE": pieces(1).value}
