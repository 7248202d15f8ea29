"""A receiver on a broker that shares no code with ours; what it is careless about can be chosen.

All switches off, it keeps the contract. It is no part of the product: it shows that the conformance kit finds
what is wrong, and nothing else.
"""

import hashlib
import json
import queue
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fakes_receiver_books import Books, Json
from fakes_receiver_careless import Careless
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

QUIET_S = 0.25
CROWD = 60
BURST_S = 0.3
Key = tuple[str, str]  # site, station


class Receiver:
    """One receiver; `restart` crashes it and starts it again on the same books."""

    def __init__(self, port: int, *careless: Careless) -> None:
        self.careless = frozenset(careless)
        self.books = Books(self.careless)
        self._port = port
        self._runs = 0
        self._stream: list[Json] = []

    def is_(self, careless: Careless) -> bool:
        return careless in self.careless

    def __enter__(self) -> Self:
        self._runs += 1
        self._instance = "one" if self.is_(Careless.SAME_INSTANCE) else f"run-{self._runs}"
        self._arrived: queue.SimpleQueue[MQTTMessage | None] = queue.SimpleQueue()
        self._alive = True
        self._lasts: defaultdict[Key, dict[str, int]] = defaultdict(dict)
        self._births: set[Key] = set()
        self._carries: defaultdict[Key, set[tuple[str, str]]] = defaultdict(set)
        self._unborn: set[Key] = set()
        self._given_up: set[Key] = set()
        self._heard: dict[Key, float] = {}
        self._lately: defaultdict[Key, list[float]] = defaultdict(list)
        self._gathering: defaultdict[str, list[MQTTMessage]] = defaultdict(list)
        self._gathered_at: dict[str, float] = {}
        self._unacknowledged: deque[MQTTMessage] = deque()
        self._dealt_with: set[int] = set()
        self._ready = threading.Event()
        self._worker = threading.Thread(target=self._work, name="careless-worker")
        self._client = self._connected()
        self._worker.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.publish(
            "returns/v1/oms/state", self._state("offline"), qos=1, retain=True
        ).wait_for_publish(5)
        self._end()

    # ---- what the kit asks of its helper

    def load(self, expected: Path, _reference: Path) -> bool:
        returns = json.loads(expected.read_text())["returns"]
        self.books.expect(returns)
        for one in returns:
            self._stream.append({"offset": len(self._stream) + 1, "op": "upsert", "expected": one})
        return True

    def sell(self, _site: str, sku: str, quantity: int) -> bool:
        self.books.sell(sku, quantity)
        return True

    def restart(self) -> bool:
        self._end()
        time.sleep(0.3)  # no machine is back at once; the broker tells the will meanwhile
        self.books.restarted()
        self.__enter__()
        return True

    # ---- the connection

    def _connected(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="another-oms",
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(0)
        client.on_socket_open = lambda *args: args[2].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_message = lambda *args: self._arrived.put(args[2])
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._ready.set()
        if not self.is_(Careless.NO_WILL):
            client.will_set("returns/v1/oms/state", self._state("offline"), qos=1, retain=True)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = 1000
        client.connect("127.0.0.1", self._port, clean_start=False, properties=properties)
        client.loop_start()
        return client

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.publish("returns/v1/oms/state", self._state("online"), qos=1, retain=True)
        client.subscribe([(f"returns/v1/+/+/{kind}", 1) for kind in ("events", "requests", "birth", "death")])

    def _state(self, state: str) -> bytes:
        said = {"state": state, "instance": self._instance, "contract": ["1.0"], "events_per_message": 30}
        return json.dumps(said).encode()

    def _end(self) -> None:
        """As a crash: the connection is cut without a word, and what was not answered stays unanswered."""
        self._alive = False
        self._arrived.put(None)
        self._worker.join()
        self._gathering.clear()
        self._unacknowledged.clear()
        self._dealt_with.clear()
        connection = self._client.socket()
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _publish(self, topic: str, message: Json) -> None:
        if self._alive:
            self._client.publish(topic, json.dumps(message), qos=1)

    def _command(self, key: Key, **command: Any) -> None:
        self._publish(f"returns/v1/{key[0]}/{key[1]}/commands", {"id": f"c-{time.monotonic_ns()}", **command})

    # ---- the work

    def _work(self) -> None:
        while self._alive:
            batch: list[MQTTMessage] = []
            try:
                batch.append(self._next(0.05))
                while len(batch) < 300:
                    batch.append(self._next(0))
            except (queue.Empty, StopIteration):
                pass
            self._unacknowledged.extend(batch)
            if self.is_(Careless.LOOKS_IDS_UP_BEFORE_THE_BATCH):
                batch = self._gathered(batch)
            for are_events, some in groupby(batch, _is_event):
                if are_events:
                    self._events(list(some))
                else:
                    self._others(list(some))
            self._dealt_with.update(one.mid for one in batch)
            while self._alive and self._unacknowledged and self._unacknowledged[0].mid in self._dealt_with:
                one = self._unacknowledged.popleft()  # in the order in which they came, as MQTT wants it
                self._dealt_with.discard(one.mid)
                self._client.ack(one.mid, one.qos)
            self._now_and_then()

    def _gathered(self, arrived: list[MQTTMessage]) -> list[MQTTMessage]:
        """All but the events of stations that may still be in the middle of a burst."""
        now = time.monotonic()
        for one in filter(_is_event, arrived):
            self._gathering[one.topic].append(one)
            self._gathered_at[one.topic] = now
        complete = [topic for topic in self._gathering if now - self._gathered_at[topic] > BURST_S]
        return [one for one in arrived if not _is_event(one)] + [
            one for topic in complete for one in self._gathering.pop(topic)
        ]

    def _next(self, wait_s: float) -> MQTTMessage:
        found = self._arrived.get(timeout=wait_s) if wait_s else self._arrived.get_nowait()
        if found is None:
            raise StopIteration
        return found

    def _events(self, messages: list[MQTTMessage]) -> None:
        results: defaultdict[tuple[Key, str, str], list[Json]] = defaultdict(list)
        known = set(self.books.answers)
        for key, text in self._texts(messages):
            if not self._alive:
                return
            site, station = key
            event = _read(text)
            if event is None and self.is_(Careless.GIVES_UP_AT_NOISE):
                self._given_up.add(key)
            if event is None or key in self._given_up:
                continue
            if event["site"] != site and not self.is_(Careless.OTHER_SITES_BELIEVED):
                continue
            if self.is_(Careless.UNKNOWN_TYPE_UNANSWERED) and event["type"].endswith(".v9"):
                continue
            self._heard[key] = time.monotonic()
            if key not in self._births:
                self._unborn.add(key)
            if self.is_(Careless.CROWD_UNANSWERED) and self._is_crowd(key):
                continue
            line = self._stranger(key, event) or self.books.answer(event, known)
            told = (site, event["station"]) if self.is_(Careless.CARRIER_UNANSWERED) else key
            results[told, event["station"], event["epoch"]].append(line)
        for (key, station, epoch), lines in results.items():
            self._answer(key, station, epoch, lines)

    def _texts(self, messages: list[MQTTMessage]) -> Iterator[tuple[Key, bytes]]:
        """The events of all messages, each with whose topic it came on."""
        for message in messages:
            _, _, site, station, _ = message.topic.split("/")
            texts = [message.payload]
            if message.payload.startswith(b"\x1e"):
                texts = [text for text in message.payload.split(b"\x1e") if text] or [b""]
            for text in texts[:1] if self.is_(Careless.FIRST_OF_JOINED_ALONE) else texts:
                yield (site, station), text

    def _stranger(self, key: Key, event: Json) -> Json | None:
        """The answer to a station that speaks for another one without having said so."""
        named = event["station"] == key[1] or (event["station"], event["epoch"]) in self._carries[key]
        if named or self.is_(Careless.STRANGERS_CARRIED):
            return None
        return {"id": event["id"], "status": "retry", "reason": "no birth says that it is carried"}

    def _is_crowd(self, key: Key) -> bool:
        """More than sixty events of a station in a second."""
        now = time.monotonic()
        self._lately[key] = [one for one in self._lately[key] if now - one < 1.0] + [now]
        return len(self._lately[key]) > CROWD

    def _answer(self, key: Key, station: str, epoch: str, lines: list[Json]) -> None:
        through, named = self.books.mark(station, epoch)
        mark = {"through": through, "through_id": named} if named else {"through": 0}
        self._publish(f"returns/v1/{key[0]}/{key[1]}/acks", {"epoch": epoch, **mark, "results": lines})

    def _others(self, messages: list[MQTTMessage]) -> None:
        for message in messages:
            if self._alive:
                self._other(message)

    def _other(self, message: MQTTMessage) -> None:
        _, _, site, station, kind = message.topic.split("/")
        try:
            told = json.loads(message.payload)
            if kind == "birth":
                self._born((site, station), told)
            elif kind == "requests" and told["kind"] == "snapshot":
                self._snapshot(site, told)
            elif kind == "requests":
                self._compare((site, station), told)
        except (ValueError, KeyError, TypeError, RecursionError):
            return  # no message of the contract

    def _born(self, key: Key, birth: Json) -> None:
        for one in birth["epochs"]:
            self._lasts[key][one["epoch"]] = one["last"]
            for gone in one.get("lost", ()):
                self.books.lost[key[1], one["epoch"]][gone["from"]] = gone["to"]
        self._carries[key] = {
            (one["station"], epoch["epoch"]) for one in birth.get("carries", ()) for epoch in one["epochs"]
        }
        self._births.add(key)
        self._heard[key] = time.monotonic()
        if self.is_(Careless.BIRTH_UNHEARD):
            return
        for one in birth["epochs"]:
            ids = self.books.places[self.books.epoch_of({"station": key[1], "epoch": one["epoch"]})].values()
            notable = [
                {**answer, "id": event_id}
                for event_id in ids
                if (answer := self.books.answers.get(event_id, {})).get("exception")
                or answer.get("status") == "rejected"
            ]
            if notable:
                self._answer(key, key[1], one["epoch"], notable)

    def _snapshot(self, site: str, request: Json) -> None:
        if self.is_(Careless.NO_SNAPSHOT):
            return
        items = self._stream if request["stream"] == "expected" else []
        after = min(request["after"], len(items))
        if self.is_(Careless.SNAPSHOT_FROM_THE_START) or request.get("stream_id") not in (None, "s1"):
            after = 0
        self._publish(
            f"returns/v1/{site}/{request['stream']}",
            {
                "stream": request["stream"],
                "stream_id": "s1",
                "after": after,
                "through": len(items),
                "items": items[after:],
            },
        )

    def _compare(self, key: Key, request: Json) -> None:
        if self.is_(Careless.DIGESTS_UNREAD):
            return
        have = self.books.places[self.books.epoch_of({"station": key[1], "epoch": request["epoch"]})]
        for block in request.get("blocks", ()):
            mine = [(one, have[one]) for one in range(block["first"], block["last"] + 1) if one in have]
            text = "".join(f"{sequence} {event_id} settled\n" for sequence, event_id in mine)
            if hashlib.sha256(text.encode()).hexdigest() != block["sha256"]:
                self._command(key, kind="reconcile", epoch=request["epoch"], block=block["block"])
        for one in request.get("events") or ():
            if one["sequence"] not in have:
                sequence = one["sequence"]
                self._command(
                    key, kind="resend", epoch=request["epoch"], **{"from": sequence, "to": sequence}
                )

    def _now_and_then(self) -> None:
        for key in self._unborn - self._births if not self.is_(Careless.NO_REBIRTH) else ():
            self._command(key, kind="rebirth")
            self._births.add(key)
        for key, heard in list(self._heard.items()):
            if time.monotonic() - heard < QUIET_S or self.is_(Careless.NEVER_ASKS):
                continue
            del self._heard[key]
            for epoch, last in self._lasts[key].items():
                have = self.books.places[self.books.epoch_of({"station": key[1], "epoch": epoch})]
                missing = [one for one in range(1, last + 1) if one not in have]
                for one in missing[:5]:
                    self._command(key, kind="resend", epoch=epoch, **{"from": one, "to": one})


def _is_event(message: MQTTMessage) -> bool:
    return message.topic.endswith("/events")


def _read(payload: bytes) -> Json | None:
    """An event that can be answered."""
    try:
        event = json.loads(payload)
        head = (event["id"], event["epoch"], event["station"], event["site"], event["type"], event["subject"])
        usable = all(isinstance(one, str) for one in head) and isinstance(event["sequence"], int)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return event if usable else None
