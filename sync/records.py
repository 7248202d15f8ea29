"""How events that this station owes are kept, and what the rest of the program sees of them.

    PENDING ──► SENT ──► SETTLED        the OMS answered `applied` or `duplicate`, or passed it with a mark
       │          ├────► DEAD           the OMS answered `rejected`: kept for repair, holds back its subject
       │          └────► SENT           `retry`, a broker's refusal, no answer: sent again later
       └───────────────► SETTLED, DEAD  the answer was faster than the note that it was sent

An answer alone settles a row; a broker's PUBACK never does. SENT is a note for people, written late and in
batches: a row that is PENDING may have been sent as well.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import peewee

from sync.fields import Record, UtcField
from sync.migrating import MigrationSet

SYNC_MIGRATIONS = MigrationSet("sync", Path(__file__).parent / "migrations")


class OutboxState(StrEnum):
    """Where an event stands."""

    PENDING = "PENDING"
    SENT = "SENT"
    SETTLED = "SETTLED"
    DEAD = "DEAD"


OWED = (OutboxState.PENDING, OutboxState.SENT)


class OutboxRecord(Record):
    """Table `outbox`; the columns are described in `migrations/0001_outbox.sql`."""

    position = peewee.IntegerField(primary_key=True)
    message_id = peewee.TextField()
    site = peewee.TextField()
    station = peewee.TextField()
    epoch = peewee.TextField()
    sequence = peewee.IntegerField()
    type = peewee.TextField()
    subject = peewee.TextField()
    place = peewee.IntegerField()
    replaces = peewee.TextField(null=True)
    committed_at = UtcField()
    state = peewee.TextField()
    attempts = peewee.IntegerField()
    status = peewee.TextField(null=True)
    exception = peewee.TextField(null=True)
    reason = peewee.TextField(null=True)
    answered_at = UtcField(null=True)

    class Meta:
        """The table."""

        table_name = "outbox"


class PayloadRecord(Record):
    """Table `outbox_payloads`: the bytes that are published."""

    position = peewee.IntegerField(primary_key=True)
    envelope = peewee.BlobField()

    class Meta:
        """The table."""

        table_name = "outbox_payloads"


class EpochRecord(Record):
    """Table `epochs`."""

    epoch = peewee.TextField(primary_key=True)
    counter = peewee.IntegerField()
    started_at = UtcField()
    last_sequence = peewee.IntegerField()
    removed_to = peewee.IntegerField()

    class Meta:
        """The table."""

        table_name = "epochs"


class LostRecord(Record):
    """Table `lost_sequences`: what a salvage could not bring back."""

    epoch = peewee.TextField()
    first = peewee.IntegerField()
    last = peewee.IntegerField()

    class Meta:
        """The table."""

        table_name = "lost_sequences"
        primary_key = False


class StreamRecord(Record):
    """Table `streams`: how far each stream of the OMS has been taken in."""

    stream = peewee.TextField(primary_key=True)
    generation = peewee.TextField(null=True)
    last_offset = peewee.IntegerField()
    updated_at = UtcField()

    class Meta:
        """The table."""

        table_name = "streams"


class QuarantineRecord(Record):
    """Table `quarantine`: received messages that could not be used."""

    id = peewee.AutoField()
    received_at = UtcField()
    topic = peewee.TextField()
    reason = peewee.TextField()
    detail = peewee.TextField()
    size = peewee.IntegerField()
    payload = peewee.BlobField()

    class Meta:
        """The table."""

        table_name = "quarantine"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event that this station owes or owed.

    Attributes:
        position: Order of commit on this machine.
        message_id: The event's id; it alone tells a duplicate.
        site: Where it was committed; another station's for imported events.
        station: As `site`.
        epoch: The run in which it was committed.
        sequence: Its number in that run, from 1 without gaps.
        type: CloudEvents type.
        subject: What it is about; order is kept within it.
        replaces: The dead letter that it repairs.
        committed_at: Wall time of the commit.
        state: Where it stands.
        attempts: Refusals and `retry` answers so far.
        status: The OMS's last answer.
        exception: `applied`, but somebody must look: such as `over_received`.
        reason: Why, in the words of the OMS or the broker.
        answered_at: When the last answer was taken in.
        held: Whether a dead letter of its subject holds it back.
        envelope: The exact bytes that are published; empty in lists.
    """

    position: int
    message_id: str
    site: str
    station: str
    epoch: str
    sequence: int
    type: str
    subject: str
    replaces: str | None
    committed_at: datetime
    state: OutboxState
    attempts: int
    status: str | None
    exception: str | None
    reason: str | None
    answered_at: datetime | None
    held: bool = False
    envelope: bytes = b""


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How much is owed.

    Attributes:
        pending: Not yet known to be sent.
        sent: Sent, and not answered by the OMS.
        settled: Answered; kept until past their retention.
        dead: Rejected by the OMS.
        oldest_owed_at: When the oldest owed event was committed; None when nothing is owed.
    """

    pending: int
    sent: int
    settled: int
    dead: int
    oldest_owed_at: datetime | None

    @property
    def owed(self) -> int:
        """What the OMS has not answered for good."""
        return self.pending + self.sent


def row_of(record: OutboxRecord, *, held: bool = False, envelope: bytes = b"") -> OutboxRow:
    """The record as the rest of the program sees it."""
    return OutboxRow(
        position=record.position,
        message_id=record.message_id,
        site=record.site,
        station=record.station,
        epoch=record.epoch,
        sequence=record.sequence,
        type=record.type,
        subject=record.subject,
        replaces=record.replaces,
        committed_at=record.committed_at,
        state=OutboxState(record.state),
        attempts=record.attempts,
        status=record.status,
        exception=record.exception,
        reason=record.reason,
        answered_at=record.answered_at,
        held=held,
        envelope=envelope,
    )
