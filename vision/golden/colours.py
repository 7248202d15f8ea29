"""Which colours are the item's and which the table's, learned from all golden pictures together.

One picture's outline may take in a piece of the table; over many pictures the table's colours lie mostly
outside.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from vision.golden.views import Floats, ItemView
from vision.picture import Picture

_BINS = (16, 16, 16)
_SPREAD = 1.0  # bins that neighbouring colours lend each other
_CLEARLY = -0.7  # log ratio below which a colour is the table's
_TELLS = 0.9  # overlap with the golden outlines from which colours alone find the item
_LEAST_ITEM = 0.003  # of the picture
_LEVELS = np.arange(256)
_HUE_BIN = np.clip((_LEVELS - 128) // 5 + 8, 0, 15)
_BIN_OF = np.stack([_LEVELS >> 4, _HUE_BIN, _HUE_BIN], axis=1).astype(np.uint8).reshape(1, 256, 3)
_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_LEAST_HOLE = 0.004  # of the item: a chocolate chip is none, the gap between two legs is
_THIN = 0.2  # of the main part's breadth: a rail behind the item that has its colour
_LEAST_KEPT = 0.5  # of the outline; else it is left as it was


class ItemColours:
    """Takes out of an outline what has the table's colours."""

    def __init__(self, views: Sequence[ItemView]) -> None:
        inside = np.zeros(_BINS, np.float32)
        outside = np.zeros(_BINS, np.float32)
        for view in views:
            index = _index(view.picture)
            where = view.mask > 0
            inside += _counted(index[where])
            outside += _counted(index[~where])
        self._ratio = np.log(_shares(inside) / _shares(outside)).reshape(-1)
        self.tells = float(np.median([self._agreement(view) for view in views])) > _TELLS

    def refined(self, view: ItemView) -> ItemView:
        """The view with its outline drawn by these colours alone where they tell, else only drawn in."""
        own = self._by_colour(view.picture)
        if self.tells and np.count_nonzero(own) > _LEAST_ITEM * own.size:
            return replace(view, mask=own)
        return self._drawn_in(view)

    def _by_colour(self, picture: Picture) -> Picture:
        """What has the item's colours, near the middle; parts of like size beside it."""
        ratio = cv2.blur(self._ratio.take(_index(picture)), (3, 3))
        likely = ratio > 0
        evidence = np.asarray(likely * np.uint8(255), np.uint8)
        opened = cv2.morphologyEx(evidence, cv2.MORPH_OPEN, _KERNEL)
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _KERNEL)
        contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        height, width = closed.shape
        weights = [_weight(contour, width, height) for contour in contours]
        wide = _breadth(contours[int(np.argmax(weights))]) if contours else 0.0
        kept = [
            part
            for part, weight in zip(contours, weights, strict=True)
            if weight >= 0.15 * max(weights) and _breadth(part) >= _THIN * wide
        ]
        mask = np.zeros_like(closed)
        cv2.drawContours(mask, kept, -1, 255, cv2.FILLED)
        return _with_holes(np.asarray(mask, np.uint8), np.asarray(ratio < _CLEARLY, np.bool_))

    def _drawn_in(self, view: ItemView) -> ItemView:
        smooth = cv2.blur(self._ratio.take(_index(view.picture)), (5, 5))
        kept = np.asarray(((view.mask > 0) & (smooth > _CLEARLY)) * np.uint8(255), np.uint8)
        kept = np.asarray(cv2.morphologyEx(kept, cv2.MORPH_OPEN, _KERNEL), np.uint8)
        contours, _ = cv2.findContours(kept, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        mask = np.zeros_like(view.mask)
        least = 0.03 * max((cv2.contourArea(contour) for contour in contours), default=0.0)
        parts = [contour for contour in contours if cv2.contourArea(contour) >= least]
        cv2.drawContours(mask, parts, -1, 255, cv2.FILLED)
        mask = np.asarray(cv2.bitwise_and(mask, view.mask), np.uint8)
        if np.count_nonzero(mask) < _LEAST_KEPT * np.count_nonzero(view.mask):
            return view
        return replace(view, mask=mask)

    def _agreement(self, view: ItemView) -> float:
        own, given = self._by_colour(view.picture) > 0, view.mask > 0
        return float((own & given).sum()) / max(1, int((own | given).sum()))


def _with_holes(mask: Picture, table: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Picture:
    """The outline without the places inside it where the table shows through."""
    seen = np.asarray(((mask > 0) & table) * np.uint8(255), np.uint8)
    seen = np.asarray(cv2.morphologyEx(seen, cv2.MORPH_OPEN, _KERNEL), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen)
    least = _LEAST_HOLE * np.count_nonzero(mask)
    holes = [label for label in range(1, count) if stats[label][cv2.CC_STAT_AREA] >= least]
    if not holes:
        return mask
    return np.where(np.isin(labels, holes), 0, mask).astype(np.uint8)


def _weight(contour: Any, width: int, height: int) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    away = abs((x + w / 2) / width - 0.5) + abs((y + h / 2) / height - 0.5)
    return float(cv2.contourArea(contour)) * max(0.05, 1 - 1.4 * away)


def _breadth(contour: Any) -> float:
    """Pixels of the shorter side of the upright or slanted box around it."""
    return float(min(cv2.minAreaRect(contour)[1]))


def _index(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    light, red, yellow = cv2.split(cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB), _BIN_OF))
    found = light.astype(np.int32)
    for bins in (red, yellow):
        found <<= 4
        found += np.asarray(bins, np.int32)
    return found


def _counted(index: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Floats:
    return np.bincount(index, minlength=16**3).astype(np.float32).reshape(_BINS)


def _shares(counts: Floats) -> Floats:
    smooth = counts
    for turn in range(3):
        smooth = np.moveaxis(smooth, turn, 0)
        flat = cv2.GaussianBlur(smooth.reshape(16, -1), (1, 5), _SPREAD, borderType=cv2.BORDER_REPLICATE)
        smooth = np.moveaxis(np.asarray(flat, np.float32).reshape(16, 16, 16), 0, turn)
    return np.asarray(smooth / max(1.0, float(smooth.sum())) + 1e-5, np.float32)
