"""The little that the station must know of a JPEG before anyone decodes it.

A camera's own JPEG is kept as it came, so its size in pixels is read from its header, and a picture that a
USB cable cut short is recognised by its missing end.

    >>> picture = bytes.fromhex("ffd8 ffc0 0011 08 0438 0780 03 012200 021101 031101 ffd9")
    >>> jpeg_size(picture)
    (1920, 1080)
"""

from hardware.errors import PictureRefused

_START = b"\xff\xd8"
_END = b"\xff\xd9"
_HUFFMAN_TABLES = 0xC4
_START_OF_SCAN = 0xDA
# Start-of-frame markers carry the size; C4, C8 and CC in the same range mean other things.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def trim_jpeg(data: bytes) -> bytes:
    """The JPEG without the padding that some cameras append.

    Raises:
        PictureRefused: The data doesn't start or doesn't end as a JPEG does: not a picture, or cut short.
    """
    if not data.startswith(_START):
        raise PictureRefused(
            "The camera gave data that isn't a JPEG; it was dropped. If it goes on, unplug the camera and "
            "plug it in."
        )
    if data.endswith(_END):
        return data
    end = data.rfind(_END)
    if end < 0:
        raise PictureRefused(
            "A picture was cut short on its way from the camera and was dropped. If it goes on, change the "
            "cable or give the camera a USB port of its own."
        )
    return data[: end + len(_END)]


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        PictureRefused: There is no readable header.
    """
    for marker, start, end in _segments(data):
        if marker in _FRAME_MARKERS and end - start >= 5:
            height = int.from_bytes(data[start + 1 : start + 3], "big")
            width = int.from_bytes(data[start + 3 : start + 5], "big")
            if width and height:
                return width, height
    raise PictureRefused("A picture's header is damaged (no size in it); the picture was dropped.")


def has_huffman_tables(data: bytes) -> bool:
    """Whether the JPEG carries its own Huffman tables.

    Some USB cameras leave them out of Motion-JPEG; OpenCV reads such a picture, browsers don't.
    """
    return any(marker == _HUFFMAN_TABLES for marker, _, _ in _segments(data))


def huffman_tables(data: bytes) -> bytes:
    """The segments with the JPEG's Huffman tables, markers and all."""
    found = [data[start - 4 : end] for marker, start, end in _segments(data) if marker == _HUFFMAN_TABLES]
    return b"".join(found)


def _segments(data: bytes) -> "list[tuple[int, int, int]]":
    """Marker, first byte and end of each header segment's payload, as far as they can be followed."""
    segments = []
    position = len(_START)
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _NO_LENGTH:
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        end = position + 2 + length
        if length < 2 or end > len(data):
            break
        segments.append((marker, position + 4, end))
        if marker == _START_OF_SCAN:
            break
        position = end
    return segments
