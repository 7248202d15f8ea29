"""How a fleet's connections are spread after its broker came back, and how they ought to be; pure.

With full jitter each wait is drawn evenly between nothing and a bound that doubles with each failure. What
that makes of a fleet whose broker was away for so long is found by drawing many stations by the same rule; no
station of it needs a network. How far the real fleet is from it is told as the largest distance between the
two distributions (Kolmogorov and Smirnov's): 0 alike, 1 altogether different.
"""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from math import sqrt

from sync.retry import BackOff

DRAWN = 20_000
CROWD = 3  # times what full jitter brings into its busiest second
CROWD_OF_FEW = 5


def expected_waits(
    back_off: BackOff, down_s: float, rng: random.Random, stations: int = DRAWN
) -> list[float]:
    """Seconds from the broker's return to each station's next attempt, sorted.

    Args:
        back_off: The stations' own.
        down_s: How long the broker was away; all lost it at the same moment.
        rng: Draws.
        stations: How many are drawn.

    >>> waits = expected_waits(BackOff(1, 60), 0.0, random.Random(1))
    >>> max(waits) <= 1.0
    True
    """
    found = []
    for _ in range(stations):
        at, failures = 0.0, 1
        while True:
            at += back_off.wait(failures, rng)
            if at >= down_s:
                break
            failures += 1
        found.append(at - down_s)
    return sorted(found)


def distance(seen: Sequence[float], expected: Sequence[float]) -> float:
    """The largest difference between the shares of two samples that lie below the same value.

    >>> distance([1, 2, 3], [1, 2, 3]), distance([1, 1], [5, 6])
    (0.0, 1.0)
    """
    ours, theirs = sorted(seen), sorted(expected)
    return max(
        (
            abs(bisect_right(ours, value) / len(ours) - bisect_right(theirs, value) / len(theirs))
            for value in (*ours, *theirs)
        ),
        default=0.0,
    )


def ahead(seen: Sequence[float], expected: Sequence[float]) -> float:
    """The same, counting only where `seen` is ahead of `expected`.

    >>> ahead([5, 6], [1, 1]), ahead([1, 1], [5, 6])
    (0.0, 1.0)
    """
    ours, theirs = sorted(seen), sorted(expected)
    return max(
        (bisect_right(ours, value) / len(ours) - bisect_right(theirs, value) / len(theirs) for value in ours),
        default=0.0,
    )


def is_spread(seen: Sequence[float], expected: Sequence[float]) -> bool:
    """Whether a fleet came no sooner and no more at once than full jitter makes it.

    Args:
        seen: Seconds from the broker's return to each station's connection.
        expected: What `expected_waits` gives.
    """
    at_once = busiest_second(expected) * len(seen) / len(expected)
    soon = ahead(seen, expected) > chance_distance(len(seen), len(expected))
    return not soon and busiest_second(seen) <= CROWD * at_once + CROWD_OF_FEW


def chance_distance(seen: int, expected: int) -> float:
    """A distance that two samples of the same distribution exceed once in a thousand.

    >>> round(chance_distance(200, 20_000), 3)
    0.139
    """
    return 1.95 * sqrt((seen + expected) / (seen * expected))


def busiest_second(times: Sequence[float]) -> int:
    """The most that fall into one second."""
    return max(Counter(int(time) for time in times).values(), default=0)
