"""MQTT 5 packets on a wire: just enough to tell a publication from the rest; pure.

A packet is one byte of type and flags, the length of what follows in one to four bytes of seven bits each,
and what follows. Everything but PUBLISH passes through unread.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PUBLISH = 3
PUBACK = 4
_LONGEST = 4  # bytes of a length


class NotMqttError(ValueError):
    """These bytes are no MQTT packet."""


@dataclass(frozen=True, slots=True)
class Publish:
    """A publication as it travels.

    Attributes:
        topic: Where to.
        payload: The bytes.
        qos: 0 to 2.
        retain: Whether the broker is to keep it.
        packet_id: By which it is confirmed; None with QoS 0.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    packet_id: int | None


class PacketReader:
    """Cuts a stream of bytes into packets, each whole with its header."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The packets that are complete with these bytes.

        Raises:
            NotMqttError: A length has more than four bytes.
        """
        self._rest += data
        while (end := _end_of_first(self._rest)) is not None:
            packet, self._rest = self._rest[:end], self._rest[end:]
            yield packet


def kind_of(packet: bytes) -> int:
    """The packet's type, such as `PUBLISH`."""
    return packet[0] >> 4


def read_publish(packet: bytes) -> Publish | None:
    """What a packet publishes; None where it is another packet or can't be read."""
    if kind_of(packet) != PUBLISH:
        return None
    try:
        _, at = _length(packet, 1)
        size = int.from_bytes(packet[at : at + 2], "big")
        topic = packet[at + 2 : at + 2 + size].decode("utf-8")
        at += 2 + size
        qos = packet[0] >> 1 & 3
        packet_id = None
        if qos:
            packet_id = int.from_bytes(packet[at : at + 2], "big")
            at += 2
        properties, at = _length(packet, at)
    except (IndexError, UnicodeDecodeError, NotMqttError):
        return None
    if at + properties > len(packet):
        return None
    return Publish(topic, packet[at + properties :], qos, bool(packet[0] & 1), packet_id)


def write_publish(publish: Publish) -> bytes:
    """The packet that publishes this, without properties."""
    topic = publish.topic.encode("utf-8")
    number = b"" if publish.packet_id is None else publish.packet_id.to_bytes(2, "big")
    body = len(topic).to_bytes(2, "big") + topic + number + b"\0" + publish.payload
    return bytes([PUBLISH << 4 | publish.qos << 1 | int(publish.retain)]) + _as_length(len(body)) + body


def write_puback(packet_id: int) -> bytes:
    """A broker's confirmation of a QoS 1 publication."""
    return bytes([PUBACK << 4, 2]) + packet_id.to_bytes(2, "big")


def _end_of_first(data: bytes) -> int | None:
    if len(data) < 2:
        return None
    try:
        length, at = _length(data, 1)
    except IndexError:
        return None
    return at + length if len(data) >= at + length else None


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length that begins there, and where it ends."""
    value = 0
    for place in range(_LONGEST):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at + place + 1
    raise NotMqttError("a length of more than four bytes")


def _as_length(value: int) -> bytes:
    found = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        found.append(byte | 0x80 if value else byte)
        if not value:
            return bytes(found)
