"""Comparing a unit with the intact ones that the site has shown of its product.

Each view is compared with the golden pictures of the same camera. What differs becomes a finding with its
place; a side that was never shown is said, not scored. Only where the unit isn't like the golden ones is it
asked whether its print is clearly another product's: one that stands on the same return.

All that a result rests on is named with it, so that `again` comes to the same one.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

import vision.golden
import vision.rim
import vision.surroundings
from edge.errors import EvidenceMissing, GoldenUnusable
from edge.grading.observation import GoldenVerdict
from edge.inspection.golden_sets import GoldenSets, PreparedSet
from edge.inspection.saved import GoldenComparison, PictureBox, PictureFinding
from vision.errors import VisionError
from vision.findings import Box, DefectKind
from vision.golden.comparison import Comparison
from vision.golden.fusion import UNLIKE_FROM
from vision.golden.identity import ProductMarks
from vision.golden.views import ItemView, item_view
from vision.golden.where import where_unlike
from vision.view_inspector import SeenView

logger = logging.getLogger(__name__)

CLEARLY = 0.15
"""Evidence from which a print is another product's, if it is also so many `TIMES` that for the right one."""
TIMES = 3.0

SURE_PLACE = 0.5
"""Confidence of the item's place from which it isn't found anew; only an empty-station picture gives it."""
AROUND = 0.05
"""Kept around that place, share of its longer side."""

OTHERS_ASKED = 4
"""Other products of the return whose print is looked at, at most."""
_PICTURES_OF_EACH = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one view: kept with the inspection, and the place that differs, if one does."""

    record: GoldenComparison
    finding: PictureFinding | None = None


Compare = Callable[[SeenView], Compared | None]
"""Compares one usable picture of a unit; None where its camera has no golden pictures of the product."""


class GoldenComparer:
    """Compares units with golden ones; may be asked from several threads at once."""

    def __init__(self, sets: GoldenSets) -> None:
        self.sets = sets

    def fresh(self, sku: str, others: Iterable[str], seen: SeenView) -> Compared | None:
        """Compare one view of a unit with the present golden pictures of its product.

        A failure of the comparison costs this signal, never the inspection.

        Args:
            sku: What it should be.
            others: What else stands on the return.
            seen: A usable picture.
        """
        if not self.sets.taught(sku, seen.view):
            return None
        asked = [other for other in dict.fromkeys(others) if other != sku]
        try:
            return self._compared(sku, asked, seen)
        except Exception:
            logger.exception("comparing %s, camera %s, with its golden pictures failed", sku, seen.view)
            return Compared(GoldenComparison(verdict=GoldenVerdict.BROKEN))

    def again(self, named: Mapping[str, GoldenComparison], seen: SeenView) -> Compared | None:
        """Compare with the very set that an inspection names for this view.

        Raises:
            EvidenceMissing: It is gone, damaged, or can't be compared with.
        """
        if seen.view not in named:
            return None
        try:
            return self._again(named[seen.view], seen)
        except VisionError as error:
            raise EvidenceMissing(f"the golden pictures of {seen.view}: {error}") from error

    def _compared(self, sku: str, others: list[str], seen: SeenView) -> Compared | None:
        try:
            golden = self.sets.present(sku, seen.view)
        except GoldenUnusable:  # it was logged; the page says so
            return Compared(GoldenComparison(verdict=GoldenVerdict.BROKEN))
        if golden is None:
            return None
        item = _item(golden, seen)
        comparison = golden.compare(item)
        if _like(comparison):
            return _result(golden, item, comparison, seen, None, {})
        known: dict[str, PreparedSet] = {}
        for other in others:
            try:
                found = self.sets.present(other, seen.view)
            except GoldenUnusable:
                continue
            if found is not None:
                known[other] = found
            if len(known) == OTHERS_ASKED:
                break
        return _result(golden, item, comparison, seen, sku, known)

    def _again(self, named: GoldenComparison, seen: SeenView) -> Compared:
        if named.verdict is GoldenVerdict.BROKEN:
            return Compared(named)
        try:
            golden = self.sets.kept(named.set_sha256)
            known = {sku: self.sets.kept(digest) for sku, digest in named.among.items()}
        except GoldenUnusable as error:
            raise EvidenceMissing(f"the golden pictures {named.set_sha256[:12]}: {error}") from error
        item = _item(golden, seen)
        comparison = golden.compare(item)
        return _result(golden, item, comparison, seen, named.sku, known)


@cache
def method() -> str:
    """Names the comparison itself: the digest of its program. Another one may score otherwise."""
    digest = hashlib.sha256()
    for path in program():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def program() -> list[Path]:
    """The files that a score depends on: the comparison's own, and those that draw the item's outline."""
    outline = [Path(vision.surroundings.__file__), Path(vision.rim.__file__)]
    return [*sorted(Path(vision.golden.__path__[0]).glob("*.py")), *outline]


def _item(golden: PreparedSet, seen: SeenView) -> ItemView:
    """The item of a fresh picture.

    Drawing its outline costs more than comparing it; where the set's colours tell it from the table, the
    place where the station found it will do.
    """
    working, place = seen.photograph.working, seen.region
    if place is None or seen.region_confidence < SURE_PLACE or not golden.golden.colours_tell:
        return item_view(working)
    border = AROUND * max(place.width, place.height)
    far = (place.x + place.width + border, place.y + place.height + border)
    corners = (place.x - border, place.y - border, *far)
    left, top, right, bottom = (max(0, round(corner / seen.photograph.factor)) for corner in corners)
    mask = np.zeros(working.shape[:2], np.uint8)
    mask[top:bottom, left:right] = 255
    return item_view(working, mask, seen.region_confidence)


def _like(comparison: Comparison) -> bool:
    return comparison.known_side and comparison.score < UNLIKE_FROM


def _result(
    golden: PreparedSet,
    item: ItemView,
    comparison: Comparison,
    seen: SeenView,
    sku: str | None,
    others: Mapping[str, PreparedSet],
) -> Compared:
    looks_like = None
    if sku is not None and others and not _like(comparison):
        looks_like = _whose_print(item_view(seen.photograph.working), sku, golden, others)
    if looks_like is not None:
        verdict = GoldenVerdict.OTHER_PRODUCT
    elif not comparison.known_side:
        verdict = GoldenVerdict.UNKNOWN_SIDE
    else:
        verdict = GoldenVerdict.LIKE if _like(comparison) else GoldenVerdict.UNLIKE
    record = GoldenComparison(
        verdict=verdict,
        set_sha256=golden.digest,
        score=round(comparison.score, 6),
        likeness=round(comparison.likeness, 6),
        sku=sku,
        among={name: one.digest for name, one in others.items()},
        looks_like=looks_like,
        method=method(),
    )
    found = _finding(item, comparison, seen) if verdict is GoldenVerdict.UNLIKE else None
    return Compared(record, found)


def _finding(item: ItemView, comparison: Comparison, seen: SeenView) -> PictureFinding:
    place, whole = where_unlike(comparison, item), item.box
    return PictureFinding(
        kind=DefectKind.UNLIKE,
        box=_in_full(place, seen),
        score=min(max(comparison.score, 0.0), 1.0),
        extent=min(1.0, place.area / max(1.0, whole.area)),
        source="golden",
    )


def _in_full(place: Box, seen: SeenView) -> PictureBox:
    """A place on the working picture, in pixels of the full one."""
    factor = float(seen.photograph.factor)
    left, top = max(0.0, place.x * factor), max(0.0, place.y * factor)
    right = min(float(seen.width), (place.x + place.width) * factor)
    bottom = min(float(seen.height), (place.y + place.height) * factor)
    return PictureBox(x=left, y=top, width=max(0.0, right - left), height=max(0.0, bottom - top))


def _whose_print(
    item: ItemView, sku: str, golden: PreparedSet, others: Mapping[str, PreparedSet]
) -> str | None:
    """Another product's SKU where the print is clearly that product's."""
    sets = {sku: golden, **others}
    marks = _marks(tuple((name, _Views(one)) for name, one in sorted(sets.items())))
    found = marks.identify(item)
    best = found.best
    if best == sku or found.evidence(best) < CLEARLY:
        return None
    return best if found.evidence(best) >= TIMES * found.evidence(sku) else None


class _Views:
    """A set's pictures, told apart by the set's digest."""

    def __init__(self, prepared: PreparedSet) -> None:
        self.digest = prepared.digest
        self.some = prepared.views[:_PICTURES_OF_EACH]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Views) and other.digest == self.digest


@lru_cache(maxsize=4)  # some 10 MB each; those of the return in hand
def _marks(products: tuple[tuple[str, _Views], ...]) -> ProductMarks:
    return ProductMarks({sku: views.some for sku, views in products})
