"""The work of one inspection, step by step.

    scan → identify → look up → capture → check picture → detect → grade → decide → confirm → commit
                                                                                              └→ relay → OMS
                                                                                              ack

A bag's number opens a return; each item's code then goes through these steps until the person at the desk
confirms, changes, retakes or sets aside. What is confirmed is committed before the desk says *Saved*; the
relay and the OMS's acknowledgement follow on their own (`sync`). Questions that only a person can answer come
before the picture, so that the picture is of the item as it lies there when all else is known.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from edge.clock import Clock
from edge.errors import EdgeError, WorkflowRefused, code_for_staff
from edge.grading.decision import Disposition, Grade
from edge.inspection.aftercare import Aftercare
from edge.inspection.arrivals import Arrivals
from edge.inspection.confirming import Confirming
from edge.inspection.desk import Desk, Level, Message
from edge.inspection.desk_state import DeskState, Proposal
from edge.inspection.drafts import DraftKeeper
from edge.inspection.judging import Seen
from edge.inspection.store import InspectionStore
from edge.inspection.telling import nobody_waits_for, told_of
from edge.inspection.unit_in_hand import UnitInHand
from edge.returns.expected import Reference, ReferenceKind
from edge.returns.identified import (
    Command,
    Identified,
    PlaceCode,
    ProductCode,
    ReturnReference,
    Sscc,
    StaffBadge,
    StationCommand,
    UnitLabel,
    UnknownCode,
)
from hardware.scanners.scan import Scan
from sync.errors import SyncError

logger = logging.getLogger(__name__)

Chosen = TypeVar("Chosen", Grade, Disposition)

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
        unit: UnitInHand,
        confirming: Confirming,
        aftercare: Aftercare,
        drafts: DraftKeeper,
        store: InspectionStore,
        clock: Clock,
    ) -> None:
        self._state = state
        self._identify = identify
        self._arrivals = arrivals
        self._unit = unit
        self._confirming = confirming
        self._aftercare = aftercare
        self._drafts = drafts
        self._store = store
        self._clock = clock

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        return self._state.shown

    def on_change(self, listener: Callable[[Desk], None]) -> None:
        """Call `listener` with the desk after each change."""
        self._state.on_change(listener)

    # --- scan → identify
    # -------------------------------------------------------------------------------------

    def scan(self, scan: Scan) -> Desk:
        """Take a scanner's read; whatever it holds, the desk says what was understood."""
        return self._do(lambda: self._take_scan(scan), tell=True)

    def _take_scan(self, scan: Scan) -> None:
        self._state.scans += 1
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
                self._unit.look_up(identified, scan.scanned_at_ns)
            case PlaceCode():
                self._put_away_last(identified.place_id)
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
                self._unit.look(self._clock.monotonic_ns())
            case Command.SET_ASIDE:
                self._set_aside(self._proposed(), "other")
            case Command.NO_CODE:
                self._unit.begin_without_code()
            case Command.BAG_EMPTY:
                self._arrivals.close()
            case Command.LEAVE:
                self._arrivals.leave()
            case Command.UNDO:
                if state.last_saved is None:
                    raise WorkflowRefused(Message("refused.nothing_to_undo"))
                self._undo(state.last_saved.inspection_id)
            case Command.YES | Command.NO:
                self._unit.answer_by_command(first=command is Command.YES)

    # --- look up → capture → check picture → detect → grade → decide: `unit_in_hand.py`
    # ----------------------------

    def answer(self, question_id: str, value: str) -> Desk:
        """Answer the open question: a choice's value, an ISO date, a decimal or text."""
        return self._do(lambda: self._unit.answer(question_id, value))

    def item_without_code(self) -> Desk:
        """Begin a unit whose code can't be read: the person chooses the line."""
        return self._do(self._unit.begin_without_code)

    # --- confirm → commit
    # ----------------------------------------------------------------------------------------

    def accept(self, inspection_id: str) -> Desk:
        """Save the proposal as it stands; when this returns, the unit survives a power cut."""
        return self._do(lambda: self._accept(self._proposed(inspection_id)))

    def _accept(self, proposal: Proposal) -> None:
        self._confirming.accept(*self._unit.in_hand(), proposal)

    def override(
        self,
        inspection_id: str,
        *,
        grade: str | None,
        disposition: str | None,
        reason_code: str,
        badge: str | None,
    ) -> Desk:
        """Save another grade or disposition, with a coded reason.

        Nearer to sale takes a supervisor's badge.
        """

        def change() -> None:
            proposal = self._proposed(inspection_id)
            self._confirming.override(
                *self._unit.in_hand(),
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
            self._unit.look(self._clock.monotonic_ns())

        return self._do(again)

    def set_aside(self, inspection_id: str, reason_code: str) -> Desk:
        """Save as `HOLD_FOR_REVIEW`: someone decides later."""
        return self._do(lambda: self._set_aside(self._proposed(inspection_id), reason_code))

    def _set_aside(self, proposal: Proposal, reason_code: str) -> None:
        self._confirming.set_aside(*self._unit.in_hand(), proposal, reason_code)

    # --- the return
    # ------------------------------------------------------------------------------------------------

    def close_return(self) -> Desk:
        """The bag is empty: close the return with what was received and what is missing."""
        return self._do(self._arrivals.close)

    def leave_return(self) -> Desk:
        """Put the bag aside unfinished; scanning it again opens it where it was."""
        return self._do(self._arrivals.leave)

    # --- afterwards
    # --------------------------------------------------------------------------------------------------

    def undo(self, inspection_id: str) -> Desk:
        """Correct a saved inspection: its movements are reversed by a new event."""
        return self._do(lambda: self._undo(inspection_id))

    def _undo(self, inspection_id: str) -> None:
        with told_of("undo"):
            self._aftercare.undo(inspection_id)

    def resolve_hold(self, hold_id: str, *, disposition: str, reason_code: str, badge: str | None) -> None:
        """End a hold by a decision."""
        chosen = _one_of(Disposition, disposition)
        if chosen is None:
            raise WorkflowRefused(Message("refused.choice"))

        def resolve() -> None:
            with told_of("later"):
                self._aftercare.resolve_hold(hold_id, chosen, reason_code, badge)

        self._do(resolve)

    def put_away(self, inspection_id: str, place_code: str) -> None:
        """The unit lies in its place; `place_code` was scanned there."""
        self._do(lambda: self._put_away(inspection_id, place_code))

    def _put_away(self, inspection_id: str, place_code: str) -> None:
        with told_of("later"):
            self._aftercare.put_away(inspection_id, place_code)

    def finish_task(self, task_id: str) -> None:
        """The staff have done what a task asked for."""

        def finish() -> None:
            with told_of("later"):
                self._aftercare.finish_task(task_id)

        self._do(finish)

    def remember_empty_station(self) -> list[str]:
        """Take pictures of the empty station, from which items are told; returns the views taken."""
        with self._state.lock:
            self._arrivals.require_nothing_in_hand()
            return self._unit.take_references()

    def on_the_minute(self) -> None:
        """Holds whose deadline has passed, bags that were left unfinished; called now and then."""
        self._do(lambda: nobody_waits_for(self._aftercare.mind_deadlines))
        self._do(lambda: nobody_waits_for(self._arrivals.close_overdue))

    def resume(self, seen: Seen | None) -> None:
        """After a restart: go on with the unit that was in hand.

        From its kept pictures where there are any.
        """
        self._do(lambda: self._unit.resume(seen))

    # --- how each of these is run
    # --------------------------------------------------------------------------------------

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
            except (EdgeError, SyncError) as error:
                # What lies on the desk stays there, so that it can be accepted once the cause is gone.
                logger.exception("a step at the desk failed")
                state.looking = False
                code = code_for_staff(error)
                state.say(Level.ERROR, code, {"detail": str(error)}, then=f"{code}.next")
            shown = state.show()
            self._drafts.keep(state)
            return shown

    def _take_unknown(self, unknown: UnknownCode, scan: Scan) -> None:
        text = scan.text.encode("utf-8", "replace").decode("utf-8")  # half a character can't be stored
        place = self._aftercare.place_named(text) if len(text) <= SHOWN_AT_MOST else None
        if place is not None:
            self._put_away_last(place.place_id)
            return
        if self._unit.answers_serial(text):
            return
        self._store.keep_unread(text, unknown.reason.value, scan.scanner, self._clock.now())
        code = f"notice.unknown_code.{unknown.reason.value}"
        then = "next.unknown_code" if self._state.opened is not None else "next.unknown_return"
        self._state.say(Level.WARNING, code, {"text": unknown.shown}, then=then)

    def _put_away_last(self, place_code: str) -> None:
        """A bin was scanned: the unit saved last lies there."""
        if self._state.last_saved is None:
            raise WorkflowRefused(Message("refused.nothing_to_put_away"), Message("next.scan_item"))
        self._put_away(self._state.last_saved.inspection_id, place_code)

    def _proposed(self, inspection_id: str | None = None) -> Proposal:
        state = self._state
        if state.proposal is None or state.item is None:
            raise WorkflowRefused(Message("refused.no_proposal"), Message("next.scan_item"))
        if inspection_id is not None and state.item.inspection_id != inspection_id:
            raise WorkflowRefused(Message("refused.other_item"), Message("next.look_again"))
        return state.proposal


def _one_of(kind: type[Chosen], value: str | None) -> Chosen | None:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise WorkflowRefused(Message("refused.choice")) from error
