"""How long to wait before trying again; pure.

Full jitter: a wait is drawn evenly between nothing and a bound that doubles with each failure. A fleet
which lost its broker at the same moment then comes back spread out, where plain doubling brings it back in
waves.
"""

import random
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BackOff:
    """Bounds of a back-off in seconds: `base` for the first failure, doubling up to `cap`."""

    base: float
    cap: float

    def bound(self, failures: int) -> float:
        """The longest wait after so many failures in a row.

        >>> [BackOff(1, 60).bound(failures) for failures in (0, 1, 2, 6, 7, 10_000)]
        [0.0, 1.0, 2.0, 32.0, 60, 60]
        """
        if failures <= 0:
            return 0.0
        return min(self.cap, self.base * 2.0 ** min(failures - 1, 60))

    def wait(self, failures: int, rng: random.Random) -> float:
        """A wait with full jitter."""
        return rng.uniform(0.0, self.bound(failures))


def failures_after(failures: int, *, connected_for: float | None, stable_after: float) -> int:
    """Failures in a row after a connection ended.

    A broker that accepts and drops at once (full, shutting down, disliking us) counts as a failure: only a
    connection that lasted starts the count anew.

    >>> failures_after(3, connected_for=None, stable_after=10)
    4
    >>> failures_after(3, connected_for=0.2, stable_after=10)
    4
    >>> failures_after(3, connected_for=3600, stable_after=10)
    1
    """
    if connected_for is not None and connected_for >= stable_after:
        return 1
    return failures + 1


def wait_for_retry(
    failures: int, *, not_before: datetime | None, now: datetime, back_off: BackOff, rng: random.Random
) -> float:
    """Seconds until an event that the OMS answered with `retry` is sent again.

    The OMS's own time is kept where it lies ahead, but believed only up to the cap: one of the two clocks
    may be years off, and an event must not be asleep for years.
    """
    if not_before is not None:
        ahead = (not_before - now).total_seconds()
        if ahead > 0:
            return min(ahead, back_off.cap)
    return back_off.wait(failures, rng)
