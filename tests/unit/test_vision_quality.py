"""Which pictures an item may be judged by."""

import cv2
import numpy as np
import pytest

from tests.builders_vision import an_empty_station, put_item
from vision.localisation import Localiser
from vision.quality import QualityVerdict, check_quality
from vision.settings import LocalisationSettings, QualitySettings

LOCALISER = Localiser(LocalisationSettings())
REFERENCE = LOCALISER.prepare(an_empty_station())
SCENE = put_item(an_empty_station(seed=2))


def verdict(picture, reference=REFERENCE, **options):
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return check_quality(picture, LOCALISER.locate(picture, reference), QualitySettings(), **options)


@pytest.mark.parametrize("reference", [REFERENCE, None])
def test_a_good_picture_is_good(reference):
    quality = verdict(SCENE, reference)
    assert quality.ok
    assert quality.code == "quality.ok"
    assert quality.notes == ()


@pytest.mark.parametrize("sigma", [6, 8, 12])
@pytest.mark.parametrize("reference", [REFERENCE, None])
def test_a_blurred_picture_is_caught(sigma, reference):
    assert verdict(cv2.GaussianBlur(SCENE, (0, 0), sigma), reference).verdict is QualityVerdict.BLURRED


def test_blur_is_told_from_edges_not_from_how_busy_the_print_is():
    plain = an_empty_station(seed=5)
    cv2.rectangle(plain, (600, 350), (1100, 800), (235, 235, 235), cv2.FILLED)
    assert verdict(plain).ok
    busy = SCENE.copy()
    rng = np.random.default_rng(1)
    busy[300:760, 700:1220] = cv2.resize(
        rng.integers(0, 255, (46, 52, 3), dtype=np.uint8), (520, 460), interpolation=cv2.INTER_NEAREST
    )
    assert verdict(busy).ok
    assert verdict(cv2.GaussianBlur(busy, (0, 0), 8)).verdict is QualityVerdict.BLURRED


def test_noise_does_not_hide_a_blur():
    blurred = cv2.GaussianBlur(SCENE, (0, 0), 7).astype(np.float64)
    noisy = blurred + np.random.default_rng(3).normal(0, 5, blurred.shape)
    assert verdict(noisy).verdict is QualityVerdict.BLURRED


def test_dark_and_burnt_out_pictures_are_told_apart():
    assert verdict(SCENE * 0.1).verdict is QualityVerdict.DARK
    assert verdict(SCENE * 4.0 + 80).verdict is QualityVerdict.BRIGHT
    assert verdict(np.zeros_like(SCENE), None).verdict is QualityVerdict.DARK


def test_an_empty_station_shows_no_item():
    assert verdict(an_empty_station(seed=8)).verdict is QualityVerdict.NO_ITEM
    assert verdict(np.full((1080, 1920, 3), 128), None).verdict is QualityVerdict.NO_ITEM


def test_without_a_reference_a_busy_picture_is_never_said_to_be_empty():
    rng = np.random.default_rng(4)
    noise = cv2.resize(rng.integers(0, 255, (60, 100, 3), dtype=np.uint8), (1920, 1080))
    assert verdict(noise, None).verdict is not QualityVerdict.NO_ITEM


def test_a_hand_over_the_item_is_noticed():
    scene = SCENE.copy()
    skin = (120, 150, 205)
    cv2.rectangle(scene, (0, 420), (620, 640), skin, cv2.FILLED)
    for finger in range(4):
        cv2.line(scene, (560, 400 + finger * 90), (840, 350 + finger * 120), skin, 44)
    assert verdict(scene).verdict is QualityVerdict.HAND


def test_a_carton_of_the_colour_of_skin_at_the_border_is_no_hand():
    scene = an_empty_station(seed=2)
    cv2.rectangle(scene, (0, 300), (700, 800), (120, 150, 205), cv2.FILLED)
    assert verdict(scene).verdict is not QualityVerdict.HAND


def test_a_repeated_picture_means_a_frozen_camera():
    assert verdict(SCENE, repeated=True).verdict is QualityVerdict.FROZEN


def test_a_reference_that_no_longer_fits_is_a_note_not_a_refusal():
    moved = np.roll(SCENE, 160, axis=0)
    moved[:160] //= 2
    quality = verdict(moved)
    assert quality.notes == ("quality.reference_moved",)
    assert quality.verdict is not QualityVerdict.NO_ITEM
