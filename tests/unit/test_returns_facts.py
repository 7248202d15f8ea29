"""Holds, block lists, dates, places, the cold chain: the small facts a decision stands on."""

from datetime import date, timedelta

import pytest
from builders_returns import NOW, a_gtin, a_line, a_product, an_expected_return, the_policy
from pydantic import ValidationError

from edge.returns.blocklist import Block, BlockState, check_blocked
from edge.returns.catalogue import DateKind, GoodsClass, StorageClass
from edge.returns.cold_chain import minutes_out_of_cold
from edge.returns.dates import DatePrecision, DateSource, PackDate
from edge.returns.expected import ExpectedReturn, Reference, ReferenceKind, ReturnType
from edge.returns.holds import HoldOutcome, HoldOwner, HoldReason, at_deadline, escalated, plan_hold
from edge.returns.places import Place, PlaceKind, choose_place

TERMS = the_policy().holds
RECALL = Block(block_id="B1", gtin=a_gtin(1), lots=("L 1", "l2"), reason="metal found")


def test_an_ambient_hold_waits_and_then_goes_one_step_up():
    plan = plan_hold(HoldReason.WRONG_PRODUCT, StorageClass.AMBIENT, TERMS, NOW)
    assert (plan.owner, plan.deadline) == (HoldOwner.STAFF, NOW + timedelta(minutes=1440))
    assert at_deadline(plan, NOW, clock_ok=True) is HoldOutcome.WAIT
    assert at_deadline(plan, plan.deadline, clock_ok=True) is HoldOutcome.ESCALATE
    up = escalated(plan, TERMS, plan.deadline)
    assert (up.owner, up.deadline) == (HoldOwner.SUPERVISOR, plan.deadline + timedelta(minutes=1440))
    assert escalated(up, TERMS, NOW).owner is HoldOwner.MANAGER


def test_a_cold_hold_is_short_and_ends_as_scrap_but_not_by_a_wrong_clock():
    plan = plan_hold(HoldReason.RECALLED, StorageClass.CHILLED, TERMS, NOW)
    assert (plan.owner, plan.deadline) == (HoldOwner.SUPERVISOR, NOW + timedelta(minutes=60))
    assert at_deadline(plan, plan.deadline, clock_ok=True) is HoldOutcome.SCRAP
    assert at_deadline(plan, plan.deadline, clock_ok=False) is HoldOutcome.ESCALATE


@pytest.mark.parametrize(
    ("gtin", "lot", "state"),
    [
        (a_gtin(1), "L 1", BlockState.BLOCKED),
        (a_gtin(1), " L2 ", BlockState.BLOCKED),
        (a_gtin(1), "L3", BlockState.CLEAR),
        (a_gtin(1), None, BlockState.LOT_UNKNOWN),
        (a_gtin(2), None, BlockState.CLEAR),
        (None, None, BlockState.CLEAR),
    ],
)
def test_a_recall_by_lot(gtin, lot, state):
    assert check_blocked([RECALL], gtin, lot).state is state


def test_a_recall_of_every_lot_needs_no_lot():
    everything = Block(block_id="B0", gtin=a_gtin(1))
    assert check_blocked([RECALL, everything], a_gtin(1), None).block == everything


def test_a_month_is_good_to_its_end_and_made_at_its_start():
    best = PackDate.expiring(DateKind.BEST_BEFORE, 2028, 2, source=DateSource.TYPED)
    made = PackDate.expiring(DateKind.MANUFACTURED, 2028, 2, source=DateSource.TYPED)
    assert (best.day, best.precision) == (date(2028, 2, 29), DatePrecision.MONTH)
    assert made.last_good_day(10) == date(2028, 2, 11)
    assert made.last_good_day(None) is None
    assert (
        PackDate(kind=DateKind.MANUFACTURED, day=date.max, source=DateSource.TYPED).last_good_day(9) is None
    )


def test_minutes_out_of_the_cold():
    left = NOW - timedelta(minutes=50)
    assert minutes_out_of_cold(left, NOW, clock_ok=True) == 50
    assert minutes_out_of_cold(left, NOW, clock_ok=True, minutes_in_cold_hold=20) == 30
    assert minutes_out_of_cold(None, NOW, clock_ok=True) is None
    assert minutes_out_of_cold(left, NOW, clock_ok=False) is None
    assert minutes_out_of_cold(NOW + timedelta(minutes=1), NOW, clock_ok=True) is None


def a_place(place_id: str, kind: PlaceKind = PlaceKind.QUARANTINE, **changes) -> Place:
    return Place(place_id=place_id, label=place_id, kind=kind, **changes)


def test_cold_goods_only_go_to_cold_places_unless_they_are_scrap():
    places = [a_place("Q2"), a_place("Q1"), a_place("S1", PlaceKind.SCRAP)]
    assert choose_place(places, PlaceKind.QUARANTINE, StorageClass.AMBIENT).place_id == "Q1"
    assert choose_place(places, PlaceKind.QUARANTINE, StorageClass.CHILLED) is None
    assert choose_place(places, PlaceKind.SCRAP, StorageClass.CHILLED).place_id == "S1"


def test_a_place_for_the_category_goes_first():
    places = [a_place("Q1"), a_place("Q9", categories=("electronics",))]
    assert choose_place(places, PlaceKind.QUARANTINE, StorageClass.AMBIENT, "electronics").place_id == "Q9"
    assert choose_place(places, PlaceKind.QUARANTINE, StorageClass.AMBIENT, "toys").place_id == "Q1"


def test_food_is_food_even_when_the_catalogue_calls_it_general():
    assert a_product(category="ambient_food").goods_class is GoodsClass.FOOD
    assert a_product(category="ambient_food", goods_class="general").goods_class is GoodsClass.FOOD
    assert a_product(storage_class="frozen", goods_class="general").goods_class is GoodsClass.FOOD
    assert a_product(category="beauty_pharmacy", goods_class="medicine").goods_class is GoodsClass.MEDICINE
    assert a_product().goods_class is GoodsClass.GENERAL


def test_a_blind_return_has_no_lines_and_its_own_reference():
    reference = Reference(kind=ReferenceKind.BAG, value="BAG-1")
    blind = ExpectedReturn.opened_blind("R-9", "blr-01", reference, ReturnType.RTO_REFUSED, None)
    assert (blind.blind, blind.lines, blind.references) == (True, (), (reference,))


def test_lines_have_names_of_their_own():
    with pytest.raises(ValidationError, match="same line_id"):
        an_expected_return(a_line("1"), a_line("1"))


def test_a_lines_own_dispatch_time_goes_first():
    late = a_line("2", dispatched_at=NOW)
    expected = an_expected_return(a_line("1"), late)
    assert expected.dispatched_at_of(late) == NOW
    assert expected.dispatched_at_of(expected.line("1")) == expected.dispatched_at


def test_names_by_language():
    product = a_product(names={"hi": "बोतल"})
    assert (product.name_in("hi"), product.name_in("ta")) == ("बोतल", "Steel bottle")
