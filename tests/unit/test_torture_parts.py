"""Small parts of the torture: its clock, its disk, what a wire remembers."""

import errno
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.cli_errors import CommandFailed
from edge.lab.torture.goods import expiry_of, unit_of
from edge.lab.torture.mischief import REMEMBERED, Memory, Mischief
from edge.lab.torture.mqtt_packets import Publish
from edge.lab.torture.shifted_clock import ShiftedWall, set_shift
from edge.lab.torture.small_disk import SmallDisk
from edge.returns.identified import ProductCode
from edge.returns.identify import identify
from edge.returns.patterns import SitePatterns

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_a_clock_follows_its_file_as_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    wall = ShiftedWall(file, present=lambda: NOW)
    assert wall() == NOW

    set_shift(file, timedelta(days=3653))
    assert wall() == NOW + timedelta(days=3653)

    set_shift(file, timedelta(days=-3653))
    assert wall() == NOW - timedelta(days=3653)


def test_a_full_disk_says_so_and_has_room_again(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "disk")
    if not disk.mount():
        pytest.skip("this user may not mount a file system")
    try:
        disk.fill(spare_bytes=0)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            (disk.place / "event").write_bytes(b"x" * 8192)
        disk.empty()
        assert (disk.place / "event").write_bytes(b"x" * 8192) == 8192
    finally:
        disk.unmount()


def test_a_wire_remembers_new_and_old_publications() -> None:
    memory = Memory(random.Random(1))
    for number in range(5 * REMEMBERED):
        memory.keep(Publish("returns/v1/S/D/events", str(number).encode(), 1, False, 1))

    drawn = {int(one.payload) for one in memory.draw(REMEMBERED)}
    assert len(drawn) == REMEMBERED
    assert min(drawn) < REMEMBERED
    assert max(drawn) == 5 * REMEMBERED - 1


def test_a_wire_swallows_only_what_it_was_told_to() -> None:
    event = Publish("returns/v1/S/D/events", b"{}", 1, False, 1)
    answer = Publish("returns/v1/S/D/acks", b"{}", 1, False, 1)

    assert not Mischief().swallows(event)
    assert Mischief(forgets=True).swallows(event)
    assert not Mischief(forgets=True).swallows(answer)
    assert Mischief(loses_answers=True).swallows(answer)


@pytest.mark.parametrize("unit", [1, 2, 3, 4])
def test_each_units_code_tells_it_from_all_others(unit: int) -> None:
    made = unit_of(17, unit, expiry_of(NOW))

    read = identify(made.code, "]d2", SitePatterns())

    assert isinstance(read, ProductCode)
    assert read.serial == made.serial


def test_a_folder_with_an_earlier_tortures_remains_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chain-000").mkdir()

    answer = CliRunner().invoke(app, ["torture", "--rounds", "1", "--on", str(tmp_path)])

    assert isinstance(answer.exception, CommandFailed)
