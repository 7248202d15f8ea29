"""The work of one inspection, step by step.

    scan → identify → look up → capture → check picture → detect → grade → decide → confirm → commit
                                                                                              └→ relay → OMS ack

A bag's number opens a return; each item's code then goes through these steps until the person at the desk confirms,
changes, retakes or sets aside. What is confirmed is committed before the desk says *Saved*; the relay and the OMS's
acknowledgement follow on their own (`sync`). Questions that only a person can answer come before the picture, so that
the picture is of the item as it lies there when all else is known.
"""

import logging
import time
from collections.abc import Callable

from edge.clock import Clock
from edge.errors import EdgeError, WorkflowRefused
from edge.grading.decision import Disposition, Grade
from edge.grading.observation import CaptureDepth
from edge.grading.policy_loading import PolicyShelf
from edge.inspection import questions
from edge.inspection.aftercare import Aftercare
from edge.inspection.arrivals import Arrivals
from edge.inspection.confirming import Confirming
from edge.inspection.desk import Desk, Level, Message, QuestionKind
from edge.inspection.desk_state import DeskState, Proposal
from edge.inspection.drafts import DraftKeeper
from edge.inspection.judging import Judge, Seen
from edge.inspection.lookup import LookedUp, Lookup, category_of
from edge.inspection.session import ItemInHand, OpenReturn
from edge.inspection.store import InspectionStore
from edge.returns.expected import Reference, ReferenceKind
from edge.returns.identified import (
    Command,
    Identified,
    ProductCode,
    ReturnReference,
    Sscc,
    StaffBadge,
    StationCommand,
    UnitLabel,
    UnknownCode,
)
from hardware.scanners.scan import Scan
from sync.errors import DatabaseError

logger = logging.getLogger(__name__)

SHOWN_AT_MOST = 60
"""Characters of a foreign code that are shown to people."""


class InspectionWorkflow:
    """The desk's work; every public method gives the desk as it then is and may be called from any thread.

    Raises:
        WorkflowRefused: What was asked can't be done now; the desk is unchanged.
    """

    def __init__(
        self,
        *,
        state: DeskState,
        identify: Callable[[str, str | None], Identified],
        arrivals: Arrivals,
        lookup: Lookup,
        judge: Judge,
        confirming: Confirming,
        aftercare: Aftercare,
        drafts: DraftKeeper,
        store: InspectionStore,
        policies: PolicyShelf,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._state = state
        self._identify = identify
        self._arrivals = arrivals
        self._lookup = lookup
        self._judge = judge
        self._confirming = confirming
        self._aftercare = aftercare
        self._drafts = drafts
        self._store = store
        self._policies = policies
        self._clock = clock
        self._new_id = new_id

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self._state.shown

    def on_change(self, listener: Callable[[Desk], None]) -> None:
        """Call `listener` with the desk after each change."""
        self._state.on_change(listener)

    # --- scan → identify -------------------------------------------------------------------------------------

    def scan(self, scan: Scan) -> Desk:
        """Take a scanner's read; whatever it holds, the desk says what was understood."""
        return self._do(lambda: self._take_scan(scan), tell=True)

    def _take_scan(self, scan: Scan) -> None:
        identified = self._identify(scan.text, scan.symbology)
        match identified:
            case StationCommand():
                self._obey(identified.command)
            case StaffBadge():
                self._state.badge = identified.badge
                self._state.say(Level.INFO, "notice.badge", {"badge": identified.badge})
            case ReturnReference():
                self._arrivals.open(Reference(kind=identified.kind, value=identified.value))
            case Sscc():
                self._arrivals.open(Reference(kind=ReferenceKind.SHIPMENT, value=identified.value))
            case ProductCode() | UnitLabel():
                self._take_code(identified, scan)
            case UnknownCode():
                self._take_unknown(identified, scan)

    def _obey(self, command: Command) -> None:
        state = self._state
        match command:
            case Command.ACCEPT | Command.RETAKE | Command.SET_ASIDE if state.proposal is None:
                raise WorkflowRefused(Message("refused.no_proposal"), Message("next.scan_item"))
            case Command.ACCEPT:
                self._accept(self._proposed())
            case Command.RETAKE:
                self._propose(time.monotonic_ns())
            case Command.SET_ASIDE:
                self._set_aside(self._proposed(), "other")
            case Command.NO_CODE:
                self._begin_without_code()
            case Command.BAG_EMPTY:
                self._arrivals.close()
            case Command.LEAVE:
                self._arrivals.leave()
            case Command.UNDO:
                if state.last_saved is None:
                    raise WorkflowRefused(Message("refused.nothing_to_undo"))
                self._aftercare.undo(state.last_saved.inspection_id)
            case Command.YES | Command.NO:
                self._answer_by_command(first=command is Command.YES)

    # --- look up ---------------------------------------------------------------------------------------------

    def _take_code(self, code: ProductCode | UnitLabel, scan: Scan) -> None:
        state = self._state
        if self._answers_serial(code):
            return
        opened = self._require_return()
        self._arrivals.require_nothing_in_hand()
        found = self._lookup.of_code(
            code, opened, inspection_id=self._new_id(), scanned_at_ns=scan.scanned_at_ns
        )
        if found.seen_before is not None:
            state.say(Level.WARNING, "notice.same_unit_again", then="next.scan_item")
            return
        self._take_found(found, scan.scanned_at_ns)

    def _take_found(self, found: LookedUp, after_ns: int) -> None:
        state = self._state
        state.item, state.question, state.notice = found.item, found.question, None
        if found.question is None:
            self._ask_or_propose(after_ns)

    def _ask_or_propose(self, after_ns: int) -> None:
        """Ask what only a person knows; when nothing is left to ask, look at the item."""
        state = self._state
        item, opened = self._in_hand()
        state.question = questions.next_question(item, opened, self._lookup.units_limit(item))
        if state.question is None:
            state.item = questions.counted_by_weight(item, opened)
            self._propose(after_ns)

    def answer(self, question_id: str, value: str) -> Desk:
        """Answer the open question: a choice's value, an ISO date, a decimal or text."""
        return self._do(lambda: self._take_answer(question_id, value))

    def _take_answer(self, question_id: str, value: str) -> None:
        state, question = self._state, self._state.question
        if question is None or question.question_id != question_id:
            raise WorkflowRefused(Message("refused.no_question"))
        answered_at = self._clock.monotonic_ns()
        if question.kind is QuestionKind.CUSTODY:
            self._arrivals.answer_custody(value)
            return
        item, opened = self._in_hand()
        if question.kind is QuestionKind.CHOOSE_LINE:
            self._take_found(self._lookup.on_line(item, questions.require_choice(question, value), opened), answered_at)
            return
        if question.kind is QuestionKind.ANOTHER_UNIT:
            if questions.require_choice(question, value) == "same":
                state.clear_item()
                state.say(Level.INFO, "notice.same_unit_put_back", then="next.scan_item")
                return
        else:
            item = questions.answer(item, question, value)
        state.item = self._lookup.completed(item, opened)
        state.notice = None
        self._ask_or_propose(answered_at)

    def item_without_code(self) -> Desk:
        """Begin a unit whose code can't be read: the person chooses the line."""
        return self._do(self._begin_without_code)

    def _begin_without_code(self) -> None:
        opened = self._require_return()
        self._arrivals.require_nothing_in_hand()
        now_ns = self._clock.monotonic_ns()
        found = self._lookup.without_code(opened, inspection_id=self._new_id(), scanned_at_ns=now_ns)
        self._take_found(found, now_ns)

    # --- capture → check picture → detect → grade → decide ------------------------------------------------------

    def _propose(self, after_ns: int) -> None:
        state = self._state
        item, opened = self._in_hand()
        state.proposal = None
        if item.depth is not CaptureDepth.COUNT:
            state.looking = True
            state.show()
        seen = self._judge.look(item, after_ns)
        self._put_forward(item, opened, seen, after_ns)

    def _put_forward(self, item: ItemInHand, opened: OpenReturn, seen: Seen, after_ns: int) -> None:
        state = self._state
        policy = self._policies.of_category(category_of(item))
        judged = self._judge.decide(item, opened, seen, policy, self._clock.reading())
        place = self._confirming.place_for(judged.decision.place_kind, judged.decision.storage_class)
        decided_ms = (self._clock.monotonic_ns() - after_ns) / 1e6
        state.looking = False
        state.proposal = Proposal(judged, policy, place, decided_ms)
        trouble = seen.trouble
        if trouble is not None:
            state.say(Level.WARNING, trouble.quality, {"view": trouble.view}, then="next.retake")
        else:
            state.notice = None

    # --- confirm → commit ----------------------------------------------------------------------------------------

    def accept(self, inspection_id: str) -> Desk:
        """Save the proposal as it stands; when this returns, the unit survives a power cut."""
        return self._do(lambda: self._accept(self._proposed(inspection_id)))

    def _accept(self, proposal: Proposal) -> None:
        self._confirming.accept(*self._in_hand(), proposal)

    def override(
        self,
        inspection_id: str,
        *,
        grade: str | None,
        disposition: str | None,
        reason_code: str,
        badge: str | None,
    ) -> Desk:
        """Save another grade or disposition, with a coded reason; nearer to sale takes a supervisor's badge."""

        def change() -> None:
            proposal = self._proposed(inspection_id)
            self._confirming.override(
                *self._in_hand(),
                proposal,
                grade=_one_of(Grade, grade),
                disposition=_one_of(Disposition, disposition),
                reason_code=reason_code,
                badge=badge,
            )

        return self._do(change)

    def retake(self, inspection_id: str) -> Desk:
        """Take new pictures and judge again."""

        def again() -> None:
            self._proposed(inspection_id)
            self._propose(self._clock.monotonic_ns())

        return self._do(again)

    def set_aside(self, inspection_id: str, reason_code: str) -> Desk:
        """Save as `HOLD_FOR_REVIEW`: someone decides later."""
        return self._do(lambda: self._set_aside(self._proposed(inspection_id), reason_code))

    def _set_aside(self, proposal: Proposal, reason_code: str) -> None:
        self._confirming.set_aside(*self._in_hand(), proposal, reason_code)

    # --- the return ------------------------------------------------------------------------------------------------

    def close_return(self) -> Desk:
        """The bag is empty: close the return with what was received and what is missing."""
        return self._do(self._arrivals.close)

    def leave_return(self) -> Desk:
        """Put the bag aside unfinished; scanning it again opens it where it was."""
        return self._do(self._arrivals.leave)

    # --- afterwards --------------------------------------------------------------------------------------------------

    def undo(self, inspection_id: str) -> Desk:
        """Correct a saved inspection: its movements are reversed by a new event."""
        return self._do(lambda: self._aftercare.undo(inspection_id))

    def resolve_hold(self, hold_id: str, *, disposition: str, reason_code: str, badge: str | None) -> None:
        """End a hold by a decision."""
        chosen = _one_of(Disposition, disposition)
        if chosen is None:
            raise WorkflowRefused(Message("refused.choice"))
        self._do(lambda: self._aftercare.resolve_hold(hold_id, chosen, reason_code, badge))

    def put_away(self, inspection_id: str, place_code: str) -> None:
        """The unit lies in its place; `place_code` was scanned there."""
        self._do(lambda: self._aftercare.put_away(inspection_id, place_code))

    def finish_task(self, task_id: str) -> None:
        """The staff have done what a task asked for."""
        self._do(lambda: self._aftercare.finish_task(task_id))

    def on_the_minute(self) -> None:
        """Holds whose deadline has passed, bags that were left unfinished; called now and then."""
        self._do(self._aftercare.mind_deadlines)
        self._do(lambda: self._arrivals.close_overdue() and None)

    # --- how each of these is run --------------------------------------------------------------------------------------

    def _do(self, step: Callable[[], object], *, tell: bool = False) -> Desk:
        """Run one step with the desk to itself, show the result, keep a draft of it.

        Args:
            step: The step.
            tell: Say a refusal at the desk (a scanner has no other way of hearing it) instead of raising it.
        """
        state = self._state
        with state.lock:
            try:
                step()
            except WorkflowRefused as refused:
                state.looking = False
                if not tell:
                    raise
                then = refused.what_next.code if refused.what_next is not None else None
                state.say(Level.WARNING, refused.message.code, dict(refused.message.params), then=then)
            except (EdgeError, DatabaseError) as error:
                logger.exception("a step at the desk failed")
                state.looking = False
                state.say(Level.ERROR, error.code, {"detail": str(error)}, then=f"{error.code}.next")
            self._drafts.keep(state)
            return state.show()

    def _take_unknown(self, unknown: UnknownCode, scan: Scan) -> None:
        place = self._aftercare.place_named(scan.text) if len(scan.text) <= SHOWN_AT_MOST else None
        if place is not None and self._state.last_saved is not None:
            self._aftercare.put_away(self._state.last_saved.inspection_id, place.place_id)
            return
        if self._answers_text(scan.text):
            return
        self._store.keep_unread(scan.text, unknown.reason.value, scan.scanner, self._clock.now())
        code = f"notice.unknown_code.{unknown.reason.value}"
        self._state.say(Level.WARNING, code, {"text": unknown.shown}, then="next.unknown_code")

    def _answers_serial(self, code: ProductCode | UnitLabel) -> bool:
        """Whether a scan answers the question for a serial: a code that bears one."""
        question = self._state.question
        if question is None or question.kind is not QuestionKind.SERIAL:
            return False
        if not isinstance(code, ProductCode) or code.serial is None:
            return False
        self._take_answer(question.question_id, code.serial)
        return True

    def _answers_text(self, text: str) -> bool:
        """Whether a code that means nothing else is the serial or IMEI that was asked for."""
        question = self._state.question
        if question is None or question.kind is not QuestionKind.SERIAL or len(text) > SHOWN_AT_MOST:
            return False
        self._take_answer(question.question_id, text)
        return True

    def _answer_by_command(self, *, first: bool) -> None:
        question = self._state.question
        if question is None or len(question.choices) != 2:
            raise WorkflowRefused(Message("refused.no_question"))
        self._take_answer(question.question_id, question.choices[0 if first else 1].value)

    def _require_return(self) -> OpenReturn:
        state = self._state
        if state.opened is None:
            raise WorkflowRefused(Message("refused.no_return"), Message("next.scan_return"))
        if state.question is not None and state.item is None:
            raise WorkflowRefused(Message("refused.answer_first"), Message("next.answer"))
        return state.opened

    def _in_hand(self) -> tuple[ItemInHand, OpenReturn]:
        state = self._state
        if state.item is None or state.opened is None:
            raise WorkflowRefused(Message("refused.no_item"), Message("next.scan_item"))
        return state.item, state.opened

    def _proposed(self, inspection_id: str | None = None) -> Proposal:
        state = self._state
        if state.proposal is None or state.item is None:
            raise WorkflowRefused(Message("refused.no_proposal"), Message("next.scan_item"))
        if inspection_id is not None and state.item.inspection_id != inspection_id:
            raise WorkflowRefused(Message("refused.other_item"), Message("next.look_again"))
        return state.proposal


def _one_of[T: (Grade, Disposition)](kind: type[T], value: str | None) -> T | None:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise WorkflowRefused(Message("refused.choice")) from error
