"""Several events in one message: a JSON text sequence, as RFC 7464 has it.

A backlog costs the network, the broker and both ends a fixed effort a message, which is greater than that of
an event. Where the OMS says in its presence that it takes several (`OmsState.events_per_message`), events
that leave together share a message. Each text begins with the character RS (0x1E), which stands in no JSON
text, and ends with a line feed; one event alone travels as it always did, without either.

An event that was sent in vain before, or that the broker refused, leaves alone: what keeps it back must not
keep back others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.owed import Owed

RECORD_SEPARATOR = b"\x1e"
EACH_BYTES = 2
"""What joining adds to each event."""


def join(events: Sequence[bytes]) -> bytes:
    r"""One message of these events, at least one, in this order.

    >>> join([b"{}"]), join([b'{"a":1}', b"{}"])
    (b'{}', b'\x1e{"a":1}\n\x1e{}\n')
    """
    if len(events) == 1:
        return events[0]
    return b"".join(b"%b%b\n" % (RECORD_SEPARATOR, event) for event in events)


def split(payload: bytes, largest: int) -> list[bytes]:
    r"""The events of a message, unread; at least one text, whatever came.

    A text that was cut short stays as it is: whoever reads it says what is wrong. A message beyond the
    `largest` that a receiver looks at stays whole, so that it is refused as a whole.

    >>> split(b"{}", 99), split(b'\x1e{"a":1}\n\x1e{}\n', 99), split(b"", 99)
    ([b'{}'], [b'{"a":1}', b'{}'], [b''])
    """
    if not payload.startswith(RECORD_SEPARATOR) or len(payload) > largest:
        return [payload]
    texts = [text.removesuffix(b"\n") for text in payload.split(RECORD_SEPARATOR)]
    return [text for text in texts if text] or [payload]


def most_in(payload: bytes) -> int:
    r"""How many events a message holds at most; quicker than to split it.

    >>> most_in(b"{}"), most_in(b"\x1e{}\n\x1e{}\n")
    (1, 2)
    """
    return max(1, payload.count(RECORD_SEPARATOR))


@dataclass(frozen=True, slots=True)
class Room:
    """What one message may hold.

    Attributes:
        events: As many as the OMS takes.
        size: Bytes. Beyond it no event joins others; a larger one leaves alone.
    """

    events: int
    size: int

    def parts(self, rows: Sequence[Owed], envelopes: Sequence[bytes]) -> Iterator[slice]:
        """Which neighbouring rows share a message, in order; each row is in one of them."""
        start, filled = 0, 0
        for place, (row, envelope) in enumerate(zip(rows, envelopes, strict=True)):
            takes = len(envelope) + EACH_BYTES
            joins = not row.attempts and place - start < self.events and filled + takes <= self.size
            if place > start and not joins:
                yield slice(start, place)
                start, filled = place, 0
            # Nothing joins one that failed before.
            filled += self.size if row.attempts else takes
        if rows:
            yield slice(start, len(rows))
