"""For any policy and observation no hard rule is broken, and worse evidence never brings nearer to sale."""

import json
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from builders_returns import TODAY, a_date, an_observation, the_policy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.grading.decision import (
    REACHES_PEOPLE,
    Decision,
    Disposition,
    Grade,
    Severity,
    nearness,
)
from edge.grading.defect_place import DefectPlace
from edge.grading.disposition import decide
from edge.grading.grade import grade, person_grade
from edge.grading.observation import (
    BundleState,
    CaptureDepth,
    MatchState,
    ModelState,
    Observation,
    SealState,
    SeenFinding,
    SeenView,
)
from edge.grading.override import OverrideReason, Role, check_override, overridden
from edge.grading.policy import PolicyPack
from edge.returns.blocklist import BlockState
from edge.returns.catalogue import DateKind, GoodsClass, StorageClass
from edge.returns.dates import DateSource, PackDate
from edge.returns.expected import Custody, ReturnType
from vision.findings import DAMAGE, DefectKind

SHARE = st.floats(0, 1, allow_nan=False)
ANY_DISPOSITION = [one for one in Disposition if one not in (Disposition.HAND_BACK, Disposition.TRANSFER)]
IN_HOUSE = [Disposition.SCRAP, Disposition.HOLD_FOR_REVIEW, Disposition.RETURN_TO_VENDOR]
NOT_RESTOCKED = [*IN_HOUSE, Disposition.DONATE, Disposition.LIQUIDATE]
BREACHES = (DefectKind.OPENING, DefectKind.PENETRATION, DefectKind.BREAKAGE, DefectKind.SPILLAGE)
SELLING = REACHES_PEOPLE | {Disposition.REFURBISH}

FINDINGS = st.builds(
    SeenFinding,
    kind=st.sampled_from(DefectKind),
    score=SHARE,
    extent=SHARE,
    view=st.sampled_from(["top", "front"]),
    source=st.sampled_from(["detector", "golden", "person"]),
    place=st.sampled_from([None, *DefectPlace]),
)
DATES = st.builds(
    PackDate,
    kind=st.sampled_from(DateKind),
    day=st.integers(-3000, 800).map(lambda days: TODAY + timedelta(days=days)),
    source=st.sampled_from(DateSource),
)


def _defects(rng: Random) -> dict[str, Any]:
    low, high = sorted([rng.random(), rng.random()])
    grades = sorted(rng.choices("ABCD", k=3))
    return {
        "count_from": rng.random(),
        "major_from": low,
        "critical_from": high,
        "edge_at_least": rng.choice(list(Severity)),
        "minor": grades[0],
        "major": grades[1],
        "critical": grades[2],
    }


@cache
def a_wild_policy(seed: int) -> PolicyPack:
    """Any pack that passes the checks, above all those that ask for the worst."""
    rng = Random(seed)
    table = sorted(rng.choices(ANY_DISPOSITION, k=4), key=nearness, reverse=True)
    days = sorted([rng.randint(0, 400), rng.randint(0, 400)])
    shares = sorted([rng.random(), rng.random()])
    seals = sorted(rng.choices("ABCD", k=2))
    kinds = DAMAGE
    exceptions = [
        {"name": "any", "custody": [rng.choice(list(Custody))], "at_best": rng.choice(ANY_DISPOSITION)}
        for _ in range(rng.randint(0, 2))
    ]
    wild = {
        "confidence": {
            "ask_below": rng.random(),
            "uncalibrated_asks": rng.random() < 0.5,
            "person_confirms_always": rng.random() < 0.5,
            "person_from_mrp": rng.randint(0, 10_000),
        },
        "defects": {kind.value: _defects(rng) for kind in kinds},
        "seal": {"unknown_with_customer": seals[0], "opened": seals[1]},
        "identity": {"wrong_item_from": rng.random(), "hold_missing_serial": rng.random() < 0.5},
        "life": {
            "restock_min_days": days[1],
            "markdown_min_days": days[0],
            "restock_min_share": shares[1],
            "markdown_min_share": shares[0],
            "below_markdown": rng.choice(NOT_RESTOCKED),
            "trust_machine_read": rng.random() < 0.5,
        },
        "cold_chain": {
            "chilled_max_minutes": rng.randint(0, 120),
            "frozen_max_minutes": rng.randint(0, 60),
            "chilled_max_celsius": 8,
            "frozen_max_celsius": -12,
            "restock_after_customer": rng.random() < 0.5,
            "after_customer": rng.choice(NOT_RESTOCKED),
        },
        "blind": {"restock": rng.random() < 0.7, "restock_up_to_mrp": 100_000},
        "unsafe": {
            key: rng.choice(IN_HOUSE) for key in ("expired", "recalled", "cold_chain_broken", "opened")
        },
        "weight": {"tolerance_share": rng.random(), "outside": rng.choice(ANY_DISPOSITION)},
        "bundle": {"incomplete": rng.choice(ANY_DISPOSITION)},
        "disposition": {
            **dict(zip("ABCD", table, strict=True)),
            "presumed": rng.choice(ANY_DISPOSITION),
            "exception": exceptions,
        },
    }
    pack = the_policy().model_dump(mode="json") | wild
    return PolicyPack.model_validate_json(json.dumps(pack))


POLICIES = st.integers(0, 400).map(a_wild_policy)

GOODS: dict[str, st.SearchStrategy[Any]] = {
    "goods_class": st.sampled_from(GoodsClass),
    "storage_class": st.sampled_from(StorageClass),
    "return_type": st.sampled_from(ReturnType),
    "custody": st.sampled_from([Custody.RIDER_ONLY, Custody.CUSTOMER, None]),
    "depth": st.sampled_from(CaptureDepth),
    "dated": st.booleans(),
}
TROUBLE: dict[str, st.SearchStrategy[Any]] = {
    "match": st.sampled_from(MatchState),
    "in_catalogue": st.booleans(),
    "mrp": st.none() | st.integers(0, 10_000),
    "views": st.lists(st.builds(SeenView, view=st.just("top"), usable=st.booleans()), max_size=2).map(tuple),
    "findings": st.lists(FINDINGS, max_size=3).map(tuple),
    "model": st.builds(ModelState, present=st.booleans(), calibrated=st.booleans()),
    "seal": st.sampled_from(SealState),
    "pack_date": st.none() | DATES,
    "shelf_life_days": st.none() | st.integers(1, 1000),
    "clock_ok": st.booleans(),
    "minutes_out_of_cold": st.none() | st.floats(0, 400),
    "temperature_c": st.none() | st.floats(-25, 25),
    "serialised": st.booleans(),
    "serial": st.none() | st.sampled_from(["S1", "S2"]),
    "dispatched_serials": st.sampled_from([(), ("S1",)]),
    "lot": st.none() | st.just("L1"),
    "block": st.sampled_from(BlockState),
    "weighed": st.booleans(),
    "expected_weight_kg": st.none() | st.just("1.000"),
    "observed_weight_kg": st.none() | st.sampled_from(["1.010", "0.500"]),
    "bundle": st.sampled_from([None, BundleState(expected_components=2, missing=("A",))]),
}


@st.composite
def observations(draw: Any) -> Observation:
    """A good unit of any goods, with up to four things that may be wrong with it."""
    values = {name: draw(strategy) for name, strategy in GOODS.items()}
    values |= {"pack_date": a_date(600), "minutes_out_of_cold": 5.0}
    for name in draw(st.lists(st.sampled_from(sorted(TROUBLE)), max_size=4, unique=True)):
        values[name] = draw(TROUBLE[name])
    return an_observation(**values)


@st.composite
def unsafe_observations(draw: Any) -> Observation:
    """Any unit, with at least one thing wrong that makes it unsafe."""
    seen: Observation = draw(observations())
    harm = draw(st.sampled_from(["expired", "recalled", "warm", "opened"]))
    changes: dict[str, Any] = {
        "expired": {"pack_date": a_date(-draw(st.integers(1, 400))), "clock_ok": True},
        "recalled": {"block": BlockState.BLOCKED},
        "warm": {
            "storage_class": StorageClass.CHILLED,
            "goods_class": GoodsClass.FOOD,
            "minutes_out_of_cold": draw(st.none() | st.floats(120.1, 400)),
        },
        "opened": {
            "seal": SealState.OPENED,
            "goods_class": draw(st.sampled_from(sorted(set(GoodsClass) - {GoodsClass.GENERAL}))),
        },
    }[harm]
    return seen.model_copy(update=changes)


OBSERVATIONS = observations()
UNSAFE = unsafe_observations()


def decided(seen: Observation, policy: PolicyPack) -> Decision:
    return decide(seen, grade(seen, policy), policy)


def is_unsafe(seen: Observation) -> bool:
    """The promise in its own words, written down again apart from the rules that keep it."""
    last = None
    if seen.pack_date is not None:
        made = seen.pack_date.kind is DateKind.MANUFACTURED
        if not made:
            last = seen.pack_date.day
        elif seen.shelf_life_days is not None:
            last = seen.pack_date.day + timedelta(days=seen.shelf_life_days)
    expired = last is not None and seen.clock_ok and last < TODAY
    recalled = seen.block is not BlockState.CLEAR
    warmest = {StorageClass.CHILLED: 8, StorageClass.FROZEN: -12}.get(seen.storage_class)
    longest = {StorageClass.CHILLED: 120, StorageClass.FROZEN: 60}.get(seen.storage_class)
    cold = warmest is not None and (
        seen.minutes_out_of_cold is None
        or seen.minutes_out_of_cold > longest
        or (seen.temperature_c is not None and seen.temperature_c > warmest)
    )
    open_pack = seen.seal is SealState.OPENED or any(
        one.kind in BREACHES and one.score >= 0.5 for one in seen.findings
    )
    return expired or recalled or cold or (open_pack and seen.goods_class is not GoodsClass.GENERAL)


@settings(max_examples=300)
@given(UNSAFE, POLICIES)
def test_unsafe_goods_never_reach_people_whatever_the_policy(seen, policy):
    assert is_unsafe(seen)
    decision = decided(seen, policy)
    ours = seen.match is not MatchState.NOT_OUR_STOCK
    assert decision.disposition not in SELLING
    assert ours is False or decision.disposition is not Disposition.HAND_BACK
    for chosen in SELLING | ({Disposition.HAND_BACK} if ours else set()):
        for resolving in (False, True):
            answer = check_override(decision, chosen, Role.SUPERVISOR, resolving_hold=resolving)
            assert not answer.allowed
            assert answer.because is not None


@settings(max_examples=150)
@given(UNSAFE, POLICIES, st.sampled_from(Grade))
def test_a_persons_grade_breaks_no_hard_rule_either(seen, policy, judged):
    assert is_unsafe(seen)
    assert decide(seen, person_grade(seen, policy, judged), policy).disposition not in SELLING


@settings(max_examples=300)
@given(OBSERVATIONS, POLICIES)
def test_dated_goods_are_sold_only_with_a_date_a_clock_and_life(seen, policy):
    assume(seen.dated)
    if decided(seen, policy).disposition in (Disposition.RESTOCK, Disposition.RESTOCK_MARKDOWN):
        assert seen.pack_date is not None
        assert seen.pack_date.source is not DateSource.DISPATCHED
        assert seen.clock_ok
        needed = policy.life.markdown_min_days
        assert seen.days_left is not None
        assert seen.days_left >= needed


@settings(max_examples=300)
@given(OBSERVATIONS, POLICIES)
def test_whose_it_is_and_which_it_is_come_first(seen, policy):
    decision = decided(seen, policy)
    if seen.match is MatchState.NOT_OUR_STOCK:
        assert decision.disposition is Disposition.HAND_BACK
    elif seen.match is MatchState.OTHER_SITE:
        assert decision.disposition is Disposition.TRANSFER
    elif seen.serial == "S2" and seen.dispatched_serials:
        assert decision.disposition is Disposition.HOLD_FOR_REVIEW
    elif seen.match in (MatchState.WRONG_PRODUCT, MatchState.EXCESS, MatchState.CANCELLED_RETURN):
        assert decision.disposition not in SELLING
        assert not check_override(decision, Disposition.RESTOCK, Role.SUPERVISOR).allowed


@st.composite
def worse(draw: Any, seen: Observation) -> Observation:
    """The same unit with worse evidence."""
    how = draw(
        st.sampled_from(
            ["finding", "larger", "surer", "at_edge", "older", "warmer", "longer", "opened", "blocked"]
        )
    )
    change: dict[str, Any] = {}
    if how == "finding":
        change = {"findings": (*seen.findings, draw(FINDINGS))}
    elif how in ("larger", "surer") and seen.findings:
        first = seen.findings[0]
        field = "extent" if how == "larger" else "score"
        grown = first.model_copy(update={field: draw(st.floats(getattr(first, field), 1))})
        change = {"findings": (grown, *seen.findings[1:])}
    elif how == "at_edge" and seen.findings:
        moved = seen.findings[0].model_copy(update={"place": DefectPlace.EDGE})
        change = {"findings": (moved, *seen.findings[1:])}
    elif how == "older" and seen.pack_date is not None:
        day = seen.pack_date.day - timedelta(days=draw(st.integers(1, 900)))
        change = {"pack_date": seen.pack_date.model_copy(update={"day": day})}
    elif how == "warmer" and seen.temperature_c is not None:
        change = {"temperature_c": seen.temperature_c + draw(st.floats(0, 30))}
    elif how == "longer" and seen.minutes_out_of_cold is not None:
        change = {"minutes_out_of_cold": seen.minutes_out_of_cold + draw(st.floats(0, 400))}
    elif how == "opened":
        change = {"seal": SealState.OPENED}
    elif how == "blocked":
        change = {"block": BlockState.BLOCKED}
    return seen.model_copy(update=change)


@settings(max_examples=1000)
@given(st.data(), OBSERVATIONS, POLICIES)
def test_worse_evidence_never_brings_a_unit_nearer_to_sale(data, seen, policy):
    before = decided(seen, policy)
    after = decided(data.draw(worse(seen)), policy)
    assert nearness(after.disposition) <= nearness(before.disposition)
    assert set(before.forbidden) <= set(after.forbidden)


@settings(max_examples=300)
@given(OBSERVATIONS, POLICIES)
def test_a_decision_is_whole_repeatable_and_survives_json(seen, policy):
    decision = decided(seen, policy)
    stored = Observation.model_validate_json(seen.model_dump_json())
    assert stored == seen
    assert decided(stored, PolicyPack.model_validate_json(policy.model_dump_json())) == decision
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
    assert decision.rules
    assert decision.disposition in decision.allowed
    assert Disposition.HOLD_FOR_REVIEW in decision.allowed
    assert (decision.hold_reason is not None) == (decision.disposition is Disposition.HOLD_FOR_REVIEW)
    groups = (
        decision.allowed,
        decision.allowed_with_supervisor,
        decision.allowed_on_resolution,
        decision.forbidden,
    )
    assert sorted(one for group in groups for one in group) == sorted(Disposition)


@settings(max_examples=300)
@given(OBSERVATIONS, POLICIES, st.sampled_from(Disposition))
def test_staff_can_only_make_it_safer(seen, policy, chosen):
    decision = decided(seen, policy)
    if check_override(decision, chosen, Role.STAFF).allowed and chosen is not decision.disposition:
        safer = nearness(chosen) < nearness(decision.disposition)
        assert safer or chosen is Disposition.HOLD_FOR_REVIEW
        changed = overridden(
            decision, seen, policy, grade=None, disposition=chosen, reason=OverrideReason.OTHER
        )
        assert changed.disposition is chosen
        assert changed.rules[0].code == "rule.overridden"
