"""Where a detector looks when no picture of the empty station is known: rather too much than too little."""

import cv2
import numpy as np

from vision.picture import Picture
from vision.surroundings import outline, standing_out


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
