"""A backlog of a million events within a minute: what `Outbox.append` would have written, written in bulk.

A station commits a few thousand events a second, so that a million of them by its own path take ten minutes
and more. For measurements the rows are fabricated: each event is sealed once by the product's own code with
marks in place of what differs from one return to the next (number, id, sequence, time), and the rows are
written with the marks replaced. A test compares such rows with real ones. Nothing but the lab uses this.

    fabricate_backlog(outbox, bench_returns(now), count=1_000_000, since=a_month_ago, until=now)
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sync.envelope import OutgoingEvent, seal
from sync.fields import utc_text
from sync.outbox import Outbox

STEP = 20_000  # rows a transaction
MARKED_NUMBER = 987_654_321
"""Stands in the patterns where the number of a return stands; builders write numbers with nine digits."""

MARKED_ID = "00000000-0000-7000-8000-0000feedbeef"
MARKED_SEQUENCE = 987_654_322
MARKED_PREVIOUS = 987_654_323
INSERT_ROW = (
    "INSERT INTO outbox (position, message_id, site, station, epoch, sequence, type, subject, place, "
    "committed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_PAYLOAD = "INSERT INTO outbox_payloads (position, envelope, checksum) VALUES (?, ?, ?)"

Builder = Callable[[int], Sequence[OutgoingEvent]]
Row = tuple[int, str, str, str, str, int, str, str, int, str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One event of a return as it is sealed, with marks."""

    type: str
    subject: str
    envelope: bytes


def fabricate_backlog(
    outbox: Outbox,
    builders: Sequence[Builder],
    *,
    count: int,
    since: datetime,
    until: datetime,
    first: int = 0,
    on_progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Owe so many events more, in the outbox's present epoch.

    Args:
        outbox: Its epoch must have begun; the relay must not be at work on it.
        builders: Each gives the events of the return with that number, which it writes with nine digits;
            nothing else in them may depend on it. They are used round and round.
        count: Events to add.
        since: When the first of them was committed.
        until: When the last of them was.
        first: Number of the first return.
        on_progress: Told the events written so far.
    """
    patterns = [_patterns(outbox, build, since) for build in builders]
    sql = outbox.database.sql
    position = int(sql("SELECT coalesce(max(position), 0) FROM outbox")[0][0])
    sequence = int(sql("SELECT last_sequence FROM epochs WHERE epoch = ?", (outbox.epoch.text,))[0][0])
    made = _rows(outbox, patterns, first, position, sequence, since, (until - since) / max(1, count))
    done = 0
    while done < count:
        step = list(islice(made, min(STEP, count - done)))
        with outbox.database.write():
            outbox.database.sql_many(INSERT_ROW, [row for row, _ in step])
            outbox.database.sql_many(
                INSERT_PAYLOAD, [(row[0], envelope, zlib.crc32(envelope)) for row, envelope in step]
            )
            sql("UPDATE outbox_counts SET total = total + ? WHERE state = 'PENDING'", (len(step),))
            sql("UPDATE epochs SET last_sequence = ? WHERE epoch = ?", (step[-1][0][5], outbox.epoch.text))
        outbox.database.checkpoint()
        done += len(step)
        on_progress(done)


def _patterns(outbox: Outbox, build: Builder, since: datetime) -> list[_Pattern]:
    return [
        _Pattern(
            event.type,
            event.subject,
            seal(
                event,
                message_id=MARKED_ID,
                identity=outbox.identity,
                epoch=outbox.epoch.text,
                sequence=MARKED_SEQUENCE,
                time=since,
                elapsed_s=0,
                previous=f"{outbox.epoch.text}:{MARKED_PREVIOUS}" if place else None,
            ),
        )
        for place, event in enumerate(build(MARKED_NUMBER))
    ]


def _rows(
    outbox: Outbox,
    patterns: Sequence[Sequence[_Pattern]],
    number: int,
    position: int,
    sequence: int,
    at: datetime,
    pause: timedelta,
) -> Iterator[tuple[Row, bytes]]:
    """Row and envelope of one event after the other, for ever."""
    identity, epoch = outbox.identity, outbox.epoch.text
    marked_number, marked_time = str(MARKED_NUMBER), f'"time":"{utc_text(at)}"'.encode()
    marked_sequence = f'"sequence":{MARKED_SEQUENCE}'.encode()
    marked_previous = f'"previous":"{epoch}:{MARKED_PREVIOUS}"'.encode()
    while True:
        digits = f"{number:09d}"
        for pattern in patterns[number % len(patterns)]:
            position, sequence, at = position + 1, sequence + 1, at + pause
            time = utc_text(at)
            message_id = _id(int(at.timestamp() * 1000), sequence)
            subject = pattern.subject.replace(marked_number, digits)
            envelope = (
                pattern.envelope.replace(MARKED_ID.encode(), message_id.encode(), 1)
                .replace(marked_time, f'"time":"{time}"'.encode(), 1)
                .replace(marked_sequence, f'"sequence":{sequence}'.encode(), 1)
                .replace(marked_previous, f'"previous":"{epoch}:{sequence - 1}"'.encode(), 1)
                .replace(marked_number.encode(), digits.encode())
            )
            yield (
                (
                    position,
                    message_id,
                    identity.site,
                    identity.station,
                    epoch,
                    sequence,
                    pattern.type,
                    subject,
                    position,
                    time,
                ),
                envelope,
            )
        number += 1


def _id(milliseconds: int, sequence: int) -> str:
    """A UUIDv7 of that time; the sequence stands where chance would, so that none comes twice."""
    stamp = f"{milliseconds:012x}"
    low = f"{sequence:012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7000-8000-{low}"
