"""Returns as they come, and what the packs that ship with the station make of them."""

import pytest
from builders_returns import (
    a_chilled_observation,
    a_date,
    a_finding,
    an_observation,
    the_policies,
    the_policy,
)

from edge.grading.decision import Disposition, Grade, GradeSource, Liability, StockState
from edge.grading.depth import capture_depth, identical_units_limit
from edge.grading.disposition import decide
from edge.grading.grade import grade
from edge.grading.hard_rules import forbids
from edge.grading.observation import BundleState, ModelState, SeenView
from edge.grading.override import OverrideReason, Role, Verdict, check_grade, check_override, overridden
from edge.returns.dates import DateSource
from edge.returns.expected import Custody, ReturnType
from edge.returns.holds import HoldReason
from edge.returns.places import PlaceKind
from vision.findings import DefectKind

FOOD = {"category": "ambient_food", "goods_class": "food", "dated": True, "shelf_life_days": 365}
PHONE = {
    "category": "electronics",
    "serialised": True,
    "dispatched_serials": ("356938035643809",),
    "mrp": 9000,
}
LOST = (SeenView(view="top", usable=False, quality="quality.lost"),)


def decided(seen, policy=None):
    pack = policy or the_policies().of_category(seen.category)
    return decide(seen, grade(seen, pack), pack)


@pytest.mark.parametrize(
    ("seen", "disposition", "first_rule"),
    [
        (an_observation(), "RESTOCK", "rule.grade.a"),
        (an_observation(findings=(a_finding(),)), "RESTOCK_MARKDOWN", "rule.grade.b"),
        (an_observation(findings=(a_finding(extent=0.2),)), "LIQUIDATE", "rule.grade.c"),
        (an_observation(findings=(a_finding(extent=0.5),)), "SCRAP", "rule.grade.d"),
        (an_observation(findings=(a_finding(score=0.1),)), "RESTOCK", "rule.grade.a"),
        (an_observation(return_type="EXCHANGE"), "RESTOCK_MARKDOWN", "rule.exception"),
        (an_observation(match="not_our_stock"), "HAND_BACK", "rule.not_our_stock"),
        (an_observation(match="other_site"), "TRANSFER", "rule.other_site"),
        (an_observation(match="wrong_product"), "HOLD_FOR_REVIEW", "rule.wrong_product"),
        (an_observation(match="excess"), "HOLD_FOR_REVIEW", "rule.excess"),
        (an_observation(match="cancelled_return"), "HOLD_FOR_REVIEW", "rule.cancelled_return"),
        (an_observation(in_catalogue=False), "HOLD_FOR_REVIEW", "rule.unknown_product"),
        (an_observation(match="blind"), "RESTOCK", "rule.grade.a"),
        (an_observation(match="blind", mrp=900), "HOLD_FOR_REVIEW", "rule.blind_held"),
        (an_observation(match="blind", mrp=None), "HOLD_FOR_REVIEW", "rule.blind_held"),
        (an_observation(views=LOST), "HOLD_FOR_REVIEW", "rule.no_usable_picture"),
        (an_observation(model=ModelState(present=False)), "HOLD_FOR_REVIEW", "rule.no_model"),
        (an_observation(views=(), depth="count"), "RESTOCK", "rule.presumed_sound"),
        (an_observation(block="blocked", lot="L1"), "RETURN_TO_VENDOR", "rule.recalled"),
        (an_observation(block="lot_unknown"), "HOLD_FOR_REVIEW", "rule.recall_lot_unknown"),
        (
            an_observation(findings=(a_finding(DefectKind.WRONG_ITEM),)),
            "HOLD_FOR_REVIEW",
            "rule.looks_like_another",
        ),
        (an_observation(**FOOD, pack_date=a_date(200)), "RESTOCK", "rule.grade.a"),
        (an_observation(**FOOD, pack_date=a_date(60)), "RESTOCK_MARKDOWN", "rule.life_short"),
        (an_observation(**FOOD, pack_date=a_date(12)), "DONATE", "rule.life_too_short"),
        (an_observation(**FOOD, pack_date=a_date(-1)), "SCRAP", "rule.expired"),
        (an_observation(**FOOD), "HOLD_FOR_REVIEW", "rule.date_missing"),
        (
            an_observation(**FOOD, pack_date=a_date(200), clock_ok=False),
            "HOLD_FOR_REVIEW",
            "rule.clock_wrong",
        ),
        (
            an_observation(**FOOD, pack_date=a_date(200, source=DateSource.DISPATCHED)),
            "HOLD_FOR_REVIEW",
            "rule.date_missing",
        ),
        (an_observation(**FOOD, pack_date=a_date(200), seal="opened"), "SCRAP", "rule.opened_food"),
        (a_chilled_observation(), "RESTOCK", "rule.grade.a"),
        (a_chilled_observation(minutes_out_of_cold=45.5), "SCRAP", "rule.cold_chain_broken"),
        (a_chilled_observation(temperature_c=9.0), "SCRAP", "rule.too_warm"),
        (a_chilled_observation(minutes_out_of_cold=None), "HOLD_FOR_REVIEW", "rule.cold_chain_unknown"),
        (a_chilled_observation(custody="CUSTOMER"), "SCRAP", "rule.cold_after_customer"),
        (a_chilled_observation(custody=None), "SCRAP", "rule.cold_custody_unknown"),
        (an_observation(**PHONE, serial="356938035643809"), "RESTOCK", "rule.grade.a"),
        (an_observation(**PHONE, serial="490154203237518"), "HOLD_FOR_REVIEW", "rule.serial_differs"),
        (an_observation(**PHONE), "HOLD_FOR_REVIEW", "rule.serial_missing"),
        (
            an_observation(**PHONE, serial="356938035643809", custody="CUSTOMER"),
            "REFURBISH",
            "rule.exception",
        ),
        (an_observation(weighed=True), "HOLD_FOR_REVIEW", "rule.weight_missing"),
        (
            an_observation(weighed=True, expected_weight_kg="1.0", observed_weight_kg="0.9"),
            "HOLD_FOR_REVIEW",
            "rule.weight_differs",
        ),
        (
            an_observation(weighed=True, expected_weight_kg="1.0", observed_weight_kg="0.96"),
            "RESTOCK",
            "rule.grade.a",
        ),
        (
            an_observation(bundle=BundleState(expected_components=2, missing=("CUP",))),
            "HOLD_FOR_REVIEW",
            "rule.bundle_incomplete",
        ),
    ],
)
def test_what_becomes_of_it_and_why(seen, disposition, first_rule):
    decision = decided(seen)
    assert decision.disposition.value == disposition
    assert decision.rules[0].code == first_rule


def test_expiry_follows_the_sites_calendar_not_utc():
    late_evening_utc = an_observation(**FOOD).now.replace(hour=19)
    seen = an_observation(**FOOD, pack_date=a_date(0), now=late_evening_utc)
    assert decided(seen).rules[0].code == "rule.expired"
    assert decided(seen.model_copy(update={"utc_offset_minutes": 0})).disposition is Disposition.DONATE


def test_a_differing_serial_is_kept_as_it_is_even_when_crushed():
    seen = an_observation(**PHONE, serial="X", findings=(a_finding(extent=0.9),))
    decision = decided(seen)
    assert (decision.disposition, decision.hold_reason) == (
        Disposition.HOLD_FOR_REVIEW,
        HoldReason.SERIAL_DIFFERS,
    )
    assert decision.rules[0].params == {"serial": "X", "dispatched": "356938035643809"}
    assert decision.allowed == (Disposition.HOLD_FOR_REVIEW,)
    assert check_override(decision, Disposition.SCRAP, Role.SUPERVISOR).verdict is Verdict.NEEDS_RESOLUTION
    assert check_override(decision, Disposition.SCRAP, Role.SUPERVISOR, resolving_hold=True).allowed
    at_resolution = check_override(decision, Disposition.SCRAP, Role.STAFF, resolving_hold=True)
    assert at_resolution.verdict is Verdict.NEEDS_SUPERVISOR


def test_movements_and_places():
    sold = decided(an_observation())
    assert (sold.to_state, sold.place_kind) == (StockState.AVAILABLE, PlaceKind.RESTOCK)
    handed = decided(an_observation(match="not_our_stock"))
    assert (handed.to_state, handed.place_kind) == (StockState.HAND_BACK, PlaceKind.HAND_BACK)
    late = the_policy().model_copy(
        update={"putaway": the_policy().putaway.model_copy(update={"available_at": "putaway"})}
    )
    assert decided(an_observation(), late).to_state is StockState.AWAITING_PUTAWAY


def test_liability_is_suggested_by_custody_and_cause():
    broken = (a_finding(DefectKind.BREAKAGE),)
    assert decided(an_observation(findings=broken)).liability is Liability.CARRIER
    assert decided(an_observation(findings=broken, custody="CUSTOMER")).liability is Liability.CUSTOMER
    assert decided(an_observation(**FOOD, pack_date=a_date(-1))).liability is Liability.STORE
    assert decided(an_observation()).liability is Liability.NONE


def test_a_person_must_look():
    assert not decided(an_observation()).needs_person
    assert decided(an_observation(mrp=6000)).needs_person
    unsure = decided(an_observation(findings=(a_finding(score=0.5),)))
    assert (unsure.needs_person, unsure.confidence) == (True, 0.5)
    doubtful = decided(an_observation(findings=(a_finding(DefectKind.BREAKAGE, score=0.3),)))
    assert doubtful.confidence == pytest.approx(0.7)
    machine_read = an_observation(**FOOD, pack_date=a_date(200, source=DateSource.READ))
    assert decided(machine_read).needs_person


def test_a_new_station_always_asks_and_a_calibrated_one_below_its_tested_threshold():
    new = decided(an_observation(model=ModelState()))
    assert new.needs_person
    assert (new.disposition, new.rules[-1].code) == (Disposition.RESTOCK, "rule.model_uncalibrated")
    weak = (a_finding(DefectKind.BREAKAGE, score=0.1),)
    for threshold, asked in ((0.9, False), (0.91, True), (None, False)):
        model = ModelState(calibrated=True, threshold=threshold)
        decision = decided(an_observation(findings=weak, model=model))
        assert (decision.grade, decision.needs_person) == (Grade.A, asked), threshold
    strict = ModelState(calibrated=True, threshold=1.0)
    damaged = decided(an_observation(findings=(a_finding(DefectKind.BREAKAGE),), model=strict))
    assert (damaged.grade, damaged.needs_person) == (Grade.D, False), "what is off the shelf isn't bounded"


def test_a_grade_is_never_guessed():
    assert grade(an_observation(views=LOST), the_policy()).grade is None
    presumed = grade(an_observation(depth="count", views=()), the_policy())
    assert (presumed.grade, presumed.source) == (None, GradeSource.PRESUMED)
    one_of_two = (SeenView(view="top", usable=True), SeenView(view="front", usable=False))
    assert grade(an_observation(views=one_of_two), the_policy()).source is GradeSource.NOBODY
    assert grade(an_observation(views=one_of_two, depth="photo"), the_policy()).grade is Grade.A


def test_a_finding_of_a_persons_always_counts():
    seen = an_observation(findings=(a_finding(score=0.0, extent=0.0, source="person", view=""),))
    assert grade(seen, the_policy()).grade is Grade.B


def test_overrides_of_a_plain_proposal():
    seen = an_observation(findings=(a_finding(),))
    decision = decided(seen)
    assert check_override(decision, Disposition.SCRAP, Role.STAFF).allowed
    assert check_override(decision, Disposition.HOLD_FOR_REVIEW, Role.STAFF).allowed
    nearer = check_override(decision, Disposition.RESTOCK, Role.STAFF)
    assert (nearer.verdict, nearer.because.code) == (Verdict.NEEDS_SUPERVISOR, "rule.nearer_to_sale")
    assert check_override(decision, Disposition.RESTOCK, Role.SUPERVISOR).allowed
    assert check_override(decision, Disposition.HAND_BACK, Role.STAFF).verdict is Verdict.NEEDS_SUPERVISOR


def test_a_new_grade_brings_its_disposition():
    seen = an_observation(findings=(a_finding(),))
    decision = decided(seen)
    assert check_grade(decision, seen, the_policy(), Grade.C, Role.STAFF).allowed
    assert not check_grade(decision, seen, the_policy(), Grade.A, Role.STAFF).allowed
    changed = overridden(
        decision, seen, the_policy(), grade=Grade.C, disposition=None, reason=OverrideReason.DAMAGE_NOT_SEEN
    )
    assert (changed.grade, changed.disposition, changed.to_state) == (
        Grade.C,
        Disposition.LIQUIDATE,
        StockState.LIQUIDATION,
    )
    aside = overridden(
        decision,
        seen,
        the_policy(),
        grade=None,
        disposition=Disposition.HOLD_FOR_REVIEW,
        reason=OverrideReason.OTHER,
    )
    assert aside.hold_reason is HoldReason.SET_ASIDE


def test_expired_stays_forbidden_to_everybody():
    seen = an_observation(**FOOD, pack_date=a_date(-1))
    answer = check_override(decided(seen), Disposition.DONATE, Role.SUPERVISOR, resolving_hold=True)
    assert (answer.verdict, answer.because.code) == (Verdict.FORBIDDEN, "rule.expired")
    assert forbids(seen, the_policy("ambient_food"), Disposition.RESTOCK)


@pytest.mark.parametrize(
    ("changes", "depth"),
    [
        ({}, "count"),
        ({"mrp": 500}, "photo"),
        ({"mrp": 5000}, "full"),
        ({"mrp": None}, "full"),
        ({"custody": Custody.CUSTOMER}, "full"),
        ({"custody": None}, "full"),
        ({"return_type": ReturnType.CUSTOMER_RETURN}, "full"),
        ({"blind": True}, "full"),
    ],
)
def test_how_closely_a_unit_is_looked_at(changes, depth):
    facts = {"mrp": 50, "custody": Custody.RIDER_ONLY, "return_type": ReturnType.RTO_REFUSED, **changes}
    assert capture_depth(the_policy(), **facts).depth.value == depth


def test_identical_units_only_where_nothing_tells_them_apart():
    assert identical_units_limit(the_policy(), an_observation()) == 6
    assert identical_units_limit(the_policy(), an_observation(serial="S1")) == 1
    assert identical_units_limit(the_policy(), an_observation(weighed=True)) == 1
