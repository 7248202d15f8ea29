"""What passes between the connection to the broker and those who use it: plain values, no client library.

`sync/mqtt.py` gives `LinkEvent`s to whoever owns the link, from its own thread; the owner puts them into a
queue and works on them in the thread that owns the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

PACKET_HEADERS = 16
"""Bytes of a PUBLISH packet besides topic and payload, generously."""


def packet_overhead(topic: str) -> int:
    """Bytes of a publication's packet besides its payload, generously."""
    return len(topic.encode()) + PACKET_HEADERS


@dataclass(frozen=True, slots=True)
class Publication:
    """Something to publish with QoS 1.

    Attributes:
        topic: Where to.
        payload: The bytes.
        retain: Whether the broker keeps it for later subscribers.
        tokens: Come back with a refusal, so that the owner knows which events were refused.
    """

    topic: str
    payload: bytes
    retain: bool = False
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted us, and our subscriptions.

    Attributes:
        session_present: It had kept our session.
        largest_packet: Bytes of the largest packet that it takes; 0: any.
    """

    session_present: bool
    largest_packet: int = 0


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection ended, or could not be made.

    Attributes:
        code: A stable word: `broker.unreachable`, `broker.certificate_invalid`, `broker.refused`,
            `broker.connection_lost`, `broker.session_taken_over`.
        detail: What the network or the broker said.
        taken_over: Another client came with our id; we don't fight for it.
    """

    code: str
    detail: str
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered a publication with a reason of 0x80 or above; it did not take it.

    Attributes:
        tokens: Of the publication; none for a birth or a request.
        reason: In the broker's words.
    """

    tokens: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the broker; it stays the broker's until `acknowledge` is called with it.

    Attributes:
        topic: Where it came on.
        payload: The bytes.
        retained: Kept by the broker from earlier, not sent just now.
        mid: The broker's number of this delivery.
        connection: Counts our connections; an acknowledgement belongs to the one that delivered.
        qos: 0 or 1.
    """

    topic: str
    payload: bytes
    retained: bool = False
    mid: int = 0
    connection: int = 0
    qos: int = 1


LinkEvent = Connected | Disconnected | Refused | Received


class Link(Protocol):
    """A connection to a broker that keeps itself up."""

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """Connect, and keep reconnecting; events are given from the link's own thread."""

    def publish(self, publications: list[Publication]) -> None:
        """Send now if connected; otherwise drop: whoever publishes keeps the message himself."""

    def acknowledge(self, *received: Received) -> None:
        """Tell the broker that received messages are safe here."""

    def stop(self, farewell: Publication | None = None) -> None:
        """Publish a last word where possible, disconnect in order and end."""
