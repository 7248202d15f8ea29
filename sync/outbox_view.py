"""Reading the outbox: for pages, commands, health checks and the birth. Nothing here changes anything."""

from collections.abc import Collection

from sync.database import Database
from sync.epochs import EpochSummary
from sync.errors import EventUnknown
from sync.fields import parse_utc
from sync.records import (
    EpochRecord,
    LostRecord,
    OutboxCounts,
    OutboxRecord,
    OutboxRow,
    OutboxState,
    PayloadRecord,
    row_of,
)

OLDEST_OWED = "SELECT committed_at FROM outbox WHERE state IN ('PENDING', 'SENT') ORDER BY position LIMIT 1"


class OutboxView:
    """What is kept in an outbox.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def counts(self) -> OutboxCounts:
        """How much is owed; cheap, also over a million rows."""
        with self.database.read():
            total = dict(self.database.sql("SELECT state, total FROM outbox_counts"))
            oldest = self.database.sql(OLDEST_OWED)
        return OutboxCounts(
            pending=total["PENDING"],
            sent=total["SENT"],
            settled=total["SETTLED"],
            dead=total["DEAD"],
            oldest_owed_at=parse_utc(oldest[0][0]) if oldest else None,
        )

    def rows(
        self, *, states: Collection[OutboxState] | None = None, limit: int = 100, before: int | None = None
    ) -> list[OutboxRow]:
        """The newest rows first, without their bytes; `before` pages on by position."""
        query = OutboxRecord.select().order_by(OutboxRecord.position.desc()).limit(limit)
        if states is not None:
            query = query.where(OutboxRecord.state.in_([str(state) for state in states]))
        if before is not None:
            query = query.where(OutboxRecord.position < before)
        held = self._held()
        return [row_of(record, held=_is_held(record, held)) for record in self.database.run(query)]

    def get(self, message_id: str) -> OutboxRow:
        """One row with its bytes.

        Raises:
            EventUnknown: no such message here.
        """
        with self.database.read():
            records = list(
                self.database.run(OutboxRecord.select().where(OutboxRecord.message_id == message_id))
            )
            if not records:
                raise EventUnknown(message_id)
            payload = self.database.run(
                PayloadRecord.select().where(PayloadRecord.position == records[0].position)
            )
            envelope = next((bytes(found.envelope) for found in payload), b"")
            return row_of(records[0], held=_is_held(records[0], self._held()), envelope=envelope)

    def epochs(self) -> list[EpochSummary]:
        """Every epoch with its last sequence and what a salvage lost, oldest first; part of the birth."""
        with self.database.read():
            lost: dict[str, list[tuple[int, int]]] = {}
            for gap in self.database.run(LostRecord.select().order_by(LostRecord.epoch, LostRecord.first)):
                lost.setdefault(gap.epoch, []).append((gap.first, gap.last))
            return [
                EpochSummary(record.epoch, record.last_sequence, tuple(lost.get(record.epoch, ())))
                for record in self.database.run(EpochRecord.select().order_by(EpochRecord.counter))
            ]

    def _held(self) -> dict[str, int]:
        """Each held subject with the first place that is held."""
        return dict(self.database.sql("SELECT subject, min(place) FROM outbox_holds GROUP BY subject"))


def _is_held(record: OutboxRecord, held: dict[str, int]) -> bool:
    place = held.get(record.subject)
    if place is None or record.state not in (OutboxState.PENDING, OutboxState.SENT):
        return False
    return bool(record.place > place)
