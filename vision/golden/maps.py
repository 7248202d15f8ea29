"""The map of what is unlike, back on the picture it came from."""

import cv2
import numpy as np

from vision.golden.comparison import Comparison
from vision.golden.shape import hull_gap_depth
from vision.golden.views import Floats, ItemView

_GAP_WEIGHT = 0.25


def full_map(comparison: Comparison) -> Floats:
    """What is unlike, on the square: patches that look unlike, and gaps in the outline if unusual."""
    gaps = hull_gap_depth(comparison.square.mask)
    unusual = max(0.0, comparison.signals["bites"], comparison.signals["deepest_bite"])
    weight = _GAP_WEIGHT * min(unusual, 8.0)
    return np.asarray(comparison.unlike + cv2.GaussianBlur(gaps, (0, 0), 1.5) * weight, np.float32)


def to_view(comparison: Comparison, view: ItemView) -> Floats:
    """The map in the pixels of the view's picture."""
    height, width = view.picture.shape[:2]
    back = cv2.invertAffineTransform(comparison.square.placing)
    return np.asarray(cv2.warpAffine(full_map(comparison), back, (width, height)), np.float32)
