"""Whether an outbox agrees with itself: what SQLite's own check can't see.

A database whose log was swapped for another one can hang together page by page and still hold half of two
times. But each epoch knows how many events were committed in it, and each of them must be here, be known as
lost, or have been let go after its time; and what is owed must have its bytes, as they were committed.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sync.database import Database
from sync.errors import DatabaseDamaged
from sync.migrating import VERSION_TABLE, MigrationSet
from sync.schema_page import definitions

SHORT = """
SELECT epoch, expected - present FROM (
    SELECT e.epoch, e.last_sequence - e.removed_to AS expected,
        (SELECT count(*) FROM outbox o WHERE o.epoch = e.epoch AND o.sequence > e.removed_to)
        + (SELECT coalesce(sum(l.last - max(l.first, e.removed_to + 1) + 1), 0) FROM lost_sequences l
           WHERE l.epoch = e.epoch AND l.last > e.removed_to) AS present
    FROM epochs e WHERE e.last_sequence > 0
) WHERE expected <> present
"""
NO_BYTES = """
SELECT count(*) FROM outbox
WHERE state IN ('PENDING', 'SENT') AND position NOT IN (SELECT position FROM outbox_payloads)
"""
DEFINITIONS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
CHECKED = (
    "SELECT position, CAST(envelope AS BLOB), checksum FROM outbox_payloads "
    "WHERE position > ? ORDER BY position LIMIT ?"
)
CHECKED_AT_ONCE = 5000


def altered_events(database: Database) -> list[int]:
    """Positions of events whose bytes are not those that were committed."""
    found: list[int] = []
    position = 0
    while rows := database.sql(CHECKED, (position, CHECKED_AT_ONCE)):
        found += [row[0] for row in rows if row[2] is not None and zlib.crc32(row[1]) != row[2]]
        position = rows[-1][0]
    return found


def require_whole(database: Database, migrations: Sequence[MigrationSet]) -> None:
    """Make sure that tables are what they were made, and that every event is accounted for.

    Args:
        database: Opened with the steps below.
        migrations: Its schema steps.

    Raises:
        DatabaseDamaged: naming what does not fit.
    """
    with database.read():
        _require_definitions(database, migrations)
        findings = [f"epoch {epoch} lacks {lacking} events" for epoch, lacking in database.sql(SHORT)]
        bare = database.sql(NO_BYTES)[0][0]
        altered = altered_events(database)
    if bare:
        findings.append(f"{bare} owed events have lost their bytes")
    if altered:
        findings.append(f"{len(altered)} events are not what was committed")
    if findings:
        raise DatabaseDamaged(database.path, findings)


def _require_definitions(database: Database, migrations: Sequence[MigrationSet]) -> None:
    """A flipped bit in the definition of a table passes SQLite's check; then no statement finds a column."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.execute(VERSION_TABLE)
        for one in migrations:
            for _, _, file in one.steps():
                fresh.executescript(file.read_text(encoding="utf-8"))
        made = definitions(fresh.execute(DEFINITIONS).fetchall())
    found = definitions(database.sql(DEFINITIONS))
    wrong = sorted({name for (kind, name), text in made.items() if found.get((kind, name)) != text})
    if wrong:
        raise DatabaseDamaged(database.path, [f"the definition of {name} is not its own" for name in wrong])


def require_present(path: Path, *, expected: bool) -> None:
    """Make sure that the file is there where records were kept before: SQLite would begin an empty one.

    It would delete the log beside an empty file, too, which may hold all that is left.

    Args:
        path: The database.
        expected: Whether something outside of it says that there were records.

    Raises:
        DatabaseDamaged: it is missing or empty.
    """
    log = path.with_name(path.name + "-wal")
    left = log.exists() and log.stat().st_size > 0
    if (expected or left) and not (path.exists() and path.stat().st_size > 0):
        raise DatabaseDamaged(path, ["the file is missing or empty, but records were kept here before"])
