"""The tested bound on what the station decides alone: exact where it must be, silent where data is short."""

import random
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.grading.calibration import (
    STEPS,
    Bound,
    LabelledReturn,
    binomial_tail,
    calibrate,
    design_effect,
    least_returns,
)

FIRST = date(2026, 11, 1)
BOUND = Bound(harm=0.01, certainty=0.95)


def returns(
    count: int, *, harmful: int = 0, confidence: float = 0.99, days: int = 30
) -> list[LabelledReturn]:
    return [
        LabelledReturn(confidence, number < harmful, FIRST + timedelta(days=number % days))
        for number in range(count)
    ]


def test_299_returns_without_an_error_certify_one_in_a_hundred_and_298_do_not() -> None:
    assert least_returns(BOUND) == 299
    assert calibrate(returns(299), BOUND).reason == "certified"
    short = calibrate(returns(298), BOUND)
    assert (short.threshold, short.reason, short.wanting) == (None, "too_few", 1)


def test_a_station_without_labels_is_uncalibrated() -> None:
    nothing = calibrate([], BOUND)
    assert (nothing.threshold, nothing.reason, nothing.still_asked, nothing.wanting) == (
        None,
        "too_few",
        1.0,
        299,
    )


def test_one_day_alone_certifies_nothing() -> None:
    assert calibrate(returns(2000, days=1), BOUND).threshold is None


def test_enough_returns_with_too_much_harm_are_told_apart_from_too_few() -> None:
    assert calibrate(returns(1000, harmful=20), BOUND).reason == "too_harmful"


@pytest.mark.parametrize(("harmful", "units"), [(0, 298), (1, 472), (2, 627), (5, 1048)])
def test_the_exact_tail_is_that_of_published_tables(harmful: int, units: int) -> None:
    """Smallest samples for 1 % at 95 %: one unit fewer does not do."""
    assert binomial_tail(harmful, units, 0.01) > 0.05
    assert binomial_tail(harmful, units + 1, 0.01) <= 0.05


def test_the_threshold_separates_the_sure_from_the_doubtful() -> None:
    sure, doubtful = returns(900, confidence=0.95), returns(300, harmful=60, confidence=0.6)
    found = calibrate([*sure, *doubtful], Bound(harm=0.01, certainty=0.95))
    assert found.threshold is not None
    assert 0.6 < found.threshold <= 0.95
    assert found.still_asked == pytest.approx(0.25)


def test_days_that_differ_count_for_less() -> None:
    bad_day = [LabelledReturn(0.5, True, FIRST) for _ in range(30)]
    mixed = [*returns(870, days=29), *bad_day]
    assert design_effect(returns(900, harmful=30)) < 2
    assert design_effect(mixed) > 10


def simulated(rng: random.Random, *, spread: float) -> list[LabelledReturn]:
    """Forty units on each of sixty days; harm falls with confidence and, with `spread`, differs by day."""
    found = []
    for day in range(60):
        level = rng.lognormvariate(-(spread**2) / 2, spread)
        for _ in range(40):
            confidence = rng.betavariate(4, 1.2)
            harmful = rng.random() < min(1.0, level * risk(confidence))
            found.append(LabelledReturn(confidence, harmful, FIRST + timedelta(days=day)))
    return found


def risk(confidence: float) -> float:
    return 0.15 * (1 - confidence) ** 1.5


@cache
def expected_harm(threshold: float) -> float:
    """The true share above a threshold, by integration over the law that is simulated."""
    points = [threshold + (1 - threshold) * (number + 0.5) / 5000 for number in range(5000)]
    weights = [point**3 * (1 - point) ** 0.2 for point in points]
    return sum(risk(point) * weight for point, weight in zip(points, weights, strict=True)) / sum(weights)


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_the_stated_bound_holds_in_at_least_95_of_100_repetitions(spread: float) -> None:
    rng = random.Random(20261122)
    held = certified = 0
    for _ in range(100):
        found = calibrate(simulated(rng, spread=spread), BOUND)
        if found.threshold is None:
            held += 1
            continue
        certified += 1
        held += expected_harm(found.threshold) <= BOUND.harm
    assert held >= 95
    assert certified >= 50, "a bound that is never reached proves nothing"


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 9)),
        max_size=400,
    ),
    st.floats(0.005, 0.3),
)
def test_what_is_certified_was_at_least_observed(drawn: list[tuple[float, bool, int]], harm: float) -> None:
    bound = Bound(harm=harm, certainty=0.9)
    labelled = [
        LabelledReturn(confidence, bad, FIRST + timedelta(days=day)) for confidence, bad, day in drawn
    ]
    before = calibrate(labelled, bound)
    if before.threshold is not None:
        assert before.threshold in STEPS
        above = sum(one.confidence >= before.threshold for one in labelled)
        assert (before.above, before.labelled) == (above, len(labelled))
        share = before.harmful_above / before.above
        assert share <= harm, "what is certified was observed at least"
