"""Condition: from findings and the category's policy to A, B, C or D, with the rules that fired.

The worst counted finding makes the grade. The model never decides one: it says what it saw, the policy says
what that means. Where nobody could judge there is no grade at all, never a guess.
"""

from edge.grading.decision import (
    FiredRule,
    Grade,
    GradedFinding,
    GradeResult,
    GradeSource,
    RuleParam,
    Severity,
)
from edge.grading.defect_place import DefectPlace
from edge.grading.observation import PERSON, CaptureDepth, Observation, SealState, SeenFinding
from edge.grading.policy import PolicyPack
from edge.grading.policy_tables import DefectPolicy
from edge.grading.same_defect import marked_same
from edge.grading.voice import fired
from vision.findings import DefectKind


def grade(seen: Observation, policy: PolicyPack) -> GradeResult:
    """The unit's condition.

    Args:
        seen: Everything known of the unit.
        policy: The pack of its category.
    """
    graded = _all_graded(seen, policy)
    counted = [one for one in graded if one.counted and one.grade is not None]
    source = _source(seen)
    rules = [_finding_rule(one, policy) for one in _worst_first(counted)]
    worst = max((one.grade for one in counted if one.grade is not None), default=Grade.A)
    closure = _closure(seen, policy) if source is not GradeSource.PRESUMED else _opened_by_word(seen, policy)
    if closure is not None:
        limit, rule = closure
        if limit > worst or (limit is worst and limit is not Grade.A and not rules):
            worst = limit
            rules.insert(0, rule)
        elif limit is not Grade.A:
            rules.append(rule)
    unjudged = source in (GradeSource.NOBODY, GradeSource.PRESUMED)
    if unjudged and worst is Grade.A:
        return GradeResult(
            grade=None,
            source=source,
            findings=graded,
            confidence=0.0 if source is GradeSource.NOBODY else 1.0,
        )
    if not rules:
        rules.append(fired("no_defect_seen", views=seen.usable_views))
    return GradeResult(
        grade=worst,
        source=source,
        rules=tuple(rules),
        findings=graded,
        confidence=_confidence(seen, graded, worst, source),
    )


def person_grade(seen: Observation, policy: PolicyPack, judged: Grade) -> GradeResult:
    """The condition as a person judged it; the findings stay on record."""
    return GradeResult(
        grade=judged,
        source=GradeSource.PERSON,
        rules=(fired("graded_by_person", grade=judged.value),),
        findings=_all_graded(seen, policy),
    )


def severity(finding: SeenFinding, table: DefectPolicy) -> Severity:
    """How bad a finding is: by its share of the item, and no milder at the edge than the policy says."""
    by_size = _severity_of_size(finding, table)
    return by_size.worse_of(table.edge_at_least) if finding.place is DefectPlace.EDGE else by_size


def _severity_of_size(finding: SeenFinding, table: DefectPolicy) -> Severity:
    if finding.extent >= table.critical_from:
        return Severity.CRITICAL
    if finding.extent >= table.major_from:
        return Severity.MAJOR
    return Severity.MINOR


def _all_graded(seen: Observation, policy: PolicyPack) -> tuple[GradedFinding, ...]:
    return marked_same([_graded(finding, policy) for finding in seen.findings])


def _graded(finding: SeenFinding, policy: PolicyPack) -> GradedFinding:
    table = policy.defects.of(finding.kind)
    if finding.kind is DefectKind.UNLIKE:
        # It names no damage: it makes no grade, but a person must look (`golden_rules.py`).
        counted = policy.golden is not None and finding.score >= policy.golden.unlike_from
        return GradedFinding(finding=finding, severity=Severity.MAJOR, counted=counted, grade=None)
    if table is None:
        counted = finding.score >= policy.identity.wrong_item_from
        return GradedFinding(finding=finding, severity=Severity.CRITICAL, counted=counted, grade=None)
    counted = finding.source == PERSON or finding.score >= table.count_from
    how_bad = severity(finding, table)
    grades = {Severity.MINOR: table.minor, Severity.MAJOR: table.major, Severity.CRITICAL: table.critical}
    return GradedFinding(finding=finding, severity=how_bad, counted=counted, grade=grades[how_bad])


def _source(seen: Observation) -> GradeSource:
    if seen.depth is CaptureDepth.COUNT:
        return GradeSource.PRESUMED
    enough = seen.usable_views >= (1 if seen.depth is CaptureDepth.PHOTO else max(1, len(seen.views)))
    return GradeSource.PICTURES if enough and seen.model.present else GradeSource.NOBODY


def _closure(seen: Observation, policy: PolicyPack) -> tuple[Grade, FiredRule] | None:
    """The best grade that the pack's closure allows."""
    if seen.seal is SealState.UNKNOWN and seen.was_with_customer:
        limit = policy.seal.unknown_with_customer
        return limit, fired("seal_unknown", grade=limit.value)
    return _opened_by_word(seen, policy)


def _opened_by_word(seen: Observation, policy: PolicyPack) -> tuple[Grade, FiredRule] | None:
    if seen.seal is SealState.OPENED:
        return policy.seal.opened, fired("seal_opened", grade=policy.seal.opened.value)
    return None


def _worst_first(counted: list[GradedFinding]) -> list[GradedFinding]:
    def order(one: GradedFinding) -> tuple[str, float, float]:
        assert one.grade is not None  # noqa: S101 - only findings with a grade are counted here
        return one.grade.value, one.finding.extent, one.finding.score

    return sorted(counted, key=order, reverse=True)


def _finding_rule(one: GradedFinding, policy: PolicyPack) -> FiredRule:
    assert one.grade is not None  # noqa: S101 - as above
    kind, severity = one.finding.kind.value, one.severity.value
    told: dict[str, RuleParam] = {
        "view": one.finding.view or PERSON,
        "percent": round(one.finding.extent * 100),
        "grade": one.grade.value,
    }
    table = policy.defects.of(one.finding.kind)
    if table is not None and one.severity is not _severity_of_size(one.finding, table):
        return fired("finding.at_edge", kind=kind, severity=severity, **told)
    return fired(f"finding.{kind}.{severity}", **told)


def _confidence(
    seen: Observation, graded: tuple[GradedFinding, ...], decided: Grade, source: GradeSource
) -> float:
    """How sure the pictures are of the grade: raw scores, no probability unless the model is calibrated.

    It is the score of the finding that made the grade, or 1, and never more than the doubt that findings too
    weak to count leave about a worse grade.
    """
    if source is GradeSource.NOBODY:
        return 0.0
    made_it = [
        1.0 if one.finding.source == PERSON else one.finding.score
        for one in graded
        if one.counted and one.grade is decided
    ]
    weak = [
        one.finding.score
        for one in graded
        if not one.counted
        and (one.finding.kind is DefectKind.WRONG_ITEM or (one.grade is not None and one.grade > decided))
    ]
    by_word = seen.seal is SealState.OPENED
    sure = max(made_it, default=1.0) if not by_word else 1.0
    return min(sure, 1.0 - max(weak, default=0.0))
