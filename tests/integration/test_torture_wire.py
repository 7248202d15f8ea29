"""The torture's wire: what it lets through, swallows, doubles, mixes up and delivers again."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from edge.lab.torture.mischief import Mischief
from edge.lab.torture.mqtt_packets import PacketReader, Publish, read_publish, write_puback, write_publish
from edge.lab.torture.mqtt_wire import MqttWire

PATIENCE_S = 10.0
CONNECT = b"\x10\x02\x00\x00"  # of no interest to the wire but for being first


def event(number: int) -> Publish:
    """An event as a station publishes it."""
    return Publish("returns/v1/S/D/events", f"event {number}".encode(), 1, False, number)


class Ends:
    """A client and a broker, hand-made, on both ends of a wire."""

    def __init__(self, wire: MqttWire) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_S)
        wire.lead_to(self._listener.getsockname()[1])
        self._wire = wire
        self.connect()

    def connect(self) -> None:
        """A new connection through the wire."""
        self.client = socket.create_connection(("127.0.0.1", self._wire.port), PATIENCE_S)
        self.broker, _ = self._listener.accept()
        self.broker.settimeout(PATIENCE_S)
        self._reader = PacketReader()
        self._waiting: list[bytes] = []
        self.client.sendall(CONNECT)
        assert self.packet() == CONNECT

    def packet(self) -> bytes:
        """The next packet that reaches the broker."""
        while not self._waiting:
            data = self.broker.recv(65_536)
            assert data, "the connection ended"
            self._waiting += self._reader.feed(data)
        return self._waiting.pop(0)

    def publish(self, *numbers: int) -> None:
        """The client publishes these events."""
        self.client.sendall(b"".join(write_publish(event(number)) for number in numbers))

    def events(self, count: int) -> list[Publish]:
        """So many publications that reach the broker."""
        found = [read_publish(self.packet()) for _ in range(count)]
        return [one for one in found if one is not None]

    def close(self) -> None:
        """Close both ends."""
        for end in (self.client, self.broker, self._listener):
            end.close()


@pytest.fixture
def wire() -> Iterator[MqttWire]:
    made = MqttWire("desk-1", seed=1)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def ends(wire: MqttWire) -> Iterator[Ends]:
    with closing(Ends(wire)) as made:
        yield made


def test_a_good_wire_passes_everything_as_it_is(ends: Ends) -> None:
    ends.publish(1, 2)

    assert ends.events(2) == [event(1), event(2)]


def test_a_forgetting_wire_confirms_and_throws_away(wire: MqttWire, ends: Ends) -> None:
    wire.behave(Mischief(forgets=True))
    ends.publish(1)
    assert ends.client.recv(100) == write_puback(1)

    wire.behave(Mischief())
    ends.publish(2)
    assert ends.events(1) == [event(2)]
    assert wire.struck.swallowed == 1


def test_duplicates_come_beside_the_first_and_need_no_confirmation(wire: MqttWire, ends: Ends) -> None:
    wire.behave(Mischief(duplicates=True))
    ends.publish(1)

    first, again = ends.events(2)
    assert first == event(1)
    assert (again.payload, again.qos, again.packet_id) == (first.payload, 0, None)


def test_reordered_events_all_arrive(wire: MqttWire, ends: Ends) -> None:
    wire.behave(Mischief(reorders=True))
    ends.publish(*range(1, 9))

    found = ends.events(8)
    assert sorted(one.packet_id or 0 for one in found) == list(range(1, 9))
    assert wire.struck.reordered == 8


def test_old_events_are_delivered_again_on_a_later_connection(wire: MqttWire, ends: Ends) -> None:
    ends.publish(1, 2)
    ends.events(2)
    wire.behave(Mischief(cut=True))
    wire.behave(Mischief())
    assert ends.client.recv(100) == b""
    assert wire.redeliver(2) == 2

    for end in (ends.client, ends.broker):
        end.close()
    ends.connect()
    ends.publish(3)

    found = ends.events(3)
    assert sorted(one.payload for one in found) == [b"event 1", b"event 2", b"event 3"]
    assert wire.struck.redelivered == 2


def test_a_half_open_wire_keeps_the_connection_and_passes_nothing(wire: MqttWire, ends: Ends) -> None:
    wire.behave(Mischief(half_open=True))
    ends.publish(1)
    ends.broker.settimeout(0.3)
    with pytest.raises(TimeoutError):
        ends.broker.recv(100)

    wire.behave(Mischief())
    assert ends.client.recv(100) == b""


def test_a_slow_wire_keeps_the_order(wire: MqttWire, ends: Ends) -> None:
    wire.behave(Mischief(delay_s=0.05))
    ends.publish(1)
    ends.publish(2)

    assert ends.events(2) == [event(1), event(2)]
