"""Owing settled events again: an OMS restored from a backup asks for what it has forgotten."""

from collections.abc import Iterator

from sync.database import Database
from sync.outbox import OutboxChange

STEP = 500  # rows per transaction, so that the staff's own commits wait for milliseconds only
LARGEST_SEQUENCE = 2**62

FIND = (
    "SELECT position, message_id, sequence, state FROM outbox INDEXED BY outbox_sequence "
    "WHERE epoch = ? AND sequence >= ? AND sequence <= ? ORDER BY sequence LIMIT ?"
)


class Resending:
    """Opens settled rows again, in steps: this station's, and those that it carries for another one.

    Args:
        database: The outbox's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def steps(self, epoch: str, first: int, last: int | None) -> Iterator[OutboxChange]:
        """Each step opens some rows inside the caller's transaction and says what changed.

        Rejected rows are opened too: the OMS may have forgotten the rejection that their replacement builds
        on. It answers each as it did before.
        """
        sequence, end = first, LARGEST_SEQUENCE if last is None else last
        while True:
            parameters = (epoch, sequence, end, STEP)
            found = self._database.sql(FIND, parameters)
            closed = [row for row in found if row[3] in ("SETTLED", "DEAD")]
            if closed:
                yield self._open(closed)
            if len(found) < STEP:
                return
            sequence = found[-1][2] + 1
            if not closed:
                yield OutboxChange()

    def _open(self, rows: list[tuple[int, str, int, str]]) -> OutboxChange:
        database = self._database
        database.sql_many(
            "UPDATE outbox SET state = 'PENDING' WHERE position = ?", [(row[0],) for row in rows]
        )
        dead = [(row[1],) for row in rows if row[3] == "DEAD"]
        if dead:
            database.sql_many("DELETE FROM outbox_holds WHERE message_id = ?", dead)
        for state, change in (
            ("PENDING", len(rows)),
            ("DEAD", -len(dead)),
            ("SETTLED", len(dead) - len(rows)),
        ):
            database.sql("UPDATE outbox_counts SET total = total + ? WHERE state = ?", (change, state))
        return OutboxChange(reopened_from=min(row[0] for row in rows))
