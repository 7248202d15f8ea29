"""Where bars stand, at any angle, leaning away or not; and what is cut out reads."""

import cv2
import numpy as np
import pytest

from edge.lab.errors import PicturesUnusable
from edge.lab.tilted_codes import draw_tilted, photographs_below
from vision.barcodes import BarcodeReader, expects_gtins, pick_expected
from vision.barcodes.places import cut_upright, find_places
from vision.barcodes.truth import Truth, expected_of
from vision.settings import BarcodeSettings


@pytest.fixture(scope="module")
def backgrounds(tmp_path_factory):
    """Cluttered pictures in place of photographs: boxes, text, a fence."""
    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(3):
        random = np.random.default_rng(seed)
        picture = np.full((720, 1280, 3), random.integers(60, 200, 3), np.uint8)
        for _ in range(40):
            x, y, width, height = random.integers(0, (1280, 720, 400, 250))
            colour = tuple(int(part) for part in random.integers(20, 240, 3))
            cv2.rectangle(picture, (int(x), int(y)), (int(x + width), int(y + height)), colour, -1)
            cv2.putText(picture, "MELLAN MJOLK 1,5 %", (int(x), int(y)), cv2.FONT_HERSHEY_DUPLEX, 1.1, 0, 2)
        for x in range(0, 300, 14):
            cv2.line(picture, (x + 900, 0), (x + 960, 300), (30, 30, 30), 4)
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.GaussianBlur(picture, (0, 0), 1.2))
    return folder


def test_tilted_codes_are_read_among_clutter_and_none_is_read_wrongly(backgrounds):
    drawn = list(draw_tilted(photographs_below(backgrounds), 4, seed=3))
    assert [code.kind for code in drawn] == ["turned"] * 4 + ["leaning"] * 4 + ["both"] * 4
    expected = expected_of([Truth.of(code.text) for code in drawn])
    right = 0
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
        for code in drawn:
            found = pick_expected(reader.read(code.picture, expected), expected)
            assert found is None or Truth.of(code.text).is_read_as(found.text)
            right += found is not None
    assert right >= 9  # much of this clutter looks like bars


def test_equal_seeds_draw_equal_pictures(backgrounds):
    photographs = photographs_below(backgrounds)
    one, two, other = (next(iter(draw_tilted(photographs, 1, seed))) for seed in (4, 4, 5))
    assert one.text == two.text != other.text
    assert np.array_equal(one.picture, two.picture)


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(PicturesUnusable, match="no photographs"):
        photographs_below(tmp_path)


def test_a_place_tells_angle_and_size():
    bars = np.repeat(np.random.default_rng(1).choice([20, 230], (1, 95)).astype(np.uint8), 3, 1).repeat(
        120, 0
    )
    picture = np.full((700, 900), 230, np.uint8)
    picture[290:410, 300:585] = bars
    turn = cv2.getRotationMatrix2D((450, 350), -25, 1.0)
    (place, *_) = find_places(cv2.warpAffine(picture, turn, (900, 700), borderValue=230), 3)
    assert (place.angle + 90) % 180 - 90 == pytest.approx(25, abs=2)
    assert place.width == pytest.approx(285, rel=0.15)
    assert place.height == pytest.approx(120, rel=0.3)
    assert abs(place.slant) < 0.15


@pytest.mark.parametrize("shape", [(8, 8), (64, 2000), (2000, 64), (1, 1), (3, 500)])
def test_a_picture_of_any_shape_is_searched(shape):
    grey = np.random.default_rng(2).integers(0, 255, shape, dtype=np.uint8)
    for place in find_places(grey, 4):
        assert cut_upright(grey, place, 420).size
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
        assert reader.read(grey, expects_gtins(["8901234567890"])) == ()
