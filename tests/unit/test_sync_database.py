"""The database keeps what it confirmed, refuses what it must not touch, and serves many threads."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import peewee
import pytest
from fakes_sync import utc_now

from sync.database import Database, MigrationSet
from sync.errors import (
    DatabaseBusy,
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseTooNew,
    DatabaseUnwritable,
    MigrationFailed,
    TransactionMissing,
)
from sync.fields import Record, UtcField

HOLD_THE_LOCK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


class Note(Record):
    text = peewee.TextField()
    at = UtcField()


@pytest.fixture
def migrations(tmp_path: Path) -> MigrationSet:
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_note.sql").write_text("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, at TEXT);")
    return MigrationSet("edge", folder)


@pytest.fixture
def database(tmp_path: Path, migrations: MigrationSet):
    opened = Database.open(tmp_path / "station.db", [migrations], now=utc_now)
    yield opened
    opened.close()


def note(database: Database, text: str) -> None:
    database.run(Note.insert(text=text, at=utc_now()))


def texts(database: Database) -> list[str]:
    return [found.text for found in database.run(Note.select().order_by(Note.id))]


def test_every_connection_has_the_pragmas_that_keep_promises(database: Database):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    found: list[dict[str, object]] = []

    def look() -> None:
        found.append({name: database.sql(f"PRAGMA {name}")[0][0] for name in wanted})
        database.release_thread()

    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert found == [wanted, wanted]


def test_an_error_undoes_the_whole_transaction(database: Database):
    with pytest.raises(KeyError), database.write():  # noqa: PT012  # the transaction is what is tested
        note(database, "lost")
        raise KeyError
    assert texts(database) == []


def test_an_inner_write_joins_the_outer_one(database: Database):
    with pytest.raises(KeyError), database.write():  # noqa: PT012  # the transaction is what is tested
        with database.write():
            note(database, "inner")
        raise KeyError
    assert texts(database) == []


def test_a_handled_error_of_an_inner_write_undoes_the_inner_changes_alone(database: Database):
    with database.write():
        note(database, "outer")
        with pytest.raises(KeyError), database.write():  # noqa: PT012  # the transaction is what is tested
            note(database, "inner")
            raise KeyError
    assert texts(database) == ["outer"]


def test_a_read_sees_one_moment(database: Database):
    with database.read():
        before = texts(database)
        other = threading.Thread(target=lambda: _write_elsewhere(database))
        other.start()
        other.join()
        assert texts(database) == before
    assert texts(database) == ["elsewhere"]


def _write_elsewhere(database: Database) -> None:
    with database.write():
        note(database, "elsewhere")
    database.release_thread()


def test_what_follows_the_commit_runs_after_it_and_not_after_a_rollback(database: Database):
    happened: list[str] = []
    with database.write():
        database.after_commit(lambda: happened.append("kept"))
        assert happened == []
    with pytest.raises(KeyError), database.write():  # noqa: PT012  # the transaction is what is tested
        database.after_commit(lambda: happened.append("undone"))
        raise KeyError
    assert happened == ["kept"]


def test_many_threads_write_in_turn(database: Database):
    def work(name: int) -> None:
        for number in range(20):
            with database.write():
                rows = texts(database)
                note(database, f"{name}-{number}-{len(rows)}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [int(text.rsplit("-", 1)[1]) for text in texts(database)] == list(range(80))


def test_two_databases_serve_one_record_class(tmp_path: Path, migrations: MigrationSet, database: Database):
    other = Database.open(tmp_path / "oms.db", [migrations], now=utc_now)
    with database.write(), other.write():
        note(database, "station")
        note(other, "oms")
    assert (texts(database), texts(other)) == (["station"], ["oms"])
    other.close()


def test_threads_that_end_without_a_word_leave_no_connection_behind(database: Database):
    for _ in range(5):
        thread = threading.Thread(target=lambda: texts(database))
        thread.start()
        thread.join()
    texts(database)
    thread = threading.Thread(target=lambda: texts(database))
    thread.start()
    thread.join()
    assert len(list(Path("/proc/self/fd").glob("*"))) < 200
    assert database.peewee.open_connections <= 2


def test_after_closing_nothing_works_and_says_so(database: Database):
    database.close()
    with pytest.raises(DatabaseClosed), database.write():
        pass
    with pytest.raises(DatabaseClosed):
        database.run(Note.select())


def test_writing_in_bulk_needs_a_transaction(database: Database):
    with pytest.raises(TransactionMissing):
        database.sql_many("DELETE FROM note WHERE id = ?", [(1,)])


def test_a_newer_file_is_refused_and_untouched(tmp_path: Path, migrations: MigrationSet, database: Database):
    with database.write():
        database.sql("INSERT INTO schema_version VALUES ('edge', 7, 'future', '2027-01-01')")
    database.close()
    before = (tmp_path / "station.db").read_bytes()
    with pytest.raises(DatabaseTooNew, match="version 7 of 'edge'"):
        Database.open(tmp_path / "station.db", [migrations], now=utc_now)
    assert (tmp_path / "station.db").read_bytes() == before


def test_steps_are_applied_once_and_in_order(tmp_path: Path, migrations: MigrationSet, database: Database):
    database.close()
    (migrations.folder / "0002_more.sql").write_text("ALTER TABLE note ADD COLUMN place TEXT;")
    for _ in range(2):
        database = Database.open(tmp_path / "station.db", [migrations], now=utc_now)
        assert database.sql("SELECT version, title FROM schema_version") == [(1, "note"), (2, "more")]
        database.close()


def test_a_failing_step_leaves_the_file_as_it_was(
    tmp_path: Path, migrations: MigrationSet, database: Database
):
    database.close()
    step = migrations.folder / "0002_broken.sql"
    step.write_text("CREATE TABLE half (x);\nCREATE TABLE note (again);")
    with pytest.raises(MigrationFailed, match="0002_broken"):
        Database.open(tmp_path / "station.db", [migrations], now=utc_now)
    step.unlink()
    database = Database.open(tmp_path / "station.db", [migrations], now=utc_now)
    assert not database.peewee.table_exists("half")
    database.close()


@pytest.mark.parametrize("name", ["0003_gap.sql", "2_short.sql"])
def test_steps_with_a_gap_or_another_name_are_a_mistake_in_the_program(migrations: MigrationSet, name: str):
    (migrations.folder / name).write_text("")
    with pytest.raises(ValueError, match=r"named|numbered"):
        migrations.steps()


def test_damage_is_noticed_at_the_start(tmp_path: Path, migrations: MigrationSet, database: Database):
    with database.write():
        for number in range(2000):
            note(database, f"note {number} " + "x" * 100)
    database.checkpoint()
    database.close()
    file = tmp_path / "station.db"
    content = bytearray(file.read_bytes())
    content[20 * 4096 : 20 * 4096 + 512] = b"\xff" * 512
    file.write_bytes(content)
    with pytest.raises(DatabaseDamaged):
        Database.open(file, [migrations], now=utc_now)


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, migrations: MigrationSet):
    file = tmp_path / "other.db"
    file.write_bytes(b"this is no database at all, but long enough" * 200)
    with pytest.raises(DatabaseDamaged):
        Database.open(file, [migrations], now=utc_now)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, migrations: MigrationSet):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnwritable, match="make the data folder writable"):
        Database.open(tmp_path / "file" / "station.db", [migrations], now=utc_now)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(DatabaseUnwritable):
        Database.open(tmp_path / "folder.db", [migrations], now=utc_now)


def test_a_full_disk_undoes_the_transaction_and_says_so(database: Database):
    pages = database.sql("PRAGMA page_count")[0][0]
    database.sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseUnwritable, match="full"), database.write():  # noqa: PT012
        for _ in range(200):
            note(database, "x" * 1000)
    database.sql(f"PRAGMA max_page_count = {pages + 1000}")
    with database.write():
        note(database, "space again")
    assert texts(database) == ["space again"]


def test_another_process_that_keeps_the_lock_is_reported(database: Database):
    database.sql("PRAGMA busy_timeout = 100")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD_THE_LOCK,
            str(database.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(DatabaseBusy), database.write():
            pass
        holder.communicate()


def test_the_sync_migrations_open_with_plain_sqlite(tmp_path: Path):
    from sync.records import SYNC_MIGRATIONS

    Database.open(tmp_path / "s.db", [SYNC_MIGRATIONS], now=utc_now).close()
    connection = sqlite3.connect(tmp_path / "s.db")
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"outbox", "outbox_payloads", "epochs", "streams", "quarantine", "lost_sequences"} <= names
