"""Returns come to the desk, are left and are closed.

A bag by any of its numbers, known, unknown, cancelled or late.
"""

from edge.clock import Clock
from edge.errors import WorkflowRefused
from edge.inspection import outgoing, questions
from edge.inspection.desk import Level, Message
from edge.inspection.desk_state import DeskState
from edge.inspection.session import OpenReturn
from edge.inspection.store import InspectionStore
from edge.returns.bag import closes_by_itself, count_bag
from edge.returns.expected import Custody, ExpectedReturn, ExpectedState, Reference, ReturnType
from edge.returns.store import LocalCopy

BLIND_PREFIX = "blind-"


class Arrivals:
    """Opens and closes returns."""

    def __init__(
        self,
        state: DeskState,
        copy: LocalCopy,
        store: InspectionStore,
        clock: Clock,
        *,
        site: str,
        station: str,
        bag_time_limit_minutes: int,
    ) -> None:
        self._state = state
        self._copy = copy
        self._store = store
        self._clock = clock
        self._site = site
        self._station = station
        self._bag_time_limit_minutes = bag_time_limit_minutes

    def open(self, reference: Reference) -> None:
        """A return's number was scanned: take it in hand, whatever the local copy knows of it."""
        state = self._state
        if state.opened is not None:
            if reference in (state.opened.reference, *state.opened.expected.references):
                state.say(Level.INFO, "notice.return_already_open", {"reference": reference.value})
                return
            self._put_away_unfinished(state.opened)
        expected = self._expected(reference)
        before = self._store.open_return(expected.return_id)
        if before is not None:
            state.opened = before.model_copy(update={"reference": reference})
            self._say_reopened(before)
        else:
            clock = self._clock.reading()
            opened = OpenReturn(expected=expected, reference=reference, received_at=clock.now)
            if expected.blind:
                # The OMS is told once somebody has said whose hands it was in.
                state.opened = opened
                state.question = questions.custody(opened)
                state.say(Level.WARNING, "notice.return_blind", {"reference": reference.value})
                return
            self._store.save_arrival(opened, outgoing.received(opened, state.badge), clock, state.badge)
            state.opened = opened
            self._say_opened(expected, reference)

    def answer_custody(self, value: str) -> None:
        """Whose hands a blind return was in; only now it is received."""
        state = self._state
        if state.opened is None or state.question is None:
            raise WorkflowRefused(Message("refused.no_question"))
        custody = Custody(questions.require_choice(state.question, value))
        opened = state.opened.with_custody(custody)
        self._store.save_arrival(
            opened, outgoing.received(opened, state.badge), self._clock.reading(), state.badge
        )
        state.opened, state.question = opened, None
        state.say(Level.INFO, "notice.scan_first_item", then="next.scan_item")

    def close(self) -> None:
        """The bag is empty."""
        opened = self._require_open()
        self.require_nothing_in_hand()
        self._close(opened, by_time_limit=False)
        state = self._state
        missing = sum(1 for line in count_bag(opened.expected, opened.units).lines if not line.complete)
        state.opened = None
        code = "notice.return_closed_blind" if opened.expected.blind else "notice.return_closed"
        code = "notice.return_closed_short" if missing else code
        level = Level.WARNING if missing else Level.SUCCESS
        state.say(
            level, code, {"reference": opened.reference.value, "missing": missing}, then="next.scan_return"
        )

    def leave(self) -> None:
        """Put the bag aside unfinished; scanning it again opens it where it was."""
        state = self._state
        opened = state.opened
        if opened is None:
            raise WorkflowRefused(Message("refused.no_return"), Message("next.scan_return"))
        state.clear_item()
        state.opened = None
        state.say(
            Level.INFO, "notice.return_left", {"reference": opened.reference.value}, then="next.scan_return"
        )

    def close_overdue(self) -> list[str]:
        """Close returns that were left unfinished for too long; gives their ids.

        The one in hand is never closed.
        """
        clock = self._clock.reading()
        if not clock.ok:
            return []
        closed = []
        for return_id, last in self._store.unfinished():
            in_hand = self._state.opened is not None and self._state.opened.return_id == return_id
            if in_hand or not closes_by_itself(last, clock.now, self._bag_time_limit_minutes):
                continue
            opened = self._store.open_return(return_id)
            if opened is not None:
                self._close(opened, by_time_limit=True)
                closed.append(return_id)
        return closed

    def require_nothing_in_hand(self) -> None:
        """Refuse while a unit lies on the desk undecided.

        Raises:
            WorkflowRefused: Accept it, set it aside or answer first.
        """
        if self._state.item is not None:
            raise WorkflowRefused(
                Message("refused.item_in_hand", {"item": self._state.item.name}), Message("next.finish_item")
            )

    def _expected(self, reference: Reference) -> ExpectedReturn:
        found = self._copy.find(reference.value)
        if found:
            return found[0]
        known = self._store.blind_return(reference)
        return ExpectedReturn.opened_blind(
            return_id=known or f"{BLIND_PREFIX}{self._site}-{self._station}-{reference.value}"[:80],
            site=self._site,
            reference=reference,
            return_type=ReturnType.RTO_REFUSED,
            custody=None,
        )

    def _say_opened(self, expected: ExpectedReturn, reference: Reference) -> None:
        state, params = self._state, {"reference": reference.value, "site": expected.site}
        if expected.state is ExpectedState.CANCELLED:
            state.say(Level.WARNING, "notice.return_cancelled", params, then="next.scan_item_held")
        elif expected.state is ExpectedState.CLOSED:
            state.say(Level.WARNING, "notice.return_was_closed", params, then="next.scan_item_held")
        elif expected.site != self._site:
            state.say(Level.WARNING, "notice.return_other_site", params, then="next.scan_item_transfer")
        else:
            lines: dict[str, str | int | float] = {**params, "lines": len(expected.lines)}
            state.say(Level.INFO, "notice.return_opened", lines, then="next.scan_item")

    def _say_reopened(self, before: OpenReturn) -> None:
        params: dict[str, str | int | float] = {
            "reference": before.reference.value,
            "units": len(before.units),
        }
        code = "notice.return_reopened" if before.closings else "notice.return_continued"
        self._state.say(Level.INFO, code, params, then="next.scan_item")

    def _put_away_unfinished(self, opened: OpenReturn) -> None:
        """The next bag was scanned: one that is complete closes by that, another waits."""
        self.require_nothing_in_hand()
        counted = count_bag(opened.expected, opened.units)
        if not opened.expected.blind and opened.units and all(line.complete for line in counted.lines):
            self._close(opened, by_time_limit=False)
        self._state.opened = None
        self._state.question = None

    def _close(self, opened: OpenReturn, *, by_time_limit: bool) -> None:
        clock = self._clock.reading()
        badge = None if by_time_limit else self._state.badge
        messages = outgoing.closed(
            opened,
            count_bag(opened.expected, opened.units),
            by_time_limit=by_time_limit,
            at=clock.now,
            by=badge,
        )
        self._store.save_closing(
            opened, messages, clock, badge, "time_limit" if by_time_limit else "bag_empty"
        )

    def _require_open(self) -> OpenReturn:
        opened = self._state.opened
        if opened is None or (self._state.question is not None and self._state.item is None):
            raise WorkflowRefused(Message("refused.no_return"), Message("next.scan_return"))
        return opened
