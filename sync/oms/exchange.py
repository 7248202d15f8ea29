"""The receiver's work without its threads: what came is applied and answered, what is due is asked.

The order that keeps the promise is: commit, publish the answer, acknowledge to the broker. A kill between any
two of them loses nothing: what was not committed is delivered again, what was is answered `duplicate`.

Whoever calls owns the ledger in that thread. Time and the network are given from outside, so that a test can
drive stations and an OMS through any order of events.
"""

import logging
from collections.abc import Callable, Sequence
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
from sync.contract.validation import MAX_RECEIVED_BYTES, parse
from sync.joining import split
from sync.oms import outgoing
from sync.oms.batches import BatchApplier, StationAcks, read_delivery
from sync.oms.carrying import Carrying
from sync.oms.comparing import Comparing
from sync.oms.feeding import Feeding
from sync.oms.incoming import check_owner, station_of
from sync.oms.ledger import Ledger
from sync.oms.marks import Marks
from sync.oms.settings import OmsSettings
from sync.oms.stations import Stations
from sync.oms.streams import Streams
from sync.topics import OMS_STATE
from sync.wire import Connected, Disconnected, Link, LinkEvent, Publication, Received

logger = logging.getLogger(__name__)


def _brings_events(happening: LinkEvent) -> bool:
    return isinstance(happening, Received) and happening.topic.endswith("/events")


class OmsExchange:
    """One OMS's exchange with its stations. Arguments as of `sync.oms.receiver.OmsReceiver`.

    Attributes:
        link: The way to the broker, started and stopped by the owner.
        streams: What stations follow.
        connected: Whether the broker has accepted us.
        taken_over: Another receiver came with our id.
    """

    def __init__(
        self,
        settings: OmsSettings,
        ledger: Ledger,
        link: Callable[[Callable[[], Publication]], Link],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._monotonic = monotonic
        self._instance = new_id()
        self._since = now()
        marks = Marks(ledger.database)
        carrying = Carrying(ledger.database, now=now)
        self._applier = BatchApplier(ledger, marks, carrying, now=now)
        self._stations = Stations(
            ledger.database, marks, settings, carrying, new_id=new_id, monotonic=monotonic
        )
        self._comparing = Comparing(ledger.database, new_id=new_id)
        self.streams = Streams(ledger.database, new_stream_id=new_id)
        self._feeding = Feeding(settings, ledger, self.streams)
        self.link = link(lambda: self.state("offline"))
        self._next_tick = 0.0
        self.connected = False
        self.taken_over = False

    def load(self) -> None:
        """Begins a run: loads the files.

        Raises:
            LoadingError: A file can't be used.
        """
        self.streams.begin_run()
        self._feeding.load_all()

    def state(self, state: Literal["online", "offline"]) -> Publication:
        """Our presence."""
        return outgoing.presence(
            OmsState(
                state=state,
                instance=self._instance,
                since=self._since,
                events_per_message=self._settings.events_per_message,
            )
        )

    def work(
        self,
        happenings: Sequence[LinkEvent],
        patiently: Callable[[Callable[[], None]], None],
    ) -> None:
        """Works on what the link gave, in order; neighbouring events share a commit.

        Args:
            happenings: What the link gave.
            patiently: Runs each piece of database work, again if it likes.
        """
        for are_events, group in groupby(happenings, _brings_events):
            if are_events:
                events = [one for one in group if isinstance(one, Received)]
                patiently(lambda events=events: self._events(events))  # type: ignore[misc]
                continue
            for one in group:
                patiently(lambda one=one: self._other(one))  # type: ignore[misc]

    def tick(self, patiently: Callable[[Callable[[], None]], None]) -> None:
        """Now and then: changed files, gaps, births that were not heard."""
        if self._monotonic() >= self._next_tick:
            self._next_tick = self._monotonic() + self._settings.watch_s
            patiently(self._tick)

    def _events(self, messages: Sequence[Received]) -> None:
        acks = self._applier.apply(
            [
                read_delivery(one.topic, event)
                for one in messages
                for event in split(one.payload, MAX_RECEIVED_BYTES)
            ]
        )
        for station in {station_of(one.topic) for one in messages}:
            self._stations.heard(station)
        self._answer(acks)
        self.link.acknowledge(*messages)

    def _other(self, event: LinkEvent) -> None:
        if isinstance(event, Connected):
            self.connected = True
            self.link.publish([self.state("online")])
            self._publish_streams()
        elif isinstance(event, Disconnected):
            self.connected = False
            self.taken_over = self.taken_over or event.taken_over
        elif isinstance(event, Received):
            try:
                self._received(event)
            except MessageInvalid as error:
                logger.warning("refused a message on %s: %s", event.topic, error)
                with self._ledger.database.write():
                    self._ledger.quarantine(event.topic, str(error), event.payload)
            self.link.acknowledge(event)

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
                self._stations.died((site, station), death.epoch)
        elif kind == "requests":
            request = parse(Request, received.payload).root
            self._stations.asks((site, station))
            if isinstance(request, SnapshotRequest):
                self._snapshot(site, request)
            else:
                self._compare(site, station, request)

    def _snapshot(self, site: str, request: SnapshotRequest) -> None:
        payloads = self.streams.answer(site, request.stream, request.after, request.stream_id)
        self.link.publish(outgoing.stretches(site, request.stream, payloads))

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
        self.link.publish([outgoing.command(site, station, one) for one in found.commands])
        if found.tell_again:
            acks = self._stations.answers((site, station, request.epoch), found.tell_again)
            self._answer([StationAcks(site, station, one) for one in acks])

    def _other_state(self, received: Received) -> None:
        """An `offline` while we are here is a late will of a connection that we lost: say it again."""
        if not received.payload:
            self.link.publish([self.state("online")])
            return
        state = parse(OmsState, received.payload)
        if state.state == "offline":
            self.link.publish([self.state("online")])
        elif state.instance != self._instance and not received.retained:
            logger.error("another receiver (%s) says that it is the OMS", state.instance)

    # ---- now and then

    def _tick(self) -> None:
        self._feeding.load_changed()
        if not self.connected:
            return
        self._publish_streams()
        for (site, station), command in self._stations.commands():
            logger.info("%s/%s: %s", site, station, command.kind)
            self.link.publish([outgoing.command(site, station, Command(command))])

    def _publish_streams(self) -> None:
        for site, stream in self.streams.sites():
            position = self.streams.position(site, stream)
            if position is None or position.published >= position.offset:
                continue
            payloads = self.streams.stretch(site, stream, position.published)
            self.link.publish(outgoing.stretches(site, stream, payloads))
            self.streams.published(site, stream, position.offset)

    def _answer(self, acks: Sequence[StationAcks]) -> None:
        self.link.publish([outgoing.acks(one) for one in acks])
