"""Is this the product that the order names? Told by the print's own marks (SIFT), not by a trained network.

Each mark on the picture looks for its like among the golden pictures of all products known here. It speaks
for the product that has the nearest one, by as much as every other product is farther off: marks that many
products share (a logo, a barcode, a shelf rail) say nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.errors import GoldenRefused
from vision.golden.views import Floats, ItemView
from vision.picture import Picture, reduced

_SIDE = 400  # longer side of the cut that marks are looked for in
_MARKS = 300
_CONTRAST = 0.02
_CLEAR = 0.9  # distance to a product's nearest mark, as a share of that to any other product's
_CONFIDENT = 0.5
_EVEN = 0.12  # evidence at which a "same" and a "not the same" are equally likely


@dataclass(frozen=True, slots=True)
class Identified:
    """Evidence for each product, best first; `score` of the best is 0 to 1."""

    ranking: tuple[tuple[str, float], ...]

    def evidence(self, product: str) -> float:
        """How much speaks for this product, about 0 to 1."""
        return dict(self.ranking).get(product, 0.0)

    def score(self, product: str) -> float:
        """How surely it is this product, 0 to 1; 0.5 is even."""
        value = max(0.0, self.evidence(product))
        return value / (value + _EVEN)

    @property
    def best(self) -> str:
        """The product for which most speaks."""
        return self.ranking[0][0]


class ProductMarks:
    """The marks of all products with golden pictures."""

    def __init__(self, products: Mapping[str, Sequence[ItemView]]) -> None:
        """Learn the marks.

        Raises:
            GoldenRefused: Fewer than two products: a mark says something only beside others.
        """
        if len(products) < 2:
            raise GoldenRefused("Telling products apart takes golden pictures of two at least.", "too_few")
        self._names = sorted(products)
        parts, owners = [], []
        for place, name in enumerate(self._names):
            for view in products[name]:
                marks = find_marks(view)
                parts.append(marks)
                owners.append(np.full(len(marks), place))
        order = np.concatenate(owners)
        self._marks = np.concatenate(parts)
        starts = np.searchsorted(order, np.arange(len(self._names)))
        self._spans = list(zip(starts, [*starts[1:], len(order)], strict=True))

    def identify(self, view: ItemView) -> Identified:
        """What speaks for each product."""
        marks = find_marks(view)
        if not len(marks):
            return Identified(tuple((name, 0.0) for name in self._names))
        likeness = marks @ self._marks.T
        nearest = np.full((len(marks), len(self._names)), 2.0, np.float32)
        for place, (start, end) in enumerate(self._spans):
            if end > start:
                nearest[:, place] = np.sqrt(np.maximum(0, 2 - 2 * likeness[:, start:end].max(axis=1)))
        ordered = np.sort(nearest, axis=1)
        others = np.where(nearest == ordered[:, :1], ordered[:, 1:2], ordered[:, :1])
        votes = np.clip(_CLEAR - nearest / np.maximum(others, 1e-6), 0, None) * (nearest < 0.9)
        evidence = votes.sum(axis=0) / np.sqrt(len(marks) * 10)
        order = np.argsort(-evidence, kind="stable")
        return Identified(tuple((self._names[place], float(evidence[place])) for place in order))


def find_marks(view: ItemView) -> Floats:
    """Descriptors of the marks on the item, of length 1 each: RootSIFT, `(marks, 128)`."""
    x, y, width, height = cv2.boundingRect(view.mask)
    edge = round(0.06 * max(width, height))
    top, left = max(0, y - edge), max(0, x - edge)
    cut = view.picture[top : y + height + edge, left : x + width + edge]
    where = view.mask[top : y + height + edge, left : x + width + edge]
    grey: Picture = np.asarray(cv2.cvtColor(reduced(cut, _SIDE), cv2.COLOR_BGR2GRAY), np.uint8)
    mask = None
    if view.confidence >= _CONFIDENT:
        kernel = np.ones((15, 15), np.uint8)
        mask = cv2.dilate(cv2.resize(where, grey.shape[1::-1]), kernel)
    _, found = cv2.SIFT.create(_MARKS, contrastThreshold=_CONTRAST).detectAndCompute(grey, mask)
    if found is None or not len(found):
        return np.zeros((0, 128), np.float32)
    shares = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.sqrt(shares), np.float32)
