"""JPEG data: the pixels that OpenCV gives, and a refusal where data was lost on the way."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.cameras.driver import RawPicture
from hardware.cameras.encoding import PictureEncoder
from vision.errors import PictureDamaged, PictureRefused
from vision.jpeg import decode_jpeg
from vision.photograph import open_photograph
from vision.picture import decode_picture
from vision.settings import PictureSettings


def a_scene(height: int = 240, width: int = 320) -> np.ndarray:
    rng = np.random.default_rng(4)
    scene = cv2.resize(rng.integers(0, 255, (30, 40, 3)).astype(np.uint8), (width, height))
    cv2.putText(scene, "TEA 500 g", (30, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (250, 250, 250), 3)
    return scene


def encoded(scene: np.ndarray, *settings: int) -> bytes:
    return cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 85, *settings])[1].tobytes()


PLAIN = encoded(a_scene())


def by_opencv(data: bytes, mode: int = cv2.IMREAD_COLOR) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), mode)


def without_huffman_tables(data: bytes) -> bytes:
    """As cameras send them that rely on the standard's own tables."""
    out, place = bytearray(data[:2]), 2
    while data[place + 1] != 0xDA:
        length = 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place + 1] != 0xC4:
            out += data[place : place + length]
        place += length
    return bytes(out + data[place:])


def turned(data: bytes, orientation: int) -> bytes:
    """With the note that the camera was held upright."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        encoded(cv2.cvtColor(a_scene(), cv2.COLOR_BGR2GRAY)),
        encoded(a_scene(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        encoded(a_scene(), cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
        encoded(a_scene(241, 333)),
        without_huffman_tables(PLAIN),
        turned(PLAIN, 6),
    ],
)
def test_the_pixels_are_those_of_opencv(data: bytes) -> None:
    assert np.array_equal(decode_picture(data), by_opencv(data))


def test_half_the_size_is_that_of_opencv_too() -> None:
    data = encoded(a_scene(1080, 1920))
    half = open_photograph(data, 640, PictureSettings())
    assert half.working.shape == (540, 960, 3)
    assert np.array_equal(half.working, by_opencv(data, cv2.IMREAD_REDUCED_COLOR_2))


def test_a_frame_that_lost_its_middle_is_refused() -> None:
    third = len(PLAIN) // 3
    lost = PLAIN[:third] + PLAIN[2 * third :]
    shown = by_opencv(lost)
    assert shown is not None, "OpenCV makes a picture of it without a word"
    with pytest.raises(PictureDamaged, match="spoilt"):
        decode_picture(lost)
    with pytest.raises(PictureDamaged, match="spoilt"):
        decode_picture(turned(lost, 6))
    large = encoded(a_scene(1080, 1920))
    with pytest.raises(PictureDamaged, match="cable"):
        open_photograph(large[:60_000] + large[64_000:], 640, PictureSettings())


@pytest.mark.parametrize("padding", [1, 4, 40])
def test_a_cameras_padding_before_the_end_is_no_damage(padding: int) -> None:
    padded = PLAIN[:-2] + b"\0" * padding + PLAIN[-2:]
    assert np.array_equal(decode_jpeg(padded, 320, 240), by_opencv(PLAIN))


def test_bytes_of_all_kinds_before_the_end_are_lost_data() -> None:
    mixed = PLAIN[:-2] + bytes(range(1, 41)) + PLAIN[-2:]
    with pytest.raises(PictureDamaged):
        decode_picture(mixed)


def test_padding_before_a_restart_mark_is_no_damage_either() -> None:
    marked = encoded(a_scene(), cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
    at = marked.index(b"\xff\xd3", marked.index(b"\xff\xda"))
    padded = marked[:at] + b"\0" + marked[at:]
    assert np.array_equal(decode_picture(padded), by_opencv(padded))
    lost = marked[: at - 12] + marked[at - 2 :]
    with pytest.raises(PictureDamaged):
        decode_picture(lost)


def test_an_odd_header_is_no_spoilt_data() -> None:
    assert PLAIN[6:11] == b"JFIF\0"
    newer = PLAIN[:11] + b"\x05" + PLAIN[12:]
    assert np.array_equal(decode_picture(newer), by_opencv(PLAIN))


def test_a_camera_held_upright_is_noticed_however_late_it_says_so() -> None:
    profile = b"\xff\xe2" + struct.pack(">H", 65_002) + b"\0" * 65_000
    late = PLAIN[:2] + profile * 2 + turned(PLAIN, 6)[2:]
    assert decode_picture(late).shape == (320, 240, 3)


def test_a_camera_that_always_spoils_its_data_can_be_borne() -> None:
    lost = PLAIN[: len(PLAIN) // 2] + PLAIN[len(PLAIN) // 2 + 90 :]
    assert decode_picture(lost, PictureSettings(strict_jpeg=False)).shape == (240, 320, 3)


def test_what_was_lost_before_the_camera_process_stays_to_be_seen() -> None:
    bare = without_huffman_tables(PLAIN)
    third = len(bare) // 3
    lost = bare[:third] + bare[2 * third :]
    finished, _, _ = PictureEncoder().encode(RawPicture(1, jpeg=lost))
    with pytest.raises(PictureDamaged):
        decode_picture(finished)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_lost_it_is_a_whole_picture_or_a_refusal(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PLAIN) - 1))
    length = data.draw(st.integers(1, 400))
    put = data.draw(st.binary(max_size=40))
    spoilt = PLAIN[:start] + put + PLAIN[start + length :]
    try:
        picture = decode_picture(spoilt)
    except PictureRefused:
        return
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
