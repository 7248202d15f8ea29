"""What each small patch of an item looks like, in numbers that borne light and noise change little.

A cell of 4 × 4 pixels of the square has its colour (Lab), the strength of edges in four directions at two
scales, and how much of it the item covers. Weights make a difference of 1 about what the eye calls clear.
"""

import cv2
import numpy as np

from vision.golden.views import SIDE, Floats, Square

CELL = 4
CELLS = SIDE // CELL
_COLOUR = np.array([1 / 12, 1 / 5, 1 / 5], np.float32)
_COVER = 2.0


def dense_features(square: Square) -> Floats:
    """Features of each cell, `(CELLS, CELLS, 12)`."""
    lab = np.asarray(cv2.cvtColor(square.picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB), np.float32)
    colour = cv2.resize(lab, (CELLS, CELLS), interpolation=cv2.INTER_AREA) * _COLOUR
    cover = cv2.resize(square.mask, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    grey = lab[..., 0]
    fine = _directions(grey, CELL)
    half = cv2.resize(grey, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    coarse = _directions(np.asarray(half, np.float32), CELL // 2)
    return np.dstack([colour, fine, coarse, cover * _COVER]).astype(np.float32)


def _directions(grey: Floats, cell: int) -> Floats:
    """Strength of edges in four directions, compressed, a cell each."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    slanted, other = (across + down) * 0.7071, (across - down) * 0.7071
    strengths = cv2.merge([np.abs(part) for part in (across, down, slanted, other)])
    smoothed = cv2.GaussianBlur(strengths, (2 * cell + 1, 2 * cell + 1), cell / 2)
    cells = cv2.resize(smoothed, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(np.sqrt(cells), np.float32)
