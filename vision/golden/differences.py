"""What differs between a unit and a golden one that it was laid over, place by place."""

import cv2
import numpy as np

from vision.golden.features import CELLS
from vision.golden.views import Floats


def nearest_look(golden: Floats, features: Floats) -> Floats:
    """Distance of each cell to the most alike of the golden unit's nine cells around it."""
    best = np.full(features.shape[:2], np.inf, np.float32)
    wide = cv2.copyMakeBorder(golden, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for down in range(3):
        for across in range(3):
            off = features - wide[down : down + CELLS, across : across + CELLS]
            best = np.minimum(best, np.einsum("ijk,ijk->ij", off, off))
    return np.asarray(cv2.GaussianBlur(np.sqrt(best), (3, 3), 0), np.float32)


def top(values: Floats, share: float) -> float:
    """Mean of the highest share of values, of four at least."""
    if not values.size:
        return 0.0
    many = min(values.size, max(4, int(share * values.size)))
    return float(np.partition(values, values.size - many)[-many:].mean())
