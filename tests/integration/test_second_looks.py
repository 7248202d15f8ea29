"""A share of the units, settled by their ids, is graded by a person who doesn't know the station's answer."""

import random

import pytest
from builders_desk import DeskUnderTest, a_desk, a_seen
from builders_returns import a_product, an_expected_return

from edge.errors import WorkflowRefused
from edge.grading.decision import Grade
from edge.inspection.second_looks import SecondLooks, is_chosen
from vision.findings import DefectKind


def looks(desk: DeskUnderTest, share: float = 1.0) -> SecondLooks:
    return SecondLooks(
        desk.database,
        desk.clock,
        share=share,
        bag_is_open=lambda: desk.parts.state.opened is not None,
        who=lambda: "STAFF-1",
    )


def one_unit(desk: DeskUnderTest, *findings) -> None:
    desk.knows(an_expected_return(), a_product())
    desk.table.put("item", *findings)
    desk.scan("ORD-1001")
    desk.scan("8900000000012")
    desk.accept()


def test_nothing_is_offered_while_a_bag_is_open_and_nothing_by_default(tmp_path):
    with a_desk(tmp_path) as desk:
        one_unit(desk)
        assert looks(desk).waiting() == []
        (unit,) = [row[0] for row in desk.database.sql("SELECT inspection_id FROM inspection")]
        with pytest.raises(WorkflowRefused, match="second_look_bag"):
            looks(desk).look(unit, Grade.A, ())
        desk.parts.workflow.close_return()
        assert [one.inspection_id for one in looks(desk).waiting()] == [unit]
        assert looks(desk).waiting()[0].views == ("front", "top")
        assert looks(desk, share=0.0).waiting() == []
        assert desk.parts.second_looks.waiting() == [], "the settings' default is none"


def test_a_look_is_kept_once_and_only_then_compared(tmp_path):
    with a_desk(tmp_path) as desk:
        one_unit(desk, a_seen(DefectKind.DEFORMATION))
        desk.parts.workflow.close_return()
        (waiting,) = looks(desk).waiting()
        answer = looks(desk).look(waiting.inspection_id, Grade.A, (DefectKind.SUPERFICIAL,))
        assert (answer.grade, answer.kinds, answer.same_grade) == (Grade.C, ("deformation",), False)
        assert looks(desk).waiting() == []
        with pytest.raises(WorkflowRefused, match="second_look_gone"):
            looks(desk).look(waiting.inspection_id, Grade.A, ())
        found = looks(desk).agreement()
        (general,) = found.by_category
        assert (found.looked, general.same, general.missed) == (1, 0, 0)
        assert {one.kind: (one.both, one.person_only, one.station_only) for one in found.by_kind} == {
            "deformation": (0, 0, 1),
            "superficial": (0, 1, 0),
        }
        audited = desk.database.sql("SELECT who FROM audit WHERE action = 'second_look.given'")
        assert audited == [("STAFF-1",)]


def test_an_undone_unit_is_not_offered(tmp_path):
    with a_desk(tmp_path) as desk:
        one_unit(desk)
        (unit,) = [row[0] for row in desk.database.sql("SELECT inspection_id FROM inspection")]
        desk.parts.workflow.undo(unit)
        desk.parts.workflow.close_return()
        assert looks(desk).waiting() == []


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_share_is_kept_and_a_greater_one_holds_the_smaller(share):
    rng = random.Random(3)
    ids = [f"0194-{rng.getrandbits(64):x}" for _ in range(4000)]
    chosen = {one for one in ids if is_chosen(one, share)}
    assert len(chosen) == pytest.approx(4000 * share, rel=0.15)
    assert chosen <= {one for one in ids if is_chosen(one, share * 1.5)}
