"""A view's picture, decoded as far as it is needed: at half size where that will do, in full when asked.

A JPEG holds its picture as frequencies of 8 × 8 pixels. Decoding only the lower ones gives the picture at
half size, averaged well, in less time than decoding all of it and averaging after. Finding the item, judging
the picture and, for a large enough item, the network need no more than that.
"""

from dataclasses import dataclass, field

from vision.picture import PLAIN_CHANNELS, Picture, check_header, decode_picture, decoded
from vision.picture_header import PictureHeader
from vision.settings import PictureSettings


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture's bytes and its pixels at the size worked with.

    Attributes:
        data: The file's bytes.
        working: BGR, at the full or at half the size.
        width: Pixels of the full picture, upright.
        height: Pixels of the full picture, upright.
        limits: What a picture may be.
    """

    data: bytes
    working: Picture
    width: int
    height: int
    limits: PictureSettings = field(default_factory=PictureSettings)

    @property
    def factor(self) -> int:
        """Pixels of the full picture along one pixel of `working`: 1 or 2."""
        return self.width // int(self.working.shape[1])

    def full(self) -> Picture:
        """The full BGR picture; decoded anew at each call where `working` is half of it."""
        return self.working if self.factor == 1 else decode_picture(self.data, self.limits)


def open_photograph(
    data: bytes, least_side: int, limits: PictureSettings, *, kept: bool = False
) -> Photograph:
    """Decode a picture to work with: halved if it is a JPEG whose half is still large enough.

    Args:
        data: The file's bytes.
        least_side: Pixels that the longer side of `working` must have; smaller pictures are not halved.
        limits: What a picture may be before it is decoded.
        kept: It was accepted once and others depend on it: spoilt JPEG data is borne.

    Raises:
        PictureRefused: One of its kinds, naming what is wrong; nothing large was allocated before.
    """
    if kept:
        limits = limits.model_copy(update={"strict_jpeg": False})
    header = check_header(data, limits)
    if _can_be_halved(header, least_side):
        half = decoded(data, header, half=True, strict=limits.strict_jpeg)
        height, width = 2 * half.shape[0], 2 * half.shape[1]
        # A camera held upright swaps the sides after decoding: its header has them as the sensor lies.
        if {width, height} == {header.width, header.height}:
            return Photograph(data, half, width, height, limits)
    picture = decoded(data, header, strict=limits.strict_jpeg)
    return Photograph(data, picture, picture.shape[1], picture.shape[0], limits)


def _can_be_halved(header: PictureHeader, least_side: int) -> bool:
    """Whether half of it is large enough, and exactly half, so that places double without a rest."""
    return (
        header.format == "jpeg"
        and header.depth == 8
        and header.channels in PLAIN_CHANNELS
        and header.width % 2 == header.height % 2 == 0
        and max(header.width, header.height) >= 2 * least_side
    )
