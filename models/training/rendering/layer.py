"""Where the item is put together before it is laid on the station's picture: colour, coverage and marks."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.rendering.camera import Points
from models.training.rendering.spec import HEIGHT, WIDTH, Picture, Values
from models.training.rendering.surface import Surface


@dataclass(slots=True)
class Layer:
    """A full-size transparent picture with the number of the visible defect at each pixel."""

    colour: Picture
    alpha: Picture
    marks: Picture

    @classmethod
    def empty(cls) -> "Layer":
        """A layer on which nothing lies yet."""
        return cls(
            np.zeros((HEIGHT, WIDTH, 3), np.uint8),
            np.zeros((HEIGHT, WIDTH), np.uint8),
            np.zeros((HEIGHT, WIDTH), np.uint8),
        )

    def lay(self, colour: Values, alpha: Values, marks: Values, x: int, y: int) -> None:
        """Lay a patch over what is there, its top left at (x, y); what falls outside is cut off."""
        left, top = max(0, -x), max(0, -y)
        right, bottom = min(colour.shape[1], WIDTH - x), min(colour.shape[0], HEIGHT - y)
        if right <= left or bottom <= top:
            return
        patch = (slice(top, bottom), slice(left, right))
        here = (slice(y + top, y + bottom), slice(x + left, x + right))
        weight = alpha[patch].astype(np.float32)[:, :, None] / 255
        below = self.colour[here].astype(np.float32)
        self.colour[here] = (below + (colour[patch].astype(np.float32) - below) * weight + 0.5).astype(
            np.uint8
        )
        self.alpha[here] = np.maximum(self.alpha[here], alpha[patch])
        self.marks[here] = np.where(alpha[patch] > 127, marks[patch], self.marks[here])

    def fold_on(
        self,
        surface: Surface,
        corners: Points,
        light: tuple[float, float],
        brightness: float,
    ) -> None:
        """Project a surface onto four screen points: its top left, top right, bottom right, bottom left."""
        low = np.floor(corners.min(axis=0)).astype(int) - 2
        high = np.ceil(corners.max(axis=0)).astype(int) + 2
        low, high = np.maximum(low, [-40, -40]), np.minimum(high, [WIDTH + 40, HEIGHT + 40])
        if (high - low <= 2).any():
            return
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        width, height = surface.width, surface.height
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32) - 0.5)
        lit = cv2.convertScaleAbs(surface.shaded(light), alpha=brightness)
        colour = cv2.warpPerspective(
            _presized(lit, corners),
            _rescaled(matrix, lit, corners),
            size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        alpha = cv2.warpPerspective(surface.alpha, matrix, size, flags=cv2.INTER_LINEAR)
        marks = cv2.warpPerspective(surface.marks, matrix, size, flags=cv2.INTER_NEAREST)
        self.lay(colour, alpha, marks, int(low[0]), int(low[1]))


def _shrink(corners: Points, width: int, height: int) -> tuple[float, float]:
    across = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    down = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    return min(1.0, max(0.02, float(across) / width)), min(1.0, max(0.02, float(down) / height))


def _presized(lit: Values, corners: Points) -> Values:
    """Shrink print that is seen small or steeply, so that thin lines fade rather than flicker."""
    sx, sy = _shrink(corners, lit.shape[1], lit.shape[0])
    if min(sx, sy) > 0.8:
        return lit
    size = (max(2, round(lit.shape[1] * sx)), max(2, round(lit.shape[0] * sy)))
    return cv2.resize(lit, size, interpolation=cv2.INTER_AREA)


def _rescaled(
    matrix: Values,
    lit: Values,
    corners: Points,
) -> Points:
    sx, sy = _shrink(corners, lit.shape[1], lit.shape[0])
    if min(sx, sy) > 0.8:
        return matrix
    shrunk = (max(2, round(lit.shape[1] * sx)), max(2, round(lit.shape[0] * sy)))
    fx, fy = lit.shape[1] / shrunk[0], lit.shape[0] / shrunk[1]
    grow = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]])
    return np.asarray(matrix @ grow)
