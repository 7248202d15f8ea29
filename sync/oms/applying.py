"""The rules: what becomes of one event. Pure but for the book, which is memory.

In the order in which they are asked:

1. The id was answered before: `duplicate` (or `rejected` again), and nothing is done.
2. Another event has that place in the epoch: two stations go by one name; rejected.
3. An earlier event of the return waits, or has not come: `retry`, so that order holds per return.
4. It replaces another: only one that is recorded as rejected, and only once.
5. The type's own rule: applied whole, perhaps with an exception; or `retry`; or rejected.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.contract.messages import (
    AnswerStatus,
    AnyEvent,
    ReturnClosed,
    ReturnCorrected,
    ReturnInspected,
    ReturnReceived,
    ReturnResolved,
    StockPutaway,
)
from sync.oms.book import Book, EventRow, Held
from sync.oms.incoming import Incoming
from sync.oms.outcomes import Applied, EventAnswer, Later, Outcome, Refused
from sync.oms.rules_return import apply_closed, apply_received
from sync.oms.rules_stock import apply_corrected, apply_inspected, apply_moved

MAX_RETRIES = 12
"""Answered `retry` that often, an event is rejected: what it waits for isn't coming."""

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Applying:
    """Applies events to a book.

    Attributes:
        now: Wall time, UTC; only for `not_before` and the time of arrivals.
    """

    now: Callable[[], datetime]

    def apply(self, incoming: Incoming, book: Book) -> EventAnswer:
        """The answer to one event; the book holds what it changed."""
        known = book.events.get(incoming.id)
        if known is not None:
            return _again(known)
        owner = book.sequences.get((incoming.site, incoming.station, incoming.epoch, incoming.sequence))
        if owner is not None:
            return _rejected(
                incoming.id,
                Refused(
                    f"Sequence {incoming.sequence} of epoch {incoming.epoch} belongs to event {owner}. "
                    "Two stations go by one name, or a copied disk was started.",
                    "sequence",
                ),
            )
        waits = self._wait_for_return(incoming, book)
        if waits is not None:
            return waits
        missing = self._missing_previous(incoming, book)
        if missing is not None:
            return missing
        outcome = _outcome(incoming, book)
        if isinstance(outcome, Later):
            return self._later(incoming, book, outcome)
        _settle(incoming, book, outcome)
        if isinstance(outcome, Refused):
            return _rejected(incoming.id, outcome)
        return EventAnswer(incoming.id, AnswerStatus.APPLIED, outcome.exception, outcome.reason)

    def _wait_for_return(self, incoming: Incoming, book: Book) -> EventAnswer | None:
        held = book.held.get(incoming.subject_key)
        if held is None or incoming.id == held.event_id or incoming.replaces == held.event_id:
            return None
        if (incoming.epoch, incoming.sequence) < (held.epoch, held.sequence):
            return None  # committed before the one that waits
        tries = held.waiting.get(incoming.id, 0)
        if held.why == "rejected" and tries:
            return None  # sent again although the station knows of the rejection: its staff let it go on
        if tries >= MAX_RETRIES:
            return None  # what it waits for isn't coming
        waiting = {**held.waiting, incoming.id: tries + 1}
        book.hold(incoming.subject_key, replace(held, waiting=waiting))
        return self._retry(incoming.id, tries, f"An earlier event of this return, {held.event_id}, waits.")

    def _missing_previous(self, incoming: Incoming, book: Book) -> EventAnswer | None:
        """`retry` while the event before it is unknown here; not for ever, should that one never come."""
        if incoming.previous is None:
            return None
        place = (incoming.site, incoming.station, *incoming.previous)
        if place in book.sequences or place in book.lost:
            return None
        held = book.held.get(incoming.subject_key)
        if held is not None and held.waiting.get(incoming.id, 0) >= MAX_RETRIES:
            return None
        epoch, sequence = incoming.previous
        reason = f"The event of this return before it, {sequence} of epoch {epoch}, has not come."
        return self._later(incoming, book, Later(reason, "previous"))

    def _later(self, incoming: Incoming, book: Book, later: Later) -> EventAnswer:
        held = book.held.get(incoming.subject_key)
        tries = held.waiting.get(incoming.id, 0) if held else 0
        if tries >= MAX_RETRIES:
            refused = Refused(f"{later.reason} It did not come in {tries} tries.", later.field)
            _settle(incoming, book, refused)
            return _rejected(incoming.id, refused)
        waiting = {**(held.waiting if held else {}), incoming.id: tries + 1}
        book.hold(
            incoming.subject_key,
            Held(incoming.id, incoming.epoch, incoming.sequence, "retry", waiting),
        )
        return self._retry(incoming.id, tries, later.reason)

    def _retry(self, event_id: str, tries: int, reason: str) -> EventAnswer:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 20))
        return EventAnswer(event_id, AnswerStatus.RETRY, reason=reason, not_before=self.now() + wait)


def _outcome(incoming: Incoming, book: Book) -> Outcome:
    if incoming.replaces is not None:
        problem = _replacement_problem(incoming.replaces, book)
        if problem is not None:
            return problem
    if incoming.event is None:
        return incoming.refusal or Refused("The event could not be read.")
    return _by_type(incoming.event, book)


def _replacement_problem(replaced: str, book: Book) -> Outcome | None:
    old = book.events.get(replaced)
    if old is None:
        return Later(f"It replaces {replaced}, which has not been answered here.", "replaces")
    if old.status != "rejected":
        return Refused(
            f"It replaces {replaced}, which was applied: applying this too would count it twice.", "replaces"
        )
    if old.replaced_by is not None:
        return Refused(f"{replaced} was replaced by {old.replaced_by} already.", "replaces")
    return None


def _by_type(event: AnyEvent, book: Book) -> Outcome:
    data = event.data
    if event.subject != data.return_id:
        return Refused(f"subject {event.subject} is not the return {data.return_id} of the data.", "subject")
    match data:
        case ReturnInspected():
            return apply_inspected(event, data, book)
        case ReturnResolved() | StockPutaway():
            return apply_moved(event, data, book)
        case ReturnCorrected():
            return apply_corrected(event, data, book)
        case ReturnReceived():
            return apply_received(event, data, book)
        case ReturnClosed():
            return apply_closed(data, book)


def _settle(incoming: Incoming, book: Book, outcome: Applied | Refused) -> None:
    """Writes the final answer into the book and lets go of, or holds, the return."""
    refused = isinstance(outcome, Refused)
    applied = outcome if isinstance(outcome, Applied) else Applied(reason=outcome.reason)
    book.answered(
        EventRow(
            id=incoming.id,
            site=incoming.site,
            station=incoming.station,
            epoch=incoming.epoch,
            sequence=incoming.sequence,
            subject=incoming.subject,
            type=incoming.type,
            status="rejected" if refused else "applied",
            exception=applied.exception,
            reason=applied.reason,
            field=outcome.field if isinstance(outcome, Refused) else None,
            inspection_id=applied.inspection_id,
            movements=applied.movements,
            payload=incoming.payload if refused else None,
        )
    )
    held = book.held.get(incoming.subject_key)
    if refused:
        if held is None or held.event_id == incoming.id:
            waiting = Held(incoming.id, incoming.epoch, incoming.sequence, "rejected", {})
            book.hold(incoming.subject_key, waiting)
        return
    if incoming.replaces is not None:
        book.amend_event(incoming.replaces, replaced_by=incoming.id)
    if held is not None and not _is_before(incoming, held):
        book.hold(incoming.subject_key, None)


def _is_before(incoming: Incoming, held: Held) -> bool:
    """Whether an event was committed before the one that its return waits for, so that the wait goes on."""
    return incoming.replaces != held.event_id and (
        (incoming.epoch, incoming.sequence) < (held.epoch, held.sequence)
    )


def _again(known: EventRow) -> EventAnswer:
    if known.status == "rejected":
        return EventAnswer(
            known.id, AnswerStatus.REJECTED, reason=known.reason or "rejected", field=known.field
        )
    return EventAnswer(known.id, AnswerStatus.DUPLICATE, known.exception, known.reason)


def _rejected(event_id: str, refused: Refused) -> EventAnswer:
    return EventAnswer(event_id, AnswerStatus.REJECTED, reason=refused.reason[:500], field=refused.field)
