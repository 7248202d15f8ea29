"""Where the item lies: with the empty station known, and without."""

import cv2
import numpy as np
import pytest

from tests.builders_vision import HEIGHT, ITEM, WIDTH, an_empty_station, put_item
from vision.crop import NEUTRAL, crop_item
from vision.findings import Box
from vision.localisation import Localiser
from vision.picture import reduced
from vision.settings import LocalisationSettings

LOCALISER = Localiser(LocalisationSettings())
EMPTY = an_empty_station()
REFERENCE = LOCALISER.prepare(EMPTY)
SCENE = put_item(an_empty_station(seed=2))


def overlap(first: Box, second: Box) -> float:
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (first.area + second.area - shared)


def test_the_item_is_told_from_the_empty_station_and_its_shadow_is_not_it():
    region = LOCALISER.locate(SCENE, REFERENCE)
    assert region.method == "reference"
    assert region.reference_fits
    assert region.confidence > 0.8
    assert overlap(region.box, ITEM) > 0.85


@pytest.mark.parametrize("light", [(0.6, 0.6, 0.6), (1.2, 1.1, 1.0), (0.7, 0.85, 1.0)])
def test_lamps_may_drift_in_brightness_and_colour(light):
    drifted = np.clip(SCENE * np.array(light), 0, 255).astype(np.uint8)
    region = LOCALISER.locate(drifted, REFERENCE)
    assert region.method == "reference"
    assert overlap(region.box, ITEM) > 0.75


def test_an_empty_station_under_another_lamp_is_still_empty():
    dimmer = np.clip(an_empty_station(seed=9) * 0.8, 0, 255).astype(np.uint8)
    region = LOCALISER.locate(dimmer, REFERENCE)
    assert not region.found
    assert region.against_reference
    assert (region.box.width, region.box.height) == (WIDTH, HEIGHT)


def test_a_white_carton_and_a_black_one_are_found():
    for colour in ((250, 250, 250), (12, 12, 12)):
        scene = an_empty_station(seed=4)
        cv2.rectangle(scene, (600, 350), (1100, 800), colour, cv2.FILLED)
        assert overlap(LOCALISER.locate(scene, REFERENCE).box, Box(600, 350, 500, 450)) > 0.85


def test_a_moved_camera_is_noticed_and_the_item_still_guessed():
    moved = np.roll(SCENE, 160, axis=0)
    moved[:160] = cv2.GaussianBlur(np.ascontiguousarray(moved[:160]), (0, 0), 9) // 2
    region = LOCALISER.locate(moved, REFERENCE)
    assert not region.reference_fits
    assert not region.against_reference
    assert region.confidence < 0.5


def test_a_reference_of_other_proportions_does_not_fit():
    square = LOCALISER.prepare(EMPTY[:, :1080].copy())
    assert not LOCALISER.locate(SCENE, square).reference_fits


def test_without_a_reference_the_item_is_guessed_with_little_confidence():
    region = LOCALISER.locate(SCENE)
    assert region.method == "contrast"
    assert 0 < region.confidence < 0.5
    assert overlap(region.box, ITEM) > 0.6


def test_a_flat_picture_holds_no_item():
    region = LOCALISER.locate(np.full((720, 1280, 3), 90, np.uint8))
    assert region.method == "whole"
    assert not region.found


def test_the_place_does_not_depend_on_the_size_that_it_was_sought_at():
    small = reduced(SCENE, 640)
    region = LOCALISER.locate(small, LOCALISER.prepare(reduced(EMPTY, 640)))
    full = region.scaled(small.shape[1], small.shape[0], WIDTH, HEIGHT)
    assert overlap(full.box, LOCALISER.locate(SCENE, REFERENCE).box) > 0.97


def test_the_crop_holds_the_item_and_hides_the_table():
    region = LOCALISER.locate(SCENE, REFERENCE)
    crop = crop_item(SCENE, region, 320, margin=0.06, mask_background=True)
    assert crop.square.shape == (320, 320, 3)
    assert crop.square[2, 2].tolist() == [NEUTRAL] * 3
    centre = crop.square[160, 160].astype(int) - SCENE[530, 960].astype(int)
    assert np.abs(centre).max() < 90  # print, not table
    back = crop.to_full(crop.pad_x, crop.pad_y, 320 - crop.pad_x, 320 - crop.pad_y)
    assert overlap(back, Box(crop.left, crop.top, crop.width, crop.height)) > 0.98


def test_a_corner_of_the_square_maps_to_where_it_came_from():
    region = LOCALISER.locate(SCENE, REFERENCE)
    crop = crop_item(SCENE, region, 320, margin=0.0, mask_background=False)
    box = crop.to_full(crop.pad_x + 32, crop.pad_y + 16, crop.pad_x + 64, crop.pad_y + 48)
    assert box.x == pytest.approx(crop.left + 32 / crop.scale)
    assert box.width == pytest.approx(32 / crop.scale)
    assert crop.to_full(-500, -500, -400, -400).area == 0
