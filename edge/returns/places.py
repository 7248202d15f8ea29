"""Where a unit is put after the decision: shelves, cages and bins with a code on each.

A place serves one purpose and one storage class. Goods that must stay cold are only ever sent to a cold
place.
"""

from collections.abc import Iterable
from enum import StrEnum

from edge.returns.catalogue import Category, StorageClass
from edge.returns.values import Code, FrozenValue


class PlaceKind(StrEnum):
    """What a place is for; the values are the stock states that lie there."""

    RESTOCK = "AVAILABLE"
    MARKDOWN = "MARKDOWN"
    QUARANTINE = "QUARANTINE"  # holds; cold ones count down
    REPAIR = "REPAIR"
    VENDOR_RETURN = "VENDOR_RETURN"
    LIQUIDATION = "LIQUIDATION"
    DONATION = "DONATION"
    SCRAP = "SCRAP"
    HAND_BACK = "HAND_BACK"  # not our stock: back to rider or customer
    TRANSFER = "TRANSFER"  # another site's


class Place(FrozenValue):
    """One place with its code.

    Attributes:
        place_id: What its barcode says.
        label: What is written on it.
        categories: Only goods of these categories lie there; none means all.
    """

    place_id: Code
    label: str
    kind: PlaceKind
    storage_class: StorageClass = StorageClass.AMBIENT
    categories: tuple[Category, ...] = ()

    def takes(self, kind: PlaceKind, category: str | None) -> bool:
        """Whether goods of that category may lie here for that purpose."""
        return self.kind is kind and (not self.categories or category in self.categories)


_NEEDS_NO_COLD = {PlaceKind.SCRAP, PlaceKind.HAND_BACK}


def choose_place(
    places: Iterable[Place], kind: PlaceKind, storage: StorageClass, category: str | None = None
) -> Place | None:
    """The place for a purpose, a storage class and a category; None where the site has none.

    A place kept for the category goes before one for all. Scrap and goods handed back need no cold place,
    though one is preferred. Among equals the first by `place_id` is taken, so that the same decision always
    names the same place.
    """
    fitting = sorted(
        (place for place in places if place.takes(kind, category)),
        key=lambda place: (not place.categories, place.place_id),
    )
    for place in fitting:
        if place.storage_class is storage:
            return place
    if fitting and kind in _NEEDS_NO_COLD:
        return fitting[0]
    return None
