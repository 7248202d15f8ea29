"""One view's item as all comparisons see it: centred, at a known size, its background gone.

What lies outside the outline is neutral grey, so that no comparison can learn the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.crop import NEUTRAL
from vision.findings import Box
from vision.picture import Picture
from vision.surroundings import outline

Floats = npt.NDArray[np.float32]

SIDE = 192
"""Pixels of the square that items are compared in."""
FILL = 0.8
"""Share of the square's side that the item's longer side takes."""
FINE_VIEW = 400
"""Pixels of a whole view's longer side that the print's marks need where the outline can't be trusted."""
_LONG = 1.2  # length over width from which an item has an axis
_TURNED = 0.98  # items whose axes agree less than this lie in any direction


@dataclass(frozen=True, slots=True)
class ItemView:
    """The item of one view, before it is laid into a square.

    Attributes:
        picture: BGR, the whole view, its longer side reduced to what the square needs.
        mask: Grey, same size, 255 on the item.
        confidence: How surely the item was told from its surroundings, 0 to 1.
        factor: Full-picture pixels a pixel of `picture`.
        fine: The view in finer detail, for the print's marks; None where `picture` is fine enough.
    """

    picture: Picture
    mask: Picture
    confidence: float
    factor: float
    fine: Picture | None = None

    @property
    def box(self) -> Box:
        """The item's box in full-picture pixels."""
        x, y, width, height = cv2.boundingRect(self.mask)
        return Box(x * self.factor, y * self.factor, width * self.factor, height * self.factor)


@dataclass(frozen=True, slots=True)
class Square:
    """An item laid into the square.

    Attributes:
        picture: BGR, `(SIDE, SIDE, 3)`, neutral outside the outline.
        mask: Grey, 255 on the item.
        placing: 2 × 3: from pixels of the view's picture to the square's.
        size: The item's extent (root of its area) in pixels of the full picture.
    """

    picture: Picture
    mask: Picture
    placing: Floats
    size: float


def item_view(picture: Picture, mask: Picture | None = None, confidence: float = 1.0) -> ItemView:
    """The item of a BGR picture: by its outline where one is known, else told from its surroundings.

    Without anything that stands out the whole picture is the item, with confidence 0.
    """
    if mask is None or not mask.any():
        found = outline(picture)
        mask, confidence = found.mask, found.confidence
    if not mask.any():
        mask, confidence = np.full(mask.shape, 255, np.uint8), 0.0
    height, width = picture.shape[:2]
    _, _, across, down = cv2.boundingRect(mask)
    longer = max(across * width / mask.shape[1], down * height / mask.shape[0])
    scale = min(1.0, 1.5 * SIDE * FILL / longer)
    fine_scale = min(1.0, FINE_VIEW / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = _scaled(picture, scale)
    grown = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
    _, exact = cv2.threshold(grown, 127, 255, cv2.THRESH_BINARY)
    fine = _scaled(picture, fine_scale) if fine_scale > scale else None
    return ItemView(small, np.asarray(exact, np.uint8), confidence, width / size[0], fine)


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale == 1.0:
        return picture
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def axis(mask: Picture) -> tuple[float, float]:
    """Direction of the item's longer axis, degrees, and how much longer it is than the shorter one."""
    moments = cv2.moments(mask, binaryImage=True)
    if moments["m00"] <= 0:
        return 0.0, 1.0
    a, b, c = moments["mu20"], moments["mu11"], moments["mu02"]
    spread = float(np.hypot(a - c, 2 * b))
    shorter = max(1e-6, a + c - spread)
    return float(np.degrees(0.5 * np.arctan2(2 * b, a - c))), float(np.sqrt((a + c + spread) / shorter))


def lie_in_any_direction(masks: Sequence[Picture]) -> bool:
    """Whether most of a product's items have an axis, and the axes don't agree."""
    axes = [axis(mask) for mask in masks]
    long = [np.exp(2j * np.radians(angle)) for angle, longer in axes if longer > _LONG]
    return len(long) > len(masks) / 2 and abs(np.mean(long)) < _TURNED


def squared(view: ItemView, turn: float = 0.0, longest: float | None = None) -> Square:
    """Lay the item into the square.

    Args:
        view: The item.
        turn: Degrees to turn it by, so that its axis lies level.
        longest: Full-picture pixels that fill the square as far as an item may; the item's own if None.
    """
    x, y, width, height = cv2.boundingRect(view.mask)
    centre = (x + width / 2, y + height / 2)
    corners = cv2.boxPoints((centre, (float(width), float(height)), 0.0))
    if turn:
        edges, _ = cv2.findContours(view.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points = np.concatenate(edges).reshape(-1, 2).astype(np.float64)
        rotation = cv2.getRotationMatrix2D(centre, turn, 1.0)
        turned = points @ rotation[:, :2].T + rotation[:, 2]
        low, high = turned.min(axis=0), turned.max(axis=0)
        own = float((high - low).max())
        middle = (low + high) / 2
    else:
        rotation = np.array([[1, 0, 0], [0, 1, 0]], np.float64)
        own, middle = float(max(width, height)), np.asarray(corners.mean(axis=0))
    scale = SIDE * FILL / (own if longest is None else longest / view.factor)
    placing = rotation * scale
    placing[:, 2] += SIDE / 2 - middle * scale
    shape = (SIDE, SIDE)
    whole = cv2.warpAffine(view.picture, placing, shape, flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(view.mask, placing, shape, flags=cv2.INTER_NEAREST)
    picture = cv2.copyTo(whole, mask, np.full_like(whole, NEUTRAL))
    area = float(np.count_nonzero(view.mask)) * view.factor**2
    return Square(
        np.asarray(picture, np.uint8), np.asarray(mask, np.uint8), placing.astype(np.float32), area**0.5
    )
