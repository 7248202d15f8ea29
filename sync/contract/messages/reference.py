"""The stream of reference data: articles, places, block lists of a site. An item's offset is its version."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from sync.contract.messages.decimals import PositiveDecimalText
from sync.contract.messages.identifiers import Code, Gtin14, Lot, Offset, Place, Sku, Text
from sync.contract.messages.item import DateKind
from sync.contract.messages.quantity import Money, Quantity, UnitCode
from sync.contract.messages.requests import StreamName
from sync.contract.messages.return_words import StorageClass
from sync.contract.messages.stock import StockState
from sync.contract.messages.wire import WireModel


class ProductComponent(WireModel):
    """What a bundle consists of."""

    sku: Sku
    gtin: Gtin14 | None = None
    name: Text
    quantity: Quantity


class GoodsClass(StrEnum):
    """Goods for which hard rules hold."""

    FOOD = "food"
    MEDICINE = "medicine"
    BABY = "baby"
    HYGIENE = "hygiene"
    GENERAL = "general"


class Product(WireModel):
    """An article.

    Attributes:
        category: Names the policy pack that applies.
        dated: Whether the article carries a date; `date_kind` says which.
        shelf_life_days: From manufacture, for goods that print only that date.
        weighed: Sold by weight; `unit_weight_kg` is the nominal net weight of one piece, where there is one.
    """

    sku: Sku
    gtins: tuple[Gtin14, ...] = ()
    name: Text
    names: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Text] | None = None
    category: Code
    goods_class: GoodsClass = GoodsClass.GENERAL
    storage_class: StorageClass = StorageClass.AMBIENT
    unit: UnitCode = "C62"
    dated: bool = False
    date_kind: DateKind | None = None
    shelf_life_days: Annotated[int, Field(ge=1)] | None = None
    weighed: bool = False
    unit_weight_kg: PositiveDecimalText | None = None
    serialised: bool = False
    mrp: Money | None = None
    components: tuple[ProductComponent, ...] = ()


class SitePlace(WireModel):
    """A place to which goods of a state are brought.

    Attributes:
        place: Its code, as printed on the bin.
        label: What the staff call it.
        state: The stock state that it serves.
        storage_class: The temperature that it keeps.
        categories: Only these categories; none means all.
    """

    place: Place
    label: Text
    state: StockState
    storage_class: StorageClass = StorageClass.AMBIENT
    categories: tuple[Code, ...] = ()


class Block(WireModel):
    """A recall or stop: these goods never reach people again. Without `lots` every lot is meant."""

    block_id: Code
    gtin: Gtin14
    lots: tuple[Lot, ...] | None = None
    reason: Text


class ProductItem(WireModel):
    """An article, new or changed."""

    offset: Annotated[Offset, Field(ge=1)]
    kind: Literal["product"] = "product"
    product: Product


class PlaceItem(WireModel):
    """A place, new or changed."""

    offset: Annotated[Offset, Field(ge=1)]
    kind: Literal["place"] = "place"
    place: SitePlace


class BlockItem(WireModel):
    """A block, new or changed."""

    offset: Annotated[Offset, Field(ge=1)]
    kind: Literal["block"] = "block"
    block: Block


class RemovedItem(WireModel):
    """An article, place or block that no longer stands; `key` is its SKU, place code or block id."""

    offset: Annotated[Offset, Field(ge=1)]
    kind: Literal["removed"] = "removed"
    removed: Literal["product", "place", "block"]
    key: Annotated[str, Field(min_length=1, max_length=64)]


ReferenceItem = Annotated[ProductItem | PlaceItem | BlockItem | RemovedItem, Field(discriminator="kind")]


class ReferenceBatch(WireModel):
    """A stretch of the stream; see `ExpectedBatch` for `stream_id`, `after`, `through` and `exact`."""

    stream: Literal[StreamName.REFERENCE] = StreamName.REFERENCE
    stream_id: Annotated[str, Field(min_length=1, max_length=64)]
    after: Offset
    through: Offset
    exact: bool | None = None
    items: tuple[ReferenceItem, ...]
