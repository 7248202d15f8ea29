"""Reading the outbox: for pages, commands, health checks and the birth. Nothing here changes anything.

Everything here costs the same whatever is owed or kept: the index of each state is read from its end.
"""

import json
from collections.abc import Collection, Sequence
from itertools import islice

import peewee

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

ROWS_OF_STATE = {  # the conditions that the partial indexes are made for, to the letter
    OutboxState.PENDING: "state IN ('PENDING', 'SENT') AND state = 'PENDING'",
    OutboxState.SENT: "state = 'SENT'",
    OutboxState.SETTLED: "state = 'SETTLED'",
    OutboxState.DEAD: "state = 'DEAD'",
}
NEWEST_ROW = 2**62
HOLDS = (
    "SELECT subject, min(place) FROM outbox_holds WHERE subject IN (SELECT value FROM json_each(?)) "
    "GROUP BY subject"
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
        conditions = ["1"] if states is None else [ROWS_OF_STATE[state] for state in set(states)]
        found: list[OutboxRecord] = []
        with self.database.read():
            for condition in conditions:
                newest = OutboxRecord.select().where(
                    peewee.SQL(condition), OutboxRecord.position < (NEWEST_ROW if before is None else before)
                )
                found += self.database.run(newest.order_by(OutboxRecord.position.desc()).limit(limit))
            found.sort(key=lambda record: int(record.position), reverse=True)
            rows = list(islice(found, limit))
            held = self._held([record.subject for record in rows])
        return [row_of(record, held=_is_held(record, held)) for record in rows]

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
            held = self._held([records[0].subject])
            return row_of(records[0], held=_is_held(records[0], held), envelope=envelope)

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

    def _held(self, subjects: Sequence[str]) -> dict[str, int]:
        """Those of the subjects that are held, with the first place that is."""
        return dict(self.database.sql(HOLDS, (json.dumps(subjects),)))


def _is_held(record: OutboxRecord, held: dict[str, int]) -> bool:
    place = held.get(record.subject)
    if place is None or record.state not in (OutboxState.PENDING, OutboxState.SENT):
        return False
    return bool(record.place > place)
