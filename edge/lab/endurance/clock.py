"""A clock that a simulation moves: thirty days pass in minutes, then time goes on as it does."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from edge.clock import ClockReading


class OutageClock:
    """Stands still while it is moved by hand; runs after `let_run`.

    Args:
        began: Where it stands at first.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(self, began: datetime, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._base = began
        self._monotonic = monotonic
        self._running_since: float | None = None

    def advance_to(self, moment: datetime) -> None:
        """Move it; it never goes back."""
        self._base = max(self._base, moment)

    def let_run(self) -> None:
        """From now on time passes by itself."""
        self._running_since = self._monotonic()

    def now(self) -> datetime:
        """Wall time of the simulation, UTC."""
        if self._running_since is None:
            return self._base
        return self._base + timedelta(seconds=self._monotonic() - self._running_since)

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back: those of the simulation."""
        return int(self.now().timestamp() * 1e9)

    def reading(self) -> ClockReading:
        """Wall time, believed."""
        return ClockReading(self.now().astimezone(UTC), ok=True)
