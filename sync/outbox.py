"""The outbox: events that this station owes the OMS, committed together with what they tell about.

    epoch = outbox.begin_epoch()                       # once, at the start of the process
    with database.write():
        journal.save(inspection)
        outbox.append(OutgoingEvent(type=..., subject=return_id, data=...))

After that commit the event can't be lost or changed: its id, its place in the epoch's sequence and its
bytes are fixed. The relay learns of it by itself. See `sync/records.py` for the states.
"""

import secrets
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sync.database import Database
from sync.envelope import OutgoingEvent, seal
from sync.epochs import Epoch
from sync.errors import EpochMissing, EventNotRepairable, EventTooLarge, EventUnknown
from sync.fields import utc_text
from sync.outbox_view import OutboxView
from sync.records import EpochRecord, OutboxRow, OutboxState
from sync.settings import OutboxSettings
from sync.topics import StationIdentity
from sync.transfer import TransferSummary, export_rows, import_rows


@dataclass(frozen=True, slots=True)
class OutboxChange:
    """What the relay must know of.

    Attributes:
        reopened_from: Position from which rows may be owed again (a retry, a release, an import); None when
            new rows were appended at the end.
        subject: Whose; None for several.
        sequence: Of the event that was appended.
    """

    reopened_from: int | None = None
    subject: str | None = None
    sequence: int | None = field(default=None, compare=False)


class Outbox(OutboxView):
    """Events owed by one station.

    Args:
        database: Where they are kept, together with what they tell about.
        settings: Sizes and times.
        identity: Which station this is.
        now: Wall time, aware.
        new_id: Gives a UUIDv7.
        monotonic_ns: A clock that nobody sets.
        new_random: Draws the random part of an epoch, hexadecimal.
    """

    def __init__(
        self,
        database: Database,
        settings: OutboxSettings,
        *,
        identity: StationIdentity,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        new_random: Callable[[], str] = lambda: secrets.token_hex(3),
    ) -> None:
        super().__init__(database)
        self.settings = settings
        self.identity = identity
        self._now = now
        self._new_id = new_id
        self._monotonic_ns = monotonic_ns
        self._new_random = new_random
        self._epoch: Epoch | None = None
        self._epoch_began_ns = 0
        self._listeners: list[Callable[[OutboxChange], None]] = []

    @property
    def epoch(self) -> Epoch:
        """The present epoch.

        Raises:
            EpochMissing: before `begin_epoch`.
        """
        if self._epoch is None:
            raise EpochMissing
        return self._epoch

    def begin_epoch(self) -> Epoch:
        """Write down that a new run of the station has begun."""
        with self.database.write():
            last = self.database.sql("SELECT coalesce(max(counter), 0) FROM epochs")[0][0]
            epoch = Epoch(counter=last + 1, random=self._new_random(), started_at=self._now())
            self.database.run(
                EpochRecord.insert(
                    epoch=epoch.text,
                    counter=epoch.counter,
                    started_at=epoch.started_at,
                    last_sequence=0,
                    removed_to=0,
                )
            )
        self._epoch, self._epoch_began_ns = epoch, self._monotonic_ns()
        return epoch

    def append(self, event: OutgoingEvent) -> OutboxRow:
        """Owe an event, inside the transaction that writes what it tells about.

        Raises:
            TransactionMissing: outside `with database.write()`.
            EpochMissing: before `begin_epoch`.
            EventTooLarge: the envelope exceeds the contract's size.
            EventInvalid: a field that no envelope can carry.
            EventUnknown: `replaces` names no message here.
            EventNotRepairable: `replaces` names a message that was not rejected, or was repaired already.
        """
        self.database.require_transaction("Outbox.append")
        epoch, sql = self.epoch, self.database.sql
        dead_place = None if event.replaces is None else self._place_of_dead(event)
        sequence = sql(
            "UPDATE epochs SET last_sequence = last_sequence + 1 WHERE epoch = ? RETURNING last_sequence",
            (epoch.text,),
        )[0][0]
        message_id, at = self._new_id(), self._now()
        envelope = seal(
            event,
            message_id=message_id,
            identity=self.identity,
            epoch=epoch.text,
            sequence=sequence,
            time=at,
            elapsed_s=(self._monotonic_ns() - self._epoch_began_ns) / 1e9,
            previous=self._previous_of(event),
        )
        if len(envelope) > self.settings.max_event_bytes:
            raise EventTooLarge(event.type, len(envelope), self.settings.max_event_bytes)
        position = sql("SELECT coalesce(max(position), 0) + 1 FROM outbox")[0][0]
        sql(
            "INSERT INTO outbox (position, message_id, site, station, epoch, sequence, type, subject, place, "
            "replaces, committed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                position,
                message_id,
                self.identity.site,
                self.identity.station,
                epoch.text,
                sequence,
                event.type,
                event.subject,
                position if dead_place is None else dead_place,
                event.replaces,
                utc_text(at),
            ),
        )
        sql(
            "INSERT INTO outbox_payloads (position, envelope, checksum) VALUES (?, ?, ?)",
            (position, envelope, zlib.crc32(envelope)),
        )
        sql("UPDATE outbox_counts SET total = total + 1 WHERE state = 'PENDING'")
        self.announce(OutboxChange(sequence=sequence))
        return OutboxRow(
            position=position,
            message_id=message_id,
            site=self.identity.site,
            station=self.identity.station,
            epoch=epoch.text,
            sequence=sequence,
            type=event.type,
            subject=event.subject,
            replaces=event.replaces,
            committed_at=at,
            state=OutboxState.PENDING,
            attempts=0,
            status=None,
            exception=None,
            reason=None,
            answered_at=None,
            envelope=envelope,
        )

    def requeue(self, message_id: str) -> OutboxRow:
        """Send an unsettled event again, unchanged: the cause of a `retry` or a rejection was removed.

        Raises:
            EventUnknown: no such message here.
            EventNotRepairable: it is settled.
        """
        with self.database.write():
            row = self.get(message_id)
            if row.state is OutboxState.SETTLED:
                raise EventNotRepairable(message_id, row.state, "sending it again")
            sql = self.database.sql
            sql("UPDATE outbox SET state = 'PENDING', attempts = 0 WHERE position = ?", (row.position,))
            sql("UPDATE outbox_counts SET total = total - 1 WHERE state = ?", (str(row.state),))
            sql("UPDATE outbox_counts SET total = total + 1 WHERE state = 'PENDING'")
            sql("DELETE FROM outbox_holds WHERE message_id = ?", (message_id,))
            self.announce(OutboxChange(reopened_from=row.position, subject=row.subject))
        return replace(row, state=OutboxState.PENDING, attempts=0, held=False)

    def release(self, message_id: str) -> OutboxRow:
        """Let the later events of a dead letter's subject go on without it; the dead letter itself stays.

        Raises:
            EventUnknown: no such message here.
            EventNotRepairable: it is no dead letter.
        """
        with self.database.write():
            row = self.get(message_id)
            if row.state is not OutboxState.DEAD:
                raise EventNotRepairable(message_id, row.state, "releasing it")
            # A rejected replacement and what it was to repair stand at one place; both let go.
            self.database.sql(
                "DELETE FROM outbox_holds WHERE (subject, place) = "
                "(SELECT subject, place FROM outbox WHERE message_id = ?)",
                (message_id,),
            )
            self.announce(OutboxChange(reopened_from=row.position, subject=row.subject))
        return row

    def export_to(self, path: Path) -> TransferSummary:
        """Write every event that is not settled to a file, for another machine to deliver."""
        return export_rows(self.database, path)

    def import_from(self, path: Path) -> TransferSummary:
        """Owe the events of another machine's export; they keep their station, epoch, sequence and id.

        Raises:
            TransferRefused: the file is damaged or no export.
        """
        with self.database.write():
            summary = import_rows(self.database, path, max_event_bytes=self.settings.max_event_bytes)
            if summary.taken:
                self.announce(OutboxChange(reopened_from=summary.first_position))
        return summary

    def subscribe(self, listener: Callable[[OutboxChange], None]) -> None:
        """Call `listener` after each commit that changed what is owed, in the thread that committed."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[OutboxChange], None]) -> None:
        """Stop calling it."""
        with suppress(ValueError):
            self._listeners.remove(listener)

    def announce(self, change: OutboxChange) -> None:
        """Tell the listeners of a change once it is committed."""
        for listener in self._listeners:
            self.database.after_commit(lambda call=listener: call(change))  # type: ignore[misc]

    def _previous_of(self, event: OutgoingEvent) -> str | None:
        """The event of this subject that is to be applied before it, so that order holds whatever is lost.

        A repair stands in the place of the dead letter that it names, so it names no other.
        """
        if event.replaces is not None:
            return None
        found = self.database.sql(
            "SELECT epoch || ':' || sequence FROM outbox WHERE subject = ? AND site = ? AND station = ? "
            "ORDER BY place DESC, position DESC LIMIT 1",
            (event.subject, self.identity.site, self.identity.station),
        )
        return str(found[0][0]) if found else None

    def _place_of_dead(self, event: OutgoingEvent) -> int:
        dead_id = str(event.replaces)
        found = self.database.sql("SELECT state, subject, place FROM outbox WHERE message_id = ?", (dead_id,))
        if not found:
            raise EventUnknown(dead_id)
        state, subject, place = found[0]
        if state != OutboxState.DEAD:
            raise EventNotRepairable(dead_id, state, "replacing it")
        if subject != event.subject:
            raise EventNotRepairable(dead_id, f"of subject {subject}", f"replacing it under {event.subject}")
        repairs = self.database.sql("SELECT state FROM outbox WHERE replaces = ?", (dead_id,))
        if any(repair != OutboxState.DEAD for (repair,) in repairs):
            raise EventNotRepairable(dead_id, "replaced already", "replacing it again")
        return int(place)
