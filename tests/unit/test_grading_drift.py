"""Drift is told from chance, and whatever it finds it never makes the station less strict."""

import math
import random
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.grading.calibration import STEPS
from edge.grading.drift import (
    KEPT,
    LEAST_UNITS,
    Figures,
    Outcome,
    chance_of,
    compare,
    day_effect,
    distance,
    outcome_of,
    spread,
    threshold_after,
)

HARM = 0.01
FIRST = date(2026, 11, 1)
SHARE = st.floats(0, 1, allow_nan=False)
FIGURES = st.builds(
    Figures,
    units=st.integers(0, 2000),
    confidences=st.lists(SHARE, max_size=60).map(tuple),
    worse=st.integers(0, 60),
    alone=st.integers(0, 2000),
    harmful_alone=st.integers(0, 60),
    pictures=st.dictionaries(
        st.sampled_from(["top.light", "top.blur", "front.item"]), st.lists(SHARE, max_size=60).map(tuple)
    ),
)


def some(rng: random.Random, units: int, *, light: float = 0.6, worse: int = 0, **changes) -> Figures:
    values = {
        "units": units,
        "confidences": tuple(round(rng.betavariate(6, 1.2), 3) for _ in range(min(units, KEPT))),
        "worse": worse,
        "pictures": {"top.light": tuple(rng.gauss(light, 0.1) for _ in range(min(units, KEPT)))},
    }
    return Figures(**{**values, **changes})


@settings(max_examples=80, deadline=None)
@given(FIGURES, FIGURES, st.sampled_from(STEPS))
def test_drift_never_loosens(then: Figures, now: Figures, threshold: float) -> None:
    after = threshold_after(threshold, outcome_of(compare(then, now, HARM)))
    assert after is None or after >= threshold


def test_every_outcome_and_step_is_as_strict_or_stricter() -> None:
    for threshold in STEPS:
        assert threshold_after(threshold, Outcome.OK) == threshold
        assert threshold_after(threshold, Outcome.ALARM) is None
        after = threshold_after(threshold, Outcome.TIGHTEN)
        assert after is None if threshold == 1 else after == pytest.approx(threshold + 0.01)


def test_like_returns_raise_no_sign() -> None:
    rng = random.Random(4)
    signs = [
        compare(some(rng, 900, worse=9), some(rng, rng.randint(40, 300), worse=1), HARM) for _ in range(150)
    ]
    assert [one for one in signs if one] == []


def test_another_lamp_tightens_and_a_broken_one_alarms() -> None:
    rng = random.Random(5)
    then = some(rng, 900)
    dimmer, dark = some(rng, 250, light=0.53), some(rng, 250, light=0.2)
    assert outcome_of(compare(then, dimmer, HARM)) is Outcome.TIGHTEN
    assert outcome_of(compare(then, dark, HARM)) is Outcome.ALARM
    assert compare(then, dark, HARM)[0].what == "top.light"


def test_confidences_that_fell_are_noticed() -> None:
    rng = random.Random(6)
    low = tuple(rng.betavariate(2, 2) for _ in range(200))
    signs = compare(some(rng, 900), some(rng, 200, confidences=low), HARM)
    assert [(sign.what, sign.outcome) for sign in signs] == [("confidence", Outcome.ALARM)]


def test_people_who_find_worse_more_often_are_heard() -> None:
    rng = random.Random(7)
    then = some(rng, 900, worse=9)
    assert outcome_of(compare(then, some(rng, 200, worse=4), HARM)) is Outcome.OK
    assert outcome_of(compare(then, some(rng, 600, worse=16), HARM)) is Outcome.OK
    assert outcome_of(compare(then, some(rng, 900, worse=29), HARM)) is Outcome.TIGHTEN
    assert outcome_of(compare(then, some(rng, 200, worse=12), HARM)) is Outcome.ALARM


def test_harm_beyond_the_bound_alarms() -> None:
    rng = random.Random(8)
    then = some(rng, 900)
    assert compare(then, some(rng, 300, alone=250, harmful_alone=3), HARM) == ()
    signs = compare(then, some(rng, 300, alone=250, harmful_alone=9), HARM)
    assert [(sign.what, sign.outcome) for sign in signs] == [("harm", Outcome.ALARM)]


def lamps(rng: random.Random, days: int, *, by_day: float, shift: float = 0.0) -> Figures:
    """Ten figures of forty pictures a day; days differ by so many times the spread within a day."""
    pictures, effects = {}, {}
    for number in range(10):
        values = []
        for day in range(days):
            level = rng.gauss(shift, by_day)
            values += [(FIRST + timedelta(days=day), rng.gauss(level, 1)) for _ in range(40)]
        kept = spread(values)
        pictures[f"top.{number}"] = tuple(value for _, value in kept)
        effects[f"top.{number}"] = day_effect(kept)
    return Figures(units=days * 40, days=days, pictures=pictures, effects=effects)


@pytest.mark.parametrize("by_day", [0.0, 0.25, 0.5])
def test_weeks_like_the_month_before_seldom_tighten_though_days_differ(by_day: float) -> None:
    rng = random.Random(10)
    found = [
        outcome_of(compare(lamps(rng, 30, by_day=by_day), lamps(rng, 7, by_day=by_day), HARM))
        for _ in range(10)
    ]
    assert found.count(Outcome.OK) >= 9
    assert Outcome.ALARM not in found


def test_a_single_odd_day_is_not_taken_for_a_change() -> None:
    rng = random.Random(12)
    found = [
        outcome_of(compare(lamps(rng, 30, by_day=0.5), lamps(rng, 1, by_day=0.5), HARM)) for _ in range(15)
    ]
    assert found.count(Outcome.OK) >= 14
    dark = compare(lamps(rng, 30, by_day=0.5), lamps(rng, 1, by_day=0.5, shift=5), HARM)
    assert outcome_of(dark) is Outcome.ALARM


def test_a_new_lamp_is_noticed_though_days_differ() -> None:
    rng = random.Random(11)
    found = [
        outcome_of(compare(lamps(rng, 30, by_day=0.25), lamps(rng, 7, by_day=0.25, shift=1.0), HARM))
        for _ in range(10)
    ]
    assert Outcome.OK not in found


def test_days_alike_count_fully_and_days_apart_for_one_picture_each() -> None:
    alike = [(FIRST + timedelta(days=day), float(number % 7)) for day in range(5) for number in range(35)]
    apart = [(FIRST + timedelta(days=day), float(day)) for day in range(5) for _ in range(35)]
    assert day_effect(alike) == 1.0
    assert day_effect(apart) >= 35
    assert day_effect([(FIRST, 1.0), (FIRST, 2.0)]) == day_effect([]) == 1.0


def test_few_units_say_nothing() -> None:
    rng = random.Random(9)
    assert compare(some(rng, 900), some(rng, LEAST_UNITS - 1, light=0.0), HARM) == ()


def test_the_chance_of_a_distance_is_that_of_published_tables() -> None:
    assert chance_of(0.6, 10, 10) == pytest.approx(0.0524475524)
    assert chance_of(0.7, 10, 10) == pytest.approx(0.0123406)
    assert chance_of(0.0, 10, 10) == 1.0


@pytest.mark.parametrize(("first", "second"), [(3, 4), (5, 5), (2, 6)])
def test_the_exact_count_is_that_of_every_order_tried(first: int, second: int) -> None:
    places = range(first + second)
    sizes = [
        distance([float(at) for at in taken], [float(at) for at in places if at not in taken])
        for taken in combinations(places, first)
    ]
    for size in sorted(set(sizes)):
        share = sum(one >= size - 1e-12 for one in sizes) / len(sizes)
        assert chance_of(size, first, second) == pytest.approx(share)


def test_the_limit_for_large_samples_joins_the_exact_count() -> None:
    exact, limit = chance_of(0.15, 200, 200), chance_of(0.15, 200, 201)
    assert math.isclose(exact, limit, rel_tol=0.15)


def test_what_is_kept_is_spread_over_the_whole_period() -> None:
    assert spread([(FIRST, 1.0), (FIRST, 2.0)]) == [(FIRST, 1.0), (FIRST, 2.0)]
    kept = spread([(FIRST, float(value)) for value in range(10 * KEPT)])
    assert (len(kept), kept[0][1], kept[-1][1]) == (KEPT, 0.0, 10.0 * (KEPT - 1))
