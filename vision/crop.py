"""The square picture that the model sees: the item, cut out, on neutral grey.

Training and the station use this same code, so that the model is asked about pictures of the kind it was
taught on. The item's box, with a margin, is scaled to fit a square and centred in it; what lies beside it,
and, where the item's outline is trusted, everything outside the outline, is neutral grey: a model that sees
the table learns the table.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vision.findings import Box
from vision.localisation import Region
from vision.picture import Picture

NEUTRAL = 114  # grey level of everything that is not the item


@dataclass(frozen=True, slots=True)
class Crop:
    """A square BGR picture for the model and the way back to the full picture.

    Attributes:
        square: BGR, `(size, size, 3)`.
        left: Full-picture x of the crop's left edge.
        top: Full-picture y of the crop's top edge.
        scale: Square pixels per full-picture pixel.
        pad_x: Grey columns left of the crop, in square pixels.
        pad_y: Grey rows above the crop, in square pixels.
        width: Width of the crop in the full picture.
        height: Height of the crop in the full picture.
    """

    square: Picture
    left: int
    top: int
    scale: float
    pad_x: int
    pad_y: int
    width: int
    height: int

    def to_full(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Map corners in the square to a box in the full picture, kept within the crop."""
        left = min(max((x0 - self.pad_x) / self.scale, 0.0), float(self.width))
        right = min(max((x1 - self.pad_x) / self.scale, 0.0), float(self.width))
        top = min(max((y0 - self.pad_y) / self.scale, 0.0), float(self.height))
        bottom = min(max((y1 - self.pad_y) / self.scale, 0.0), float(self.height))
        return Box(self.left + left, self.top + top, max(0.0, right - left), max(0.0, bottom - top))

    def to_square(self, box: Box) -> tuple[float, float, float, float]:
        """Map a box in the full picture to left, top, right, bottom in the square, kept within the crop."""
        left = min(max(box.x - self.left, 0.0), float(self.width)) * self.scale + self.pad_x
        right = min(max(box.x + box.width - self.left, 0.0), float(self.width)) * self.scale + self.pad_x
        top = min(max(box.y - self.top, 0.0), float(self.height)) * self.scale + self.pad_y
        bottom = min(max(box.y + box.height - self.top, 0.0), float(self.height)) * self.scale + self.pad_y
        return left, top, right, bottom

    def enlarged(self, factor: int) -> "Crop":
        """The same square, for a full picture `factor` times the size of the one it was cut from."""
        return replace(
            self,
            left=self.left * factor,
            top=self.top * factor,
            scale=self.scale / factor,
            width=self.width * factor,
            height=self.height * factor,
        )


def crop_corners(picture: Picture, box: Box, margin: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the crop: the item's box with its margin, within the picture."""
    height, width = picture.shape[:2]
    border = margin * max(box.width, box.height)
    return (
        max(0, int(box.x - border)),
        max(0, int(box.y - border)),
        min(width, int(np.ceil(box.x + box.width + border))),
        min(height, int(np.ceil(box.y + box.height + border))),
    )


def crop_item(picture: Picture, region: Region, size: int, *, margin: float, mask_background: bool) -> Crop:
    """Cut the item out of a BGR picture for a model with a square input of `size` pixels.

    Args:
        picture: Full BGR picture.
        region: Where the item is, in this picture's pixels.
        size: Side of the model's input.
        margin: Kept around the item's box, as a share of the box's longer side.
        mask_background: Fill what lies outside the item's outline with neutral grey.
    """
    left, top, right, bottom = crop_corners(picture, region.box, margin)
    cut = picture[top:bottom, left:right]
    scale = min(size / cut.shape[1], size / cut.shape[0])
    inner_width = max(1, min(size, round(cut.shape[1] * scale)))
    inner_height = max(1, min(size, round(cut.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR  # AREA keeps thin scratches
    inner = cv2.resize(cut, (inner_width, inner_height), interpolation=method)
    square = np.full((size, size, 3), NEUTRAL, np.uint8)
    pad_x, pad_y = (size - inner_width) // 2, (size - inner_height) // 2
    place = square[pad_y : pad_y + inner_height, pad_x : pad_x + inner_width]
    if mask_background and region.mask.size:
        outline = _outline(
            region.mask, picture, (left, top, right, bottom), (inner_width, inner_height), margin
        )
        cv2.copyTo(inner, outline, place)
    else:
        place[:] = inner
    return Crop(square, left, top, scale, pad_x, pad_y, right - left, bottom - top)


def _outline(
    mask: Picture,
    picture: Picture,
    corners: tuple[int, int, int, int],
    inner: tuple[int, int],
    margin: float,
) -> Picture:
    """The item's outline, widened by half the margin, at the scale of the square: 255 within, 0 without."""
    scale_x, scale_y = mask.shape[1] / picture.shape[1], mask.shape[0] / picture.shape[0]
    left, top, right, bottom = corners
    x0, y0 = int(left * scale_x), int(top * scale_y)
    x1, y1 = max(x0 + 1, int(np.ceil(right * scale_x))), max(y0 + 1, int(np.ceil(bottom * scale_y)))
    cut = cv2.resize(mask[y0:y1, x0:x1], inner, interpolation=cv2.INTER_LINEAR)
    reach = max(3, int(max(inner) * max(margin, 0.02) / 2)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    _, within = cv2.threshold(cut, 127, 255, cv2.THRESH_BINARY)
    return np.asarray(cv2.dilate(within, kernel), np.uint8)
