"""How far the print of a unit is displaced against a golden one's: a dent or a bent edge moves it.

A slightly other view moves the print too, but smoothly over the whole item; so a smooth surface is laid
through all that is displaced, and what lies beside that surface is news. Only print tells: a place without
edges says nothing of where it went. The outline tells nothing either: it is easily drawn a little wrong.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.golden.features import CELLS
from vision.golden.views import SIDE, Floats, Square
from vision.picture import Picture

_DEGREE = 4  # of the surface; a box turned a little, two of its sides seen, needs that much
_STRONG = 60.0  # grey levels of slope (Sobel) from which an edge tells all that it can
_INSIDE = np.ones((9, 9), np.uint8)  # pixels that the outline's own edge may reach inwards
_TELLING = 0.5  # share of strong edges in a cell from which it counts in full


def _smooth_basis() -> npt.NDArray[np.float64]:
    """Products of Chebyshev polynomials up to the degree, one column each, a row a cell."""
    places = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    lines = np.polynomial.chebyshev.chebvander(places, _DEGREE)
    columns = [
        np.outer(lines[:, down], lines[:, across]).reshape(-1)
        for down in range(_DEGREE + 1)
        for across in range(_DEGREE + 1 - down)
    ]
    return np.stack(columns, axis=1)


_BASIS = _smooth_basis()
_BASIS_OF_CELLS = _BASIS.astype(np.float32)
_RIDGE = 1e-6 * np.eye(_BASIS.shape[1])


@dataclass(frozen=True, slots=True)
class Print:
    """The print of a golden unit, and where on it a displacement can be told.

    Attributes:
        grey: `(SIDE, SIDE)`.
        telling: `(SIDE, SIDE)`, 0 to 1: how well each pixel's edges tell where it went; 0 near the outline.
        weights: The same, a cell each.
        inside: Cells within the outline.
        surface: `(numbers, CELLS * CELLS)`: the smooth surface through a displacement, by least squares.
    """

    grey: Picture
    telling: Floats
    weights: Floats
    inside: npt.NDArray[np.bool_]
    surface: Floats

    @classmethod
    def of(cls, square: Square) -> "Print":
        """What a golden unit's square shows."""
        grey = print_grey(square)
        inner = cv2.erode(square.mask, _INSIDE, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
        across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        telling = np.minimum(np.sqrt(across * across + down * down) / _STRONG, 1) * inner
        weights = cv2.resize(telling, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        covered = cv2.resize(inner.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        weighted = _BASIS * weights.reshape(-1, 1)
        surface = np.linalg.solve(weighted.T @ _BASIS + _RIDGE, weighted.T).astype(np.float32)
        return cls(grey, telling.astype(np.float32), np.asarray(weights, np.float32), covered > 0, surface)

    def displaced(self, flow: Floats) -> Floats:
        """How far each cell lies beside the smooth surface, `(CELLS, CELLS)`.

        In pixels of the square; where there is little print they count for less, without any for nothing.

        Args:
            flow: `(SIDE, SIDE, 2)`: from this print to that of a unit laid over it.
        """
        told = cv2.resize(flow * self.telling[..., None], (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        moved = (told / (self.weights[..., None] + 1e-3)).reshape(-1, 2)
        beside = moved - _BASIS_OF_CELLS @ (self.surface @ moved)
        far = np.sqrt(np.einsum("cd,cd->c", beside, beside)).reshape(CELLS, CELLS)
        return np.asarray(far * np.minimum(self.weights / _TELLING, 1), np.float32)


def print_grey(square: Square) -> Picture:
    """The picture as a displacement is looked for in it: at full size, where two pixels are much."""
    return np.asarray(cv2.cvtColor(square.picture, cv2.COLOR_BGR2GRAY), np.uint8)


class Search:
    """Looks for where each place of a print went: optical flow (DIS), as fast as it can be had.

    Finer presets cost two and seven milliseconds more a unit, and tell damaged units hardly better, or worse.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def flow(self, golden: Picture, unit: Picture) -> Floats:
        """`(SIDE, SIDE, 2)`, from the one `print_grey` to the other."""
        start = np.zeros((SIDE, SIDE, 2), np.float32)
        return np.asarray(self._flow.calc(golden, unit, start), np.float32)
