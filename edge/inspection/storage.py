"""What happens when the disk runs short: pictures that the OMS has confirmed go first, events never.

Below the reserve, and past their days, pictures of settled inspections are removed, oldest first; their
digests stay. Below the last limit the station says that it stops, while it can still say so.
"""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from edge.errors import RoomTooShort
from sync.database import Database
from sync.fields import utc_text

MIB = 1024 * 1024
STEP = 50  # pictures removed before the disk is asked again

CONFIRMED = """
SELECT e.inspection_id, e.view, e.path FROM evidence e
JOIN inspection i ON i.inspection_id = e.inspection_id
LEFT JOIN outbox o ON o.message_id = i.message_id
WHERE e.shed_at IS NULL AND (o.state IS NULL OR o.state = 'SETTLED')
AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.inspection_id = i.inspection_id AND h.state = 'OPEN')
{older} ORDER BY i.saved_at LIMIT ?
"""


class StorageGovernor:
    """Keeps room for the outbox.

    Args:
        database: Knows which pictures the OMS has confirmed.
        folder: The pictures' folder.
        reserve_mb: Room to keep free.
        stop_mb: Below it nothing new is begun.
        picture_days: How long confirmed pictures are kept.
        now: Wall time, UTC.
        free_bytes: How free space is asked for.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        reserve_mb: int,
        stop_mb: int,
        picture_days: int,
        now: Callable[[], datetime],
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._database = database
        self._folder = folder
        self._reserve = reserve_mb * MIB
        self._stop = stop_mb * MIB
        self._picture_days = picture_days
        self._now = now
        self._free_bytes = free_bytes

    def require_room(self) -> None:
        """Refuse to begin what could not be saved.

        Raises:
            RoomTooShort: Even without the confirmed pictures too little is free.
        """
        if self._free_bytes(self._folder) >= self._stop:
            return
        self.make_room()
        if self._free_bytes(self._folder) < self._stop:
            raise RoomTooShort(
                f"less than {self._stop // MIB} MB are free for {self._folder}: nothing new is begun; "
                "all that was saved is safe"
            )

    def make_room(self) -> int:
        """Remove confirmed pictures that are past their days, and as many more as the reserve takes."""
        removed = 0
        limit = utc_text(self._now() - timedelta(days=self._picture_days))
        while step := self._shed("AND i.saved_at < ?", (limit, STEP)):
            removed += step
        while self._free_bytes(self._folder) < self._reserve and (step := self._shed("", (STEP,))):
            removed += step
        return removed

    def _shed(self, older: str, parameters: tuple[str | int, ...]) -> int:
        with self._database.write():
            rows = self._database.sql(CONFIRMED.format(older=older), parameters)
            at = utc_text(self._now())
            for inspection_id, view, _ in rows:
                self._database.sql(
                    "UPDATE evidence SET shed_at = ? WHERE inspection_id = ? AND view = ?",
                    (at, inspection_id, view),
                )
        for _, _, path in rows:
            (self._folder / str(path)).unlink(missing_ok=True)
        return len(rows)
