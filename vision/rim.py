"""Does an outline run along edges of the picture? Where it doesn't, it is drawn anew from the edges.

A lamp's glow on the wall stands out from the border as an item does, but it ends nowhere: along its outline
the picture hardly changes. At the rim of a thing it does, all the way round.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vision.picture import Picture

Floats = npt.NDArray[np.float32]

WEAK = 25.0
"""Strength of a rim, 0 to 30, below which an outline is doubted: most of a thing's own rim has 30."""
FULL = 30.0
"""Slope at which an edge counts in full."""
# Slopes from which edges belong to the item: table grain is weaker than print.
_STEPS = (8.0, 12.0, 18.0, 27.0)
_MOST = 0.6  # of the picture, that an item drawn from edges may fill


def slopes(small: Picture) -> Floats:
    """How steeply brightness and colour change at each pixel, in Lab (8 bit) a pixel."""
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32), (3, 3), 0)
    across = cv2.Sobel(lab, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(lab, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(np.sqrt((across * across + down * down).sum(axis=2)), np.float32)


def rim_strength(mask: Picture, slope: Floats) -> float:
    """Mean slope along the outline, each place at most 30; at the picture's border there is none."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return 0.0
    x, y = np.concatenate(contours).reshape(-1, 2).T
    height, width = mask.shape
    inner = (x > 1) & (y > 1) & (x < width - 2) & (y < height - 2)
    near = cv2.dilate(slope, np.ones((3, 3), np.uint8))
    return float((np.minimum(near[y, x], FULL) * inner).mean())


def redrawn(mask: Picture, slope: Floats, drawn: Callable[[Picture], Picture]) -> Picture:
    """An outline with a stronger rim, where this one's is weak and the picture's edges enclose a better one.

    Args:
        mask: The outline, 255 inside.
        slope: Of the same picture.
        drawn: Chooses the item among what edges enclose, and draws its outline.
    """
    own = rim_strength(mask, slope)
    if not mask.any() or own >= WEAK:
        return mask
    best, strongest = mask, own
    for enclosed in _enclosed(slope):
        found = drawn(enclosed)
        if np.count_nonzero(found) > _MOST * found.size:
            continue
        rim = rim_strength(found, slope)
        if rim > strongest:
            best, strongest = found, rim
        if strongest >= WEAK:
            break  # with steeper slopes alone, less and less of the item is left
    return best


def _enclosed(slope: Floats) -> Iterator[Picture]:
    """What edges enclose, from faint edges to strong ones."""
    wide, narrow = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in (7, 5))
    for step in _STEPS:
        edges = np.asarray((slope > step) * np.uint8(255), np.uint8)
        closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, wide)
        contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        filled = np.zeros_like(edges)
        cv2.drawContours(filled, contours, -1, 255, cv2.FILLED)
        yield np.asarray(cv2.morphologyEx(filled, cv2.MORPH_OPEN, narrow), np.uint8)
