"""What the station reads of a JPEG before anyone decodes it."""

import cv2
import numpy as np
import pytest
from fakes_hardware import a_jpeg, some_pixels
from hypothesis import given
from hypothesis import strategies as st

from hardware.cameras.driver import RawPicture
from hardware.cameras.encoding import PictureEncoder
from hardware.cameras.jpeg_header import has_huffman_tables, jpeg_size, trim_jpeg
from hardware.errors import PictureRefused


def without_huffman_tables(jpeg: bytes) -> bytes:
    """The JPEG as cameras give it that leave the standard tables out of Motion-JPEG."""
    kept = bytearray(jpeg[:2])
    at = 2
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return bytes(kept + jpeg[at:])
        if marker != 0xC4:
            kept += jpeg[at : at + 2 + length]
        at += 2 + length


@pytest.mark.parametrize("progressive", [0, 1])
def test_the_size_is_read_from_the_header(progressive):
    _, encoded = cv2.imencode(".jpg", some_pixels(1920, 1080), [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    assert jpeg_size(encoded.tobytes()) == (1920, 1080)


def test_padding_after_the_end_is_taken_off():
    assert trim_jpeg(a_jpeg() + bytes(100)) == a_jpeg()


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a", a_jpeg()[:-2], a_jpeg()[2:]])
def test_what_is_no_whole_jpeg_is_refused(data):
    with pytest.raises(PictureRefused):
        trim_jpeg(data)


def test_a_jpeg_without_a_size_is_refused():
    with pytest.raises(PictureRefused, match="header is damaged"):
        jpeg_size(b"\xff\xd8\xff\xd9")


@given(st.binary(max_size=200), st.integers(0, 700))
def test_damaged_bytes_are_refused_or_read_never_worse(noise, at):
    damaged = a_jpeg()[:at] + noise + a_jpeg()[at + len(noise) :]
    for data in (noise, damaged):
        try:
            width, height = jpeg_size(trim_jpeg(data))
        except PictureRefused:
            continue
        assert width > 0
        assert height > 0


def test_the_cameras_own_jpeg_passes_untouched():
    jpeg, width, height = PictureEncoder().encode(RawPicture(1, jpeg=a_jpeg(80, 60)))
    assert (jpeg, width, height) == (a_jpeg(80, 60), 80, 60)


def test_pixels_are_encoded_once_as_jpeg():
    jpeg, width, height = PictureEncoder(quality=90).encode(RawPicture(1, bgr=some_pixels(80, 60, 200)))
    assert (width, height) == (80, 60)
    assert jpeg_size(jpeg) == (80, 60)
    assert abs(float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).mean()) - 200) < 2


def test_a_jpeg_without_huffman_tables_is_made_readable_for_browsers():
    bare = without_huffman_tables(a_jpeg(80, 60, 90))
    assert not has_huffman_tables(bare)
    jpeg, width, height = PictureEncoder().encode(RawPicture(1, jpeg=bare))
    assert has_huffman_tables(jpeg)
    assert (width, height) == (80, 60)
    assert np.array_equal(
        cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), cv2.imdecode(np.frombuffer(bare, np.uint8), 1)
    )


@pytest.mark.parametrize(
    "picture",
    [
        RawPicture(1),
        RawPicture(1, jpeg=b"no picture"),
        RawPicture(1, bgr=np.zeros((4, 4), np.uint8)),
        RawPicture(1, bgr=np.zeros((4, 4, 4), np.uint8)),
        RawPicture(1, bgr=np.zeros((4, 4, 3), np.uint16)),
        RawPicture(1, bgr=np.zeros((0, 4, 3), np.uint8)),
        RawPicture(1, jpeg=without_huffman_tables(a_jpeg())[:120] + b"\xff\xd9"),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(PictureRefused):
        PictureEncoder().encode(picture)
