"""Boxes of greyscale copies, carried over to the colour photographs that they were made from."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.caps import caps_boxes, grey_bottles, held_out, laid_over, open_bottles
from models.training.copies import carried_over
from models.training.drawn import Sample
from models.training.measure import overlap
from vision.findings import Box, DefectKind
from vision.picture import Picture

MOUTH = Box(0.22, 0.1, 0.16, 0.12)  # not in the middle: a mirrored copy must show


def a_photograph(seed: int = 1) -> Picture:
    """A bottle of one colour with a mouth of another, before a plain wall with a few spots."""
    rng = np.random.default_rng(seed)
    picture = np.full((400, 300, 3), (190, 200, 205), np.uint8)
    for _ in range(12):
        x, y = (int(value) for value in rng.integers(0, 300, 2))
        cv2.circle(picture, (x, y + 50), int(rng.integers(4, 9)), (170, 185, 195), -1)
    cv2.rectangle(picture, (30, 88), (150, 380), (120, 140, 20), -1)
    cv2.rectangle(picture, (40, 200), (130, 260), (30, 90, 230), -1)
    cv2.rectangle(picture, (66, 40), (114, 88), (60, 60, 60), -1)
    return picture


def a_copy(picture: Picture, *, mirrored: bool, quarters: int, shift: int = 0) -> tuple[Picture, Box]:
    """The publisher's copy: grey, a square, mirrored, turned, moved; and where the mouth is then."""
    spot = np.zeros(picture.shape[:2], np.uint8)
    height, width = spot.shape
    cv2.rectangle(
        spot,
        (round(MOUTH.x * width), round(MOUTH.y * height)),
        (round((MOUTH.x + MOUTH.width) * width), round((MOUTH.y + MOUTH.height) * height)),
        255,
        -1,
    )
    both = []
    for one in (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), spot):
        square = cv2.resize(one, (640, 640), interpolation=cv2.INTER_AREA)
        laid = np.ascontiguousarray(np.rot90(square[:, ::-1] if mirrored else square, quarters))
        moved = np.array([[1, 0, shift], [0, 1, shift / 2]], np.float64)
        both.append(cv2.warpAffine(laid, moved, (640, 640), borderMode=cv2.BORDER_REPLICATE))
    x, y, across, down = cv2.boundingRect((both[1] > 127).astype(np.uint8))
    return cv2.cvtColor(both[0], cv2.COLOR_GRAY2BGR), Box(x / 640, y / 640, across / 640, down / 640)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_box_is_carried_over_however_the_copy_lies(mirrored: bool, quarters: int) -> None:
    picture = a_photograph()
    copy, box = a_copy(picture, mirrored=mirrored, quarters=quarters, shift=12)
    (found,) = carried_over(picture, copy, [box])
    assert overlap(found, MOUTH) > 0.85


def test_a_copy_of_another_photograph_carries_nothing_over() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (640, 640, 3)).astype(np.uint8)
    assert carried_over(a_photograph(), noise, [MOUTH]) == []
    assert carried_over(a_photograph(), np.zeros((640, 640, 3), np.uint8), [MOUTH]) == []
    other = cv2.GaussianBlur(noise, (0, 0), 60)
    assert carried_over(a_photograph(), other, [MOUTH]) == [], (
        "alike enough to be laid over, not to be the same"
    )


def a_set(root: Path) -> None:
    """One photograph that may be trained on (IMG_1110) and one that is held out (IMG_1100)."""
    for part in ("caps/photos/open", "caps/boxes/train/images", "caps/boxes/train/labels"):
        (root / part).mkdir(parents=True)
    for number in (1110, 1100):
        picture = a_photograph(number)
        copy, box = a_copy(picture, mirrored=True, quarters=0)
        cv2.imwrite(str(root / f"caps/photos/open/IMG_{number}.jpg"), picture)
        cv2.imwrite(str(root / f"caps/boxes/train/images/IMG_{number}_jpg_ab12cd.jpg"), copy)
        centre = f"{box.x + box.width / 2} {box.y + box.height / 2} {box.width} {box.height}"
        label = root / f"caps/boxes/train/labels/IMG_{number}_jpg_ab12cd.txt"
        label.write_text(f"1 {centre}\n", encoding="ascii")


def mouths(sample: Sample) -> list[Box]:
    assert all(kind is DefectKind.OPENING for kind, _ in sample.boxes)
    return [box for _, box in sample.boxes]


def test_open_bottles_come_whole_and_cut_out_with_the_mouth_boxed(tmp_path: Path) -> None:
    a_set(tmp_path)
    rng = np.random.default_rng(1)
    whole, cut, _ = open_bottles(tmp_path, 9, 320, rng, test=False)
    (box,) = mouths(whole)
    # 300 × 400 pixels at four fifths, with 40 grey columns on either side
    assert overlap(box, Box(0.22 * 240 + 40, 0.1 * 320, 0.16 * 240, 0.12 * 320)) > 0.85
    (inside,) = mouths(cut)
    assert inside.area > box.area, "cut out it is nearer"
    assert cut.square[0, 0].tolist() == [114, 114, 114]


def test_what_is_trained_on_is_cut_out_of_a_closer_view_too_with_the_whole_mouth(tmp_path: Path) -> None:
    a_set(tmp_path)
    seen = set()
    for seed in range(8):
        *_, closer = open_bottles(tmp_path, 9, 320, np.random.default_rng(seed), test=False)
        (box,) = mouths(closer)
        x, y, right, bottom = int(box.x), int(box.y), int(box.x + box.width), int(box.y + box.height)
        assert overlap(box, dark_part(closer.square)) > 0.6, "the mouth alone is dark in that photograph"
        assert 0 <= x < right <= 320
        assert 0 <= y < bottom <= 320
        seen.add((x, y))
    assert len(seen) > 4, "no two seeds give the same part"
    held_out_ones = open_bottles(tmp_path, 9, 320, np.random.default_rng(1), test=True)
    assert len(held_out_ones) == 2, "what is measured on is measured as it is"


def dark_part(square: Picture) -> Box:
    """Where the drawn bottle's mouth lies: nothing else is as dark and without colour."""
    dark = (square.max(axis=2) < 90) & (np.ptp(square, axis=2) < 25)
    x, y, across, down = cv2.boundingRect(dark.astype(np.uint8))
    return Box(x, y, across, down)


def test_laid_over_the_mouth_stays_boxed() -> None:
    square = np.full((320, 320, 3), 114, np.uint8)
    square[40:60, 200:290] = 255
    sample = Sample(square, [(DefectKind.OPENING, Box(200, 40, 90, 20))])
    seen = set()
    for turned in laid_over([sample] * 20, np.random.default_rng(1)):
        ((_, box),) = turned.boxes
        part = turned.square[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]
        assert part.shape[0] * part.shape[1] == 90 * 20
        assert (part == 255).all()
        seen.add((box.x, box.y))
    assert seen == {(40.0, 30.0), (30.0, 260.0), (260.0, 200.0)}, "each of the three turns, never none"


def test_greyscale_copies_bring_their_own_boxes(tmp_path: Path) -> None:
    a_set(tmp_path)
    valid = tmp_path / "caps/boxes/valid"
    shutil.copytree(tmp_path / "caps/boxes/train", valid)  # the publisher's other part is never taken
    rng = np.random.default_rng(1)
    (sample,) = grey_bottles(tmp_path, 9, 320, rng, test=True)
    assert overlap(mouths(sample)[0], Box(0.62 * 320, 0.1 * 320, 0.16 * 320, 0.12 * 320)) > 0.85


def test_polygons_become_their_bounds_and_closed_caps_are_left_out(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    lines = "0 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.2 0.1\n1 0.1 0.1 0.3 0.1 0.3 0.2 0.1 0.2\n"
    (tmp_path / "labels" / "IMG_1.txt").write_text(lines, encoding="ascii")
    first, second = caps_boxes(tmp_path / "images" / "IMG_1.jpg")
    assert first == Box(0.4, 0.45, pytest.approx(0.2), pytest.approx(0.1))
    assert second == Box(0.1, 0.1, pytest.approx(0.2), pytest.approx(0.1))


def test_neighbouring_photographs_are_held_out_together() -> None:
    assert held_out(Path("IMG_1100.jpg"))
    assert held_out(Path("IMG_1109_jpg_ab12cd.jpg"))
    assert not held_out(Path("IMG_1110.jpg"))
    assert not held_out(Path("unnumbered.jpg"))
