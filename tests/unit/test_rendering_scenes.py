"""Scenes for the simulated cameras: kept by what they show, photographs laid on the drawn station."""

from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.lab.errors import PicturesUnusable
from edge.lab.scenes import SceneStore, laid_on, read_photograph
from models.training.rendering import ItemSpec, Shape, StationLook, View, render_empty
from models.training.rendering.spec import HEIGHT, WIDTH
from vision.findings import DefectKind

LOOK = StationLook(seed=2)
SPEC = ItemSpec(Shape.CAN, "GHEE", "8901234567890", expiry=date(2027, 1, 1), defects=(DefectKind.OPENING,))


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_both_views_are_1080p_jpeg_and_kept(tmp_path: Path) -> None:
    first = SceneStore(tmp_path, LOOK).item(SPEC, 5)
    assert set(first) == {"top", "front"}
    assert decoded(first["top"]).shape == (HEIGHT, WIDTH, 3)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")}
    assert SceneStore(tmp_path, LOOK).item(SPEC, 5) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")} == stamps


def test_another_moment_is_another_picture(tmp_path: Path) -> None:
    store = SceneStore(tmp_path, LOOK)
    assert store.item(SPEC, 5) != store.item(SPEC, 6)


def test_a_half_kept_scene_is_drawn_again(tmp_path: Path) -> None:
    store = SceneStore(tmp_path, LOOK)
    first = store.empty()
    next(tmp_path.rglob("front.jpg")).unlink()
    assert store.empty() == first
    assert len(list(tmp_path.rglob("front.jpg"))) == 1


def test_a_photograph_lies_inside_the_empty_border(tmp_path: Path) -> None:
    photograph = np.full((300, 200, 3), (0, 0, 255), np.uint8)
    frame = laid_on(LOOK, View.TOP, photograph, 1)
    assert frame[HEIGHT // 2, WIDTH // 2].tolist() == [0, 0, 255]
    empty = render_empty(View.TOP, LOOK, 1)
    assert np.array_equal(frame[:60], empty[:60])
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), photograph)
    assert np.array_equal(read_photograph(path), photograph)
    views = SceneStore(tmp_path / "kept", LOOK).photographs(
        {View.TOP: path, View.FRONT: path}, 1, blurred=True
    )
    assert set(views) == {"top", "front"}


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(PicturesUnusable, match=r"broken\.jpg"):
        read_photograph(path)


def test_a_missing_photograph_is_named(tmp_path: Path) -> None:
    with pytest.raises(PicturesUnusable, match="gone"):
        SceneStore(tmp_path, LOOK).photographs({View.TOP: tmp_path / "gone.jpg"}, 1)
