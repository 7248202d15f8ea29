"""How far the station may be trusted to judge without a person: a bound that is tested, not hoped for.

The harm is a unit that goes back on the shelf although it is damaged or unsafe (grade C or D). The policy
names the share of such units among those restocked without a person that may not be exceeded (1 in 100), and
how certain that must be (95 %). From labelled returns, those that a person graded, the lowest confidence is
found from which the station may decide alone.

Method: Learn-then-Test (Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then Test: Calibrating predictive
algorithms to achieve risk control", 2021) with fixed-sequence testing: confidences are tried from the
strictest down, in steps fixed beforehand, each by the exact binomial tail of its harmful units, and the first
that cannot be certified ends the search. Which step is first depends on how many units lie above it, never on
their labels. With no harmful unit among them, 1 in 100 at 95 % takes 299 units.

Units of one day resemble each other (one lamp, one lorry, one person), so that n of them say less than n
independent ones. Their number is divided by the design effect, the factor by which the harm varies more from
day to day than chance alone would make it; it is estimated, so the bound is exact only where days don't
matter.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from edge.returns.values import FrozenValue

STEPS = tuple(round(1 - step / 100, 2) for step in range(101))
"""Confidences that are tried, strictest first; fixed before any label is seen."""

LEAST_DAYS = 2
"""Returns of a single day say nothing about other days."""


class Bound(FrozenValue):
    """`[bound]` of a policy pack: what it demands before the station decides alone.

    Attributes:
        harm: Largest share of harmful units among those restocked without a person.
        certainty: Probability with which that must hold.
    """

    harm: Annotated[float, Field(ge=0.0001, lt=0.5)]
    certainty: Annotated[float, Field(ge=0.5, le=0.9999)]


@dataclass(frozen=True, slots=True)
class LabelledReturn:
    """One unit that the station would have restocked, with a person's judgement of it.

    Attributes:
        confidence: The station's, 0 to 1.
        harmful: Whether the person graded it C or D.
        day: When it came in, local date.
    """

    confidence: float
    harmful: bool
    day: date


class Calibration(FrozenValue):
    """What the labelled returns allow.

    Attributes:
        threshold: From this confidence on the station may restock without a person; None: never.
        reason: `certified`; `too_few` labelled returns for this bound; or `too_harmful`: enough, but the most
            confident ones were wrong too often.
        labelled: Labelled returns looked at.
        days: Days on which they came.
        design_effect: By which factor they count less for coming in days.
        above: Of them, at or above the threshold.
        harmful_above: Of these, harmful.
        still_asked: Share of the labelled returns for which a person is still asked.
        wanting: How many more returns without harm would certify the strictest step; 0 where certified.
        bound: What was demanded.
    """

    threshold: float | None
    reason: Literal["certified", "too_few", "too_harmful"]
    labelled: int
    days: int
    design_effect: float
    above: int = 0
    harmful_above: int = 0
    still_asked: float = 1.0
    wanting: int = 0
    bound: Bound


def least_returns(bound: Bound) -> int:
    """How many independent returns without a harmful one certify the bound.

    >>> least_returns(Bound(harm=0.01, certainty=0.95))
    299
    """
    return math.ceil(math.log(1 - bound.certainty) / math.log(1 - bound.harm))


def binomial_tail(harmful: int, units: int, share: float) -> float:
    """Probability of at most so many harmful ones among `units`, if each is harmful with `share`; exact.

    >>> round(binomial_tail(0, 299, 0.01), 4)
    0.0495
    """
    if harmful >= units:
        return 1.0
    log_share, log_rest = math.log(share), math.log1p(-share)
    return min(
        1.0,
        math.fsum(
            math.exp(
                math.lgamma(units + 1)
                - math.lgamma(k + 1)
                - math.lgamma(units - k + 1)
                + k * log_share
                + (units - k) * log_rest
            )
            for k in range(harmful + 1)
        ),
    )


def calibrate(returns: Sequence[LabelledReturn], bound: Bound) -> Calibration:
    """The lowest confidence that the labelled returns certify.

    Args:
        returns: Units that the station would have restocked and that a person judged, whatever the station
            said of them: all of a period, or a random share. Only the doubtful ones, or only overrides, would
            bias it.
        bound: What the policy demands.
    """
    effect = design_effect(returns)
    days = len({one.day for one in returns})
    least = least_returns(bound)
    certified: tuple[float, int, int] | None = None
    tried = False
    if days >= LEAST_DAYS:
        for step, above, harmful in _counted(returns):
            units = int(above / effect)
            if units < least:
                continue
            tried = True
            if binomial_tail(math.ceil(harmful / effect), units, bound.harm) > 1 - bound.certainty:
                break
            certified = (step, above, harmful)
    if certified is None:
        return Calibration(
            threshold=None,
            reason="too_harmful" if tried else "too_few",
            labelled=len(returns),
            days=days,
            design_effect=round(effect, 3),
            wanting=0 if tried else max(1, math.ceil(least * effect) - len(returns)),
            bound=bound,
        )
    threshold, above_count, harmful_count = certified
    return Calibration(
        threshold=threshold,
        reason="certified",
        labelled=len(returns),
        days=days,
        design_effect=round(effect, 3),
        above=above_count,
        harmful_above=harmful_count,
        still_asked=round(1 - above_count / len(returns), 4),
        bound=bound,
    )


def _counted(returns: Sequence[LabelledReturn]) -> Iterator[tuple[float, int, int]]:
    """Each step with how many units reach it, and how many of them are harmful."""
    ordered = sorted(returns, key=lambda one: -one.confidence)
    above = harmful = 0
    for step in STEPS:
        while above < len(ordered) and ordered[above].confidence >= step:
            harmful += ordered[above].harmful
            above += 1
        yield step, above, harmful


def design_effect(returns: Sequence[LabelledReturn]) -> float:
    """How many times more the harm varies from day to day than chance would make it; at least 1.

    Estimated on all labelled returns, since the few harmful ones above a threshold tell too little.
    """
    by_day: dict[date, list[bool]] = defaultdict(list)
    for one in returns:
        by_day[one.day].append(one.harmful)
    units, harmful = len(returns), sum(one.harmful for one in returns)
    if not 0 < harmful < units or len(by_day) < LEAST_DAYS:
        return 1.0
    share = harmful / units
    apart = sum((sum(labels) - share * len(labels)) ** 2 for labels in by_day.values())
    return max(1.0, apart / (units * share * (1 - share)) * len(by_day) / (len(by_day) - 1))
