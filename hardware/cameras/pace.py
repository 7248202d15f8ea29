"""Keeps a steady number of pictures a second for cameras that have no clock of their own."""

import time
from collections.abc import Callable


class Pace:
    """Ticks at a fixed rate; ticks that were missed (the machine was busy) are left out, not made up for.

    Args:
        per_second: Ticks a second.
        monotonic_ns: Clock.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        per_second: float,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval_ns = int(1e9 / per_second)
        self._monotonic_ns = monotonic_ns
        self._sleep = sleep
        self._next_ns: int | None = None

    def wait(self) -> int:
        """Waits for the next tick and returns its monotonic time, which is not in the future."""
        now_ns = self._monotonic_ns()
        if self._next_ns is None or self._next_ns < now_ns - self._interval_ns:
            self._next_ns = now_ns
        while now_ns < self._next_ns:
            self._sleep((self._next_ns - now_ns) / 1e9)
            now_ns = self._monotonic_ns()
        self._next_ns += self._interval_ns
        return now_ns
