"""Where the item is when no picture of the empty station is known."""

import cv2
import numpy as np

from models.training.measure import overlap
from vision.findings import Box
from vision.picture import Picture, reduced
from vision.rim import WEAK, redrawn, rim_strength, slopes
from vision.surroundings import WORK_SIDE, hull, outline, standing_out


def a_bottle(scale: int = 1) -> Picture:
    """A strong label, a neck that hardly differs from the wall, a small dark ring at its top."""
    rng = np.random.default_rng(5)
    picture = np.full((480, 360, 3), (185, 195, 200), np.uint8)
    picture = np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
    cv2.rectangle(picture, (110, 250), (250, 400), (110, 140, 10), -1)
    cv2.putText(picture, "WATER", (125, 330), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (250, 250, 250), 3)
    cv2.ellipse(picture, (180, 120), (26, 10), 0, 0, 360, (110, 140, 10), -1)
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale), np.uint8)


def test_small_parts_that_stand_out_belong_to_where_the_detector_looks() -> None:
    region = standing_out(a_bottle())
    assert region.found
    assert region.method == "contrast"
    assert region.box.y < 125, "the ring is within"
    assert region.box.y + region.box.height > 390
    assert region.box.x > 60, "the wall is not"
    tight = cv2.boundingRect(outline(a_bottle()).mask)
    assert tight[1] * 480 / outline(a_bottle()).mask.shape[0] > 200, "the outline alone leaves the ring out"


def test_the_box_is_told_in_the_pictures_own_pixels() -> None:
    small, large = standing_out(a_bottle()).box, standing_out(a_bottle(3)).box
    assert abs(large.width / small.width - 3) < 0.25
    assert abs(large.y / small.y - 3) < 0.25


def test_where_nothing_stands_out_it_is_the_whole_picture() -> None:
    region = standing_out(np.full((200, 300, 3), 120, np.uint8))
    assert not region.found
    assert (region.box.width, region.box.height) == (300, 200)
    assert region.mask.size == 0


def a_small_item_before_a_glow() -> tuple[Picture, Box]:
    """A dark striped tin far away; behind it a lamp's glow on the wall, brighter and larger than the tin."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:480, 0:480].astype(np.float32)
    glow = 75 * np.exp(-((x - 225) ** 2 + (y - 200) ** 2) / (2 * 70**2))
    picture = np.repeat((70 + glow)[..., None], 3, axis=2)
    picture[300:] = 60
    box = Box(205, 240, 44, 86)
    for row in range(240, 326, 8):
        picture[row : row + 4, 205:249] = (150, 170, 180)
        picture[row + 4 : row + 8, 205:249] = (20, 22, 25)
    noisy = picture + rng.normal(0, 2, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), box


def test_a_glow_on_the_wall_is_no_item() -> None:
    picture, true = a_small_item_before_a_glow()
    found = hull(picture).box
    assert overlap(found, true) > 0.6
    small = reduced(picture, WORK_SIDE)
    slope = slopes(small)
    assert rim_strength(outline(picture).mask, slope) > WEAK


def test_an_outline_with_a_strong_rim_is_left_as_it_is() -> None:
    slope = slopes(a_bottle())
    mask = np.zeros(slope.shape, np.uint8)
    mask[250:401, 110:251] = 255

    def never(enclosed: Picture) -> Picture:
        raise AssertionError("nothing is to be drawn anew")

    assert redrawn(mask, slope, never) is mask
    assert not redrawn(np.zeros_like(mask), slope, never).any(), "where nothing was found nothing is drawn"


def test_edges_that_enclose_nothing_better_leave_the_outline_as_it_is() -> None:
    slope = np.zeros((120, 160), np.float32)
    mask = np.zeros(slope.shape, np.uint8)
    mask[30:90, 40:120] = 255
    assert redrawn(mask, slope, lambda enclosed: enclosed) is mask
    assert rim_strength(mask, slope) == 0


def test_a_rim_at_the_pictures_border_counts_for_nothing() -> None:
    slope = np.full((100, 100), 30, np.float32)
    inner, half_out = np.zeros((100, 100), np.uint8), np.zeros((100, 100), np.uint8)
    inner[20:80, 20:80] = 255
    half_out[0:60, 20:80] = 255
    assert rim_strength(inner, slope) == 30
    assert 15 < rim_strength(half_out, slope) < 25


def test_a_graders_region_has_no_gaps_and_holds_the_outline() -> None:
    drawn = outline(a_bottle()).mask
    region = hull(a_bottle())
    assert region.found
    tight = cv2.boundingRect(drawn)
    assert abs(region.box.width - tight[2] * 480 / drawn.shape[0]) < 6
    contours, _ = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    assert len(contours) == 1
    assert not hull(np.full((200, 300, 3), 120, np.uint8)).found
