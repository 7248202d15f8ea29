"""Disks that take nothing, clocks that are wrong, codes that can't be stored: what the desk then says."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders_desk import DeskUnderTest, TestClock, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.bootstrap import open_station
from edge.errors import RoomTooShort, StationLocked, StorageFull, StorageReadOnly
from edge.inspection.desk import Level, Phase
from edge.inspection.evidence import PictureStore
from edge.inspection.storage import StorageGovernor
from edge.locking import DataFolderLock
from edge.settings import Settings
from models.registry import ModelRegistry
from models.signing import make_key, sign_package
from sync.errors import DatabaseUnwritable

ORDER = "ORD-1001"
GTIN = a_gtin(1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskUnderTest]:
    with a_desk(tmp_path) as under_test:
        under_test.knows(a_product(), an_expected_return(a_line()))
        yield under_test


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A small file system of its own; only root may make one."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("a file system of its own can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left; gives the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


@pytest.fixture
def may_mount() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")


def test_half_a_character_is_an_unknown_code_and_kept(desk: DeskUnderTest) -> None:
    shown = desk.scan("\ud800x")
    assert shown.notice is not None
    assert shown.notice.message.code == "notice.unknown_code.control_characters"
    assert desk.database.sql("SELECT text FROM unread_scan") == [("?x",)]


@pytest.mark.usefixtures("may_mount")
def test_pictures_on_a_disk_that_turned_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "1M") as disk:
        store = PictureStore(disk / "pictures")
        store.save("first", {"top": b"jpeg"}, NOW)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StorageReadOnly, match="not saved"):
            store.save("second", {"top": b"jpeg"}, NOW)
        assert [path.name for path in disk.glob("pictures/*/*")] == ["first-top.jpg"]


@pytest.mark.usefixtures("may_mount")
def test_starting_on_a_read_only_disk_says_that_nothing_was_started(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "1M") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StorageReadOnly, match="nothing was started"):
            DataFolderLock(disk)


@pytest.mark.usefixtures("may_mount")
def test_a_full_disk_does_not_keep_the_folder_from_being_locked(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "64k") as disk:
        fill(disk)
        with DataFolderLock(disk), pytest.raises(StationLocked):
            DataFolderLock(disk)


@pytest.mark.usefixtures("may_mount")
def test_a_full_disk_leaves_no_part_of_an_inspection(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "64k") as disk:
        store = PictureStore(disk / "pictures")
        with pytest.raises(StorageFull, match="free space, then accept again"):
            store.save("first", {"top": b"x" * 10_000, "front": b"x" * 100_000}, NOW)
        assert list(disk.glob("pictures/*/*")) == []
        store.save("first", {"top": b"x" * 10_000, "front": b"x" * 10_000}, NOW)


@pytest.mark.usefixtures("may_mount")
def test_a_full_disk_under_the_database_is_said_as_a_full_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "4M") as disk, a_desk(disk) as desk:
        desk.knows(a_product(), an_expected_return(a_line()))
        desk.scan(ORDER)
        saved = desk.scan(GTIN).proposal
        assert saved is not None
        desk.accept()
        desk.scan(GTIN)
        if desk.desk.question is not None:
            desk.answer("another")
        assert desk.desk.proposal is not None
        filler = fill(disk)
        for number in range(1000):  # what the log of the database has left
            shown = desk.scan(f"nothing {number}")
            assert shown.notice is not None
            if shown.notice.level is Level.ERROR:
                break
        assert shown.notice is not None
        assert shown.notice.message.code == "error.storage_full"
        refused = desk.accept()
        assert refused.phase is Phase.PROPOSAL
        assert refused.notice is not None
        assert refused.notice.message.code == "error.storage_full"
        assert len(desk.events("inspected")) == 1
        filler.unlink()
        assert desk.accept().phase is Phase.RETURN_OPEN
        assert len(desk.events("inspected")) == 2


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("database or disk is full", "error.storage_full"),
        ("attempt to write a readonly database", "error.storage_read_only"),
    ],
)
def test_what_the_database_meets_is_said_as_what_it_is(
    desk: DeskUnderTest, monkeypatch: pytest.MonkeyPatch, reason: str, code: str
) -> None:
    desk.scan(ORDER)
    desk.scan(GTIN)

    def refuse(*_: object, **__: object) -> None:
        raise DatabaseUnwritable(desk.database.path, reason)

    with monkeypatch.context() as patched:
        patched.setattr(desk.parts.store, "save_inspection", refuse)
        shown = desk.accept()
    assert shown.notice is not None
    assert (shown.notice.level, shown.notice.message.code) == (Level.ERROR, code)
    assert shown.proposal is not None
    assert desk.accept().last_saved is not None


def test_nothing_is_begun_where_it_could_not_be_saved(desk: DeskUnderTest, tmp_path: Path) -> None:
    governor = StorageGovernor(
        desk.database,
        tmp_path,
        reserve_mb=2,
        stop_mb=1,
        picture_days=1,
        now=desk.clock.now,
        free_bytes=lambda _: 1000,
    )
    with pytest.raises(RoomTooShort) as refused:
        governor.require_room()
    assert refused.value.code == "error.storage_short"


def test_in_1970_dated_goods_go_to_a_person_and_all_else_goes_on(tmp_path: Path) -> None:
    clock = TestClock()
    clock.time, clock.right = datetime(1970, 1, 1, tzinfo=UTC), False
    food, cloth = a_product(dated=True), a_product(sku="CLOTH", gtins=[a_gtin(2)], dated=False)
    with a_desk(tmp_path, clock=clock) as desk:
        desk.knows(
            food, cloth, an_expected_return(a_line(), a_line(line_id="2", sku="CLOTH", gtin=a_gtin(2)))
        )
        desk.scan(ORDER)
        desk.scan(GTIN)
        if desk.desk.question is not None:
            desk.answer("2027-06-01")
        dated = desk.desk.proposal
        assert dated is not None
        assert dated.disposition == "HOLD_FOR_REVIEW"
        assert "rule.clock_wrong" in {reason.code for reason in dated.reasons}
        desk.accept()
        desk.scan(a_gtin(2))
        assert desk.desk.proposal is not None
        assert desk.desk.proposal.disposition == "RESTOCK"
        assert desk.accept().last_saved is not None
        assert {event["clockok"] for event in desk.events()} == {False}


def test_nobody_knows_whether_all_of_an_unknown_return_came(desk: DeskUnderTest) -> None:
    desk.scan("ORD-9999")
    desk.answer("RIDER_ONLY")
    desk.scan(GTIN)
    desk.accept()
    closed = desk.parts.workflow.close_return()
    assert closed.notice is not None
    assert closed.notice.message.code == "notice.return_closed_blind"


def _weights_damaged(package: Path) -> None:
    with (package / "model.onnx").open("ab") as file:
        file.write(b"x")


def _thresholds_raised(package: Path) -> None:
    path = package / "manifest.json"
    path.write_text(path.read_text().replace('"threshold": 0.5', '"threshold": 0.9'))


@pytest.mark.parametrize("alter", [_weights_damaged, _thresholds_raised])
def test_a_model_that_was_altered_since_is_refused_at_the_start_and_people_judge(
    tmp_path: Path, alter: Callable[[Path], None]
) -> None:
    station = {"site": "blr-01", "station": "desk-1", "data_dir": tmp_path}
    key = tmp_path / "office.key"
    make_key(key)
    settings = Settings.model_validate({"station": station, "model": {"trusted_keys": [f"{key}.pub"]}})
    registry = ModelRegistry(settings.model, tmp_path / "models")
    package = tmp_path / "given"
    shutil.copytree(registry.active().folder, package)
    manifest = json.loads((package / "manifest.json").read_text())
    (package / "manifest.json").write_text(json.dumps(manifest | {"version": "99.0.0"}))
    sign_package(package, key)
    installed = registry.install(package)
    registry.activate(installed.package_id)
    alter(installed.folder)
    with open_station(settings, serving=False) as opened:
        told = {check.name: check.message.code for check in opened.services.devices.checks()}
    assert told["model"] == "health.model.refused"
    assert opened.services.versions.model == ""
