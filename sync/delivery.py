"""Puts delivery together: one object that a station starts and stops.

    delivery = Delivery(outbox, broker_settings, handlers={...}, describe=..., on_answer=..., now=...,
    new_id=...) delivery.start()
    delivery.relay.status()
    delivery.stop()

This is the place to see how the parts know each other; each part alone knows none but those named in its
constructor.
"""

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from sync.answers import AnswerListener
from sync.contract.messages import (
    ReconciliationRequest,
    SnapshotRequest,
    StreamName,
)
from sync.inbox import Inbox, Reactions
from sync.mqtt import MqttLink
from sync.outbox import Outbox
from sync.presence import Presence, StationDescription
from sync.quarantine import Quarantine
from sync.reconciliation import Reconciliation
from sync.relay import Relay
from sync.relay_status import Hooks
from sync.resending import Resending
from sync.settings import BrokerSettings
from sync.streams import StreamHandler, StreamPlace, Streams
from sync.topics import OMS_STATE
from sync.wire import Link, Publication, Received


class Delivery:
    """One station's delivery: relay, inbox, presence and the link that they share.

    Args:
        outbox: What is owed; its epoch must have begun.
        broker: Where the broker is.
        handlers: Who keeps the local copy of each stream.
        describe: What the birth says of this station.
        on_answer: Told of rejections and exceptions, inside the transaction that records them: make a task
            of it.
        now: Wall time.
        new_id: Gives a UUIDv7.
        monotonic: Seconds of a clock that nobody sets.
        rng: Draws the waits.
        link: In place of a connection to a broker.

    Raises:
        CredentialsUnreadable: a configured password, certificate or key can't be used.
    """

    def __init__(
        self,
        outbox: Outbox,
        broker: BrokerSettings,
        *,
        handlers: Mapping[StreamName, StreamHandler],
        describe: Callable[[], StationDescription],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        on_answer: AnswerListener | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        link: Link | None = None,
    ) -> None:
        identity, database = outbox.identity, outbox.database
        self._new_id = new_id
        self._now = now
        self._requests = identity.topics.requests
        self.outbox = outbox
        self.streams = Streams(
            database, handlers, request_snapshot=self._request_snapshot, now=now, monotonic=monotonic
        )
        self.presence = Presence(outbox, self.streams, describe=describe, now=now)
        self.quarantine = Quarantine(database, outbox.settings, now=now)
        self.reconciliation = Reconciliation(
            database, identity, send=self._send_request, new_id=new_id, now=now, monotonic=monotonic
        )
        self._link = link or MqttLink(
            broker,
            client_id=identity.client_id,
            subscriptions=identity.topics.subscriptions,
            renewed=(OMS_STATE, identity.topics.birth),
            will=self.presence.will,
            rng=rng,
            monotonic=monotonic,
        )
        inbox = Inbox(
            outbox.settings,
            identity.topics,
            streams=self.streams,
            presence=self.presence,
            reconciliation=self.reconciliation,
            resending=Resending(database),
            quarantine=self.quarantine,
            reactions=Reactions(
                publish_birth=self.publish_birth,
                reopened=outbox.announce,
                identity_conflict=self._identity_conflict,
            ),
        )
        self.relay = Relay(
            outbox,
            self._link,
            topic=identity.topics.events,
            read=inbox.read,
            hooks=Hooks(
                on_connected=self.publish_birth,
                on_oms_present=self._on_oms_present,
                on_tick=self._on_tick,
                on_unusable=self._quarantine_failed,
            ),
            on_answer=on_answer,
            farewell=self.presence.farewell,
            now=now,
            monotonic=monotonic,
            rng=rng,
        )

    def start(self) -> None:
        """Begin to deliver."""
        self.relay.start()

    def stop(self) -> None:
        """Say farewell and end; what is unanswered stays owed."""
        self.relay.stop()

    def publish_birth(self) -> None:
        """Say who is here; again after a model or policy changed."""
        self._link.publish([self.presence.birth()])

    def _on_oms_present(self) -> None:
        self.streams.ask()
        self.reconciliation.oms_came()

    def _on_tick(self) -> None:
        self.streams.ask_for_gaps()
        self.reconciliation.tick(self.relay.status())

    def _quarantine_failed(self, received: Received, error: Exception) -> None:
        detail = f"{type(error).__name__}: {error}"
        self.quarantine.put(received.topic, received.payload, "failed", detail)

    def _identity_conflict(self, detail: str) -> None:
        self.relay.report_identity_conflict(detail)

    def _request_snapshot(self, place: StreamPlace) -> None:
        request = SnapshotRequest(
            id=self._new_id(),
            stream=place.stream,
            after=place.offset,
            stream_id=place.stream_id,
            sent_at=self._now(),
        )
        self._send_request(request)

    def _send_request(self, request: SnapshotRequest | ReconciliationRequest) -> None:
        self._link.publish([Publication(self._requests, request.to_wire())])
