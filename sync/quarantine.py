"""Received messages that could not be used: kept, up to a cap, for a person to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sync.database import Database
from sync.records import QuarantineRecord
from sync.settings import OutboxSettings


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One such message.

    Attributes:
        id: Its number here.
        received_at: When.
        topic: Where it came on.
        reason: A stable code: `malformed`, `oversized`, `unknown_topic`, `retained`, `failed`.
        detail: Which field, and why.
        size: Bytes as received.
        payload: Its first bytes.
    """

    id: int
    received_at: datetime
    topic: str
    reason: str
    detail: str
    size: int
    payload: bytes


class Quarantine:
    """The table of unusable messages."""

    def __init__(self, database: Database, settings: OutboxSettings, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._rows = settings.quarantine_rows
        self._bytes = settings.quarantine_bytes
        self._now = now

    def put(self, topic: str, payload: bytes, reason: str, detail: str) -> None:
        """Keep a message, and drop the oldest beyond the cap."""
        with self._database.write():
            self._database.run(
                QuarantineRecord.insert(
                    received_at=self._now(),
                    topic=topic[:256],
                    reason=reason,
                    detail=detail[:500],
                    size=len(payload),
                    payload=payload[: self._bytes],
                )
            )
            self._database.sql(
                "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", (self._rows,)
            )

    def rows(self, limit: int = 100) -> list[Quarantined]:
        """The newest first."""
        query = QuarantineRecord.select().order_by(QuarantineRecord.id.desc()).limit(limit)
        return [
            Quarantined(
                id=record.id,
                received_at=record.received_at,
                topic=record.topic,
                reason=record.reason,
                detail=record.detail,
                size=record.size,
                payload=bytes(record.payload),
            )
            for record in self._database.run(query)
        ]

    def count(self) -> int:
        """How many are kept."""
        return int(self._database.sql("SELECT count(*) FROM quarantine")[0][0])
