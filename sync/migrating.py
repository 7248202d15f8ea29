"""Schema steps: numbered `.sql` files that are applied once, in order, and recorded in `schema_version`.

A database holds several sets (`sync`, `edge`, `oms`), each with its own numbering, so that a part can change
its tables without asking the others. A released file is never edited: a change is a new number.

    sync/migrations/0001_outbox.sql        -> version 1 of the set "sync"
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import peewee

from sync.errors import DatabaseTooNew, MigrationFailed
from sync.fields import utc_text

FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

VERSION_TABLE = """
CREATE TABLE IF NOT EXISTS schema_version (
    set_name   TEXT NOT NULL,
    version    INTEGER NOT NULL,
    title      TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (set_name, version)
)
"""


@dataclass(frozen=True, slots=True)
class MigrationSet:
    """One part's schema steps.

    Attributes:
        name: `sync`, `edge` or `oms`.
        folder: Where its `NNNN_title.sql` files are.
    """

    name: str
    folder: Path

    def steps(self) -> list[tuple[int, str, Path]]:
        """(version, title, file), ascending and without a gap.

        Raises:
            ValueError: if a number is missing or double: a mistake in the program, found by its tests.
        """
        found = []
        for file in sorted(self.folder.glob("*.sql")):
            match = FILE_NAME.fullmatch(file.name)
            if match is None:
                raise ValueError(f"{file} is not named NNNN_title.sql")
            found.append((int(match[1]), match[2], file))
        if [version for version, _, _ in found] != list(range(1, len(found) + 1)):
            raise ValueError(f"the steps of '{self.name}' in {self.folder} are not numbered 1, 2, 3, ...")
        return found


def applied_version(database: Any, set_name: str) -> int:
    """The highest step of the set that this file has; 0 for none."""
    if not database.table_exists("schema_version"):
        return 0
    row = database.execute_sql(
        "SELECT max(version) FROM schema_version WHERE set_name = ?", (set_name,)
    ).fetchone()
    return int(row[0] or 0)


def check_not_too_new(database: Any, path: Path, sets: Sequence[MigrationSet]) -> None:
    """Refuse a file of a later program, before anything in it is touched.

    Raises:
        DatabaseTooNew: naming the set and both versions.
    """
    for migrations in sets:
        found, known = applied_version(database, migrations.name), len(migrations.steps())
        if found > known:
            raise DatabaseTooNew(path, migrations.name, found, known)


def migrate(database: Any, path: Path, sets: Sequence[MigrationSet], *, now: Callable[[], datetime]) -> None:
    """Apply what is missing, inside the caller's transaction: all of it or nothing.

    Raises:
        MigrationFailed: naming the step; the caller's transaction is undone by this error.
    """
    database.execute_sql(VERSION_TABLE)
    for migrations in sets:
        done = applied_version(database, migrations.name)
        for version, title, file in migrations.steps()[done:]:
            try:
                for statement in statements(file.read_text(encoding="utf-8")):
                    database.execute_sql(statement)
            except (peewee.PeeweeException, sqlite3.Error) as error:
                raise MigrationFailed(path, migrations.name, file.name, str(error)) from error
            database.execute_sql(
                "INSERT INTO schema_version (set_name, version, title, applied_at) VALUES (?, ?, ?, ?)",
                (migrations.name, version, title, utc_text(now())),
            )


def statements(script: str) -> list[str]:
    r"""Split a script into statements; triggers with inner semicolons stay whole.

    >>> statements("CREATE TABLE a (x); -- first\nCREATE TABLE b (y);")
    ['CREATE TABLE a (x);', '-- first\nCREATE TABLE b (y);']
    """
    found, current = [], ""
    for piece in script.split(";")[:-1]:
        current += piece + ";"
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return found
