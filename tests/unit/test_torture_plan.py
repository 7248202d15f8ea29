"""The torture's plan: equal seeds give equal plans, and no kind of fault is left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.lab.torture.faults import HEAVY, KILLED_BROKER, LIGHT, FaultKind
from edge.lab.torture.plan import DESKS, ROUNDS_PER_CHAIN, digest_of, plan_campaign

SEEDS = st.integers(min_value=0, max_value=2**63)


def test_every_kind_is_heavy_or_light() -> None:
    assert set(HEAVY) | set(LIGHT) == set(FaultKind)
    assert not set(HEAVY) & set(LIGHT)


@given(SEEDS, st.integers(min_value=1, max_value=45))
@settings(max_examples=30)
def test_equal_seeds_plan_equally(seed: int, rounds: int) -> None:
    assert plan_campaign(seed, rounds) == plan_campaign(seed, rounds)
    assert digest_of(plan_campaign(seed, rounds)) == digest_of(plan_campaign(seed, rounds))


@given(SEEDS)
@settings(max_examples=30)
def test_twenty_rounds_meet_every_kind_of_fault(seed: int) -> None:
    (chain,) = plan_campaign(seed, ROUNDS_PER_CHAIN)
    assert {fault.kind for one in chain.rounds for fault in one.faults} == set(FaultKind)


@given(SEEDS, st.integers(min_value=1, max_value=25))
@settings(max_examples=30)
def test_a_longer_campaign_begins_like_a_shorter_one_of_whole_chains(seed: int, more: int) -> None:
    longer = plan_campaign(seed, ROUNDS_PER_CHAIN + more)
    assert longer[0] == plan_campaign(seed, ROUNDS_PER_CHAIN)[0]


@given(SEEDS, st.integers(min_value=1, max_value=45))
@settings(max_examples=30)
def test_each_unit_of_a_bag_is_inspected_at_exactly_one_visit(seed: int, rounds: int) -> None:
    for chain in plan_campaign(seed, rounds):
        visited: dict[int, list[int]] = {}
        for one in chain.rounds:
            for visit in one.visits:
                visited.setdefault(visit.bag, []).extend(visit.units)
            for fault in one.faults:
                if fault.bag is not None:
                    assert fault.bag not in visited
                    visited[fault.bag] = list(range(1, chain.bags[fault.bag] + 1))
        assert {bag: list(range(1, size + 1)) for bag, size in chain.bags.items()} == visited


@given(SEEDS)
@settings(max_examples=30)
def test_faults_fit_their_round(seed: int) -> None:
    for one in plan_campaign(seed, ROUNDS_PER_CHAIN)[0].rounds:
        for fault in one.faults:
            assert 0 <= fault.unit < one.unit_count
            assert fault.target in (*DESKS, "oms", "broker")
            if fault.kind in KILLED_BROKER:
                assert KILLED_BROKER[fault.kind] is one.broker


def test_another_seed_is_another_plan() -> None:
    assert digest_of(plan_campaign(7, 5)) != digest_of(plan_campaign(8, 5))


def test_a_plan_is_the_same_on_every_machine() -> None:
    assert digest_of(plan_campaign(7, 20)) == "ec57fa608af4f6df"


@pytest.mark.parametrize("rounds", [1, 19, 20, 21, 40])
def test_rounds_are_numbered_through(rounds: int) -> None:
    numbers = [one.number for chain in plan_campaign(7, rounds) for one in chain.rounds]
    assert numbers == list(range(1, rounds + 1))
