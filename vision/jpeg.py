"""JPEG pixels, bit for bit those that OpenCV gives, but with what the decoder complained of.

OpenCV hides libjpeg's warnings: a frame whose middle was lost on a weak USB line comes out as a picture with
grey or shifted bands, which no later check can tell from an item. Here such a frame is refused.
"""

import re

import cv2
import numpy as np
import simplejpeg

from vision.errors import PictureDamaged

_PADDING = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0x(d[0-9a-f])")
_MOST_PADDING = {"d9": 64}
"""Bytes that cameras fill up their packets with: before the end so many …"""
_BEFORE_RESTART = 4
"""… and before the marks in between so many. They are all alike; what lost data leaves behind is not."""
_HEADER_ONLY = ("unknown JFIF revision", "subsampling")
"""Complaints of a header that OpenCV copes with; they say nothing of the data."""
_SMALL = 64  # pixels of a side that are enough to check the data

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def decode_jpeg(data: bytes, width: int, height: int, *, half: bool = False, strict: bool = True) -> Pixels:
    """The BGR pixels of a grey or colour JPEG, turned upright.

    Args:
        data: The file's bytes.
        width: Pixels that its header names.
        height: Pixels that its header names.
        half: Give half the size, averaged.
        strict: Refuse spoilt data; False for a picture that is used in any case.

    Raises:
        PictureDamaged: Its data is spoilt, or not to be read at all.
    """
    held = b"Exif\0\0" in data  # OpenCV knows which way up the camera was held
    if strict:
        rows, columns = (min(_SMALL, height), min(_SMALL, width)) if held else (height, width)
        if half and not held:
            rows, columns = -(-height // 2), -(-width // 2)
        try:
            picture = _strictly(data, rows, columns)
        except ValueError as error:
            if not any(words in str(error) for words in _HEADER_ONLY) and not _padded(data, str(error)):
                raise PictureDamaged(
                    f"The picture's data is spoilt ({error}): take or copy it again. If it happens often, "
                    "look at the camera's cable."
                ) from error
        else:
            if not held:
                return picture
    return _by_opencv(data, cv2.IMREAD_REDUCED_COLOR_2 if half else cv2.IMREAD_COLOR)


def _strictly(data: bytes, rows: int, columns: int) -> Pixels:
    """At the smallest of its eighths with so many rows and columns; a warning becomes a `ValueError`."""
    picture = simplejpeg.decode_jpeg(
        data, "BGR", fastdct=False, fastupsample=False, min_height=rows, min_width=columns, min_factor=1,
        strict=True,
    )  # fmt: skip
    return np.asarray(picture, np.uint8)


def _padded(data: bytes, complaint: str) -> bool:
    """Whether libjpeg complains only of bytes, all alike, that a camera filled up with."""
    found = _PADDING.search(complaint)
    if found is None:
        return False
    count, mark = int(found[1]), bytes([0xFF, int(found[2], 16)])
    if count > _MOST_PADDING.get(found[2], _BEFORE_RESTART):
        return False
    at = data.rfind(mark) if found[2] == "d9" else data.find(mark)
    while at >= 0:
        if len(set(data[max(0, at - count) : at])) == 1:
            return True
        at = data.find(mark, at + 1)
    return False


def _by_opencv(data: bytes, mode: int) -> Pixels:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error as error:
        raise PictureDamaged("The picture's pixels can't be read: take or copy it again.") from error
    if picture is None or picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureDamaged("The picture's pixels can't be read: take or copy it again.")
    return np.asarray(picture, np.uint8)
