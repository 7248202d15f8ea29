"""A copy laid over the photograph that it was made from: boxes of the one then hold on the other.

Copies may be grey, squeezed into a square, mirrored, turned and moved.
"""

from itertools import product
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from models.training.rendering.spec import Picture
from vision.findings import Box

_SIDE = 160  # pixels of the squares that are laid over each other
_LEAST_LIKENESS = 0.9
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)


class _Turn(NamedTuple):
    """A way to lay a square: mirrored or not, then turned counter-clockwise by quarters."""

    mirrored: bool
    quarters: int

    def of(self, square: Picture) -> Picture:
        """The square so laid."""
        return np.ascontiguousarray(np.rot90(square[:, ::-1] if self.mirrored else square, self.quarters))

    def matrix(self) -> npt.NDArray[np.float64]:
        """From shares of the square to shares of the square so laid."""
        mirror = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]]) if self.mirrored else np.eye(3)
        quarter = np.array([[0.0, 1, 0], [-1, 0, 1], [0, 0, 1]])
        return np.asarray(np.linalg.matrix_power(quarter, self.quarters) @ mirror, np.float64)


_TURNS = [_Turn(mirrored, quarters) for mirrored, quarters in product((False, True), range(4))]


def carried_over(picture: Picture, copy: Picture, boxes: list[Box]) -> list[Box]:
    """Boxes of a greyscale copy, in shares of the colour photograph that it was made from.

    Empty where the two don't show the same.
    """
    ours, theirs = _even(picture), _even(copy)
    turn = max(_TURNS, key=lambda one: _likeness(one.of(ours), theirs))
    moved = np.eye(2, 3, dtype=np.float32)
    try:
        likeness, moved = cv2.findTransformECC(  # type: ignore[call-overload]
            theirs, turn.of(ours), moved, cv2.MOTION_AFFINE, _STEPS, None, 5
        )
    except cv2.error:  # nothing in common
        return []
    if likeness < _LEAST_LIKENESS:
        return []
    pixels = np.diag([_SIDE, _SIDE, 1.0])
    back = np.linalg.inv(pixels @ turn.matrix()) @ np.vstack([moved, [0, 0, 1]]) @ pixels
    return [_moved(box, back) for box in boxes]


def _even(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)


def _likeness(one: Picture, other: Picture) -> float:
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])


def _moved(box: Box, matrix: npt.NDArray[np.float64]) -> Box:
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    corners = np.array([[left, top, 1], [right, top, 1], [left, bottom, 1], [right, bottom, 1]]).T
    places = (matrix @ corners)[:2]
    (x0, y0), (x1, y1) = places.min(axis=1), places.max(axis=1)
    return Box(float(x0), float(y0), float(x1 - x0), float(y1 - y0))
