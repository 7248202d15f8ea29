"""How far the lens or a moving hand has spread the item's edges, whatever the item looks like.

A plain "variance of the Laplacian" says that a white carton is blurred and a blurred newspaper is sharp. Here
each strong edge is blurred on purpose, three times and each time more: an edge that was sharp loses most of
its slope at the first step, one that was spread already loses it later. How much earlier says how far it was
spread. Contrast cancels out, and so does whether the edge is a step (a carton's rim) or a line (print, a
tin's rings).
"""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_FIRST, _SECOND, _THIRD = 0.8, 1.5, 2.6  # deliberate blurs, pixels
_MIN_SLOPE = 2.0  # grey levels a pixel; below this there is no edge to judge by
_SPREADS = np.linspace(0, 7, 141)
# A step's slope falls with the total spread, a line's with its square: the exponent drops out of the ratio of
# logarithms, which then depends on the spread alone.
_RATIOS = np.log((_SECOND**2 + _SPREADS**2) / (_FIRST**2 + _SPREADS**2)) / np.log(
    (_THIRD**2 + _SPREADS**2) / (_SECOND**2 + _SPREADS**2)
)


def edge_spread(grey: Floats) -> float:
    """Spread (Gaussian sigma) of a grey picture's strong edges, in its own pixels: their median, at most 7.

    Sharp pictures give about 1. A picture without edges gives 0: there is nothing to see a blur by.

    >>> steps = np.kron(np.eye(8), np.ones((16, 16))).astype(np.float32) * 200
    >>> edge_spread(steps) < 1.0
    True
    >>> 1.8 < edge_spread(cv2.GaussianBlur(steps, (0, 0), 2)) < 3.0
    True
    """
    if min(grey.shape) < 12:
        return 0.0
    first, second, third = (_slope(grey, sigma) for sigma in (_FIRST, _SECOND, _THIRD))
    crests = first >= cv2.dilate(first, np.ones((3, 3), np.uint8))
    heights = first[crests]
    least = max(_MIN_SLOPE, float(np.median(heights)), 0.3 * float(np.quantile(heights, 0.98)))
    strong = crests & (first >= least)
    if not strong.any():
        return 0.0
    early = np.log(np.maximum(first[strong] / np.maximum(second[strong], 1e-3), 1.0001))
    late = np.log(np.maximum(second[strong] / np.maximum(third[strong], 1e-3), 1.0001))
    return float(np.median(np.interp(-early / late, -_RATIOS, _SPREADS)))


def _slope(grey: Floats, sigma: float) -> Floats:
    blurred = cv2.GaussianBlur(grey, (0, 0), sigma)
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=0.125)
    # Not cv2.magnitude: its last bits depend on where in memory the picture happens to lie.
    return np.sqrt(across * across + down * down, dtype=np.float32)
