"""The receiver at work: batches of events in, one commit each, and answers out after the commit.

Two threads. The link's thread talks to the broker and puts what it hears into a queue; the worker owns the
database. The order that keeps the promise is: commit, publish the answer, acknowledge to the broker. A kill
between any two of them loses nothing: what was not committed is delivered again, what was is answered
`duplicate`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Literal

from sync.contract.errors import MessageInvalid
from sync.contract.messages import (
    Birth,
    Command,
    Death,
    OmsState,
    ReconciliationRequest,
    Request,
    SnapshotRequest,
)
from sync.contract.validation import parse
from sync.errors import DatabaseClosed, DatabaseError
from sync.oms import outgoing
from sync.oms.batches import BatchApplier, Delivered, StationAcks
from sync.oms.comparing import Comparing
from sync.oms.feeding import Feeding
from sync.oms.incoming import check_owner, station_of
from sync.oms.ledger import Ledger
from sync.oms.marks import Marks
from sync.oms.settings import OmsSettings
from sync.oms.stations import Stations
from sync.oms.streams import Streams
from sync.topics import OMS_STATE, ROOT
from sync.wire import Connected, Disconnected, Link, LinkEvent, Publication, Received

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
        self._now = now
        self._monotonic = monotonic
        self._instance = new_id()
        self._since = now()
        marks = Marks(ledger.database)
        self._applier = BatchApplier(ledger, marks, now=now)
        self._stations = Stations(ledger.database, marks, settings, new_id=new_id, monotonic=monotonic)
        self._comparing = Comparing(ledger.database, new_id=new_id)
        self._streams = Streams(ledger.database, new_stream_id=new_id)
        self._feeding = Feeding(settings, ledger, self._streams)
        self._link = link(lambda: self._state("offline"))
        self._queue: queue.SimpleQueue[LinkEvent | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._connected = False
        self._next_tick = 0.0
        self._worker = threading.Thread(target=self._work, name="oms-worker")
        self.taken_over = False
        self.failure: Exception | None = None

    # ---- what the owner calls

    def start(self) -> None:
        """Loads the files, and begins.

        Raises:
            LoadingError: A file can't be used.
        """
        self._feeding.load_all()
        self._worker.start()
        self._link.start(self._queue.put)

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
        self._link.stop(self._state("offline"))

    # ---- the worker

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                for is_event, group in groupby(self._drain(), _is_station_event):
                    self._handle(is_event, list(group))
                if self._monotonic() >= self._next_tick:
                    self._next_tick = self._monotonic() + self._settings.watch_s
                    self._patiently(self._tick)
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
        """What waits in the queue, up to a batch; waits a moment for the first."""
        try:
            item = self._queue.get(timeout=TICK_S)
            for _ in range(self._settings.batch - 1):
                if item is not None:
                    yield item
                item = self._queue.get_nowait()
            if item is not None:
                yield item
        except queue.Empty:
            return

    def _handle(self, is_event: bool, group: Sequence[LinkEvent]) -> None:
        if is_event:
            self._patiently(lambda: self._events([one for one in group if isinstance(one, Received)]))
            return
        for one in group:
            self._patiently(lambda one=one: self._other(one))  # type: ignore[misc]

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

    def _events(self, received: Sequence[Received]) -> None:
        delivered = []
        for one in received:
            site, station = station_of(one.topic)
            delivered.append(Delivered(site, station, one.topic, one.payload))
        acks = self._applier.apply(delivered)
        for site, station in {(one.site, one.station) for one in delivered}:
            self._stations.heard((site, station))
        self._answer(acks)
        for one in received:
            self._link.acknowledge(one)

    def _other(self, event: LinkEvent) -> None:
        if isinstance(event, Connected):
            self._connected = True
            self._link.publish([self._state("online")])
            self._publish_streams()
            self._ready.set()
        elif isinstance(event, Disconnected):
            self._connected = False
            if event.taken_over:
                self.taken_over = True
                self._ended.set()
        elif isinstance(event, Received):
            try:
                self._received(event)
            except MessageInvalid as error:
                logger.warning("refused a message on %s: %s", event.topic, error)
                with self._ledger.database.write():
                    self._ledger.quarantine(event.topic, str(error), event.payload)
            self._link.acknowledge(event)

    def _received(self, received: Received) -> None:
        if received.topic == OMS_STATE:
            self._other_state(received)
            return
        if not received.payload:  # a retained message was cleared
            return
        site, station = station_of(received.topic)
        kind = received.topic.rsplit("/", 1)[1]
        if kind == "birth":
            birth = parse(Birth, received.payload)
            check_owner((birth.site, birth.station), (site, station))
            self._answer(self._stations.born(birth))
        elif kind == "death":
            death = parse(Death, received.payload)
            if not received.retained:
                check_owner((death.site, death.station), (site, station))
                self._stations.died((site, station))
        elif kind == "requests":
            request = parse(Request, received.payload).root
            self._stations.asks((site, station))
            if isinstance(request, SnapshotRequest):
                self._snapshot(site, request)
            else:
                self._compare(site, station, request)

    def _snapshot(self, site: str, request: SnapshotRequest) -> None:
        payloads = self._streams.answer(site, request.stream, request.after, request.stream_id)
        self._link.publish(outgoing.stretches(site, request.stream, payloads))

    def _compare(self, site: str, station: str, request: ReconciliationRequest) -> None:
        found = self._comparing.compare(site, station, request)
        if found.missing or found.foreign:
            logger.warning(
                "%s/%s, epoch %s: missing here %s, different here %s",
                site,
                station,
                request.epoch,
                found.missing[:20],
                found.foreign[:20],
            )
        self._answer([self._stations.compared((site, station, request.epoch), found.told(request))])
        self._link.publish([outgoing.command(site, station, one) for one in found.commands])
        if found.tell_again:
            acks = self._stations.answers((site, station, request.epoch), found.tell_again)
            self._answer([StationAcks(site, station, one) for one in acks])

    def _other_state(self, received: Received) -> None:
        """An `offline` while we are here is a late will of a connection that we lost: say it again."""
        if not received.payload:
            self._link.publish([self._state("online")])
            return
        state = parse(OmsState, received.payload)
        if state.state == "offline":
            self._link.publish([self._state("online")])
        elif state.instance != self._instance and not received.retained:
            logger.error("another receiver (%s) says that it is the OMS", state.instance)

    # ---- now and then

    def _tick(self) -> None:
        self._feeding.load_changed()
        if not self._connected:
            return
        self._publish_streams()
        for (site, station), command in self._stations.commands():
            logger.info("%s/%s: %s", site, station, command.kind)
            self._link.publish([outgoing.command(site, station, Command(command))])

    def _publish_streams(self) -> None:
        for site, stream in self._streams.sites():
            position = self._streams.position(site, stream)
            if position is None or position.published >= position.offset:
                continue
            payloads = self._streams.stretch(site, stream, position.published)
            self._link.publish(outgoing.stretches(site, stream, payloads))
            self._streams.published(site, stream, position.offset)

    def _answer(self, acks: Sequence[StationAcks]) -> None:
        self._link.publish([outgoing.acks(one) for one in acks])

    def _state(self, state: Literal["online", "offline"]) -> Publication:
        return outgoing.presence(OmsState(state=state, instance=self._instance, since=self._since))


def _is_station_event(event: LinkEvent) -> bool:
    return isinstance(event, Received) and event.topic.endswith("/events")
