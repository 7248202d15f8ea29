"""The station's clock, and whether it may be believed.

Small devices often have no battery behind their clock and wake up in 1970. A wrong clock never stops the
work: events say `clockok: false`, and goods with a date go to a person, because "does it still have life
left" can't be answered. Nor is anything let go for its age by a clock in doubt.
"""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: No correct clock can show a time before this software was made.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
#: Nor one far beyond the life of the device.
LATEST = EARLIEST + timedelta(days=365 * 25)
#: A clock that is so far ahead of the newest time ever recorded was set ahead, or the station stood still for
#: that long; only time from the network tells which.
AHEAD = timedelta(days=180)
UNSYNCHRONISED = 0x40  # STA_UNSYNC of the kernel
#: A clock that stands this far behind the newest time ever recorded has been set back.
SET_BACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time and whether it is believed.

    Attributes:
        now: Wall time, UTC.
        ok: False when the clock is known to be wrong.
        reason: Why it is not believed: `before_release`, `far_future`, `far_ahead`, `set_back`, or None.
    """

    now: datetime
    ok: bool
    reason: str | None = None


class Clock(Protocol):
    """What the station asks of time."""

    def now(self) -> datetime:
        """Wall time, UTC-aware."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back, for waiting and for the age of pictures."""
        ...

    def reading(self) -> ClockReading:
        """Wall time with a judgement of it."""
        ...


class SystemClock:
    """The operating system's clock.

    Args:
        newest_recorded: Gives the newest wall time in the station's records, or None; a clock behind it was
            set back, one far ahead of it set ahead.
        wall: Where wall time comes from; a test or a simulation gives its own.
        synchronised: Whether the clock follows time from the network; then it is believed over the records.
    """

    def __init__(
        self,
        newest_recorded: Callable[[], datetime | None] = lambda: None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        synchronised: Callable[[], bool] | None = None,
    ) -> None:
        self.newest_recorded = newest_recorded
        self._wall = wall
        self._synchronised = synchronised or follows_network_time

    def now(self) -> datetime:
        """Wall time, UTC-aware."""
        return self._wall()

    def monotonic_ns(self) -> int:
        """`CLOCK_MONOTONIC`, which all processes of one boot share."""
        return time.monotonic_ns()

    def reading(self) -> ClockReading:
        """Wall time with a judgement of it."""
        now = self.now()
        if now < EARLIEST:
            return ClockReading(now, ok=False, reason="before_release")
        if now > LATEST:
            return ClockReading(now, ok=False, reason="far_future")
        newest = self.newest_recorded()
        reason = None
        # A record made under a wrong clock must not condemn the right one.
        if newest is not None and newest < LATEST and now < newest - SET_BACK:
            reason = "set_back"
        elif newest is not None and now > newest + AHEAD:
            reason = "far_ahead"
        if reason is None or self._synchronised():
            return ClockReading(now, ok=True)
        return ClockReading(now, ok=False, reason=reason)


class _Timex(ctypes.Structure):
    """The head of the kernel's `struct timex`, up to the field that is read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def follows_network_time() -> bool:
    """Whether the kernel's clock is kept right by time from the network (NTP); see adjtimex(2).

    False where it isn't, and where nobody can tell.
    """
    answer = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return False
    return bool(state >= 0 and not answer.status & UNSYNCHRONISED)
