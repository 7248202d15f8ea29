"""How long what is saved now waits for the OMS's answer while a backlog drains."""

import time
from collections.abc import Callable

from sync.database import Database


class LiveReturns:
    """Watches events from their commit until they are settled.

    Args:
        database: The station's.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._open: dict[int, float] = {}  # position -> when it was committed
        self._took_ms: list[float] = []

    @property
    def took_ms(self) -> list[float]:
        """Milliseconds from commit to settlement, of those that are settled."""
        return self._took_ms

    @property
    def waiting(self) -> int:
        """Committed and not settled."""
        return len(self._open)

    def committed(self, act: Callable[[], object]) -> None:
        """Watch everything that `act` commits; the last commit counts for all of it."""
        before = self._newest()
        act()
        now = self._monotonic()
        self._open |= dict.fromkeys(range(before + 1, self._newest() + 1), now)

    def look(self) -> None:
        """Note what was settled since the last look."""
        if not self._open:
            return
        marks = ",".join("?" * len(self._open))
        settled = self._database.sql(
            f"SELECT position FROM outbox WHERE position IN ({marks}) AND state = 'SETTLED'",  # noqa: S608
            tuple(self._open),
        )
        now = self._monotonic()
        self._took_ms += [(now - self._open.pop(position)) * 1e3 for (position,) in settled]

    def _newest(self) -> int:
        return int(self._database.sql("SELECT coalesce(max(position), 0) FROM outbox")[0][0])
