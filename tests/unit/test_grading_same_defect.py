"""A defect that two cameras see is told once, and the grade is what it would have been."""

import doctest
from collections import Counter

from builders_returns import a_finding, an_observation, the_policies, the_policy
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.grading import same_defect
from edge.grading.decision import Decision, Grade
from edge.grading.defect_place import DefectPlace
from edge.grading.disposition import decide
from edge.grading.grade import grade, person_grade
from edge.grading.observation import PERSON, SeenFinding
from edge.grading.same_defect import marked_same
from edge.inspection.message_parts import FINDINGS_TOLD, gravest
from vision.findings import DefectKind

SHARE = st.floats(0, 1, allow_nan=False)
FINDINGS = st.lists(
    st.builds(
        SeenFinding,
        kind=st.sampled_from(
            [DefectKind.DEFORMATION, DefectKind.UNLIKE, DefectKind.WRONG_ITEM, DefectKind.OPENING]
        ),
        score=SHARE,
        extent=SHARE,
        view=st.sampled_from(["top", "front", "left", ""]),
        source=st.sampled_from(["detector", "golden", PERSON]),
        place=st.sampled_from([None, *DefectPlace]),
    ),
    max_size=9,
).map(tuple)
PACKS = st.sampled_from(the_policies().packs)


def graded(findings, pack):
    return grade(an_observation(findings=findings), pack)


def by_pictures(findings):
    return [one for one in findings if one.counted and one.finding.source != PERSON]


@given(FINDINGS, PACKS)
def test_merging_never_changes_the_grade(findings, pack):
    all_of_them = graded(findings, pack)
    once = tuple(one.finding for one in all_of_them.findings if one.same_as is None)
    assert graded(once, pack).grade is all_of_them.grade


@given(FINDINGS, PACKS)
def test_the_number_told_of_a_kind_is_that_of_the_view_that_shows_most(findings, pack):
    seen = graded(findings, pack).findings
    shown = Counter((one.finding.kind, one.finding.view) for one in by_pictures(seen))
    told = Counter(one.finding.kind for one in by_pictures(seen) if one.same_as is None)
    most = {kind: max(number for (of, _), number in shown.items() if of is kind) for kind, _ in shown}
    assert told == Counter(most)


@given(FINDINGS, PACKS)
def test_what_is_merged_is_another_views_and_at_least_as_grave(findings, pack):
    seen = graded(findings, pack).findings
    for one in seen:
        if one.same_as is None:
            continue
        assert one.counted
        assert one.finding.source != PERSON
        assert one.same_as != one.finding.view
        standing = [
            other
            for other in by_pictures(seen)
            if other.same_as is None
            and (other.finding.kind, other.finding.view) == (one.finding.kind, one.same_as)
        ]
        assert any(
            (other.severity.gravity, other.finding.extent) >= (one.severity.gravity, one.finding.extent)
            for other in standing
        )


@given(FINDINGS, PACKS, st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter_for_what_is_told(findings, pack, random):
    shuffled = random.sample(findings, len(findings))

    def told(some):
        seen = graded(tuple(some), pack).findings
        return Counter(
            (one.finding.kind, one.severity, one.finding.extent, one.finding.score)
            for one in seen
            if one.counted and one.same_as is None
        )

    assert told(shuffled) == told(findings)


@given(FINDINGS, PACKS)
def test_marking_changes_nothing_else_and_marks_the_same_again(findings, pack):
    seen = graded(findings, pack).findings
    assert [one.finding for one in seen] == list(findings)
    assert marked_same(seen) == seen


@settings(max_examples=50)
@given(FINDINGS, PACKS)
def test_a_persons_grade_tells_the_same_defects(findings, pack):
    seen = an_observation(findings=findings)
    assert person_grade(seen, pack, Grade.B).findings == grade(seen, pack).findings


def test_a_dent_on_two_views_through_the_whole_decision():
    pack = the_policy()
    small, large = a_finding(extent=0.05, view="front"), a_finding(extent=0.2, view="top")
    scratch = a_finding(DefectKind.SUPERFICIAL, extent=0.3, view="front")
    seen = an_observation(findings=(small, large, scratch))
    decision = decide(seen, grade(seen, pack), pack)
    assert [one.same_as for one in decision.findings] == ["top", None, None]
    assert [one.finding for one in gravest(decision)] == [scratch, large]
    assert decision.grade is Grade.C
    assert {rule.params.get("view") for rule in decision.rules} >= {"top", "front"}


def test_two_dents_that_a_person_reports_are_two():
    pack = the_policy()
    reported = tuple(a_finding(view="", source=PERSON, extent=extent) for extent in (0.05, 0.05, 0.2))
    seen = an_observation(findings=(*reported, a_finding(view="top")))
    assert [one.same_as for one in grade(seen, pack).findings] == [None] * 4


def test_a_finding_too_weak_to_count_stands_for_nothing():
    pack = the_policy()
    weak, seen_well = a_finding(score=0.1, extent=0.5), a_finding(view="front")
    assert [one.same_as for one in graded((weak, seen_well), pack).findings] == [None, None]


def test_a_decision_of_before_is_read_as_it_was():
    pack = the_policy()
    seen = an_observation(findings=(a_finding(view="top"), a_finding(view="front")))
    stored = decide(seen, grade(seen, pack), pack).model_dump(mode="json")
    for one in stored["findings"]:
        del one["same_as"], one["finding"]["place"]
    before = Decision.model_validate(stored)
    assert [one.same_as for one in before.findings] == [None, None]
    assert len(gravest(before)) == 2 <= FINDINGS_TOLD


def test_the_examples_of_the_module_hold():
    assert doctest.testmod(same_defect).failed == 0
    assert doctest.testmod(same_defect).attempted > 2
