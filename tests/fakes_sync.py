"""A tiny OMS for tests of delivery, and builders of stations that deliver to it."""

import json
import queue
import random
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sync.answers import AnswerListener
from sync.database import Database
from sync.delivery import Delivery
from sync.envelope import OutgoingEvent
from sync.joining import split
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS, OutboxRow
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity
from sync.wire import LinkEvent, Publication, Received

IDENTITY = StationIdentity("blr-04", "desk-1")
RECEIVED = "darkstore.return.received.v1"

Decide = Callable[[dict[str, Any]], dict[str, Any] | None]


def utc_now() -> datetime:
    return datetime.now(UTC)


_last_id = [0]


def new_id() -> str:
    """Time-ordered like a UUIDv7, so that indexes grow at their end."""
    _last_id[0] = max(_last_id[0] + 1, time.time_ns())
    return str(uuid.UUID(int=(_last_id[0] << 64) | random.getrandbits(64)))


def an_event(subject: str = "R-1", **changes: Any) -> OutgoingEvent:
    data = changes.pop("data", {"return_id": subject, "note": "x" * 300})
    return OutgoingEvent(type=changes.pop("type", RECEIVED), subject=subject, data=data, **changes)


def an_outbox(folder: Path, *, identity: StationIdentity = IDENTITY, **settings: Any) -> Outbox:
    database = Database.open(folder / "station.db", [SYNC_MIGRATIONS], now=utc_now)
    outbox = Outbox(database, OutboxSettings(**settings), identity=identity, now=utc_now, new_id=new_id)
    outbox.begin_epoch()
    return outbox


def commit(outbox: Outbox, *subjects: str) -> list[OutboxRow]:
    with outbox.database.write():
        return [outbox.append(an_event(subject)) for subject in subjects]


def a_delivery(
    outbox: Outbox, port: int, *, on_answer: AnswerListener | None = None, **changes: Any
) -> Delivery:
    broker = changes.pop("broker", None) or BrokerSettings(
        port=port, reconnect_base_s=0.1, reconnect_cap_s=0.3, connect_timeout_s=3, keepalive_s=5
    )
    return Delivery(
        outbox,
        broker,
        handlers=changes.pop("handlers", {}),
        describe=lambda: StationDescription(software="0.1.0"),
        on_answer=on_answer,
        now=utc_now,
        new_id=new_id,
        **changes,
    )


def wait_until(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class FakeOms:
    """Applies events by id, answers in batches, and can be told to answer otherwise.

    Attributes:
        applied: How often each id was applied; more than once would be a double stock movement.
        order: Subject and sequence of each event, in the order of application.
        seen: How often each id arrived.
        largest: Bytes of the largest message of events.
        decide: Gives another answer than applied or duplicate, or None; `{"status": "silent"}` gives none.
    """

    def __init__(self, port: int, *, decide: Decide | None = None, events_per_message: int = 1) -> None:
        self.port = port
        self.decide = decide
        self.events_per_message = events_per_message
        self.largest = 0
        self.applied: Counter[str] = Counter()
        self.order: list[tuple[str, str, int]] = []
        self.seen: Counter[str] = Counter()
        self.requests: list[dict[str, Any]] = []
        self.births: list[dict[str, Any]] = []
        self.deaths: list[dict[str, Any]] = []
        self.instance = uuid.uuid4().hex[:12]
        self._arrived: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="oms", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.max_queued_messages_set(0)
        self._client.max_inflight_messages_set(1000)
        self._client.on_socket_open = lambda *args: args[2].setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = lambda *args: self._arrived.put((args[2].topic, bytes(args[2].payload)))
        self._client.will_set("returns/v1/oms/state", self._state("offline"), qos=1, retain=True)

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = 1000
        self._client.connect("127.0.0.1", self.port, clean_start=False, properties=properties)
        self._client.loop_start()
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.say("offline")
        self._arrived.put(None)
        self._worker.join()
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, state: str) -> None:
        self._client.publish("returns/v1/oms/state", self._state(state), qos=1, retain=True).wait_for_publish(
            5
        )

    def publish(self, topic: str, message: dict[str, Any] | bytes, *, retain: bool = False) -> None:
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def command(self, message: dict[str, Any], identity: StationIdentity = IDENTITY) -> None:
        self.publish(identity.topics.commands, {"id": new_id(), **message})

    def forget(self) -> None:
        """As if restored from a backup taken before everything."""
        self.applied.clear()
        self.order.clear()

    def _state(self, state: str) -> bytes:
        said = {"state": state, "instance": self.instance, "events_per_message": self.events_per_message}
        return json.dumps(said).encode()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe([(f"returns/v1/+/+/{kind}", 1) for kind in ("events", "requests", "birth", "death")])
        client.publish("returns/v1/oms/state", self._state("online"), qos=1, retain=True)

    def _work(self) -> None:
        while True:
            batch = [self._arrived.get()]
            try:
                while len(batch) < 200:
                    batch.append(self._arrived.get_nowait())
            except queue.Empty:
                pass
            answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for item in batch:
                if item is None:
                    return
                self._one(*item, answers)
            for (station, epoch), results in answers.items():
                acks = json.dumps({"epoch": epoch, "through": 0, "results": results})
                self._client.publish(f"{station}/acks", acks, qos=1)

    def _one(self, topic: str, payload: bytes, answers: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
        station, _, kind = topic.rpartition("/")
        if not payload:
            return
        if kind != "events":
            told = {"requests": self.requests, "birth": self.births, "death": self.deaths}[kind]
            told.append(json.loads(payload))
            return
        self.largest = max(self.largest, len(payload))
        for text in split(payload, len(payload)):
            self._event(station, json.loads(text), answers)

    def _event(
        self, station: str, message: dict[str, Any], answers: dict[tuple[str, str], list[dict[str, Any]]]
    ) -> None:
        message_id = message["id"]
        self.seen[message_id] += 1
        answer = self.decide(message) if self.decide else None
        if answer is None and self.applied[message_id]:
            answer = {"status": "duplicate"}
        elif answer is None or answer["status"] == "applied":
            answer = answer or {"status": "applied"}
            self.applied[message_id] += 1
            self.order.append((message["subject"], message["epoch"], message["sequence"]))
        if answer["status"] != "silent":
            answers.setdefault((station, message["epoch"]), []).append({"id": message_id, **answer})


class FakeLink:
    """A link without a network: keeps what was published, and gives what a test says."""

    def __init__(self) -> None:
        self.published: list[Publication] = []
        self.acknowledged: list[Received] = []
        self.farewell: Publication | None = None
        self._give: Callable[[LinkEvent], None] = lambda _: None

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        self._give = on_event

    def give(self, event: LinkEvent) -> None:
        self._give(event)

    def publish(self, publications: list[Publication]) -> None:
        self.published.extend(publications)

    def acknowledge(self, *received: Received) -> None:
        self.acknowledged.extend(received)

    def stop(self, farewell: Publication | None = None) -> None:
        self.farewell = farewell

    def events(self) -> list[dict[str, Any]]:
        """All events that were sent, alone or joined."""
        sent = [item.payload for item in self.published if item.topic.endswith("/events")]
        return [json.loads(text) for payload in sent for text in split(payload, len(payload))]
