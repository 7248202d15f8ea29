"""Folders are made so that a power cut leaves them there: each new name is forced where it stands."""

import os
from pathlib import Path

import pytest

from sync.folders import make_folder, sync_folder


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What the system was asked to force to the disk, in order."""
    asked: list[Path] = []
    to_disk = os.fsync

    def fsync(descriptor: int) -> None:
        asked.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        to_disk(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return asked


def test_each_new_name_is_forced_in_the_folder_that_holds_it(tmp_path: Path, forced: list[Path]) -> None:
    make_folder(tmp_path / "data" / "pictures")
    assert (tmp_path / "data" / "pictures").is_dir()
    assert forced[-2:] == [tmp_path, tmp_path / "data"]


def test_the_name_of_a_folder_that_is_there_is_forced_too(tmp_path: Path, forced: list[Path]) -> None:
    (tmp_path / "data").mkdir()  # by a run that was killed before it came to force the name
    make_folder(tmp_path / "data")
    assert forced == [tmp_path]


def test_a_folder_made_by_others_need_not_be_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise PermissionError(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    make_folder(tmp_path)
    with pytest.raises(PermissionError):
        make_folder(tmp_path / "new")


def test_a_folder_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(OSError):
        sync_folder(file)
    with pytest.raises(OSError):
        make_folder(file / "within")
