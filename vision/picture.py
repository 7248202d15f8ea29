"""From a picture's bytes to pixels, or to a refusal that says why.

All pictures inside the station are `uint8` arrays of shape `(height, width, 3)` in **BGR** order, as OpenCV
has it. Grey, 16-bit, CMYK and transparent pictures are converted to that; nothing else about the pixels is
changed, so that the same bytes always give the same array.
"""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.errors import (
    PictureAnimated,
    PictureDamaged,
    PictureEmpty,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
)
from vision.jpeg import decode_jpeg
from vision.picture_header import PictureHeader, read_header
from vision.settings import PictureSettings

Picture: TypeAlias = npt.NDArray[np.uint8]
"""BGR, `(height, width, 3)`, or one channel `(height, width)` where a docstring says grey or mask."""


PLAIN_CHANNELS = frozenset({1, 3})
"""Grey and colour; a printer's four inks are left to OpenCV."""


def decode_picture(data: bytes, settings: PictureSettings | None = None) -> Picture:
    """Decode a JPEG, PNG or WebP picture to BGR, after its header has been found acceptable.

    Args:
        data: The file's bytes, as the camera gave them or as they were stored.
        settings: Limits on pixels and bytes.

    Raises:
        PictureRefused: One of its kinds, naming what is wrong; nothing large was allocated before.
    """
    limits = settings or PictureSettings()
    return decoded(data, check_header(data, limits), strict=limits.strict_jpeg)


def decoded(data: bytes, header: PictureHeader, *, half: bool = False, strict: bool = True) -> Picture:
    """The BGR pixels of a picture whose header was found acceptable, turned upright.

    Args:
        data: The file's bytes.
        header: What `check_header` read.
        half: Give half the size, averaged; JPEG only.
        strict: Refuse a JPEG whose data is spoilt.

    Raises:
        PictureDamaged: If the pixels can't be read, or the data of a JPEG is spoilt.
    """
    if header.format == "jpeg" and header.depth == 8 and header.channels in PLAIN_CHANNELS:
        return decode_jpeg(data, header.width, header.height, half=half, strict=strict)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureDamaged("The picture's pixels can't be read: take or copy it again.") from error
    if picture is None or picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureDamaged("The picture's pixels can't be read: take or copy it again.")
    return np.asarray(picture, np.uint8)


def check_header(data: bytes, settings: PictureSettings) -> PictureHeader:
    """Refuse a picture by its header and length alone.

    Raises:
        PictureRefused: One of its kinds.
    """
    if not data:
        raise PictureEmpty(
            "The picture is empty (0 bytes): look at the camera or the copy, then take it again."
        )
    megabytes = len(data) / 1e6
    if megabytes > settings.max_megabytes:
        raise PictureTooLarge(
            f"The picture has {megabytes:.0f} MB; {settings.max_megabytes:g} MB are allowed. "
            "Take a smaller one.",
            size=f"{megabytes:.0f} MB",
        )
    header = read_header(data)
    megapixels = header.width * header.height / 1e6
    if megapixels > settings.max_megapixels:
        size = f"{header.width} × {header.height}"
        raise PictureTooLarge(
            f"The picture claims {size} pixels ({megapixels:.0f} megapixels); "
            f"{settings.max_megapixels:g} are allowed. Take a smaller one.",
            size=size,
        )
    if min(header.width, header.height) < settings.min_side:
        size = f"{header.width} × {header.height}"
        raise PictureTooSmall(
            f"The picture has {size} pixels; each side needs at least {settings.min_side}. "
            "Take a larger one.",
            size=size,
        )
    if header.animated:
        raise PictureAnimated("The file holds an animation: take a single picture.")
    if header.depth not in {1, 2, 4, 8, 16}:
        raise PictureDamaged(f"The picture has {header.depth} bits a channel, which can't be read.")
    if not header.complete:
        raise PictureTruncated("The end of the picture is missing: take or copy it again.")
    return header


def encode_jpeg(picture: Picture, quality: int = 80) -> bytes:
    """Encode a BGR picture as JPEG.

    Raises:
        PictureDamaged: If the array is no picture.
    """
    try:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise PictureDamaged("The picture can't be encoded as JPEG.") from error
    if not done:
        raise PictureDamaged("The picture can't be encoded as JPEG.")
    return bytes(data)


def reduced(picture: Picture, side: int) -> Picture:
    """The picture averaged down to a longer side of at most `side` pixels; the same array if small enough."""
    height, width = picture.shape[:2]
    longer = max(height, width)
    if longer <= side:
        return picture
    target = (max(1, round(width * side / longer)), max(1, round(height * side / longer)))
    return np.asarray(cv2.resize(picture, target, interpolation=cv2.INTER_AREA), np.uint8)
