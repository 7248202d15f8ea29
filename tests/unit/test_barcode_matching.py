"""Codes that no decoder reads are told apart by comparison; and nothing is seen that isn't there."""

import cv2
import numpy as np
import pytest
import zxingcpp

from vision.barcodes import BarcodeReader, expects_gtins, pick_expected
from vision.barcodes.expected import ExpectedCodes
from vision.barcodes.matching import candidates, match_place
from vision.barcodes.places import find_places
from vision.barcodes.truth import Truth, decoys, expected_of
from vision.settings import BarcodeSettings

GTIN = "8901234567890"
MODULE_PX = 2.4


def a_blurred_code(
    text: str = GTIN, kind: str = "EAN13", blur_modules: float = 1.1, turned: float = 0.0, noise: float = 1.5
) -> np.ndarray:
    """A label as a lens far out of focus sees it."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    bars = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))[:1]
    wide = np.pad(np.repeat(np.repeat(bars, 240, 0), 8, 1), 88, constant_values=235)
    label = np.pad(wide, 200, constant_values=70)
    radius = round(2 * blur_modules * 8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    soft = cv2.filter2D(label, cv2.CV_8U, disc / disc.sum())
    height, width = soft.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), turned, 1.0)
    soft = cv2.warpAffine(soft, turn, (width, height), borderValue=70)
    small = cv2.resize(soft, None, fx=MODULE_PX / 8, fy=MODULE_PX / 8, interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(3).normal(0, noise, small.shape)
    return np.clip(small + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def reader():
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "kind"), [(GTIN, "EAN13"), ("012345678905", "UPCA"), ("96385074", "EAN8"), ("01234565", "UPCE")]
)
def test_a_code_far_out_of_focus_is_told_among_what_is_expected(reader, text, kind):
    picture = a_blurred_code(text, kind)
    assert reader.read(picture) == ()
    truth = Truth.of(text)
    expected = expected_of([truth, Truth.of("4006381333931")])
    found = pick_expected(reader.read(picture, expected), expected)
    assert found is not None
    assert truth.is_read_as(found.text)
    assert found.decoder == "matched"
    assert len(found.corners) == 4


@pytest.mark.parametrize("turned", [40, 90, 180, 235])
def test_it_may_lie_at_any_angle(reader, turned):
    expected = expects_gtins([GTIN, "4006381333931"])
    found = reader.read(a_blurred_code(blur_modules=0.9, turned=turned), expected)
    assert [code.text for code in found] == [GTIN]


def test_a_code_that_is_not_expected_is_not_mistaken_for_one_a_digit_off(reader):
    only_decoys = ExpectedCodes(frozenset(decoys(GTIN)))
    assert len(only_decoys.gtins) == 108
    for blur in (0.8, 1.1, 1.4):
        assert reader.read(a_blurred_code(blur_modules=blur), only_decoys) == ()


def test_the_one_decoy_that_is_expected_is_doubted():
    """With a single code to choose from, seeing what one expects would be easiest."""
    picture = a_blurred_code()
    (place,) = find_places(picture, 1)
    for decoy in sorted(decoys(GTIN))[::12]:
        match = match_place(picture, place, candidates(expects_gtins([decoy])), lines=3)
        assert match is None or match.doubt > 0.5, decoy
    right = match_place(picture, place, candidates(expects_gtins([GTIN])), lines=3)
    assert right is not None
    assert right.doubt < 0.4
    assert right.explained > 0.95


def test_too_blurred_is_not_guessed(reader):
    picture = a_blurred_code(blur_modules=3.5, noise=4)
    assert reader.read(picture, expects_gtins([GTIN])) == ()


def test_stripes_and_noise_are_no_code(reader):
    stripes = np.tile(np.repeat([40, 220], 5), (300, 60)).astype(np.uint8)
    noise = np.random.default_rng(5).integers(0, 255, (400, 500), dtype=np.uint8)
    random_bars = np.repeat(
        np.random.default_rng(6).choice([30, 220], (1, 140)).astype(np.uint8), 4, axis=1
    ).repeat(200, axis=0)
    for picture in (stripes, noise, random_bars):
        assert reader.read(picture, expected_of([Truth.of(GTIN)])) == ()


def test_comparison_can_be_switched_off():
    expected = expects_gtins([GTIN])
    with BarcodeReader(BarcodeSettings(use_zbar=False, match_expected=False)) as plain:
        assert plain.read(a_blurred_code(), expected) == ()


def test_the_same_picture_gives_the_same_answer(reader):
    expected = expected_of([Truth.of(GTIN)])
    first = reader.read(a_blurred_code(turned=35), expected)
    assert all(reader.read(a_blurred_code(turned=35), expected) == first for _ in range(2))


def test_a_predicate_that_lists_nothing_is_compared_with_nothing(reader):
    assert reader.read(a_blurred_code(), lambda text: text == GTIN) == ()
