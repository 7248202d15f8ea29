"""JPEG pixels, bit for bit those that OpenCV gives, but with what the decoder complained of.

OpenCV hides libjpeg's warnings: a frame whose middle was lost on a weak USB line comes out as a picture with
grey or shifted bands, which no later check can tell from an item. Here such a frame is refused.
"""

import re

import cv2
import numpy as np
import simplejpeg

from vision.errors import PictureDamaged

_PADDING = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
_MOST_PADDING = 64
"""Bytes before the end that cameras fill up their packets with; lost data leaves more behind, or too few."""
_SMALL = 64  # pixels of a side that are enough to check the data

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def decode_jpeg(data: bytes, width: int, height: int, *, half: bool = False) -> Pixels:
    """The BGR pixels of a grey or colour JPEG, turned upright.

    Args:
        data: The file's bytes.
        width: Pixels that its header names.
        height: Pixels that its header names.
        half: Give half the size, averaged.

    Raises:
        PictureDamaged: Its data is spoilt.
    """
    if b"Exif\0" not in data[:65_536]:
        sides = (-(-height // 2), -(-width // 2)) if half else (height, width)
        return _read(data, sides)
    _read(data, (min(_SMALL, height), min(_SMALL, width)))
    mode = cv2.IMREAD_REDUCED_COLOR_2 if half else cv2.IMREAD_COLOR  # it knows which way up a camera was held
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    if picture is None:
        raise PictureDamaged("The picture's pixels can't be read: take or copy it again.")
    return np.asarray(picture, np.uint8)


def _read(data: bytes, least: tuple[int, int]) -> Pixels:
    """Decoded at the smallest eighth of its size, halving, that has so many rows and columns."""
    rows, columns = least
    try:
        return _decoded(data, rows, columns, strict=True)
    except ValueError as error:
        found = _PADDING.search(str(error))
        if found is None or int(found[1]) > _MOST_PADDING:
            raise PictureDamaged(
                f"The picture's data is spoilt ({error}): take or copy it again. If it happens often, "
                "look at the camera's cable."
            ) from error
    return _decoded(data, rows, columns, strict=False)


def _decoded(data: bytes, rows: int, columns: int, *, strict: bool) -> Pixels:
    picture = simplejpeg.decode_jpeg(
        data, "BGR", fastdct=False, fastupsample=False, min_height=rows, min_width=columns, min_factor=1,
        strict=strict,
    )  # fmt: skip
    return np.asarray(picture, np.uint8)
