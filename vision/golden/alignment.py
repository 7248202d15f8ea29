"""One item laid over another: a coarse look at all, then a fine fit (ECC) to the best."""

from typing import Any

import cv2
import numpy as np

from vision.crop import NEUTRAL
from vision.golden.views import SIDE, Floats, Square
from vision.picture import Picture

FIT_SIDE = 64
"""Pixels of the square in which the fine fit is made."""
_COARSE = 16
_ROUNDS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-3)
_LAST_ROUNDS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 7, 1e-3)
_EVERYWHERE = np.full((FIT_SIDE, FIT_SIDE), 255, np.uint8)
_MOST_STRETCH = 1.4
FITS = 0.7
"""Likeness to the central golden unit from which a unit lies as that one does."""

Fit = tuple[Floats, float]
"""A map from one item to another, in the square's pixels, and how alike they are then."""


def coarse(square: Square) -> Floats:
    """A small, light-levelled look at an item: for finding the goldens most like it; of length 1."""
    grey = cv2.cvtColor(square.picture, cv2.COLOR_BGR2LAB).astype(np.float32)
    small = cv2.resize(grey, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(square.mask, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean(axis=(0, 1))
    flat = np.concatenate([small.reshape(-1), (cover.reshape(-1) - cover.mean()) / 4])
    return np.asarray(flat / max(1e-6, float(np.linalg.norm(flat))), np.float32)


def fit_picture(square: Square) -> Floats:
    """What the fine fit compares: brightness where the item is, its outline standing out."""
    grey = cv2.cvtColor(square.picture, cv2.COLOR_BGR2GRAY)
    levelled = np.where(square.mask > 0, np.clip(grey.astype(np.float32) / 2 + 110, 0, 255), 0)
    small = cv2.resize(levelled.astype(np.float32), (FIT_SIDE, FIT_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (5, 5), 0), np.float32)


def fit(template: Floats, moving: Floats, *, tilted: bool, start: Floats | None = None) -> Fit:
    """The map (3 × 3, template to moving, in the square's pixels) and how alike they are then, -1 to 1.

    Args:
        template: Fit picture.
        moving: Fit picture.
        tilted: The item may also be seen from a slightly other direction (a homography).
        start: Where to begin, if it is known about; in the square's pixels. Else it is looked for first.
    """
    try:
        likeness, first = -1.0, np.eye(3, dtype=np.float32)
        if start is None:
            likeness, first[:2] = cv2.findTransformECC(
                template, moving, first[:2].copy(), cv2.MOTION_AFFINE, _ROUNDS, _EVERYWHERE, 1
            )
        else:
            first = at_scale(start, FIT_SIDE / SIDE)
        last: Any = first
        if tilted:
            likeness, last = cv2.findTransformECC(
                template, moving, first, cv2.MOTION_HOMOGRAPHY, _LAST_ROUNDS, _EVERYWHERE, 1
            )
    except cv2.error:  # it doesn't converge: too little to go by
        if start is not None:
            return fit(template, moving, tilted=tilted)
        return np.eye(3, dtype=np.float32), _likeness(template, moving)
    found = np.asarray(last, np.float32)
    stretch = np.linalg.svd(found[:2, :2], compute_uv=False)
    if stretch.max() > _MOST_STRETCH or stretch.min() < 1 / _MOST_STRETCH:
        if start is not None:
            return fit(template, moving, tilted=tilted)
        return np.eye(3, dtype=np.float32), _likeness(template, moving)
    return at_scale(found, SIDE / FIT_SIDE), float(likeness)


def by_way_of(golden: Fit, unit: Fit) -> Floats | None:
    """The map from a golden unit to another one by way of the central one; None unless both fit that well."""
    if min(golden[1], unit[1]) < FITS:
        return None
    return np.asarray(unit[0] @ np.linalg.inv(golden[0]), np.float32)


def laid_over(square: Square, placing: Floats) -> Square:
    """The item moved so that it lies over the template."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = (NEUTRAL, NEUTRAL, NEUTRAL)
    picture = cv2.warpPerspective(square.picture, placing, (SIDE, SIDE), flags=flags, borderValue=border)
    mask = cv2.warpPerspective(
        square.mask, placing, (SIDE, SIDE), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    turned: Picture = np.asarray(picture, np.uint8)
    return Square(turned, np.asarray(mask, np.uint8), square.placing, square.size)


def at_scale(placing: Floats, factor: float) -> Floats:
    """The map for pictures so many times as large."""
    scaled = placing.astype(np.float32)
    scaled[:2, 2] *= factor
    scaled[2, :2] /= factor
    return scaled


def _likeness(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).sum() / max(1e-6, float(np.sqrt((a * a).sum() * (b * b).sum()))))
