"""Stock movements: what a station moved, from which state to which, never an absolute level."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from sync.contract.messages.identifiers import Gtin14, Lot, Place, Sku
from sync.contract.messages.quantity import Quantity
from sync.contract.messages.wire import WireModel


class StockState(StrEnum):
    """Where goods stand in the site's books. `RETURNING` is outside them: goods on their way back."""

    RETURNING = "RETURNING"
    AWAITING_PUTAWAY = "AWAITING_PUTAWAY"  # sound, but its bin hasn't been scanned yet
    AVAILABLE = "AVAILABLE"
    MARKDOWN = "MARKDOWN"
    QUARANTINE = "QUARANTINE"
    REPAIR = "REPAIR"
    VENDOR_RETURN = "VENDOR_RETURN"
    LIQUIDATION = "LIQUIDATION"
    DONATION = "DONATION"
    SCRAP = "SCRAP"
    HAND_BACK = "HAND_BACK"  # not our stock: waits to be handed back
    TRANSFER = "TRANSFER"  # belongs to another site


SELLABLE_STATES = frozenset({StockState.AWAITING_PUTAWAY, StockState.AVAILABLE, StockState.MARKDOWN})


class Movement(WireModel):
    """One quantity of one article moved from a state to another. At least one of `sku` and `gtin` is given.

    Attributes:
        from_state: The state that loses the quantity.
        to_state: The state that gains it; the same one where only the place changes, or is confirmed.
        from_place: Where it was taken from, when it was in a place.
        to_place: Where it now lies.
    """

    from_state: StockState
    to_state: StockState
    sku: Sku | None = None
    gtin: Gtin14 | None = None
    lot: Lot | None = None
    quantity: Quantity
    from_place: Place | None = None
    to_place: Place | None = Field(default=None)

    @model_validator(mode="after")
    def _names_an_article(self) -> Self:
        if self.sku is None and self.gtin is None:
            raise ValueError("names no article: give sku or gtin")
        return self

    def reversed(self) -> "Movement":
        """The movement that takes this one back."""
        return self.model_copy(
            update={
                "from_state": self.to_state,
                "to_state": self.from_state,
                "from_place": self.to_place,
                "to_place": self.from_place,
            }
        )
