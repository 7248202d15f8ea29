"""Photographs in place of drawn pictures."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.lab.demo_folder import SITE
from edge.lab.errors import PicturesUnusable
from edge.lab.photographs import Photographs
from edge.lab.shift.script import write_shift


def a_folder(path: Path) -> Path:
    for kind, shade in (("none", 40), ("major", 200)):
        (path / kind).mkdir(parents=True)
        cv2.imwrite(str(path / kind / "1.png"), np.full((300, 2400, 3), shade, np.uint8))
    return path


def mean(jpeg: bytes) -> float:
    return float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).mean())


def test_damaged_units_are_shown_by_damaged_classes(tmp_path: Path) -> None:
    photographs = Photographs(a_folder(tmp_path), seed=1)
    units = [
        unit
        for plan in write_shift(SITE, datetime.now(UTC), seed=1, returns=36).returns
        for unit in plan.units
    ]
    damaged = next(unit for unit in units if unit.look.defects)
    sound = next(unit for unit in units if not unit.look.defects)
    assert {round(mean(jpeg), -1) for jpeg in photographs.views(damaged, at_first=False).values()} == {200}
    assert {round(mean(jpeg), -1) for jpeg in photographs.views(sound, at_first=False).values()} == {40}
    assert photographs.views(sound, at_first=False) == photographs.views(sound, at_first=False)


def test_large_photographs_are_made_as_small_as_a_camera_gives_them(tmp_path: Path) -> None:
    photographs = Photographs(a_folder(tmp_path), seed=1)
    unit = write_shift(SITE, datetime.now(UTC), seed=1, returns=1).returns[0].units[0]
    jpeg = photographs.views(unit, at_first=False)["top"]
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape[1] == 1920


@pytest.mark.parametrize("prepare", ["missing", "empty", "loose"])
def test_a_folder_without_classes_is_refused(tmp_path: Path, prepare: str) -> None:
    folder = tmp_path / "pictures"
    if prepare != "missing":
        folder.mkdir()
    if prepare == "loose":
        cv2.imwrite(str(folder / "1.jpg"), np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(PicturesUnusable):
        Photographs(folder, seed=1)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "broken.jpg").write_bytes(b"no picture")
    unit = write_shift(SITE, datetime.now(UTC), seed=1, returns=1).returns[0].units[0]
    with pytest.raises(PicturesUnusable, match=r"broken\.jpg"):
        Photographs(tmp_path, seed=1).views(unit, at_first=False)
