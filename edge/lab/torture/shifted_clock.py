"""A wall clock that stands wrong by as much as a file says: how a simulated device's clock jumps."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


class ShiftedWall:
    """The present time, shifted by the seconds that stand in a file; looked at whenever the file changes.

    Args:
        file: Holds a number of seconds; a missing one means none.
        present: The right time.
    """

    def __init__(self, file: Path, present: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = os.fspath(file)
        self._present = present
        self._seen: tuple[int, int] | None = None
        self._shift = timedelta(0)

    def __call__(self) -> datetime:
        """Wall time, UTC."""
        try:
            stat = os.stat(self._file)  # noqa: PTH116 - asked for each event
            if (stat.st_mtime_ns, stat.st_ino) != self._seen:
                self._shift = timedelta(seconds=float(Path(self._file).read_text(encoding="ascii")))
                self._seen = (stat.st_mtime_ns, stat.st_ino)
        except FileNotFoundError:
            self._shift = timedelta(0)
        return self._present() + self._shift


def set_shift(file: Path, shift: timedelta) -> None:
    """Let the clock jump; a reader sees the old or the new shift, never a half."""
    new = file.with_suffix(".new")
    new.write_text(str(shift.total_seconds()), encoding="ascii")
    new.replace(file)
