"""Golden sets of an opened return are prepared while its first item is being taken out of the bag.

Learning a set takes seconds; done here, in a thread of its own and at a low priority, it is rarely waited
for.
"""

import logging
import os
import threading
from collections.abc import Sequence
from contextlib import suppress

from edge.errors import GoldenUnusable
from edge.inspection.desk import Desk
from edge.inspection.golden_sets import GoldenSets

logger = logging.getLogger(__name__)

_BEHIND_THE_DESK = 10  # as `nice` counts


class GoldenAhead:
    """Listens to the desk; a new return's products are prepared, newest return first."""

    def __init__(self, sets: GoldenSets, views: Sequence[str]) -> None:
        """Prepare for the cameras named."""
        self._sets = sets
        self._views = tuple(views)
        self._wake = threading.Condition()
        self._skus: tuple[str, ...] | None = None
        self._return: str | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="golden-ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it after the set in hand."""
        with self._wake:
            self._stopping.set()
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def on_change(self, desk: Desk) -> None:
        """Look at the desk as it is now; returns at once."""
        opened = desk.current_return
        return_id = opened.return_id if opened is not None else None
        if return_id == self._return:
            return
        self._return = return_id
        if opened is not None:
            with self._wake:
                self._skus = tuple(dict.fromkeys(line.sku for line in opened.lines))
                self._wake.notify()

    def _run(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND_THE_DESK)
        while True:
            with self._wake:
                while self._skus is None and not self._stopping.is_set():
                    self._wake.wait()
                if self._stopping.is_set():
                    return
                skus, self._skus = self._skus, None
            self._prepare_all([(sku, view) for sku in skus or () for view in self._views])

    def _prepare_all(self, wanted: list[tuple[str, str]]) -> None:
        """As many as memory holds; more would only push out the first."""
        ready = 0
        for sku, view in wanted:
            if self._stopping.is_set() or self._skus is not None or ready == self._sets.held:
                return
            ready += self._prepare(sku, view)

    def _prepare(self, sku: str, view: str) -> bool:
        try:
            return self._sets.present(sku, view) is not None
        except GoldenUnusable:
            return False  # it was logged; the page says so when a unit is there
        except Exception:  # the desk prepares it itself when it needs it
            logger.exception("golden pictures of %s, camera %s, could not be prepared", sku, view)
            return False
