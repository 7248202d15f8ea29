"""What the staff are told when things go wrong afterwards, and when a code doesn't tell for sure."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders_desk import DeskUnderTest, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.errors import StorageFull, WorkflowRefused
from edge.inspection.desk import Desk, Phase, QuestionKind
from edge.inspection.summaries import OmsState
from edge.returns.expected import ExpectedState
from sync.errors import DatabaseUnwritable

ORDER = "ORD-1001"
GTIN = a_gtin(1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskUnderTest]:
    with a_desk(tmp_path) as under_test:
        under_test.knows(a_product(), an_expected_return(a_line()))
        yield under_test


def saved(desk: DeskUnderTest, code: str = GTIN) -> str:
    """A unit that was saved; gives its inspection."""
    desk.scan(code)
    while desk.desk.phase is Phase.QUESTION:
        question = desk.desk.question
        assert question is not None
        desk.answer(question.choices[0].value)
    shown = desk.accept()
    assert shown.last_saved is not None
    return shown.last_saved.inspection_id


Act = Callable[[DeskUnderTest, str], object]

LATER: dict[str, tuple[Act, str]] = {
    "undo": (lambda desk, unit: desk.parts.workflow.undo(unit), "error.undo."),
    "hold": (
        lambda desk, _: desk.parts.workflow.resolve_hold(
            desk.parts.journal.holds()[0].hold_id,
            disposition="SCRAP",
            reason_code="spoilt",
            badge="STAFF-BOSS",
        ),
        "error.later.",
    ),
}


@pytest.mark.parametrize("work", LATER)
@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("database or disk is full", "storage_full"),
        ("attempt to write a readonly database", "storage_read_only"),
    ],
)
def test_what_cannot_be_saved_afterwards_is_refused_and_says_that_all_is_as_before(
    desk: DeskUnderTest, monkeypatch: pytest.MonkeyPatch, work: str, reason: str, cause: str
) -> None:
    desk.scan(ORDER)
    proposal = desk.scan(GTIN).proposal
    assert proposal is not None
    desk.parts.workflow.set_aside(proposal.inspection_id, "condition_unclear")
    act, family = LATER[work]

    def refuse(*_: object, **__: object) -> None:
        raise DatabaseUnwritable(desk.database.path, reason)

    with monkeypatch.context() as patched:
        patched.setattr(desk.parts.store, "save_change", refuse)
        with pytest.raises(WorkflowRefused) as refused:
            act(desk, proposal.inspection_id)
    assert refused.value.message.code == f"{family}{cause}"
    assert refused.value.what_next is not None
    assert refused.value.what_next.code == f"{family}{cause}.next"
    assert len(desk.parts.journal.holds()) == 1
    act(desk, proposal.inspection_id)
    assert desk.parts.journal.holds() == []


def test_an_undo_by_scan_that_the_disk_refuses_is_said_at_the_desk(
    desk: DeskUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.scan(ORDER)
    saved(desk)

    def full(*_: object, **__: object) -> None:
        raise StorageFull("no space is left")

    with monkeypatch.context() as patched:
        patched.setattr(desk.parts.store, "save_change", full)
        shown = desk.scan("DS:UNDO")
    assert shown.notice is not None
    assert shown.notice.message.code == "error.undo.storage_full"
    assert shown.last_saved is not None
    assert shown.last_saved.undoable


def test_a_deadline_that_the_disk_refuses_says_nothing_of_an_item_in_hand(
    desk: DeskUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.scan(ORDER)
    before = desk.desk.notice

    def full() -> None:
        raise StorageFull("no space is left")

    monkeypatch.setattr(desk.parts.workflow._aftercare, "mind_deadlines", full)
    desk.parts.workflow.on_the_minute()
    assert desk.desk.notice == before


def test_a_code_without_its_separators_is_asked_for_lot_and_date(desk: DeskUnderTest) -> None:
    desk.knows(a_product(dated=True))
    desk.scan(ORDER)
    asked = desk.scan(f"01{GTIN}10LOT17270131")
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.EXPIRY_DATE
    assert asked.notice is not None
    assert asked.notice.message.code == "notice.unclear.date"
    asked = desk.answer("2027-06-30")
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.LOT
    assert asked.notice is not None
    assert asked.notice.message.code == "notice.unclear.lot"
    with pytest.raises(WorkflowRefused):
        desk.answer("a lot of 21 signs....")
    item = desk.answer("L77").item
    assert item is not None
    assert (item.lot, item.expiry) == ("L77", "2027-06-30")
    desk.accept()
    told = desk.events("inspected")[0]["data"]["item"]
    assert (told["lot"], told["date"]["value"]) == ("L77", "2027-06-30")


def test_a_lot_that_nobody_can_read_stays_unknown(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    asked = desk.scan(f"01{GTIN}1727013110LOT721SER9")
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.LOT
    shown = desk.answer("unreadable")
    assert shown.phase is Phase.PROPOSAL
    assert shown.item is not None
    assert shown.item.lot is None


def next_code(shown: Desk) -> str | None:
    assert shown.notice is not None
    return shown.notice.what_next.code if shown.notice.what_next is not None else None


def test_an_unknown_code_is_answered_by_what_can_be_done_now(desk: DeskUnderTest) -> None:
    assert next_code(desk.scan("WHAT-IS-THIS")) == "next.unknown_return"
    desk.scan(ORDER)
    assert next_code(desk.scan("WHAT-IS-THIS")) == "next.unknown_code"


def test_a_cancelled_return_promises_no_hold_for_what_may_be_scrapped(desk: DeskUnderTest) -> None:
    desk.knows(an_expected_return(state=ExpectedState.CANCELLED))
    assert next_code(desk.scan(ORDER)) == "next.scan_item_held"


def test_today_comes_page_by_page_and_by_what_the_oms_knows(desk: DeskUnderTest) -> None:
    desk.knows(*[a_product(sku=f"SKU-{n}", gtins=(a_gtin(n),)) for n in range(1, 4)])
    desk.scan("ORD-9999")
    desk.answer("RIDER_ONLY")
    units = [saved(desk, a_gtin(n)) for n in range(1, 4)]
    journal = desk.parts.journal
    assert [each.inspection_id for each in journal.today()] == units[::-1]
    first = journal.today(limit=2)
    rest = journal.today(limit=2, before=first[-1].inspection_id)
    assert [each.inspection_id for each in (*first, *rest)] == units[::-1]
    assert journal.today(before="nobody") == []
    told = {
        units[0]: "state = 'DEAD', reason = 'unknown place'",
        units[1]: "state = 'SETTLED', exception = 'over_received'",
    }
    for unit, change in told.items():
        with desk.database.write():
            desk.database.sql(
                f"UPDATE outbox SET {change} WHERE message_id = "  # noqa: S608 - the test's own words
                "(SELECT message_id FROM inspection WHERE inspection_id = ?)",
                (unit,),
            )
    assert [each.inspection_id for each in journal.today(states=[OmsState.REJECTED])] == [units[0]]
    trouble: list[Any] = journal.today(states=[OmsState.REJECTED, OmsState.EXCEPTION])
    assert [each.inspection_id for each in trouble] == [units[1], units[0]]
    assert [each.inspection_id for each in journal.today(states=[OmsState.OWED])] == [units[2]]
    detail = journal.get(units[1])
    assert detail is not None
    assert detail.summary.oms_state is OmsState.EXCEPTION


def test_a_task_names_return_and_place_as_they_stand_on_the_labels(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    unit = saved(desk)
    place = desk.parts.journal.today()[0].place_label
    message = str(
        desk.database.sql("SELECT message_id FROM inspection WHERE inspection_id = ?", (unit,))[0][0]
    )
    params: dict[str, str | int | float] = {"return": "R-1", "reason": "2 came"}
    for kind, message_id in (("over_received", message), ("count_differs", "of-the-closing")):
        with desk.database.write():
            desk.parts.tasks.add(kind, f"task.{kind}", params, desk.clock.reading(), message_id=message_id)
    over, differs = desk.parts.journal.tasks()
    assert (over.message.params["return"], over.message.params["place"]) == (ORDER, place)
    assert over.place_label == place
    assert (differs.kind, differs.message.params["return"]) == ("recount", ORDER)


def test_the_desk_tells_how_many_reads_it_took_and_the_minute_is_none(desk: DeskUnderTest) -> None:
    before = desk.desk.scans
    desk.parts.workflow.on_the_minute()
    assert desk.desk.scans == before
    desk.scan("no code of anything")
    desk.scan(ORDER)
    assert desk.desk.scans == before + 2
