"""The one file that keeps what this machine must not forget.

A unit shown as *Saved* survives a power cut because its inspection and the events that it owes were committed
here together, and the commit reached the disk: WAL with `synchronous=FULL` (with `NORMAL` a power cut took a
third of the confirmed rows). peewee sets none of that by itself; `Database` does, for every connection.

How to use it:

    with database.write():                       # BEGIN IMMEDIATE; commits at the end, or rolls back
        database.run(PlaceRecord.insert(...))
        outbox.append(event)                     # joins the same transaction

    with database.read():                        # several queries that see one moment
        rows = database.run(PlaceRecord.select())

- **Several databases in one process.** Record classes name no database (`sync/fields.py`); `run` binds each
  query.
- **Threads.** Each thread gets a connection of its own at its first query. A thread which ends calls
  `release_thread()`; what it forgot is closed when another thread connects, or by `close()`.
- **Nesting.** `write()` inside `write()` joins the outer transaction as a savepoint: if the inner block
  raises, only its own changes are undone, and the outer one goes on only if it handles the error.
- **Turns.** Writers of one process queue on a lock instead of polling SQLite's; other processes meet the busy
  timeout.
- **After the commit.** `after_commit(call)` runs `call` once the outermost transaction is safely on the disk.
"""

import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import peewee

from sync.errors import (
    DatabaseBusy,
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseError,
    DatabaseUnwritable,
    TransactionMissing,
)
from sync.folders import make_folder, sync_folder
from sync.migrating import MigrationSet, check_not_too_new, migrate

__all__ = ["Database", "MigrationSet"]

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 10.0
FULL_CHECK_LIMIT = 256 * 1024 * 1024  # bytes; above, the quick check (which skips comparing indexes) is run
PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("foreign_keys", "on"),
    ("busy_timeout", int(BUSY_TIMEOUT_S * 1000)),
    (
        "wal_autocheckpoint",
        8000,
    ),  # pages; the relay does it sooner, so that no commit of the staff pays for it
    ("journal_size_limit", 64 * 1024 * 1024),
    ("cache_size", -8192),  # KiB
    ("temp_store", "memory"),
)


class _Connections(peewee.SqliteDatabase):
    """peewee's database that remembers every thread's connection, so that all of them can be closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), pragmas=PRAGMAS, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
        self._opened: list[tuple[weakref.ref[threading.Thread], sqlite3.Connection]] = []
        self._opened_lock = threading.Lock()
        self.shut = False

    def _connect(self) -> sqlite3.Connection:
        if self.shut:
            raise DatabaseClosed(Path(self.database))
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]  # missing in the stubs
        with self._opened_lock:
            self._opened.append((weakref.ref(threading.current_thread()), connection))
            self._close_orphans()
        return connection

    def _close(self, conn: sqlite3.Connection) -> None:
        with self._opened_lock:
            self._opened = [entry for entry in self._opened if entry[1] is not conn]
        conn.close()

    def rollback(self) -> None:
        """Undo, unless SQLite did so itself, as it does when the disk is full."""
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()

    def _close_orphans(self) -> None:
        """Close connections of threads that ended without `release_thread()`."""
        kept = []
        for owner, connection in self._opened:
            thread = owner()
            if thread is None or not thread.is_alive():
                connection.close()
            else:
                kept.append((owner, connection))
        self._opened = kept

    @property
    def open_connections(self) -> int:
        """Connections of all threads."""
        return len(self._opened)

    def close_all(self) -> None:
        self.shut = True
        self._state.reset()  # type: ignore[attr-defined]  # missing in the stubs
        with self._opened_lock:
            for _, connection in self._opened:
                connection.close()
            self._opened = []


class Database:
    """One SQLite file, opened the way that keeps promises (see the module's docstring)."""

    def __init__(self, path: Path, connections: _Connections) -> None:
        self.path = path
        self.peewee: Any = connections  # a peewee.SqliteDatabase, whose stubs leave its methods untyped
        self._connections = connections
        self._turn = threading.RLock()

    @classmethod
    def open(
        cls, path: Path, migrations: Sequence[MigrationSet], *, now: Callable[[], datetime]
    ) -> "Database":
        """Open or create the file, check it, and bring its schema up to date.

        Args:
            path: The file; its folder is created where missing.
            migrations: The schema sets that live in it, in the order in which they may refer to each other.
            now: Wall time, for the record of applied steps.

        Raises:
            DatabaseDamaged: the integrity check failed; see `sync.salvage`.
            DatabaseTooNew: written by a newer version; nothing was changed.
            DatabaseUnwritable: no right, no space, read-only.
            MigrationFailed: a schema step could not be applied; nothing of it was kept.
        """
        existed = path.exists() and path.stat().st_size > 0
        try:
            make_folder(path.parent)
        except OSError as error:
            raise DatabaseUnwritable(path, str(error)) from error
        database = cls(path, _Connections(path))
        try:
            with database._translated():
                if existed:
                    database.check_integrity()
                    check_not_too_new(database.peewee, path, migrations)
                with database.write():
                    migrate(database.peewee, path, migrations, now=now)
            if not existed:
                sync_folder(path.parent)
        except BaseException:
            database.close()
            raise
        return database

    def check_integrity(self) -> None:
        """Read the whole file as SQLite sees it.

        Raises:
            DatabaseDamaged: with what SQLite found.
        """
        pragma = "integrity_check" if self.path.stat().st_size <= FULL_CHECK_LIMIT else "quick_check"
        try:
            findings = [str(row[0]) for row in self.peewee.execute_sql(f"PRAGMA {pragma}(20)").fetchall()]
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
            if _means(error, "locked", "readonly", "unable to open"):
                raise
            raise DatabaseDamaged(self.path, [str(error)]) from error
        if findings != ["ok"]:
            raise DatabaseDamaged(self.path, findings)

    def run(self, query: Any) -> Any:
        """Run a peewee query on this database: rows for a select, a count or key for a change."""
        if self._connections.shut:
            raise DatabaseClosed(self.path)
        return query.execute(self.peewee)

    def sql(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one written-out statement and fetch all its rows (the lean path of the relay)."""
        if self._connections.shut:
            raise DatabaseClosed(self.path)
        return list(self.peewee.execute_sql(statement, parameters).fetchall())

    def sql_many(self, statement: str, parameters: Sequence[Sequence[Any]]) -> int:
        """Run one statement for many parameter rows inside the present transaction; returns rows changed."""
        self.require_transaction("sql_many")
        return int(self.peewee.connection().executemany(statement, parameters).rowcount)

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction that may write; nested use joins it.

        Raises:
            DatabaseUnwritable: the disk refused; the transaction is undone.
            DatabaseBusy: another process kept the lock.
            DatabaseDamaged: SQLite met a damaged page; the transaction is undone.
            DatabaseClosed: after `close()`.
        """
        if self._connections.shut:
            raise DatabaseClosed(self.path)
        if self.peewee.in_transaction():
            with self.peewee.savepoint():
                yield
            return
        with self._turn, self._translated(), self.peewee.transaction("IMMEDIATE"):
            yield

    @contextmanager
    def read(self) -> Iterator[None]:
        """Several queries that see the file at one moment, whatever others commit meanwhile."""
        if self._connections.shut:
            raise DatabaseClosed(self.path)
        if self.peewee.in_transaction():
            yield
            return
        with self._translated(), self.peewee.transaction("DEFERRED"):
            yield

    def after_commit(self, call: Callable[[], object]) -> None:
        """Run `call` after the outermost transaction of this thread has committed; at once outside one."""
        self.peewee.after_commit(call)

    def in_transaction(self) -> bool:
        """Whether this thread is inside a transaction."""
        return bool(self.peewee.in_transaction())

    def require_transaction(self, what: str) -> None:
        """Refuse to go on outside a transaction.

        Raises:
            TransactionMissing: naming `what`.
        """
        if not self.peewee.in_transaction():
            raise TransactionMissing(what)

    def checkpoint(self) -> None:
        """Move the WAL's pages into the file as far as no reader or writer stands in the way."""
        self.peewee.execute_sql("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def release_thread(self) -> None:
        """Close the calling thread's connection; a thread that ends calls this last."""
        if not self._connections.shut:
            self.peewee.close()

    def close(self) -> None:
        """Close every thread's connection. Threads still at work get an error, never a half-written file."""
        self._connections.close_all()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of SQLite become ours, with what to do next."""
        try:
            yield
        except DatabaseError:
            raise
        except UnicodeDecodeError as error:  # SQLite quotes damaged text in its own words
            raise DatabaseDamaged(self.path, [str(error)]) from error
        except (peewee.PeeweeException, sqlite3.Error) as error:
            if _means(error, "malformed", "not a database", "disk image", "decode to UTF-8"):
                raise DatabaseDamaged(self.path, [str(error)]) from error
            if _means(error, "full", "readonly", "read-only", "unable to open", "disk I/O"):
                raise DatabaseUnwritable(self.path, str(error)) from error
            if _means(error, "locked", "busy"):
                raise DatabaseBusy(self.path) from error
            raise


def _means(error: Exception, *words: str) -> bool:
    text = str(error)
    return isinstance(error, peewee.DatabaseError | sqlite3.DatabaseError) and any(
        word in text for word in words
    )
