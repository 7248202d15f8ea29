"""Another light than the golden units were shown in, taken out before anything is compared.

How bright each channel is on the item, and how bright around it, are two witnesses of the light. An item
that is soiled or faded changes the one, another table the other; a lamp or the sun changes both alike. So
only what both say is taken out: the lesser of two changes in one direction, none where they contradict each
other. The brightness they speak of first, then each channel's rest. Changes as small as golden units show
among themselves are left alone: they come from how a unit lies.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vision.golden.views import Floats, ItemView
from vision.picture import Picture

_DARK = 1.0  # grey level added before the logarithm
_LOGS = np.log(np.arange(256, dtype=np.float32) + _DARK)
_MOST = 0.5  # of the logarithm: a factor of 1.65
_FEWEST = 50  # pixels that can bear witness
_MIDDLE = 0.6  # of the item's box, each way
_OUTSIDE = 0.05  # of the picture; with less outside the box, all beside the outline
_NEWS = 2.5  # standard deviations among golden units from which a change is another light …
_LEAST = 0.03  # … and this much more


class UsualLight:
    """The light that a product's golden units were shown in."""

    def __init__(self, views: Sequence[ItemView]) -> None:
        known = [level for view in views if (level := _levels(view)) is not None]
        self._usual: Floats | None = None
        if known:
            table = np.array(known, np.float32)
            self._usual = np.median(table, axis=0)
            scatter = 1.4826 * np.median(np.abs(table - self._usual), axis=0)
            self._least = _NEWS * scatter.max(axis=0) + _LEAST

    def levelled(self, view: ItemView) -> ItemView:
        """The view as it would look in the usual light; itself where its light can't be told."""
        own = _levels(view)
        if own is None or self._usual is None:
            return view
        gain = _agreed(np.clip(self._usual - own, -_MOST, _MOST))
        if not (np.abs(gain) > self._least).any():
            return view
        table = np.clip(np.exp(_LOGS[:, None] + gain) - _DARK, 0, 255)
        table = np.rint(table).astype(np.uint8).reshape(1, 256, 3)
        fine = None if view.fine is None else _through(view.fine, table)
        return replace(view, picture=_through(view.picture, table), fine=fine)


def _levels(view: ItemView) -> Floats | None:
    """Logarithms of brightness, `(2, 3)`: on the item, around it; blue, green, red. None without either.

    Of the item its middle counts, of the rest what lies outside its box: so an outline and a mere box around
    the same item say the same.
    """
    x, y, width, height = cv2.boundingRect(view.mask)
    inner, outer = np.zeros_like(view.mask), np.full_like(view.mask, 255)
    edge_x, edge_y = round(width * (1 - _MIDDLE) / 2), round(height * (1 - _MIDDLE) / 2)
    inner[y + edge_y : y + height - edge_y, x + edge_x : x + width - edge_x] = 255
    inner &= view.mask
    outer[y : y + height, x : x + width] = 0
    if np.count_nonzero(outer) < _OUTSIDE * outer.size:
        outer = np.asarray(cv2.bitwise_not(view.mask), np.uint8)
    if min(np.count_nonzero(inner), np.count_nonzero(outer)) < _FEWEST:
        return None
    return np.array([_level(view.picture, part) for part in (inner, outer)], np.float32)


def _level(picture: Picture, where: Picture) -> list[float]:
    """Mean logarithm of the middle half of the pixels, a channel each."""
    found = []
    for channel in range(3):
        counts = cv2.calcHist([picture], [channel], where, [256], [0, 256]).ravel()
        until = np.cumsum(counts)
        whole = until[-1]
        middle = np.minimum(until, 0.75 * whole) - np.maximum(until - counts, 0.25 * whole)
        weights = np.maximum(middle, 0)
        found.append(float((weights * _LOGS).sum() / weights.sum()))
    return found


def _agreed(change: Floats) -> Floats:
    """What the item and its surroundings both say of the change, `(3,)`."""
    bright = change.mean(axis=1, keepdims=True)
    return np.asarray(_lesser(*bright) + _lesser(*(change - bright)), np.float32)


def _lesser(one: Floats, other: Floats) -> Floats:
    """The lesser of two numbers of one sign; 0 for numbers of two signs."""
    same = np.sign(one) == np.sign(other)
    return np.where(same, np.sign(one) * np.minimum(np.abs(one), np.abs(other)), 0)


def _through(picture: Picture, table: Picture) -> Picture:
    return np.asarray(cv2.LUT(picture, table), np.uint8)
