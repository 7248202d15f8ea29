"""Saving what can be read of a damaged database, and saying exactly what could not.

The damaged files are set aside unchanged, never deleted. A new database is built beside them from every row
that can still be read: tables are read in the order of their row numbers, and where a page is damaged, the
reading goes on behind it. Because each epoch knows how many events were committed in it, the loss can be
named to the event; the next birth tells the OMS.

Where the file's own table of contents is unreadable, that of a new database is tried (`sync/schema_page.py`).
Where that doesn't help either, or where the first page of a table is gone, nothing of that table can be
saved, and it is reported with a gap from the beginning. What the high-water marks know is named as lost all
the same.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sync.database import Database, MigrationSet
from sync.errors import DatabaseUnwritable
from sync.folders import sync_folder
from sync.schema_page import UNREADABLE, graft, mend_texts, readable
from sync.wholeness import altered_events

PAGE = 200  # rows read at once
LONGEST_FILE = 2**40  # bytes; a larger length in a header is damage
LAST_ROW = 2**62
SUFFIXES = ("", "-wal", "-shm")
TIDY = (
    # An event that is owed but has lost its bytes can't be sent: it is lost too.
    "DELETE FROM outbox WHERE state <> 'SETTLED' AND position NOT IN (SELECT position FROM outbox_payloads)",
    "DELETE FROM outbox_holds WHERE message_id NOT IN (SELECT message_id FROM outbox WHERE state = 'DEAD')",
    "UPDATE outbox_counts SET total = (SELECT count(*) FROM outbox WHERE outbox.state = outbox_counts.state)",
)
DERIVED = frozenset({"schema_version", "outbox_counts"})  # made anew, not copied


@dataclass(frozen=True, slots=True)
class TableSalvage:
    """What became of one table.

    Attributes:
        name: The table.
        rows: Rows saved.
        gaps: Row numbers between which rows could not be read: (after, before); `before` is None at the end.
        dropped: Rows that were read, but refer to something lost.
    """

    name: str
    rows: int
    gaps: tuple[tuple[int, int | None], ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class SalvageReport:
    """The exact loss.

    Attributes:
        set_aside: The folder with the damaged files.
        tables: Table by table.
        lost_events: Epoch with the sequences (first, last) of events that are gone.
    """

    set_aside: Path
    tables: tuple[TableSalvage, ...]
    lost_events: tuple[tuple[str, int, int], ...]

    @property
    def complete(self) -> bool:
        """Whether every row was saved."""
        return not self.lost_events and not any(table.gaps or table.dropped for table in self.tables)


def salvage(path: Path, migrations: Sequence[MigrationSet], *, now: Callable[[], datetime]) -> SalvageReport:
    """Set a damaged database aside and build a new one from what can be read.

    Raises:
        DatabaseUnwritable: no space or no right to write beside it; the damaged files are where they were,
            or whole in the folder `damaged`.
    """
    stamp = now().strftime("%Y%m%dT%H%M%S%fZ")
    set_aside = path.parent / "damaged" / f"{path.name}-{stamp}"
    building = path.with_name(f"{path.name}.salvage")
    reading = path.with_name(f"{path.name}.reading")
    try:
        set_aside.mkdir(parents=True)
        for suffix in SUFFIXES:
            _remove(building, suffix)
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copy2(source, reading.with_name(reading.name + suffix))
        reading.touch()
        _pad(reading)
        database = Database.open(building, migrations, now=now)
        try:
            database.peewee.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if readable(reading):
                mend_texts(reading, building)
            else:
                graft(reading, building)
            tables = _copy_tables(reading, database)
            lost = _name_losses(database)
            database.peewee.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            database.close()
        for suffix in SUFFIXES:
            source = path.with_name(path.name + suffix)
            if source.exists():
                source.rename(set_aside / source.name)
            _remove(reading, suffix)
        building.rename(path)
        sync_folder(set_aside)
        sync_folder(path.parent)
    except OSError as error:
        raise DatabaseUnwritable(path, str(error)) from error
    return SalvageReport(set_aside, tuple(tables), tuple(lost))


def _copy_tables(damaged: Path, database: Database) -> list[TableSalvage]:
    names = [
        name
        for (name,) in database.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
        if not name.startswith("sqlite_") and name not in DERIVED
    ]
    database.peewee.execute_sql("PRAGMA foreign_keys = OFF")
    with closing(sqlite3.connect(damaged)) as source, database.write():
        copied = [_copy_table(source, database, name) for name in names]
        dropped = _drop_orphans(database)
    database.peewee.execute_sql("PRAGMA foreign_keys = ON")
    return [
        TableSalvage(
            table.name, table.rows - dropped.get(table.name, 0), table.gaps, dropped.get(table.name, 0)
        )
        for table in copied
    ]


def _copy_table(source: sqlite3.Connection, database: Database, name: str) -> TableSalvage:
    wanted = [row[1] for row in database.sql(f'PRAGMA table_info("{name}")')]
    try:
        present = {row[1] for row in source.execute(f'PRAGMA table_info("{name}")')}
    except UNREADABLE:
        present = set()
    columns = [column for column in wanted if column in present]
    if not columns:
        return TableSalvage(name, 0, ((0, None),))
    quoted = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * (len(columns) + 1))
    select = f'SELECT rowid, {quoted} FROM "{name}" WHERE rowid > ? ORDER BY rowid LIMIT ?'  # noqa: S608
    insert = f'INSERT OR IGNORE INTO "{name}" (rowid, {quoted}) VALUES ({marks})'  # noqa: S608
    rows, gaps = 0, []
    for found in _read(source, select):
        if isinstance(found, tuple):
            gaps.append(found)
        else:
            rows += max(0, database.sql_many(insert, found))
    return TableSalvage(name, rows, tuple(gaps))


def _read(source: sqlite3.Connection, select: str) -> Iterator[list[Any] | tuple[int, int | None]]:
    """Pages of rows, and the gaps (after, before) between them."""
    last = 0
    while True:
        limit = PAGE
        rows = _try(source, select, last, limit)
        while rows is None and limit > 1:
            limit = max(1, limit // 8)
            rows = _try(source, select, last, limit)
        if rows is None:
            onward = _next_readable(source, select, last)
            if onward is None:
                yield (last, None)
                return
            rows = _try(source, select, onward, 1) or []
            yield (last, rows[0][0] if rows else None)
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _next_readable(source: sqlite3.Connection, select: str, last: int) -> int | None:
    """The smallest row number known behind which rows can be read again."""
    jump = 1
    while last + jump < LAST_ROW and not _try(source, select, last + jump, 1):
        jump *= 2
    if last + jump >= LAST_ROW:
        return None
    low, high = last + jump // 2, last + jump  # unreadable behind `low`, readable behind `high`
    while high - low > 1:
        middle = (low + high) // 2
        if _try(source, select, middle, 1):
            high = middle
        else:
            low = middle
    return high


def _try(source: sqlite3.Connection, select: str, last: int, limit: int) -> list[Any] | None:
    """The next rows; None where they can't be read.

    In a damaged tree row numbers may jump back. They are believed as far as they rise, so that reading goes
    on and comes to an end.
    """
    try:
        rows = source.execute(select, (last, limit)).fetchall()
    except (*UNREADABLE, OverflowError):
        return None
    rising = []
    for row in rows:
        if row[0] <= last:
            break
        rising.append(row)
        last = row[0]
    return rising if rising or not rows else None


def _drop_orphans(database: Database) -> dict[str, int]:
    """Remove rows that refer to lost ones, until none does."""
    dropped: dict[str, int] = {}
    while True:
        found = {(row[0], row[1]) for row in database.sql("PRAGMA foreign_key_check") if row[1] is not None}
        if not found:
            return dropped
        for table, rowid in found:
            database.sql(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))  # noqa: S608  # names of our schema
            dropped[table] = dropped.get(table, 0) + 1


def _name_losses(database: Database) -> list[tuple[str, int, int]]:
    """Which events are gone; written down for the birth."""
    found: list[tuple[str, int, int]] = []
    with database.write():
        for position in altered_events(database):
            database.sql("DELETE FROM outbox WHERE position = ?", (position,))
        for statement in TIDY:
            database.sql(statement)
        known = database.sql("SELECT epoch, first, last FROM lost_sequences")
        for epoch, last_sequence, removed_to in database.sql(
            "SELECT epoch, last_sequence, removed_to FROM epochs"
        ):
            covered = {
                sequence
                for name, first, last in known
                if name == epoch
                for sequence in range(first, last + 1)
            }
            for first, last in _gaps(database, epoch, removed_to, last_sequence, covered):
                database.sql(
                    "INSERT INTO lost_sequences (epoch, first, last) VALUES (?, ?, ?)", (epoch, first, last)
                )
                found.append((epoch, first, last))
    return found


def _gaps(
    database: Database, epoch: str, beyond: int, last_sequence: int, covered: set[int]
) -> list[tuple[int, int]]:
    present = covered | {
        row[0]
        for row in database.sql(
            "SELECT sequence FROM outbox WHERE epoch = ? AND sequence > ?", (epoch, beyond)
        )
    }
    gaps: list[tuple[int, int]] = []
    for sequence in range(beyond + 1, last_sequence + 1):
        if sequence in present:
            continue
        if gaps and gaps[-1][1] == sequence - 1:
            gaps[-1] = (gaps[-1][0], sequence)
        else:
            gaps.append((sequence, sequence))
    return gaps


def _pad(copy: Path) -> None:
    """Give a truncated copy the length that its header states; else SQLite refuses to read any of it."""
    with copy.open("r+b") as file:
        header = file.read(100)
        page_size = int.from_bytes(header[16:18], "big")
        length = int.from_bytes(header[28:32], "big") * (65_536 if page_size == 1 else page_size)
        if header.startswith(b"SQLite format 3") and copy.stat().st_size < length < LONGEST_FILE:
            file.truncate(length)


def _remove(base: Path, suffix: str) -> None:
    base.with_name(base.name + suffix).unlink(missing_ok=True)
