"""Where a unit is put after the decision: shelves, cages and bins with a code on each.

A place serves one purpose and one storage class. Goods that must stay cold are only ever sent to a cold
place.
"""

from collections.abc import Iterable
from enum import StrEnum

from edge.returns.catalogue import StorageClass
from edge.returns.values import Code, FrozenValue


class PlaceKind(StrEnum):
    """What a place is for."""

    RESTOCK = "restock"
    MARKDOWN = "markdown"
    QUARANTINE = "quarantine"  # holds; cold ones count down
    REPAIR = "repair"
    VENDOR_RETURN = "vendor_return"
    LIQUIDATION = "liquidation"
    DONATION = "donation"
    SCRAP = "scrap"
    HAND_BACK = "hand_back"  # not our stock: back to rider or customer
    TRANSFER = "transfer"  # another site's


class Place(FrozenValue):
    """One place with its code.

    Attributes:
        place_id: What its barcode says.
        label: What is written on it.
    """

    place_id: Code
    label: str
    kind: PlaceKind
    storage_class: StorageClass = StorageClass.AMBIENT


_NEEDS_NO_COLD = {PlaceKind.SCRAP, PlaceKind.HAND_BACK}


def choose_place(places: Iterable[Place], kind: PlaceKind, storage: StorageClass) -> Place | None:
    """The place for a kind of purpose and a storage class; None where the site has none.

    Scrap and goods handed back need no cold place, though one is preferred. The first by `place_id` is taken,
    so that the same decision always names the same place.
    """
    fitting = sorted((place for place in places if place.kind is kind), key=lambda place: place.place_id)
    for place in fitting:
        if place.storage_class is storage:
            return place
    if fitting and kind in _NEEDS_NO_COLD:
        return fitting[0]
    return None
