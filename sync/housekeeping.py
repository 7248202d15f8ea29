"""Letting go of settled events once nobody can ask for them any more.

Settled rows are kept (90 days by default), because an OMS restored from a backup asks for them again.
Nothing that is owed or rejected is ever removed, and neither is the newest row, whose position must not be
given twice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sync.database import Database
from sync.fields import utc_text

STEP = 1000  # rows per transaction, so that commits of the staff wait for milliseconds only

OLD = (
    "SELECT position, answered_at FROM outbox INDEXED BY outbox_settled WHERE state = 'SETTLED' "
    "AND position > ? AND position < (SELECT max(position) FROM outbox) ORDER BY position LIMIT ?"
)
REMEMBER = (
    "UPDATE epochs SET removed_to = max(removed_to, found.last) "
    "FROM (SELECT epoch, max(sequence) AS last FROM outbox WHERE position IN ({marks}) GROUP BY epoch) "
    "AS found WHERE found.epoch = epochs.epoch"
)


def remove_expired(database: Database, *, retention_days: int, now: Callable[[], datetime]) -> Iterator[int]:
    """Remove settled rows past their retention, oldest first; each step is a transaction of its own.

    Gives the rows removed in each step. Stops at the first page without an expired row: rows are settled in
    nearly the order of their positions.
    """
    limit = utc_text(now() - timedelta(days=retention_days))
    position = 0
    while True:
        with database.write():
            page = database.sql(OLD, (position, STEP))
            expired = [row[0] for row in page if row[1] < limit]
            if not expired:
                return
            database.sql(REMEMBER.format(marks=",".join("?" * len(expired))), expired)
            database.sql_many("DELETE FROM outbox WHERE position = ?", [(gone,) for gone in expired])
            database.sql(
                "UPDATE outbox_counts SET total = total - ? WHERE state = 'SETTLED'", (len(expired),)
            )
            position = page[-1][0]
        yield len(expired)
