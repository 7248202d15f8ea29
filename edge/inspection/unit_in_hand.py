"""The unit in hand, from its code to a proposal.

Look up, ask what only a person knows, look at it, decide.
"""

from collections.abc import Callable

from edge.clock import Clock
from edge.errors import WorkflowRefused
from edge.grading.observation import CaptureDepth
from edge.grading.policy_loading import PolicyShelf
from edge.inspection import questions
from edge.inspection.arrivals import Arrivals
from edge.inspection.confirming import Confirming
from edge.inspection.desk import Level, Message, QuestionKind
from edge.inspection.desk_state import DeskState, Proposal
from edge.inspection.judging import LOST, Judge, Seen
from edge.inspection.lookup import LookedUp, Lookup, category_of
from edge.inspection.saved import JudgedView
from edge.inspection.session import ItemInHand, OpenReturn
from edge.inspection.storage import StorageGovernor
from edge.inspection.unclear import why_asked
from edge.returns.identified import ProductCode, UnitLabel

SERIAL_AT_MOST = 60
"""Characters; a longer code is no serial."""


class UnitInHand:
    """Brings one unit as far as a proposal; the person's word comes after that."""

    def __init__(
        self,
        state: DeskState,
        arrivals: Arrivals,
        lookup: Lookup,
        judge: Judge,
        confirming: Confirming,
        policies: PolicyShelf,
        storage: StorageGovernor,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._state = state
        self._arrivals = arrivals
        self._lookup = lookup
        self._judge = judge
        self._confirming = confirming
        self._policies = policies
        self._storage = storage
        self._clock = clock
        self._new_id = new_id

    def look_up(self, code: ProductCode | UnitLabel, scanned_at_ns: int) -> None:
        """Find the scanned article on the open return, and go on with it."""
        state = self._state
        if isinstance(code, ProductCode) and code.serial is not None and self.answers_serial(code.serial):
            return
        opened = self._require_return()
        self._arrivals.require_nothing_in_hand()
        self._storage.require_room()
        found = self._lookup.of_code(code, opened, inspection_id=self._new_id(), scanned_at_ns=scanned_at_ns)
        if found.seen_before is not None:
            state.say(Level.WARNING, "notice.same_unit_again", then="next.scan_item")
            return
        self._take_found(found, scanned_at_ns)

    def _take_found(self, found: LookedUp, after_ns: int) -> None:
        state = self._state
        state.item, state.question, state.notice = found.item, found.question, None
        if found.question is None:
            self._ask_or_look(after_ns)

    def _ask_or_look(self, after_ns: int) -> None:
        """Ask what only a person knows; when nothing is left to ask, look at the item."""
        state = self._state
        item, opened = self.in_hand()
        state.question = questions.next_question(item, opened, self._lookup.units_limit(item))
        if state.question is None:
            state.item = questions.counted_by_weight(item, opened)
            self.look(after_ns)
            return
        why = why_asked(item, state.question)
        if why is not None:
            state.say(Level.INFO, why.code)

    def answer(self, question_id: str, value: str) -> None:
        """Take the answer to the open question, and go on."""
        state, question = self._state, self._state.question
        if question is None or question.question_id != question_id:
            raise WorkflowRefused(Message("refused.no_question"))
        answered_at = self._clock.monotonic_ns()
        if question.kind is QuestionKind.CUSTODY:
            self._arrivals.answer_custody(value)
            return
        item, opened = self.in_hand()
        if question.kind is QuestionKind.CHOOSE_LINE:
            self._take_found(
                self._lookup.on_line(item, questions.require_choice(question, value), opened), answered_at
            )
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
        self._ask_or_look(answered_at)

    def begin_without_code(self) -> None:
        """Begin a unit whose code can't be read: the person chooses the line."""
        opened = self._require_return()
        self._arrivals.require_nothing_in_hand()
        self._storage.require_room()
        now_ns = self._clock.monotonic_ns()
        found = self._lookup.without_code(opened, inspection_id=self._new_id(), scanned_at_ns=now_ns)
        self._take_found(found, now_ns)

    def look(self, after_ns: int) -> None:
        """Take pictures younger than `after_ns`, judge them, and propose."""
        state = self._state
        item, opened = self.in_hand()
        state.proposal = None
        if item.depth is not CaptureDepth.COUNT:
            state.looking = True
            state.show()
        self.put_forward(self._judge.look(item, opened, after_ns), after_ns)

    def put_forward(self, seen: Seen, after_ns: int) -> None:
        """Grade and decide on what was seen, and lay the proposal before the person."""
        state = self._state
        item, opened = self.in_hand()
        policy = self._policies.of_category(category_of(item))
        judged = self._judge.decide(item, opened, seen, policy, self._clock.reading())
        place = self._confirming.place_for(
            judged.decision.place_kind, judged.decision.storage_class, judged.observation.category
        )
        decided_ms = (self._clock.monotonic_ns() - after_ns) / 1e6
        state.looking = False
        state.proposal = Proposal(judged, policy, place, decided_ms)
        trouble = seen.trouble
        if trouble is not None:
            state.say(Level.WARNING, trouble.quality, {"view": trouble.view}, then=_remedy(seen, trouble))
        elif seen.golden_broken is not None:
            view = seen.golden_broken.view
            state.say(Level.WARNING, "notice.golden_broken", {"view": view}, then="next.golden_broken")
        else:
            state.notice = None

    def resume(self, seen: Seen | None) -> None:
        """After a restart: propose again from the kept pictures, or ask or look anew."""
        now_ns = self._clock.monotonic_ns()
        if seen is not None:
            self.put_forward(seen, now_ns)
        else:
            self._ask_or_look(now_ns)

    def take_references(self) -> list[str]:
        """Make the next picture of each camera that view's empty station.

        Raises:
            WorkflowRefused: No camera gives a picture that can be used.
        """
        taken = self._judge.take_references(self._clock.monotonic_ns())
        if not taken:
            raise WorkflowRefused(Message("refused.no_pictures"), Message("next.look_at_cameras"))
        return taken

    def answers_serial(self, text: str) -> bool:
        """Whether a scan is the answer to the open question for a serial or IMEI; then it is taken."""
        question = self._state.question
        if question is None or question.kind is not QuestionKind.SERIAL or len(text) > SERIAL_AT_MOST:
            return False
        self.answer(question.question_id, text)
        return True

    def answer_by_command(self, *, first: bool) -> None:
        """Yes or no, scanned from the command sheet: the first or the second of two choices."""
        question = self._state.question
        if question is None or len(question.choices) != 2:
            raise WorkflowRefused(Message("refused.no_question"))
        self.answer(question.question_id, question.choices[0 if first else 1].value)

    def in_hand(self) -> tuple[ItemInHand, OpenReturn]:
        """The unit and its return.

        Raises:
            WorkflowRefused: Nothing is in hand.
        """
        state = self._state
        if state.item is None or state.opened is None:
            raise WorkflowRefused(Message("refused.no_item"), Message("next.scan_item"))
        return state.item, state.opened

    def _require_return(self) -> OpenReturn:
        state = self._state
        if state.opened is None:
            raise WorkflowRefused(Message("refused.no_return"), Message("next.scan_return"))
        if state.question is not None and state.item is None:
            raise WorkflowRefused(Message("refused.answer_first"), Message("next.answer"))
        return state.opened


def _remedy(seen: Seen, trouble: JudgedView) -> str:
    """What to do about a picture that can't be used: a lost camera isn't cured by another picture."""
    if trouble.quality != LOST:
        return "next.retake"
    return "next.camera_lost" if seen.pictures else "next.cameras_lost"
