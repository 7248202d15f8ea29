"""Whether the returns of the last days still resemble those that the station was calibrated on.

A calibration holds for returns like those that it was made from. Another lamp, a moved camera, new goods or a
new season make others of them. Three things are compared: figures of the pictures and the station's
confidences, each by a two-sample Kolmogorov-Smirnov test, and how often people found worse than the station
said, by an exact binomial test. A further one looks at the harm itself where it became known.

The answer is `ok`, `tighten` (the threshold goes one step up) or `alarm` (not calibrated any more: a person
looks at every unit until somebody calibrates again). Nothing here can make a threshold lower. Pictures of one
day resemble each other, so that they count for as much less as days differ (`day_effect`); and a difference
counts only if it is also large.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from statistics import fmean, pvariance
from typing import Annotated, Literal

from pydantic import Field

from edge.grading.calibration import LEAST_DAYS, STEPS, binomial_tail
from edge.returns.values import FrozenValue

LEAST_UNITS = 40
"""So few recent units say nothing of a change."""

KEPT = 300
"""Values of each kind that are kept for comparing, evenly spread over the period."""

DOUBT = 0.001
"""Probability below which a difference is taken for real; shared among all that is compared."""

LARGE, GREAT = 0.2, 0.4
"""Largest distance between two distributions (0 to 1) that is put up with.

And the one that raises the alarm.
"""

EXACT_UP_TO = 40_000
"""Product of two sample sizes up to which the probability is counted path by path."""


class Outcome(StrEnum):
    """What becomes of a calibration."""

    OK = "ok"
    TIGHTEN = "tighten"
    ALARM = "alarm"


class Figures(FrozenValue):
    """What is compared, of one period.

    Attributes:
        units: Judged by pictures.
        days: On which they came.
        confidences: Of at most `KEPT` of them.
        worse: How often a person said C or D of a unit that the station thought sound.
        alone: Units for which nobody was asked.
        harmful_alone: Of them, those of which a person said C or D of their own accord, or in a second look.
        pictures: By view and measure (`top.light`): values of at most `KEPT` pictures.
        effects: By name: how many times less the values count for coming in days; 1 where it isn't said.
    """

    units: int
    days: Annotated[int, Field(ge=1)] = 1
    confidences: tuple[float, ...] = ()
    worse: int = 0
    alone: int = 0
    harmful_alone: int = 0
    pictures: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    effects: dict[str, float] = Field(default_factory=dict)


class Sign(FrozenValue):
    """One thing that differs.

    Attributes:
        what: `confidence`, `overrides`, `harm`, or a picture's measure such as `top.light`.
        chance: Probability of such a difference between like returns.
        size: Distance of two distributions, or how many times more often.
    """

    what: str
    chance: Annotated[float, Field(ge=0, le=1)]
    size: float
    outcome: Literal[Outcome.TIGHTEN, Outcome.ALARM]


def compare(then: Figures, now: Figures, harm: float) -> tuple[Sign, ...]:
    """What differs between the period of the calibration and the last days, the gravest first.

    Args:
        then: When it was calibrated.
        now: The last days.
        harm: The share of harmful units that the bound allows.
    """
    if now.units < LEAST_UNITS:
        return ()
    pairs = {"confidence": (then.confidences, now.confidences)}
    pairs |= {name: (values, now.pictures.get(name, ())) for name, values in then.pictures.items()}
    looks = [
        _distance(name, before, after, _worth(name, len(before), len(after), then, now), DOUBT / len(pairs))
        for name, (before, after) in pairs.items()
    ]
    signs = [sign for sign in (*looks, _overrides(then, now), _harm(now, harm)) if sign is not None]
    return tuple(sorted(signs, key=lambda sign: (sign.outcome is not Outcome.ALARM, sign.chance)))


def outcome_of(signs: Sequence[Sign]) -> Outcome:
    """The gravest of the signs; `ok` where there is none."""
    if not signs:
        return Outcome.OK
    return Outcome.ALARM if any(sign.outcome is Outcome.ALARM for sign in signs) else Outcome.TIGHTEN


def threshold_after(threshold: float, outcome: Outcome) -> float | None:
    """The threshold from now on: never lower; None where a person is asked always.

    >>> threshold_after(0.93, Outcome.TIGHTEN), threshold_after(1.0, Outcome.TIGHTEN)
    (0.94, None)
    """
    match outcome:
        case Outcome.OK:
            return threshold
        case Outcome.TIGHTEN:
            return min((step for step in STEPS if step > threshold), default=None)
        case Outcome.ALARM:
            return None


Dated = tuple[date, float]


def spread(values: Sequence[Dated]) -> list[Dated]:
    """At most `KEPT` of the values, evenly spread over their order of time."""
    if len(values) <= KEPT:
        return list(values)
    return [values[at * len(values) // KEPT] for at in range(KEPT)]


def day_effect(values: Sequence[Dated]) -> float:
    """How many times less the values count for coming in days; at least 1.

    It is by how much the days' sums vary more than chance alone would make them.
    """
    by_day: dict[date, list[float]] = defaultdict(list)
    for day, value in values:
        by_day[day].append(value)
    plain = [value for _, value in values]
    if len(by_day) < LEAST_DAYS:
        return 1.0
    mean, varied = fmean(plain), pvariance(plain)
    if varied == 0:
        return 1.0
    apart = math.fsum((math.fsum(day) - mean * len(day)) ** 2 for day in by_day.values())
    return max(1.0, apart / (len(plain) * varied) * len(by_day) / (len(by_day) - 1))


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Largest difference between two empirical distributions, 0 to 1.

    >>> distance([1, 2, 3], [1, 2, 3]), distance([1, 2], [3, 4])
    (0.0, 1.0)
    """
    first, second = sorted(one), sorted(other)
    at = seen = 0
    largest = 0.0
    for value in sorted({*first, *second}):
        while at < len(first) and first[at] <= value:
            at += 1
        while seen < len(second) and second[seen] <= value:
            seen += 1
        largest = max(largest, abs(at / len(first) - seen / len(second)))
    return largest


def chance_of(size: float, first: int, second: int) -> float:
    """Probability that two like samples differ by `size` or more; equal values make it smaller still.

    Counted exactly for small samples, else by Kolmogorov's limit with Stephens's correction.
    """
    if size <= 0:
        return 1.0
    if first * second <= EXACT_UP_TO:
        return _counted(size, first, second)
    root = math.sqrt(first * second / (first + second))
    scaled = (root + 0.12 + 0.11 / root) * size
    total = math.fsum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * total))


def _counted(size: float, first: int, second: int) -> float:
    """All orders in which the two samples can lie are equally likely.

    Those that never part so far are counted.
    """
    limit = round(size * first * second)
    row = [1 if at * first < limit else 0 for at in range(second + 1)]
    for at in range(1, second + 1):
        row[at] = row[at] and row[at - 1]
    for step in range(1, first + 1):
        row[0] = row[0] if step * second < limit else 0
        for at in range(1, second + 1):
            row[at] = row[at] + row[at - 1] if abs(step * second - at * first) < limit else 0
    return 1.0 - float(row[second] / math.comb(first + second, first))


def _worth(name: str, kept_then: int, kept_now: int, then: Figures, now: Figures) -> tuple[int, int]:
    """As how many independent values those of the two periods count.

    How alike values of one day are is known best from the longer period: a single recent day doesn't show it.
    """
    effect, each_day = then.effects.get(name, 1.0), kept_then / then.days
    alike = (effect - 1) / (each_day - 1) if each_day > 1 else 0.0
    recent = max(now.effects.get(name, 1.0), 1 + (kept_now / now.days - 1) * alike)
    return max(1, int(kept_then / effect)), max(1, int(kept_now / recent))


def _distance(
    name: str, then: Sequence[float], now: Sequence[float], worth: tuple[int, int], doubt: float
) -> Sign | None:
    if len(then) < LEAST_UNITS or len(now) < LEAST_UNITS:
        return None
    size = distance(then, now)
    if size < LARGE:
        return None
    chance = chance_of(size, *worth)
    if chance > doubt:
        return None
    outcome: Literal[Outcome.ALARM, Outcome.TIGHTEN] = Outcome.ALARM if size >= GREAT else Outcome.TIGHTEN
    return Sign(what=name, chance=chance, size=round(size, 4), outcome=outcome)


def _overrides(then: Figures, now: Figures) -> Sign | None:
    """People find worse more often: of all such findings, how many fall into the last days by chance?"""
    total, share = then.worse + now.worse, now.units / (then.units + now.units)
    if now.worse == 0 or not 0 < share < 1:
        return None
    chance = _at_least(now.worse, total, share)
    times = (now.worse / now.units) / ((then.worse + 1) / (then.units + 1))
    if chance > DOUBT or times < 1.5:
        return None
    return Sign(
        what="overrides",
        chance=chance,
        size=round(times, 2),
        outcome=Outcome.ALARM if times >= 3 else Outcome.TIGHTEN,
    )


def _harm(now: Figures, harm: float) -> Sign | None:
    """Units that nobody was asked about turn out damaged more often than the bound allows."""
    if now.harmful_alone == 0 or now.alone == 0:
        return None
    chance = _at_least(now.harmful_alone, now.alone, harm)
    if chance > 0.01:
        return None
    size = round(now.harmful_alone / now.alone / harm, 2)
    return Sign(what="harm", chance=chance, size=size, outcome=Outcome.ALARM)


def _at_least(hits: int, units: int, share: float) -> float:
    """Probability of so many hits or more; exact."""
    return min(1.0, max(0.0, 1.0 - binomial_tail(hits - 1, units, share))) if hits > 0 else 1.0
