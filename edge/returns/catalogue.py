"""What the merchant sells, as far as a returns desk needs to know it.

The category chooses the policy pack. The goods class says which laws of hygiene hold: opened food, medicine,
baby or hygiene goods never reach people again, whatever a policy says.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from edge.returns.values import PIECES, Code, FrozenValue, Gtin14, Quantity, Rupees, UnitCode

Category = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""The merchant's word for a kind of goods, such as `ambient_food`.

Policy packs say which categories they serve.
"""


class StorageClass(StrEnum):
    """How goods must be kept."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"

    @property
    def is_cold(self) -> bool:
        """Whether the goods spoil outside a cold place."""
        return self is not StorageClass.AMBIENT


class DateKind(StrEnum):
    """What a date on a pack means."""

    USE_BY = "use_by"  # safety
    BEST_BEFORE = "best_before"  # quality; past it the goods may not be sold in India either
    MANUFACTURED = "manufactured"  # ends with the shelf life


class GoodsClass(StrEnum):
    """Which hygiene law holds for the goods."""

    GENERAL = "general"
    FOOD = "food"
    MEDICINE = "medicine"
    BABY = "baby"
    HYGIENE = "hygiene"

    @property
    def closed_packs_only(self) -> bool:
        """Whether an opened pack may never reach people again."""
        return self is not GoodsClass.GENERAL


_CLASS_OF_CATEGORY = {
    "ambient_food": GoodsClass.FOOD,
    "chilled_frozen_food": GoodsClass.FOOD,
    "beauty_pharmacy": GoodsClass.HYGIENE,
}


class Component(FrozenValue):
    """One part of a bundle.

    Attributes:
        quantity: How many of it one bundle holds.
    """

    sku: Code
    name: str
    gtin: Gtin14 | None = None
    quantity: Quantity = Quantity.pieces(1)


class Product(FrozenValue):
    """One article of the merchant's.

    Attributes:
        sku: The merchant's own code.
        gtins: Every GTIN-14 under which it is sold (packs of several makers, old and new).
        name: English name.
        names: Name by language (`hi`, `ta`).
        category: Chooses the policy pack.
        storage_class: How it must be kept.
        goods_class: Hygiene law; where the catalogue leaves it out, or calls food `general`, it follows from
            category and storage.
        unit: In which unit it is counted.
        dated: Whether every pack bears a date.
        date_kind: What that date means, where known.
        shelf_life_days: From manufacture to the end of life.
        weighed: Sold by weight.
        unit_weight_kg: Nominal net weight of one piece, where there is one.
        serialised: Each unit has a serial number or an IMEI.
        mrp: Maximum retail price of one unit, rupees; a return's line may state another.
        components: Parts, where it is a bundle received part by part.
    """

    sku: Code
    name: str
    gtins: tuple[Gtin14, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    category: Category = "general"
    storage_class: StorageClass = StorageClass.AMBIENT
    goods_class: GoodsClass = GoodsClass.GENERAL
    unit: UnitCode = PIECES
    dated: bool = False
    date_kind: DateKind | None = None
    shelf_life_days: Annotated[int, Field(ge=1, le=20_000)] | None = None
    weighed: bool = False
    unit_weight_kg: Annotated[Decimal, Field(gt=0, le=10_000)] | None = None
    serialised: bool = False
    mrp: Rupees | None = None
    components: tuple[Component, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _infer_goods_class(cls, data: object) -> object:
        """A catalogue that forgets about hygiene must not make opened food sellable."""
        if isinstance(data, dict) and data.get("goods_class") in (None, GoodsClass.GENERAL):
            inferred = _CLASS_OF_CATEGORY.get(str(data.get("category", "general")), GoodsClass.GENERAL)
            if data.get("storage_class") in (StorageClass.CHILLED, StorageClass.FROZEN):
                inferred = GoodsClass.FOOD if inferred is GoodsClass.GENERAL else inferred
            return {**data, "goods_class": inferred}
        return data

    @property
    def is_bundle(self) -> bool:
        """Whether it is received part by part."""
        return bool(self.components)

    def name_in(self, language: str) -> str:
        """The name in a language, in English where there is none."""
        return self.names.get(language, self.name)
