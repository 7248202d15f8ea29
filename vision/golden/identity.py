"""Is this the product that the order names? Told by the print, not by a trained network.

Each mark on the picture (`marks.py`) looks for its like among the golden pictures of all products known here.
It speaks for a product by as much as that product's nearest mark is nearer than those of most others: marks
that many products share (a logo, a barcode, a shelf rail) say nothing. Then the picture is laid over the
golden pictures of the few likeliest products, and the rest of the print is compared (`agreement.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.errors import GoldenRefused
from vision.golden.agreement import Agreement, Looks, agreement, looks, overlay
from vision.golden.marks import MARK_NUMBERS, Marks, marks_of
from vision.golden.views import Floats, ItemView

_NUMBERS_KEPT = 64  # of a mark's, along the directions in which golden marks differ most: enough, and faster
_SHAPE = 128
_USUAL = 8  # so many products have a nearer mark than the one that counts as usual
_SHARED = 0.02  # how much nearer than usual a mark must be to lay one picture over another by
_LIKELIEST = 5  # products that the picture is laid over
_SCALE = 0.15  # evidence of a clear picture of the product itself is about 1
_EDGES, _COLOUR = 0.45, 0.0016  # what agreeing edges and colours add, in shares of the best product's marks
_LEAST_EDGES = 20.0  # agreeing cells that count fully
_STEEP = 3.0  # how quickly the score rises where one product has more evidence than the next


@dataclass(frozen=True, slots=True)
class Identified:
    """Evidence for each product, best first; `score` of the best is 0 to 1."""

    ranking: tuple[tuple[str, float], ...]

    def evidence(self, product: str) -> float:
        """How much speaks for this product, about 0 to 1."""
        return dict(self.ranking).get(product, 0.0)

    def score(self, product: str) -> float:
        """How surely it is this product rather than any other known here, 0 to 1; 0.5 is even."""
        own = max(0.0, self.evidence(product))
        other = max((value for name, value in self.ranking if name != product), default=0.0)
        weight, against = own**_STEEP, max(0.0, other) ** _STEEP
        return weight / (weight + against) if weight + against > 0 else 0.0

    @property
    def best(self) -> str:
        """The product for which most speaks."""
        return self.ranking[0][0]


@dataclass(frozen=True, slots=True)
class _Nearest:
    """For each mark of a picture, its nearest mark on each golden picture."""

    squares: Floats  # (marks, golden pictures): squared distance
    which: npt.NDArray[np.intp]


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
        taught = [
            (place, marks_of(view)) for place, name in enumerate(self._names) for view in products[name]
        ]
        self._pictures = [(place, marks) for place, marks in taught if len(marks.numbers)]
        self._owners = np.array([place for place, _ in self._pictures], int)
        numbers = [marks.numbers for _, marks in self._pictures]
        whole = np.concatenate(numbers) if numbers else np.zeros((0, MARK_NUMBERS), np.float32)
        self._directions = _directions(whole)
        reduced = [self._reduced(part) for part in numbers]
        self._golden = [(np.ascontiguousarray(-2 * part.T), (part**2).sum(axis=1)) for part in reduced]
        self._looks: dict[int, Looks] = {}

    def identify(self, view: ItemView) -> Identified:
        """What speaks for each product."""
        marks = marks_of(view)
        evidence = np.zeros(len(self._names), np.float32)
        if len(marks.numbers) and self._pictures:
            nearest = self._nearest(self._reduced(marks.numbers))
            products = self._of_products(nearest.squares)
            usual = _usual(products)
            speaks = (np.clip(usual - products, 0, None) * marks.weights[:, None]).sum(axis=0)
            evidence = _SCALE * speaks / np.sqrt(max(1.0, float(marks.weights.sum())))
            evidence = evidence + self._agreeing(marks, nearest, usual, evidence)
        order = np.argsort(-evidence, kind="stable")
        return Identified(tuple((self._names[place], float(evidence[place])) for place in order))

    def _reduced(self, numbers: Floats) -> Floats:
        shape = numbers[:, :_SHAPE] @ self._directions
        return np.hstack([shape, numbers[:, _SHAPE:]]).astype(np.float32)

    def _nearest(self, marks: Floats) -> _Nearest:
        rows = np.arange(len(marks))
        best = np.empty((len(marks), len(self._golden)), np.float32)
        which = np.empty(best.shape, np.intp)
        own = (marks**2).sum(axis=1)
        for place, (golden, lengths) in enumerate(self._golden):  # one by one: the whole table would be large
            squares = marks @ golden
            squares += lengths
            which[:, place] = squares.argmin(axis=1)
            best[:, place] = squares[rows, which[:, place]] + own
        return _Nearest(np.maximum(best, 0), which)

    def _of_products(self, squares: Floats) -> Floats:
        """Squared distance to each product's nearest mark; to one without marks, as far as to any."""
        nearest = np.repeat(squares.max(axis=1, keepdims=True), len(self._names), axis=1)
        for product in np.unique(self._owners):
            nearest[:, product] = squares[:, self._owners == product].min(axis=1)
        return nearest

    def _agreeing(self, marks: Marks, nearest: _Nearest, usual: Floats, evidence: Floats) -> Floats:
        """What the rest of the print adds for the likeliest products; it may take away too."""
        first = np.argsort(-evidence, kind="stable")[:_LIKELIEST]
        likeliest = [int(product) for product in first if evidence[product] > 0]
        found = {product: self._agreement(marks, nearest, usual, product) for product in likeliest}
        most = max([_LEAST_EDGES, *(one.edges for one in found.values())])
        added = np.zeros(len(self._names), np.float32)
        for product, one in found.items():
            added[product] = float(evidence.max()) * (_EDGES * one.edges / most + _COLOUR * one.colour)
        return np.asarray(added, np.float32)

    def _agreement(self, marks: Marks, nearest: _Nearest, usual: Floats, product: int) -> Agreement:
        """With that golden picture of the product over which most of the shared marks fit."""
        best, chosen = 0.0, None
        for place in np.flatnonzero(self._owners == product).tolist():
            nearer = usual[:, 0] - nearest.squares[:, place]
            shared = np.flatnonzero(nearer > _SHARED)
            likes = nearest.which[shared, place]
            golden = self._pictures[place][1]
            over = overlay(marks.places[shared], golden.places[likes])
            if over is None:
                continue
            weight = float(nearer[shared][over.bearing].sum())
            if weight > best:
                best, chosen = weight, (place, over, likes[over.bearing])
        if chosen is None:
            return Agreement()
        place, over, likes = chosen
        golden = self._pictures[place][1]
        if place not in self._looks:
            self._looks[place] = looks(golden.picture)
        return agreement(marks, golden, self._looks[place], over, likes)


def find_marks(view: ItemView) -> Floats:
    """What the marks on the item look like, `(marks, MARK_NUMBERS)`."""
    return marks_of(view).numbers


def _usual(products: Floats) -> Floats:
    """The squared distance, for each mark, that says nothing: that of the farther products; `(marks, 1)`."""
    place = min(_USUAL, products.shape[1] - 1)
    return np.asarray(np.partition(products, place, axis=1)[:, place : place + 1], np.float32)


def _directions(marks: Floats) -> Floats:
    """The directions in which the marks' shapes differ most, `(128, _NUMBERS_KEPT)`."""
    shapes = marks[:, :_SHAPE].astype(np.float64)
    if not len(shapes):
        return np.eye(_SHAPE, _NUMBERS_KEPT, dtype=np.float32)
    centred = shapes - shapes.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(vectors[:, : -_NUMBERS_KEPT - 1 : -1], np.float32)
