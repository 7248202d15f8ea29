"""How evenly a fleet was served, from the times at which the OMS answered; pure.

A station competes from its connection until its last event is answered. In each slice of time those that
compete all through it ought to get the same; how even it was is told by Jain's index: 1 where all got the
same, 1/n where one got everything. Answers come in batches, so that a few answers a station are uneven by
chance alone; slices with fewer than that are left out.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SLICE_S = 1.0
ANSWERS_A_STATION = 4  # in a slice, on the average
COMPETITORS = 2


@dataclass(frozen=True, slots=True)
class Fairness:
    """What the slices say.

    Attributes:
        slices: Slices in which stations competed.
        competing: Stations in the fullest of them.
        evenness: Of the median slice; None where nobody competed.
        worst_evenness: Of the worst slice.
        left_with_nothing: Stations that got no answer in a slice all through which they competed, at most.
    """

    slices: int
    competing: int
    evenness: float | None
    worst_evenness: float | None
    left_with_nothing: int


def fairness(connected: Mapping[int, float], answered: Mapping[int, Sequence[float]]) -> Fairness:
    """Compare what stations got that waited at the same time.

    Args:
        connected: When each station connected.
        answered: When each of its events was answered, in order.

    >>> fifth_seconds = [one / 5 for one in range(20)]
    >>> fairness({1: 0.0, 2: 0.0}, {1: fifth_seconds, 2: fifth_seconds}).evenness
    1.0
    """
    done = {number: times[-1] for number, times in answered.items() if times and number in connected}
    found: list[float] = []
    competing = nothing = 0
    at = min(connected.values(), default=0.0)
    while done and at < max(done.values()):
        here = [number for number in done if connected[number] <= at and done[number] >= at + SLICE_S]
        got = [_between(answered[number], at, at + SLICE_S) for number in here]
        if len(here) >= COMPETITORS and sum(got) >= ANSWERS_A_STATION * len(here):
            found.append(evenness(got))
            competing = max(competing, len(here))
            nothing = max(nothing, got.count(0))
        at += SLICE_S
    return Fairness(
        slices=len(found),
        competing=competing,
        evenness=round(median(found), 3) if found else None,
        worst_evenness=round(min(found), 3) if found else None,
        left_with_nothing=nothing,
    )


def evenness(shares: Sequence[float]) -> float:
    """Jain's index.

    >>> evenness([4, 4, 4]), evenness([9, 0, 0])
    (1.0, 0.3333333333333333)
    """
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def _between(times: Sequence[float], first: float, end: float) -> int:
    return bisect_left(times, end) - bisect_left(times, first)
