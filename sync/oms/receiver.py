"""The receiver at work: batches of events in, one commit each, and answers out after the commit.

Two threads. The link's thread talks to the broker and puts what it hears into a queue; the worker owns the
database and does the work of `sync/oms/exchange.py`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from sync.errors import DatabaseClosed, DatabaseError
from sync.joining import most_in
from sync.oms.exchange import OmsExchange
from sync.oms.ledger import Ledger
from sync.oms.settings import OmsSettings
from sync.topics import OMS_STATE, ROOT
from sync.wire import Link, LinkEvent, Publication, Received

logger = logging.getLogger(__name__)

SUBSCRIPTIONS = (
    f"{ROOT}/+/+/events",
    f"{ROOT}/+/+/requests",
    f"{ROOT}/+/+/birth",
    f"{ROOT}/+/+/death",
    OMS_STATE,
)
TICK_S = 0.2
DATABASE_PATIENCE_S = 1.0


class OmsReceiver:
    """A reference OMS receiver.

    Args:
        settings: Batch size, files, patience.
        ledger: The books, opened; closed by whoever opened them.
        link: Gives the connection, told the will that the broker publishes when we vanish.
        now: Wall time, UTC.
        new_id: Gives ids.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        settings: OmsSettings,
        ledger: Ledger,
        link: Callable[[Callable[[], Publication]], Link],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._exchange = OmsExchange(settings, ledger, link, now=now, new_id=new_id, monotonic=monotonic)
        self._queue: queue.SimpleQueue[LinkEvent | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._worker = threading.Thread(target=self._work, name="oms-worker")
        self.failure: Exception | None = None

    # ---- what the owner calls

    @property
    def taken_over(self) -> bool:
        """Whether another receiver took over our session."""
        return self._exchange.taken_over

    def start(self) -> None:
        """Loads the files, and begins.

        Raises:
            LoadingError: A file can't be used.
        """
        self._exchange.load()
        self._worker.start()
        self._exchange.link.start(self._queue.put)

    def wait_ready(self, timeout_s: float) -> bool:
        """Waits until the broker has accepted us and stations may send."""
        return self._ready.wait(timeout_s)

    def wait_ended(self, timeout_s: float) -> bool:
        """Waits until the receiver gave up, because another one took over its session."""
        return self._ended.wait(timeout_s)

    def stop(self) -> None:
        """Finishes the batch in hand, says offline, and ends."""
        self._stopping.set()
        self._queue.put(None)
        if self._worker.is_alive():
            self._worker.join()
        self._exchange.link.stop(self._exchange.state("offline"))

    # ---- the worker

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                self._exchange.work(list(self._drain()), self._patiently)
                if self._exchange.connected:
                    self._ready.set()
                if self._exchange.taken_over:
                    self._ended.set()
                self._exchange.tick(self._patiently)
        except DatabaseClosed:
            logger.warning("the ledger was closed; the receiver ends")
        except Exception as error:
            # Unanswered messages stay the broker's; a supervisor starts us again.
            logger.exception("the receiver can't go on")
            self.failure = error
        finally:
            self._ledger.database.release_thread()
            self._ended.set()

    def _drain(self) -> Iterator[LinkEvent]:
        """What waits in the queue, up to a batch of events; waits a moment for the first."""
        try:
            item = self._queue.get(timeout=TICK_S)
            taken = 0
            while item is not None:
                yield item
                taken += most_in(item.payload) if isinstance(item, Received) else 1
                if taken >= self._settings.batch:
                    return
                item = self._queue.get_nowait()
        except queue.Empty:
            return

    def _patiently(self, work: Callable[[], None]) -> None:
        """Does database work, again and again while the disk refuses: messages stay the broker's."""
        while True:
            try:
                work()
            except DatabaseClosed:
                raise
            except DatabaseError as error:
                logger.error("%s", error)  # noqa: TRY400 - the sentence says it all
                if self._stopping.wait(DATABASE_PATIENCE_S):
                    return
            else:
                return
