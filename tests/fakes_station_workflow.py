"""A workflow played without camera, model or broker: a refused bag of twelve lines, for page tests.

It keeps the promises that pages rely on: the desk's version grows with each change, listeners are told from
whatever thread made it, a proposal that is gone is refused. It knows nothing of grading.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from builders_station import BAG, LINES, a_proposal, a_return, an_item

from edge.errors import WorkflowRefused
from edge.inspection.desk import (
    Choice,
    Desk,
    Level,
    Message,
    Notice,
    Phase,
    Question,
    QuestionKind,
    SavedOnDesk,
)
from hardware.scanners.scan import Scan


class FakeWorkflow:
    """Plays the bag; `calls` keeps what the pages asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.scans: list[Scan] = []
        self.fail_with: Exception | None = None
        self.done_tasks: set[str] = set()
        self.resolved: set[str] = set()
        self._desk = Desk(Phase.IDLE, 1)
        self._listeners: list[Callable[[Desk], None]] = []
        self._lock = threading.RLock()
        self._received: dict[str, int] = {}
        self._line = 0
        self._numbers = itertools.count(1)

    @property
    def desk(self) -> Desk:
        return self._desk

    def on_change(self, listener: Callable[[Desk], None]) -> None:
        self._listeners.append(listener)

    def show(self, **changes: object) -> Desk:
        """Put something on the desk, as a test wants it; the version grows."""
        with self._lock:
            self._desk = replace(self._desk, version=self._desk.version + 1, **changes)  # type: ignore[arg-type]
            for listener in self._listeners:
                listener(self._desk)
            return self._desk

    def _note(self, *call: object) -> None:
        self.calls.append(call)
        if self.fail_with is not None:
            raise self.fail_with

    # --- the return in hand

    def scan(self, scan: Scan) -> Desk:
        self.scans.append(scan)
        self._note("scan", scan.text)
        line = next((n for n, entry in enumerate(LINES) if entry[2].lstrip("0") in scan.text), None)
        if scan.text == BAG:
            self._received = {}
            return self.show(
                phase=Phase.RETURN_OPEN,
                current_return=a_return(),
                notice=Notice(Level.INFO, Message("notice.return_opened", {"reference": BAG, "lines": 12})),
            )
        if line is None or self._desk.current_return is None:
            return self.show(
                notice=Notice(
                    Level.WARNING,
                    Message("notice.return_blind", {"reference": scan.text[:300]}),
                    Message("next.unknown_code"),
                )
            )
        self._line = line
        if LINES[line][1] == "TEA-500":
            return self._ask(
                QuestionKind.EXPIRY_DATE,
                "question.expiry_date.best_before",
                "date",
                [Choice("unreadable", Message("choice.date_unreadable"))],
            )
        if LINES[line][1] == "BANANA":
            return self._ask(QuestionKind.WEIGHT, "question.weight", "decimal")
        if LINES[line][1] == "EARBUD-2":
            return self._ask(
                QuestionKind.SERIAL,
                "question.serial",
                "text",
                [Choice("unreadable", Message("choice.serial_unreadable"))],
            )
        return self._propose()

    def _ask(self, kind: QuestionKind, prompt: str, field: str, choices: Sequence[Choice] = ()) -> Desk:
        question = Question(
            f"q-{next(self._numbers)}",
            kind,
            Message(prompt, {"item": LINES[self._line][3]}),
            field,
            list(choices),
        )
        unit = an_item(self._line, lot=None, expiry=None)
        return self.show(
            phase=Phase.QUESTION,
            question=question,
            item=None if kind is QuestionKind.CHOOSE_LINE else unit,
            notice=None,
        )

    def _propose(self) -> Desk:
        self.show(phase=Phase.INSPECTING, question=None, item=an_item(self._line), notice=None)
        changes: dict[str, object] = {}
        if self._line != 1:
            changes = {"grade": "A", "disposition": "RESTOCK", "place": "A-04-2", "place_label": "A-04-2"}
            changes["findings"] = []
        proposal = a_proposal(f"insp-{next(self._numbers)}", **changes)
        return self.show(phase=Phase.PROPOSAL, proposal=proposal)

    def answer(self, question_id: str, value: str) -> Desk:
        self._note("answer", question_id, value)
        question = self._desk.question
        if question is None or question.question_id != question_id:
            raise WorkflowRefused(Message("refused.no_question"), Message("next.look_again"))
        if question.kind is QuestionKind.CHOOSE_LINE:
            self._line = int(value) - 1
        return self._propose()

    def item_without_code(self) -> Desk:
        self._note("item_without_code")
        choices = [
            Choice(line[0], Message("choice.line", {"line": line[0], "item": line[3], "quantity": line[4]}))
            for line in LINES[:5]
        ]
        return self._ask(QuestionKind.CHOOSE_LINE, "question.choose_line", "none", choices)

    def close_return(self) -> Desk:
        self._note("close_return")
        return self._idle(
            Notice(Level.SUCCESS, Message("notice.return_closed", {"reference": BAG, "missing": 9}))
        )

    def leave_return(self) -> Desk:
        self._note("leave_return")
        return self._idle(Notice(Level.INFO, Message("notice.return_left", {"reference": BAG})))

    def _idle(self, notice: Notice) -> Desk:
        return self.show(
            phase=Phase.IDLE, current_return=None, item=None, question=None, proposal=None, notice=notice
        )

    # --- the unit in hand

    def _check(self, inspection_id: str) -> None:
        proposal = self._desk.proposal
        if proposal is None or proposal.inspection_id != inspection_id:
            raise WorkflowRefused(Message("refused.no_proposal"), Message("next.look_again"))

    def accept(self, inspection_id: str) -> Desk:
        self._note("accept", inspection_id)
        self._check(inspection_id)
        assert self._desk.proposal
        return self._save(self._desk.proposal.disposition, self._desk.proposal.place_label)

    def override(
        self,
        inspection_id: str,
        *,
        grade: str | None,
        disposition: str | None,
        reason_code: str,
        badge: str | None,
    ) -> Desk:
        self._note("override", inspection_id, grade, disposition, reason_code, badge)
        self._check(inspection_id)
        return self._save(disposition or "RESTOCK_MARKDOWN", "SC-01-1")

    def set_aside(self, inspection_id: str, reason_code: str) -> Desk:
        self._note("set_aside", inspection_id, reason_code)
        self._check(inspection_id)
        return self._save("HOLD_FOR_REVIEW", "HOLD-02")

    def _save(self, disposition: str, place: str) -> Desk:
        proposal, item = self._desk.proposal, self._desk.item
        assert proposal
        assert item
        line_id = LINES[self._line][0]
        self._received[line_id] = self._received.get(line_id, 0) + 1
        saved = SavedOnDesk(
            proposal.inspection_id,
            item.name,
            proposal.grade,
            disposition,
            place,
            datetime.now(UTC).isoformat(),
            undoable=True,
        )
        return self.show(
            phase=Phase.RETURN_OPEN,
            proposal=None,
            item=None,
            last_saved=saved,
            current_return=a_return(self._received),
            notice=Notice(
                Level.SUCCESS,
                Message("notice.saved", {"item": item.name, "place": place, "disposition": disposition}),
            ),
        )

    def retake(self, inspection_id: str) -> Desk:
        self._note("retake", inspection_id)
        self._check(inspection_id)
        return self._propose()

    def undo(self, inspection_id: str) -> Desk:
        self._note("undo", inspection_id)
        return self.show(
            last_saved=None,
            notice=Notice(Level.INFO, Message("notice.undone", {"item": "Tomato ketchup 1 kg"})),
        )

    # --- later

    def resolve_hold(self, hold_id: str, *, disposition: str, reason_code: str, badge: str | None) -> None:
        self._note("resolve_hold", hold_id, disposition, reason_code, badge)
        self.resolved.add(hold_id)

    def put_away(self, inspection_id: str, place_code: str) -> None:
        self._note("put_away", inspection_id, place_code)

    def finish_task(self, task_id: str) -> None:
        self._note("finish_task", task_id)
        self.done_tasks.add(task_id)

    def remember_empty_station(self) -> list[str]:
        self._note("remember_empty_station")
        return ["top"]
