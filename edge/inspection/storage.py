"""What happens when the disk runs short: the order in which things go, and the point at which work stops.

1. Pictures of the unit in hand that were kept for a restart (*previews*): they can be taken again.
2. Pictures that the OMS has confirmed, oldest first; their digests stay. Past their days they go anyway.
3. Below the last limit nothing new is begun, and the station says so while it can still say something.
4. When all else is used up, the outbox is given the room that was reserved for it (`reserve.py`), so that
   what is owed is sent and its answers are written down.

An event is never removed for want of space, and neither is a picture that the OMS has not confirmed, or one
that belongs to a unit on hold.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from edge.errors import RoomTooShort
from edge.inspection.reserve import QueueReserve
from sync.database import Database
from sync.fields import utc_text

logger = logging.getLogger(__name__)

MIB = 1024 * 1024
STEP = 50  # pictures past their days that are removed in one transaction
STEP_FOR_ROOM = 6  # pictures removed before the disk is asked again: no more go than must
LAST_BYTES = 2 * MIB
"""With less than that a database can't be written for long: then the outbox gets its reserve."""

# An inspection whose message is not here any more was confirmed and let go after its time; but only where it
# is that old: else the message was lost with a damaged database, and the picture is all that is left.
CONFIRMED = """
SELECT e.inspection_id, e.view, e.path FROM evidence e
JOIN inspection i ON i.inspection_id = e.inspection_id
LEFT JOIN outbox o ON o.message_id = i.message_id
WHERE e.shed_at IS NULL AND (o.state = 'SETTLED' OR (o.state IS NULL AND i.saved_at < ?))
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
        clock_ok: Whether the clock is believed: nothing is past its days by a clock that is wrong.
        message_days: How long the outbox keeps what was confirmed.
        previews: Folder of the pictures that can be taken again.
        queue_mb: Room that only the outbox may use.
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
        clock_ok: Callable[[], bool] = lambda: True,
        message_days: int = 90,
        previews: Path | None = None,
        queue_mb: int = 0,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._database = database
        self._folder = folder
        self._reserve = reserve_mb * MIB
        self._stop = stop_mb * MIB
        self._picture_days = picture_days
        self._now = now
        self._clock_ok = clock_ok
        self._message_days = message_days
        self._previews = previews
        self._queue = QueueReserve(folder.parent / "outbox.reserve", queue_mb * MIB)
        self._free_bytes = free_bytes
        self._lock = threading.Lock()

    def free_bytes(self) -> int:
        """Free now."""
        return self._free_bytes(self._folder)

    def is_short(self) -> bool:
        """Whether less is free than should be: then nothing is kept that can be made again."""
        return self.free_bytes() < self._reserve

    def require_room(self) -> None:
        """Refuse to begin what could not be saved.

        Raises:
            RoomTooShort: Even without the confirmed pictures too little is free.
        """
        if self.free_bytes() >= self._stop:
            return
        self.make_room()
        if self.free_bytes() < self._stop:
            raise RoomTooShort(
                f"less than {self._stop // MIB} MB are free for {self._folder}: nothing new is begun; "
                "all that was saved is safe"
            )

    def make_room(self) -> int:
        """Let go of what may go, in the order of the module's docstring; gives the pictures removed."""
        with self._lock:
            self._mind_reserve()
            removed = 0
            if self._clock_ok():
                limit = utc_text(self._now() - timedelta(days=self._picture_days))
                while step := self._shed("AND i.saved_at < ?", limit):
                    removed += step
            if self.is_short():
                self._drop_previews()
            while self.is_short() and (step := self._shed("", limit=STEP_FOR_ROOM)):
                removed += step
            if removed:
                logger.info(
                    "%d confirmed pictures were removed for want of space, or past their days", removed
                )
            return removed

    def _mind_reserve(self) -> None:
        free = self.free_bytes()
        if free < LAST_BYTES and free < self._stop:
            if self._queue.give_back():
                logger.warning("the disk is full: the outbox gets the room that was reserved for it")
        elif free >= self._stop + self._queue.size + 2 * LAST_BYTES:
            with suppress(OSError):
                self._queue.take()

    def _drop_previews(self) -> None:
        if self._previews is None:
            return
        for path in (*self._previews.glob("*.jpg"), *self._previews.glob("*.new")):
            path.unlink(missing_ok=True)

    def _shed(self, older: str, *parameters: str, limit: int = STEP) -> int:
        forgotten = utc_text(self._now() - timedelta(days=self._message_days)) if self._clock_ok() else ""
        with self._database.write():
            rows = self._database.sql(CONFIRMED.format(older=older), (forgotten, *parameters, limit))
            at = utc_text(self._now())
            for inspection_id, view, _ in rows:
                self._database.sql(
                    "UPDATE evidence SET shed_at = ? WHERE inspection_id = ? AND view = ?",
                    (at, inspection_id, view),
                )
        for _, _, path in rows:
            (self._folder / str(path)).unlink(missing_ok=True)
        return len(rows)
