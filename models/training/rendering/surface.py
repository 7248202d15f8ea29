"""One printed surface of a pack: its print, its relief, and where it is damaged.

Print, relief and marks are bent and projected together, so a defect's box in the picture is exact by
construction.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.rendering.spec import Picture, Plane, Values

Rect = tuple[int, int, int, int]
"""x, y, width, height in the surface's own pixels."""

MAX_MARKS = 250


@dataclass(slots=True)
class Surface:
    """A flat piece of print, before it is folded onto the pack.

    Attributes:
        colour: Print, height x width x 3.
        relief: Height above the flat surface in pixels; negative is dented.
        marks: Number of the defect at each pixel, 0 for none.
        alpha: 255 where there is material.
        keep_out: The barcode's place; None where it bears none.
        gloss: 0 matt board to 1 polished metal.
    """

    colour: Picture
    relief: Plane
    marks: Picture
    alpha: Picture
    keep_out: Rect | None = None
    gloss: float = 0.15

    @classmethod
    def of(cls, colour: Picture, keep_out: Rect | None = None, gloss: float = 0.15) -> "Surface":
        """A flat, whole surface with this print."""
        size = colour.shape[:2]
        return cls(
            colour=np.ascontiguousarray(colour),
            relief=np.zeros(size, np.float32),
            marks=np.zeros(size, np.uint8),
            alpha=np.full(size, 255, np.uint8),
            keep_out=keep_out,
            gloss=gloss,
        )

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.colour.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.colour.shape[0])

    def mark(self, mask: Values, number: int) -> None:
        """Record that the defect `number` covers `mask` (non-zero = covered)."""
        self.marks[(mask > 0) & (self.alpha > 0)] = number

    def shaded(self, light: tuple[float, float]) -> Picture:
        """The print with its relief lit from direction `light` (x right, y down, length up to 1)."""
        if not self.relief.any():
            return self.colour
        slope_x = cv2.Sobel(self.relief, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
        slope_y = cv2.Sobel(self.relief, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
        tilt = slope_x * light[0] + slope_y * light[1]
        gain = np.clip(1.0 + tilt * 1.15, 0.35, 1.7)
        shine = np.clip(tilt - 0.16, 0.0, 0.5) * (60.0 + 260.0 * self.gloss)
        lit = self.colour.astype(np.float32) * gain[:, :, None] + shine[:, :, None]
        return np.clip(lit, 0, 255).astype(np.uint8)


def blob(
    size: tuple[int, int],
    centre: tuple[float, float],
    radius: float,
    rng: np.random.Generator,
    rough: float = 0.3,
    stretch: float = 1.0,
) -> Picture:
    """A closed irregular spot as a mask of `size` (height, width); `stretch` makes it long."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    reach = np.ones_like(angles)
    for wave in range(2, 9):
        reach += rough / wave * rng.normal() * np.cos(wave * angles + rng.uniform(0, 6.28))
    turn = rng.uniform(0, np.pi)
    x = radius * reach * np.cos(angles) * stretch
    y = radius * reach * np.sin(angles) / stretch
    points = np.stack(
        [centre[0] + x * np.cos(turn) - y * np.sin(turn), centre[1] + x * np.sin(turn) + y * np.cos(turn)],
        axis=1,
    )
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points * 8).astype(np.int32)], 255, cv2.LINE_AA, shift=3)
    return mask


def mottle(size: tuple[int, int], rng: np.random.Generator, coarse: int = 6, fine: int = 24) -> Plane:
    """Cloudy noise around 0 with standard deviation near 1: blotches of liquid, unevenness of board."""
    total = np.zeros(size, np.float32)
    for cells, weight in ((coarse, 0.7), (fine, 0.5)):
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        total += weight * cv2.resize(grid, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return total


def tint(colour: Picture, mask: Values, factor: tuple[float, float, float]) -> None:
    """Multiply the print by `factor` (blue, green, red) where `mask` (0 to 1) says so, in place."""
    weight = mask[:, :, None]
    scaled = colour.astype(np.float32) * (1 - weight + weight * np.array(factor, np.float32))
    colour[:] = np.clip(scaled, 0, 255).astype(np.uint8)


def cover(colour: Picture, mask: Values, paint: tuple[float, float, float] | Picture) -> None:
    """Lay `paint` over the print where `mask` (0 to 1) says so, in place."""
    weight = mask[:, :, None]
    painted = colour.astype(np.float32) * (1 - weight) + np.asarray(paint, np.float32) * weight
    colour[:] = np.clip(painted, 0, 255).astype(np.uint8)
