"""What the outline alone says: bites, gaps, loose parts and proportions, whatever the pose."""

import cv2
import numpy as np

from vision.golden.views import Floats, Square
from vision.picture import Picture

NAMES = ("bites", "deepest_bite", "parts", "roughness", "proportion")


def shape_numbers(square: Square) -> Floats:
    """Numbers that don't change when the item is turned; in the order of `NAMES`.

    `bites` is the share of the convex hull that is missing, `deepest_bite` the deepest one as a share of the
    item's extent, `parts` the share of its area outside its largest part, `roughness` how much longer its rim
    is than a smooth one's, `proportion` its length over its width.
    """
    contours, _ = cv2.findContours(square.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros(len(NAMES), np.float32)
    areas = np.array([cv2.contourArea(contour) for contour in contours])
    largest = contours[int(areas.argmax())]
    area = max(1.0, float(areas.sum()))
    hull = cv2.convexHull(np.concatenate(contours))
    hull_area = max(1.0, cv2.contourArea(hull))
    smooth = cv2.approxPolyDP(largest, 1.5, closed=True)
    deepest = float(hull_gap_depth(square.mask).max()) / area**0.5
    sides = cv2.minAreaRect(hull)[1]
    return np.array(
        [
            max(0.0, 1 - area / hull_area),
            deepest,
            1 - float(areas.max()) / area,
            cv2.arcLength(smooth, closed=True) / max(1.0, cv2.arcLength(hull, closed=True)) - 1,
            np.log(max(sides) / max(1.0, min(sides))),
        ],
        np.float32,
    )


def hull_gap_depth(mask: Picture) -> Floats:
    """Depth below the convex hull's rim, in pixels, of each pixel that the item lacks."""
    hull = np.zeros_like(mask)
    if not mask.any():
        return hull.astype(np.float32)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(contours)), 255)
    inside = cv2.distanceTransform(np.pad(hull, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    gap = (hull > 0) & (mask == 0)
    return np.where(gap, inside, 0).astype(np.float32)
