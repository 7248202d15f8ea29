"""A damaged database is set aside, what can be read is saved, and the loss is named to the event."""

import random
from pathlib import Path

import pytest
from fakes_sync import an_outbox, commit, utc_now

from sync.database import Database
from sync.errors import DatabaseDamaged
from sync.outbox import Outbox
from sync.records import SYNC_MIGRATIONS
from sync.salvage import salvage

PAGE = 4096


def a_station_with_events(folder: Path, count: int = 400) -> tuple[Path, str, dict[int, str]]:
    outbox = an_outbox(folder)
    for start in range(0, count, 50):
        commit(outbox, *(f"R-{start + number}" for number in range(50)))
    ids = dict(outbox.database.sql("SELECT sequence, message_id FROM outbox"))
    outbox.database.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox.database.close()
    return outbox.database.path, outbox.epoch.text, ids


def reopened(path: Path) -> Database:
    return Database.open(path, [SYNC_MIGRATIONS], now=utc_now)


@pytest.mark.parametrize("seed", range(8))
def test_what_was_not_damaged_is_saved_and_the_rest_is_named(tmp_path: Path, seed: int):
    path, epoch, ids = a_station_with_events(tmp_path)
    content = bytearray(path.read_bytes())
    rng = random.Random(seed)
    pages = rng.sample(range(24, len(content) // PAGE), 5)  # behind the schema
    for page in pages:
        content[page * PAGE : page * PAGE + 64] = rng.randbytes(64)
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged):
        reopened(path)

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    database = reopened(path)
    saved = dict(
        database.sql("SELECT sequence, message_id FROM outbox JOIN outbox_payloads USING (position)")
    )
    lost = {
        sequence
        for name, first, last in report.lost_events
        if name == epoch
        for sequence in range(first, last + 1)
    }
    assert saved.items() <= ids.items()
    assert saved.keys() | lost == ids.keys()
    assert not saved.keys() & lost
    assert len(saved) > len(ids) / 2
    counts = dict(database.sql("SELECT state, total FROM outbox_counts"))
    assert counts == {"PENDING": len(saved), "SENT": 0, "SETTLED": 0, "DEAD": 0}
    assert (report.set_aside / path.name).read_bytes() == bytes(content)
    database.close()


def test_a_damaged_index_loses_nothing(tmp_path: Path):
    path, _, ids = a_station_with_events(tmp_path)
    database = reopened(path)
    root = database.sql("SELECT rootpage FROM sqlite_master WHERE name = 'outbox_sequence'")[0][0]
    database.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * PAGE : root * PAGE] = b"\x55" * PAGE
    path.write_bytes(content)

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    assert report.complete
    database = reopened(path)
    assert dict(database.sql("SELECT sequence, message_id FROM outbox")) == ids
    database.close()


def test_a_truncated_file_is_saved_as_far_as_it_goes(tmp_path: Path):
    path, epoch, ids = a_station_with_events(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 1000])

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    database = reopened(path)
    saved = {row[0] for row in database.sql("SELECT sequence FROM outbox")}
    lost = {s for name, first, last in report.lost_events if name == epoch for s in range(first, last + 1)}
    assert not report.complete
    assert saved | lost == ids.keys()
    database.close()


def test_a_file_without_anything_readable_leaves_a_working_empty_one(tmp_path: Path):
    path = tmp_path / "station.db"
    path.write_bytes(b"\x00\xff" * 20_000)

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    assert not report.complete
    assert (report.set_aside / "station.db").stat().st_size == 40_000
    database = reopened(path)
    assert database.sql("SELECT count(*) FROM outbox") == [(0,)]
    database.close()


def test_the_losses_stand_in_the_epochs_for_the_birth(tmp_path: Path):
    path, epoch, _ = a_station_with_events(tmp_path, count=50)
    database = reopened(path)
    with database.write():
        database.sql("DELETE FROM outbox WHERE sequence IN (7, 8, 9, 20)")
    database.close()

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)
    again = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    assert set(report.lost_events) == {(epoch, 7, 9), (epoch, 20, 20)}
    assert again.lost_events == ()
    outbox: Outbox = an_outbox(tmp_path)
    assert outbox.epochs()[0].lost == ((7, 9), (20, 20))
    outbox.database.close()


@pytest.mark.parametrize("cut", [share / 16 for share in range(3, 16)])
def test_salvage_comes_to_an_end_wherever_a_file_was_cut(tmp_path: Path, cut: float):
    """The rest of the file reads as empty pages, in which row numbers jump back."""
    path, epoch, ids = a_station_with_events(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])

    report = salvage(path, [SYNC_MIGRATIONS], now=utc_now)

    database = reopened(path)
    saved = {row[0] for row in database.sql("SELECT sequence FROM outbox")}
    lost = {s for name, first, last in report.lost_events if name == epoch for s in range(first, last + 1)}
    database.close()
    assert not report.complete
    assert saved | lost in (ids.keys(), set()), "an epoch whose own record is lost can't be named"
