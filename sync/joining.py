"""Several events in one message: a JSON text sequence, as RFC 7464 has it.

A backlog costs the network, the broker and both ends a fixed effort a message, which is greater than that of
an event. Where the OMS says in its presence that it takes several (`OmsState.events_per_message`), events
that leave together share a message. Each text begins with the character RS (0x1E), which stands in no JSON
text, and ends with a line feed; one event alone travels as it always did, without either.

An event that was put off, refused or not answered leaves alone the next time, and so does one that was on its
way when a connection or a run of the OMS ended: what keeps it back must not keep back others.
"""

from collections.abc import Iterable, Iterator, Sequence

from sync.owed import Owed
from sync.wire import packet_overhead

Tokens = tuple[str, ...]

RECORD_SEPARATOR = b"\x1e"
EACH_BYTES = 2
"""What joining adds to each event."""

MOST_EVENTS = 1000
"""More are never sent in one message, nor looked at."""


def join(events: Sequence[bytes]) -> bytes:
    r"""One message of these events, at least one, in this order.

    >>> join([b"{}"]), join([b'{"a":1}', b"{}"])
    (b'{}', b'\x1e{"a":1}\n\x1e{}\n')
    """
    if len(events) == 1:
        return events[0]
    return b"".join(b"%b%b\n" % (RECORD_SEPARATOR, event) for event in events)


def split(payload: bytes, largest: int, most: int = MOST_EVENTS) -> list[bytes]:
    r"""The events of a message, unread; at least one text, whatever came.

    A text that was cut short stays as it is: whoever reads it says what is wrong. A message of more
    bytes or texts than a receiver looks at stays whole, so that it is refused as a whole.

    >>> split(b"{}", 99), split(b'\x1e{"a":1}\n\x1e{}\n', 99), split(b"", 99)
    ([b'{}'], [b'{"a":1}', b'{}'], [b''])
    """
    if not payload.startswith(RECORD_SEPARATOR) or len(payload) > largest or most_in(payload) > most:
        return [payload]
    texts = [text.removesuffix(b"\n") for text in payload.split(RECORD_SEPARATOR)]
    return [text for text in texts if text] or [payload]


def most_in(payload: bytes) -> int:
    r"""How many events a message holds at most; quicker than to split it.

    >>> most_in(b"{}"), most_in(b"\x1e{}\n\x1e{}\n")
    (1, 2)
    """
    return max(1, payload.count(RECORD_SEPARATOR))


class Joining:
    """Decides which events leave in one message, and learns where that fails.

    Args:
        topic: Where events go.
        join_bytes: Beyond so many bytes no event joins others; a larger one leaves alone.
    """

    def __init__(self, topic: str, join_bytes: int) -> None:
        self._join_bytes = join_bytes
        self._overhead = packet_overhead(topic)
        self._most = 1
        self._largest_packet = 0
        self._alone: set[str] = set()  # were on their way when a connection or a run of the OMS ended
        self._together: set[str] = set()  # are on their way with others
        self._proven = self._in_vain = False

    def accepted(self, largest_packet: int) -> None:
        """The broker accepted us, and takes packets of so many bytes; 0: of any size."""
        self._largest_packet = largest_packet
        self._proven = self._in_vain = False

    def oms_takes(self, events_per_message: int) -> None:
        """The OMS said how many events it takes in one message."""
        self._most = events_per_message

    def interrupted(self, message_ids: Iterable[str]) -> None:
        """The connection or the run of the OMS that these were sent to has ended, perhaps by one of them."""
        self._together.clear()
        on_their_way = set(message_ids)
        if on_their_way:
            self._alone = on_their_way

    def answered(self, message_id: str) -> None:
        """The OMS answered: what travels together arrives."""
        self._alone.discard(message_id)
        if message_id in self._together:
            self._together.discard(message_id)
            self._proven = True

    def failed(self, message_ids: Iterable[str]) -> None:
        """Refused, or not answered in time; where nothing joined ever arrived, nothing more is joined."""
        lost = self._together.intersection(message_ids)
        self._together -= lost
        self._in_vain = self._in_vain or (bool(lost) and not self._proven)

    def messages(self, rows: Sequence[Owed], envelopes: Sequence[bytes]) -> Iterator[tuple[bytes, Tokens]]:
        """The messages that bring these rows, in order, each with the ids of its events."""
        for part in self._parts(rows, envelopes):
            tokens = tuple(row.message_id for row in rows[part])
            if len(tokens) > 1:
                self._together.update(tokens)
            yield join(envelopes[part]), tokens

    def _parts(self, rows: Sequence[Owed], envelopes: Sequence[bytes]) -> Iterator[slice]:
        most = 1 if self._in_vain else self._most
        size = self._join_bytes
        if self._largest_packet:
            size = min(size, self._largest_packet - self._overhead)
        start, filled = 0, 0
        for place, (row, envelope) in enumerate(zip(rows, envelopes, strict=True)):
            takes = len(envelope) + EACH_BYTES
            alone = row.attempts > 0 or row.message_id in self._alone
            if place > start and (alone or place - start >= most or filled + takes > size):
                yield slice(start, place)
                start, filled = place, 0
            filled += size if alone else takes  # nothing joins one that is alone
        if rows:
            yield slice(start, len(rows))
