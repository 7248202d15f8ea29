"""How far the lens or a moving hand has spread the item's edges, whatever the item looks like.

A plain "variance of the Laplacian" says that a white carton is blurred and a blurred newspaper is sharp. Here
each strong edge is blurred twice on purpose, a little and a lot: an edge that was sharp loses much of its
slope between the two, one that was spread already loses little, and the ratio of the slopes gives the spread
itself. Noise, print and contrast cancel out.
"""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LITTLE, _MUCH = 0.8, 2.4  # deliberate blurs, pixels of the reduced picture
_WIDEST = 8.0  # an estimate never says more than this, pixels of the reduced picture
_MIN_SLOPE = 2.0  # grey levels a pixel; below this there is no edge to judge by


def edge_spread(grey: Floats) -> float:
    """Spread (Gaussian sigma) of a grey picture's strong edges in its own pixels: their median.

    A sharp picture gives less than 1. A picture without edges gives 0: there is nothing to see a blur by.

    >>> steps = np.kron(np.eye(8), np.ones((16, 16))).astype(np.float32) * 200
    >>> edge_spread(steps) < 1.0
    True
    >>> 2.0 < edge_spread(cv2.GaussianBlur(steps, (0, 0), 3)) < 4.0
    True
    """
    if min(grey.shape) < 12:
        return 0.0
    slope_little, slope_much = _slope(grey, _LITTLE), _slope(grey, _MUCH)
    crests = slope_little >= cv2.dilate(slope_little, np.ones((3, 3), np.uint8))
    heights = slope_little[crests]
    least = max(_MIN_SLOPE, float(np.median(heights)), 0.3 * float(np.quantile(heights, 0.98)))
    strong = crests & (slope_little >= least)
    if not strong.any():
        return 0.0
    ratio = slope_little[strong] / np.maximum(slope_much[strong], 1e-3)
    squared = (_MUCH**2 - ratio**2 * _LITTLE**2) / np.maximum(ratio**2 - 1, 1e-3)
    return float(np.median(np.sqrt(np.clip(squared, 0, _WIDEST**2))))


def _slope(grey: Floats, sigma: float) -> Floats:
    blurred = cv2.GaussianBlur(grey, (0, 0), sigma)
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.magnitude(across, down), np.float32)
