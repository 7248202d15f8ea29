"""What a picture says about itself before a single pixel is decoded.

A 2 kB file can claim 30,000 × 30,000 pixels and take 2.7 GB to decode. So the header is read first, with
nothing but the standard library: size, depth, number of colour channels, whether it is animated, and whether
its end is there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vision.errors import PictureDamaged, PictureFormatUnknown, PictureTruncated

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_JPEG_START_OF_SCAN = 0xDA
_JPEG_END = b"\xff\xd9"
_JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the file claims: `format` is `jpeg`, `png` or `webp`; sizes in pixels; `depth` in bits."""

    format: str
    width: int
    height: int
    depth: int
    channels: int
    animated: bool
    complete: bool


def read_header(data: bytes) -> PictureHeader:
    """Read the header of a JPEG, PNG or WebP picture.

    Raises:
        PictureFormatUnknown: If the bytes are another format, or none.
        PictureTruncated: If they end within the header.
        PictureDamaged: If the header contradicts its format.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg_header(data)
        if data.startswith(_PNG_SIGNATURE):
            return _png_header(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_header(data)
    except (struct.error, IndexError) as error:
        raise PictureTruncated("The picture ends within its header: take or copy it again.") from error
    raise PictureFormatUnknown("This is not a JPEG, PNG or WebP picture.", start=data[:4].hex())


def _jpeg_header(data: bytes) -> PictureHeader:
    position = 2
    size: tuple[int, int, int, int] | None = None
    while True:
        if data[position] != 0xFF:
            raise PictureDamaged("The JPEG's segments don't follow one another: take or copy it again.")
        while data[position] == 0xFF:
            position += 1
        marker = data[position]
        position += 1
        if marker in _JPEG_STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", data, position)
        if length < 2:
            raise PictureDamaged("A JPEG segment claims an impossible length: take or copy it again.")
        if marker in _JPEG_FRAME_MARKERS:
            depth, height, width, channels = struct.unpack_from(">BHHB", data, position + 2)
            size = (width, height, depth, channels)
        elif marker == _JPEG_START_OF_SCAN:
            break
        position += length
    if size is None:
        raise PictureDamaged("The JPEG has no frame header: take or copy it again.")
    # Pixels can't hold the end marker by chance: within them JPEG puts a zero byte after each 0xFF.
    return PictureHeader("jpeg", *size, animated=False, complete=data.rfind(_JPEG_END) > position)


def _png_header(data: bytes) -> PictureHeader:
    if data[12:16] != b"IHDR":
        raise PictureDamaged("The PNG doesn't begin with its header: take or copy it again.")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    names = {name for name, _ in _png_chunks(data)}
    channels = _PNG_CHANNELS.get(colour)
    if channels is None:
        raise PictureDamaged(f"The PNG claims colour type {colour}, which doesn't exist.")
    return PictureHeader(
        "png", width, height, depth, channels, animated=b"acTL" in names, complete=b"IEND" in names
    )


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            return
        yield name, length
        position += 12 + length


def _webp_header(data: bytes) -> PictureHeader:
    (riff_length,) = struct.unpack_from("<I", data, 4)
    complete = len(data) >= riff_length + 8
    kind = data[12:16]
    if kind == b"VP8X":
        flags = data[20]
        width = int.from_bytes(_slice(data, 24, 3), "little") + 1
        height = int.from_bytes(_slice(data, 27, 3), "little") + 1
        return PictureHeader("webp", width, height, 8, 4 if flags & 0x10 else 3, bool(flags & 0x02), complete)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return PictureHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 8, 4, False, complete)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF, 8, 3, False, complete)
    raise PictureDamaged("The WebP picture begins with a part that doesn't exist.")


def _slice(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) != length:
        raise IndexError(start)
    return part
