"""A station that is acted: it says its birth, commits events with ids and sequences, sends them and listens.

It has no database and no outbox: what a real station would keep, a rule keeps in its hands, so that it can
send it twice, late, in another order, or never.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sync.contract.errors import MessageInvalid
from sync.contract.messages import (
    AnswerStatus,
    CarriedStation,
    Command,
    OmsState,
)
from sync.contract.messages.wire import WireChoice, WireModel
from sync.contract.validation import parse, parse_event
from sync.joining import join
from sync.mqtt import MqttLink
from sync.oms.conformance import events
from sync.oms.conformance.announcing import birth_of, carried, death_of
from sync.oms.conformance.errors import BrokerNotReached
from sync.oms.conformance.events import Bag, Data, Event
from sync.oms.conformance.hearing import Heard, Hearing, Told
from sync.oms.conformance.options import Options
from sync.oms.conformance.rules import RuleBroken
from sync.oms.conformance.transcript import Transcript
from sync.topics import OMS_STATE, StationIdentity
from sync.wire import Connected, Disconnected, LinkEvent, Publication, Received

WINDOW = 500
"""Events without an answer at a time, as real stations have it."""


class ActedStation:
    """One station.

    Args:
        options: The broker, and how long to wait.
        identity: Site and name.
        transcript: What is said is noted there.
        blind_sku: The article that blind returns hold.
        counter: The number in its epoch.
    """

    def __init__(
        self,
        options: Options,
        identity: StationIdentity,
        transcript: Transcript,
        *,
        blind_sku: str,
        counter: int = 1,
    ) -> None:
        self.identity = identity
        self._options = options
        self._transcript = transcript
        self._blind_sku = blind_sku
        self._changed = threading.Condition()
        self._connected = False
        self._ended: str | None = None
        self._sequences: dict[str, int] = {}
        self._bags = 0
        self.hearing = Hearing(self.wait_for)
        self.heard = Heard()
        self.began = events.utc_now()
        self.epoch = ""
        self.begin_epoch(counter)
        self._link = MqttLink(
            options.broker.model_copy(update={"session_expiry_s": 0}),
            client_id=identity.client_id,
            subscriptions=(
                OMS_STATE,
                identity.topics.acks,
                identity.topics.commands,
                identity.topics.expected,
                identity.topics.reference,
            ),
            will=lambda: self._death(graceful=False),
        )

    # ---- coming and going

    def connect(self, *, born: bool = True) -> None:
        """Connects, and says the birth.

        Raises:
            BrokerNotReached: The broker doesn't let us in.
        """
        self._link.start(self._on_event)
        limit = self._options.broker.connect_timeout_s + 2.0
        # A first attempt may fail at a busy broker; the connection tries again by itself.
        if not self.wait_for(lambda: self._connected, limit):
            raise BrokerNotReached(self.identity.client_id, self._ended or "it did not answer in time")
        if born:
            self.say_birth()

    def leave(self) -> None:
        """Says farewell, and clears what the broker retained of this station."""
        topics = self.identity.topics
        self._link.publish([self._death(graceful=True), Publication(topics.birth, b"", retain=True)])
        self._link.stop(Publication(topics.death, b"", retain=True))

    def begin_epoch(self, counter: int) -> str:
        """Another run of the station."""
        self.epoch = f"{counter:06d}-{secrets.token_hex(4)}"
        self._sequences[self.epoch] = 0
        return self.epoch

    def say_birth(
        self,
        *,
        last: dict[str, int] | None = None,
        lost: tuple[tuple[int, int], ...] = (),
        carries: tuple[CarriedStation, ...] | None = None,
    ) -> None:
        """Says the birth, with the last sequence of each epoch; `lost` belongs to the present one."""
        birth = birth_of(
            self.identity,
            self.epoch,
            began=self.began,
            lasts=self._sequences | (last or {}),
            lost=lost,
            carries=carries,
        )
        self.publish(self.identity.topics.birth, birth.to_wire(), retain=True)

    def as_carried(self) -> CarriedStation:
        """This station, as another one's birth names it that carries its events."""
        return carried(self.identity, self.epoch, self._sequences.get(self.epoch, 0))

    # ---- committing

    def blind_bag(self) -> Bag:
        """A return that nobody announced."""
        self._bags += 1
        return Bag(f"{self.identity.station}-{self._bags}", self._blind_sku)

    def commit(self, data: Data, *, replaces: Event | str | None = None, at: datetime | None = None) -> Event:
        """Gives the next sequence to an event; it is as the contract wants it."""
        event = self.place(data, self.skip(1), at=at)
        if replaces is not None:
            event = event.but("replaces", value=replaces if isinstance(replaces, str) else replaces.id)
        parse_event(event.payload)
        return event

    def place(self, data: Data, sequence: int, *, at: datetime | None = None) -> Event:
        """An event at a sequence that was drawn already, or that belongs to another event."""
        return Event(
            events.envelope(
                events.kind_of(data),
                data,
                site=self.identity.site,
                station=self.identity.station,
                epoch=self.epoch,
                sequence=sequence,
                at=at or events.utc_now(),
            )
        )

    def skip(self, number: int) -> int:
        """Draws sequences; returns the last of them."""
        self._sequences[self.epoch] += number
        return self._sequences[self.epoch]

    # ---- sending, and what comes back

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publishes anything.

        Raises:
            BrokerNotReached: The connection is gone.
        """
        if self._ended is not None:
            raise BrokerNotReached(self.identity.client_id, self._ended)
        self._transcript.note("sent", topic, payload)
        self._link.publish([Publication(topic, payload, retain=retain)])

    def send(self, *sent: Event) -> None:
        """Delivers events, without waiting."""
        for event in sent:
            self.hearing.sending(event)
            self.publish(self.identity.topics.events, event.payload)

    def send_joined(self, *sent: Event) -> int:
        """Delivers events in one message, without waiting; returns from where on answers count."""
        since = min(self.hearing.sending(event) for event in sent)
        self.publish(self.identity.topics.events, join([event.payload for event in sent]))
        return since

    def tell(self, event: Event, *, repeated: bool = False) -> Told:
        """Delivers an event and waits for its answer.

        Raises:
            RuleBroken: There is none.
        """
        since = self.hearing.sending(event)
        self.publish(self.identity.topics.events, event.payload)
        return self.answer(event, since, repeated=repeated)

    def answer(self, event: Event, since: int = 0, *, repeated: bool = False) -> Told:
        """Waits for the answer to what was sent.

        Raises:
            RuleBroken: There is none.
        """
        told = self.hearing.answer(event, since, self._options.timeout_s, repeated=repeated)
        if told is not None:
            return told
        unreadable = self.hearing.unreadable
        if unreadable:
            raise RuleBroken(f"An answer came that can't be read: {unreadable[0]}")
        again = " again" if repeated else ""
        raise RuleBroken(f"No line answered {event}{again} within {self._options.timeout_s:g} s.")

    def expect(
        self, event: Event, *allowed: AnswerStatus, exception: str | None = None, repeated: bool = False
    ) -> Told:
        """Delivers an event and insists on the answer.

        Raises:
            RuleBroken: It was answered otherwise, or not at all.
        """
        return insist(event, self.tell(event, repeated=repeated), *allowed, exception=exception)

    def applied(self, data: Data, **more: Any) -> Event:
        """Commits and delivers an event that must be applied without an exception.

        Raises:
            RuleBroken: It was answered otherwise, or not at all.
        """
        event = self.commit(data, **more)
        self.expect(event, AnswerStatus.APPLIED)
        return event

    def drain(self, all_events: Iterable[Event]) -> dict[str, Told]:
        """Delivers many events, at most 500 of them unanswered; the answer to each by its id.

        Raises:
            RuleBroken: One has no answer in time.
        """
        told: dict[str, Told] = {}
        waiting: list[tuple[Event, int]] = []
        for event in all_events:
            if len(waiting) >= WINDOW:
                first, since = waiting.pop(0)
                told[first.id] = self.answer(first, since)
            waiting.append((event, self.hearing.sending(event)))
            self.publish(self.identity.topics.events, event.payload)
        for event, since in waiting:
            told[event.id] = self.answer(event, since)
        return told

    def again_after_retry(self, event: Event, told: Told) -> Told:
        """Waits as long as a `retry` asks for, and delivers the event again.

        Raises:
            RuleBroken: The wait is longer than anybody can be asked to have, or no answer came.
        """
        now = events.utc_now()
        until = told.not_before or now
        if until - now > timedelta(seconds=self._options.patience_s):
            raise RuleBroken(f"`retry` asks to wait until {until.isoformat()}, longer than the kit waits.")
        time.sleep(max(0.0, (until - now).total_seconds()) + 0.05)
        return self.tell(event)

    def ask(self, message: WireModel | WireChoice[Any]) -> None:
        """Sends a request."""
        self.publish(self.identity.topics.requests, message.to_wire())

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Waits until what is heard fulfils a condition."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    # ---- the connection's thread

    def _on_event(self, event: LinkEvent) -> None:
        if isinstance(event, Received):
            self._transcript.note("heard", event.topic, event.payload)
            self._take(event)
            self._link.acknowledge(event)
        with self._changed:
            if isinstance(event, Connected):
                self._connected, self._ended = True, None
            elif isinstance(event, Disconnected):
                self._ended = event.detail
            self._changed.notify_all()

    def _take(self, received: Received) -> None:
        topics = self.identity.topics
        try:
            if received.topic == topics.acks:
                self.hearing.heard(received.payload)
            elif received.topic == topics.commands:
                self.heard.commands.append(parse(Command, received.payload).root)
            elif received.topic == OMS_STATE and received.payload:
                self.heard.states.append(parse(OmsState, received.payload))
            elif received.topic in (topics.expected, topics.reference):
                self.heard.streams.append((received.topic, received.payload))
        except MessageInvalid as error:
            self.heard.unreadable.append(f"{received.topic}: {error}")

    def _death(self, *, graceful: bool) -> Publication:
        return death_of(self.identity, self.epoch, graceful=graceful)


def insist(event: Event, told: Told, *allowed: AnswerStatus, exception: str | None = None) -> Told:
    """The answer, if it is one of those that the contract allows.

    Raises:
        RuleBroken: It isn't.
    """
    if told.status in allowed and told.exception == exception:
        return told
    wanted = " or ".join(f"`{one}`" for one in allowed)
    if exception:
        wanted += f" with `{exception}`"
    raise RuleBroken(f"{event} was answered {told}; the contract wants {wanted}.")
