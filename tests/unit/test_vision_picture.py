"""What a camera or a copy may hand over, and what becomes of it."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_vision import DATA, a_jpeg, a_png, an_empty_station
from vision.errors import (
    PictureAnimated,
    PictureDamaged,
    PictureEmpty,
    PictureFormatUnknown,
    PictureRefused,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
)
from vision.picture import decode_picture, reduced
from vision.picture_header import read_header
from vision.settings import PictureSettings

STATION = an_empty_station()[:200, :320].copy()


def encoded(extension: str, picture: np.ndarray) -> bytes:
    done, data = cv2.imencode(extension, picture)
    assert done
    return bytes(data)


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
def test_the_three_formats_are_decoded_to_bgr(extension):
    header = read_header(encoded(extension, STATION))
    picture = decode_picture(encoded(extension, STATION))
    assert (header.width, header.height, header.complete) == (320, 200, True)
    assert picture.shape == (200, 320, 3)
    assert picture.dtype == np.uint8


def test_grey_and_sixteen_bit_pictures_become_eight_bit_bgr():
    grey = decode_picture(encoded(".jpg", STATION[:, :, 0]))
    deep = decode_picture(encoded(".png", STATION.astype(np.uint16) * 257))
    assert grey.shape == deep.shape == (200, 320, 3)
    assert np.abs(deep.astype(int) - STATION).max() <= 1


def test_a_printers_cmyk_jpeg_keeps_its_colours():
    picture = decode_picture((DATA / "cmyk.jpg").read_bytes())
    assert picture[40, 20].tolist() == pytest.approx([0, 0, 255], abs=6)
    assert picture[40, 80].tolist() == pytest.approx([255, 255, 255], abs=6)


def test_a_progressive_jpeg_is_a_picture_like_any_other():
    assert decode_picture((DATA / "progressive.jpg").read_bytes()).shape == (80, 96, 3)


def test_the_same_bytes_give_the_same_pixels():
    data = a_jpeg(STATION)
    assert np.array_equal(decode_picture(data), decode_picture(data))


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (b"", PictureEmpty, "picture.empty"),
        (b"GIF89a" + bytes(50), PictureFormatUnknown, "picture.format_unknown"),
        (b"%PDF-1.7", PictureFormatUnknown, "picture.format_unknown"),
        (a_jpeg(STATION)[:-400], PictureTruncated, "picture.truncated"),
        (a_jpeg(STATION)[:30], PictureTruncated, "picture.truncated"),
        (encoded(".png", STATION)[:-40], PictureTruncated, "picture.truncated"),
        (encoded(".webp", STATION)[:-40], PictureTruncated, "picture.truncated"),
        (a_png(30_000, 30_000), PictureTooLarge, "picture.too_large"),
        (a_png(10, 10), PictureTooSmall, "picture.too_small"),
        (a_png(100, 100, colour=5), PictureDamaged, "picture.damaged"),
        ((DATA / "animated.png").read_bytes(), PictureAnimated, "picture.animated"),
        ((DATA / "animated.webp").read_bytes(), PictureAnimated, "picture.animated"),
    ],
)
def test_bad_pictures_are_refused_by_name(data, error, code):
    with pytest.raises(error) as caught:
        decode_picture(data)
    assert caught.value.code == code
    assert str(caught.value)


def test_a_png_that_claims_pixels_it_does_not_hold_is_refused():
    with pytest.raises(PictureRefused):
        decode_picture(a_png(400, 400, pixels=b"\x00" * 10))


def test_a_file_of_too_many_bytes_is_refused_before_its_header_is_read():
    with pytest.raises(PictureTooLarge):
        decode_picture(bytes(200_000), PictureSettings(max_megabytes=0.1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_spoilt_bytes_are_a_picture_or_a_refusal_and_nothing_else(data):
    good = bytearray(a_jpeg(STATION) if data.draw(st.booleans()) else encoded(".png", STATION))
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    with contextlib.suppress(PictureRefused):
        assert decode_picture(bytes(good[:cut]), PictureSettings(max_megapixels=1)).ndim == 3


def test_reduced_keeps_the_proportions_of_either_orientation():
    assert reduced(np.zeros((1080, 1920, 3), np.uint8), 640).shape == (360, 640, 3)
    assert reduced(np.zeros((1920, 1080, 3), np.uint8), 640).shape == (640, 360, 3)
    small = np.zeros((100, 200, 3), np.uint8)
    assert reduced(small, 640) is small
