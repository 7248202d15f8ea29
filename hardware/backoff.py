"""How long to wait before trying a lost device again.

Full jitter: a random time between zero and a ceiling that doubles with each failure. Two cameras on one USB
hub that fail together don't come back together, and a device that is gone for the night costs almost nothing.

    >>> backoff = Backoff(base_s=0.25, cap_s=10.0, random=lambda: 1.0)
    >>> [backoff.delay_s(failures) for failures in (1, 2, 3, 4, 10, 5000)]
    [0.25, 0.5, 1.0, 2.0, 10.0, 10.0]
"""

import random as _random
from collections.abc import Callable

_MOST_DOUBLINGS = 30


class Backoff:
    """Waiting times for one kind of device.

    Args:
        base_s: Ceiling after the first failure, in seconds.
        cap_s: Highest ceiling, in seconds.
        random: Gives a number in [0, 1); injected so that tests can choose it.
    """

    def __init__(self, base_s: float, cap_s: float, *, random: Callable[[], float] = _random.random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._random = random

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after this many failures in a row (1 for the first)."""
        doublings = min(max(failures, 1) - 1, _MOST_DOUBLINGS)
        return self._random() * min(self._cap_s, self._base_s * 2.0**doublings)
