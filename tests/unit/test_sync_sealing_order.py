"""The seal never stands beside what it denies, whenever the power goes: what is forced, and when."""

import os
from pathlib import Path

import pytest

from sync.sealing import SealState, break_seal, check_seal, seal


@pytest.fixture
def folder_as_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The names in the folder each time that it was forced to the disk."""
    seen: list[set[str]] = []
    to_disk = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink() == tmp_path:
            seen.append({path.name for path in tmp_path.iterdir()})
        to_disk(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_a_removed_log_is_gone_for_good_before_the_seal_is_there(
    tmp_path: Path, folder_as_forced: list[set[str]]
) -> None:
    database = tmp_path / "station.db"
    database.write_bytes(b"whole")
    seal(database)
    assert check_seal(database) is SealState.WHOLE
    assert folder_as_forced == [{"station.db", "station.db.seal.new"}]


def test_a_broken_seal_is_gone_for_good_before_anything_is_written(
    tmp_path: Path, folder_as_forced: list[set[str]]
) -> None:
    database = tmp_path / "station.db"
    database.write_bytes(b"whole")
    seal(database)
    break_seal(database)
    assert folder_as_forced[-1] == {"station.db"}
    break_seal(database)  # without a seal there is nothing to do
    assert len(folder_as_forced) == 2
