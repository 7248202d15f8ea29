"""A unit that differs from the intact ones shown here: a person is asked, nothing is sold or spoilt by it."""

import pytest
from builders_returns import a_finding, an_observation, the_policy

from edge.grading.decision import Disposition, Grade, nearness
from edge.grading.disposition import decide
from edge.grading.grade import grade
from edge.grading.observation import GoldenVerdict, SeenGolden, SeenView
from edge.returns.holds import HoldReason
from vision.findings import DefectKind


def unlike(score=0.8, view="top"):
    return a_finding(DefectKind.UNLIKE, score=score, extent=0.6, view=view, source="golden")


def beside_golden(verdict, looks_like=None):
    shown = SeenGolden(verdict=verdict, looks_like=looks_like)
    return (SeenView(view="top", usable=True, golden=shown), SeenView(view="front", usable=True))


def decided(seen, **golden):
    pack = the_policy()
    pack = pack.model_copy(update={"golden": pack.golden.model_copy(update=golden)})
    return decide(seen, grade(seen, pack), pack)


def codes(decision):
    return [rule.code for rule in decision.rules]


@pytest.mark.parametrize("wanted", ["ask", "hold"])
def test_an_anomaly_without_a_name_always_asks_and_never_makes_a_grade(wanted):
    decision = decided(an_observation(findings=(unlike(),)), unlike=wanted)
    assert decision.needs_person
    assert decision.grade is Grade.A
    assert "rule.golden_unlike" in codes(decision)
    assert decision.disposition is (Disposition.HOLD_FOR_REVIEW if wanted == "hold" else Disposition.RESTOCK)


@pytest.mark.parametrize("extent", [0.02, 0.2, 0.5])
@pytest.mark.parametrize("wanted", ["ask", "hold"])
def test_it_never_brings_a_unit_nearer_to_sale_and_never_spoils_one(extent, wanted):
    damaged = a_finding(extent=extent)
    without = decided(an_observation(findings=(damaged,)))
    with_it = decided(an_observation(findings=(damaged, unlike())), unlike=wanted)
    assert nearness(with_it.disposition) <= nearness(without.disposition)
    assert with_it.disposition in (without.disposition, Disposition.HOLD_FOR_REVIEW)
    assert with_it.grade is without.grade


def test_a_held_anomaly_says_why_it_waits_and_staff_may_not_restock_it():
    decision = decided(an_observation(findings=(unlike(),)))
    assert decision.hold_reason is HoldReason.UNLIKE_GOLDEN
    assert codes(decision)[0] == "rule.golden_unlike"
    assert Disposition.RESTOCK not in decision.allowed
    assert Disposition.RESTOCK in decision.allowed_with_supervisor
    assert Disposition.RESTOCK not in decision.forbidden


def test_below_the_policys_score_nothing_is_said():
    quiet = decided(an_observation(findings=(unlike(score=0.6),)), unlike_from=0.7)
    assert "rule.golden_unlike" not in codes(quiet)
    assert quiet.disposition is Disposition.RESTOCK
    assert not any(one.counted for one in quiet.findings)


def test_an_unshown_side_is_said_and_asked_about():
    decision = decided(an_observation(views=beside_golden(GoldenVerdict.UNKNOWN_SIDE)))
    assert decision.needs_person
    assert decision.disposition is Disposition.RESTOCK
    rule = next(rule for rule in decision.rules if rule.code == "rule.golden_unknown_side")
    assert rule.params == {"view": "top"}


def test_another_products_print_is_asked_about_and_never_decided():
    seen = an_observation(views=beside_golden(GoldenVerdict.OTHER_PRODUCT, "SKU-2"))
    held = decided(seen)
    assert (held.disposition, held.hold_reason) == (Disposition.HOLD_FOR_REVIEW, HoldReason.WRONG_PRODUCT)
    assert held.rules[0].params == {"view": "top", "sku": "SKU-2"}
    assert Disposition.RESTOCK in held.allowed_with_supervisor, "a person may say that it is the right one"
    asked = decided(seen, other_product="ask")
    assert (asked.disposition, asked.needs_person) == (Disposition.RESTOCK, True)


@pytest.mark.parametrize("verdict", [GoldenVerdict.LIKE, GoldenVerdict.BROKEN])
def test_like_the_golden_ones_or_not_compared_changes_nothing_of_the_decision(verdict):
    plain = decided(an_observation(views=(SeenView(view="top", usable=True),)))
    shown = SeenView(view="top", usable=True, golden=SeenGolden(verdict=verdict))
    compared = decided(an_observation(views=(shown,)))
    for name in ("grade", "disposition", "needs_person", "confidence", "allowed"):
        assert getattr(plain, name) == getattr(compared, name)
    assert ("rule.golden_broken" in codes(compared)) is (verdict is GoldenVerdict.BROKEN)


def test_the_confidence_of_the_grade_is_the_models_alone():
    plain, with_it = (decided(an_observation(findings=f)) for f in ((), (unlike(score=0.99),)))
    assert plain.confidence == with_it.confidence
