"""What a station does by the clock: room on the disk, deadlines, drift of its calibration, old messages."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from edge.clock import Clock
from edge.errors import EdgeError
from edge.health.forecast import DiskForecast
from edge.inspection.storage import StorageGovernor
from edge.inspection.workflow import InspectionWorkflow
from sync.database import Database
from sync.errors import SyncError
from sync.housekeeping import remove_expired

logger = logging.getLogger(__name__)

EVERY_S = 5.0  # a disk fills faster than deadlines come
ROUNDS_TO_DEADLINES = 4
REST_S = 0.1  # between parts of a long reading, so that the desk has the processor
ROUNDS_PER_HOUR = int(3600 / EVERY_S)


class Minding:
    """One thread: the disk every few seconds, deadlines less often, drift and old messages hourly."""

    def __init__(
        self,
        workflow: InspectionWorkflow,
        storage: StorageGovernor,
        database: Database,
        retention_days: int,
        clock: Clock,
        forecast: DiskForecast,
        *,
        review: Callable[[Callable[[], bool]], None],
    ) -> None:
        self._review = review
        self._forecast = forecast
        self._workflow = workflow
        self._storage = storage
        self._database = database
        self._retention_days = retention_days
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="minding", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rounds = 0
        try:
            while not self._stop.wait(EVERY_S):
                try:
                    self._storage.make_room()
                    self._forecast.note(self._storage.free_bytes())
                    if rounds % ROUNDS_TO_DEADLINES == 0:
                        self._workflow.on_the_minute()
                    if rounds % ROUNDS_PER_HOUR == 0:
                        self._review(lambda: self._stop.wait(REST_S))
                    if rounds % ROUNDS_PER_HOUR == 0 and self._clock.reading().ok:
                        self._forget()
                except (EdgeError, SyncError, OSError):
                    logger.exception("looking after deadlines and storage failed; tried again soon")
                rounds += 1
        finally:
            self._database.release_thread()

    def _forget(self) -> None:
        for _ in remove_expired(self._database, retention_days=self._retention_days, now=self._clock.now):
            if self._stop.is_set():
                return
