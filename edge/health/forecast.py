"""In how many days will the disk be full, at the pace of the last days?

Free space is noted twice an hour and kept for a week, beside the database, so that a restart does not forget
it. The pace is the median of many slopes: one big file that somebody copies and removes again does not bend
it. With less than half a day of history nothing is said, rather than something invented; and times of a clock
that is not believed are not noted.
"""

import json
import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

APART = timedelta(minutes=30)
KEPT = timedelta(days=7)
ENOUGH = timedelta(hours=12)
STEADY_DAYS = 3650.0  # further away than that is no forecast
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What can be said.

    Attributes:
        known: Whether there is enough history.
        days: Days until the station stops for want of space; None where the disk does not fill, or nothing
            is known.
        history_hours: How much history there is.
    """

    known: bool
    days: float | None
    history_hours: float


class DiskForecast:
    """Remembers free space, and looks ahead.

    Args:
        path: Where the history is kept.
        now: Wall time, UTC.
        clock_ok: Whether the clock is believed.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime], clock_ok: Callable[[], bool]) -> None:
        self._path = path
        self._now = now
        self._clock_ok = clock_ok
        self._noted = self._read()

    def note(self, free_bytes: int) -> None:
        """Remember how much is free now; what comes too soon after the last note is left out."""
        if not self._clock_ok():
            return
        now = self._now()
        noted = [(at, free) for at, free in self._noted if now - KEPT <= at <= now]
        if noted and now - noted[-1][0] < APART:
            return
        self._noted = [*noted, (now, free_bytes)]
        with suppress(OSError):  # a disk that takes nothing costs the history, not the work
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps([[at.isoformat(), free] for at, free in self._noted]))
            new.replace(self._path)

    def ahead(self, free_bytes: int, full_bytes: int) -> Forecast:
        """When, at the pace of the last days.

        Args:
            free_bytes: Free now.
            full_bytes: Below it the station stops.
        """
        noted = self._noted
        if len(noted) < 2:
            return Forecast(known=False, days=None, history_hours=0.0)
        span = noted[-1][0] - noted[0][0]
        hours = span.total_seconds() / 3600
        if span < ENOUGH:
            return Forecast(known=False, days=None, history_hours=hours)
        half = len(noted) // 2
        pace = -statistics.median(
            (later - earlier) / ((then - at).total_seconds() / DAY_S)
            for (at, earlier), (then, later) in zip(noted[:half], noted[-half:], strict=True)
        )
        left = max(0, free_bytes - full_bytes)
        days = left / pace if pace > 0 else None
        return Forecast(
            known=True, days=days if days is None or days < STEADY_DAYS else None, history_hours=hours
        )

    def _read(self) -> list[tuple[datetime, int]]:
        try:
            written = json.loads(self._path.read_text())
            return [(datetime.fromisoformat(at), int(free)) for at, free in written]
        except (OSError, ValueError, TypeError):
            return []
