"""Reading what is owed, in pages, by the indexes that hold owed rows alone.

A station that was offline for a month owes a million events. Nothing here reads more than a page, and
nothing scans settled rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sync.database import Database

COLUMNS = "position, message_id, subject, place, epoch, sequence, site, station, state, attempts, replaces"
IN_ORDER = (
    f"SELECT {COLUMNS} FROM outbox "  # noqa: S608  # constant text
    "WHERE state IN ('PENDING', 'SENT') AND position > ? AND position <= ? ORDER BY position LIMIT ?"
)
FIRST_OF_SUBJECT = (
    f"SELECT {COLUMNS} FROM outbox "  # noqa: S608  # constant text
    "WHERE subject = ? AND state IN ('PENDING', 'SENT') ORDER BY place, position LIMIT 1"
)
FIRST_OF_SUBJECTS = (  # joined in this order, so that each subject is looked up in the index
    f"SELECT {COLUMNS} FROM json_each(?) CROSS JOIN outbox "  # noqa: S608  # constant text
    "ON position = (SELECT position FROM outbox WHERE subject = json_each.value "
    "AND state IN ('PENDING', 'SENT') ORDER BY place, position LIMIT 1)"
)
BY_ID = f"SELECT {COLUMNS} FROM outbox WHERE message_id = ?"  # noqa: S608  # constant text
FIRST_BEYOND = (
    "SELECT position FROM outbox INDEXED BY outbox_sequence "
    "WHERE epoch = ? AND sequence > ? AND station = ? AND site = ? ORDER BY sequence LIMIT 1"
)
UP_TO = (
    f"SELECT {COLUMNS} FROM outbox INDEXED BY outbox_owed "  # noqa: S608  # constant text
    "WHERE state IN ('PENDING', 'SENT') AND position >= ? AND position <= ? "
    "AND epoch = ? AND sequence > ? AND sequence <= ? AND station = ? AND site = ?"
)


@dataclass(slots=True)
class Owed:
    """What the relay must know of a row; `state` and `attempts` are kept up to date by it."""

    position: int
    message_id: str
    subject: str
    place: int
    epoch: str
    sequence: int
    site: str
    station: str
    state: str
    attempts: int
    replaces: str | None


class OwedRows:
    """The owed part of the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> int:
        """The last position committed so far."""
        return int(self._database.sql("SELECT coalesce(max(position), 0) FROM outbox")[0][0])

    def after(self, position: int, up_to: int, limit: int) -> list[Owed]:
        """The next owed rows in the order of their commit."""
        return [Owed(*row) for row in self._database.sql(IN_ORDER, (position, up_to, limit))]

    def first_of(self, subject: str) -> Owed | None:
        """The owed row that comes first among its subject's."""
        rows = self._database.sql(FIRST_OF_SUBJECT, (subject,))
        return Owed(*rows[0]) if rows else None

    def firsts_of(self, subjects: Sequence[str]) -> dict[str, Owed]:
        """The same for many subjects at once; those that owe nothing are left out."""
        if not subjects:
            return {}
        rows = self._database.sql(FIRST_OF_SUBJECTS, (json.dumps(subjects),))
        return {row[2]: Owed(*row) for row in rows}

    def by_id(self, message_id: str) -> Owed | None:
        """A row of any state."""
        rows = self._database.sql(BY_ID, (message_id,))
        return Owed(*rows[0]) if rows else None

    def up_to(self, last: Owed, beyond: int) -> list[Owed]:
        """Owed rows of the epoch of `last`, with sequences above `beyond` and up to that of `last`.

        Positions grow with the sequences of an epoch, so the stretch is looked up among the owed rows alone:
        an epoch with a million settled ones costs nothing.
        """
        epoch = (last.station, last.site)
        first = self._database.sql(FIRST_BEYOND, (last.epoch, beyond, *epoch))
        if not first:
            return []
        stretch = (first[0][0], last.position, last.epoch, beyond, last.sequence, *epoch)
        return [Owed(*row) for row in self._database.sql(UP_TO, stretch)]

    def envelopes(self, rows: Sequence[Owed]) -> list[bytes]:
        """The bytes of each row, in the same order."""
        found: dict[int, bytes] = {}
        for start in range(0, len(rows), 500):
            positions = [row.position for row in rows[start : start + 500]]
            marks = ",".join("?" * len(positions))
            query = f"SELECT position, envelope FROM outbox_payloads WHERE position IN ({marks})"  # noqa: S608
            found.update(self._database.sql(query, positions))
        return [found[row.position] for row in rows]

    def holds(self) -> dict[str, int]:
        """Each subject that a dead letter holds back, with the first place that is held."""
        return dict(self._database.sql("SELECT subject, min(place) FROM outbox_holds GROUP BY subject"))
