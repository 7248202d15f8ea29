"""One article of the demo's store: what the OMS knows of it, and what its pack looks like."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from edge.lab.shift.gtin import gtin14
from models.training.rendering.spec import CodeKind, ItemSpec, Shape
from sync.contract.messages.item import DateKind
from sync.contract.messages.quantity import Money, Quantity
from sync.contract.messages.reference import GoodsClass, Product, ProductComponent
from sync.contract.messages.return_words import StorageClass
from vision.findings import DefectKind

PIECES = "C62"
KILOGRAMS = "KGM"
RUPEES = "INR"


def pieces(count: int) -> Quantity:
    """So many pieces."""
    return Quantity(value=Decimal(count), unit=PIECES)


@dataclass(frozen=True, slots=True)
class Article:
    """One article.

    Attributes:
        sku: The store's own code.
        brand: The large word on the pack, made up.
        kind: What it is, the line below.
        ean13: Its barcode number.
        shape: How it is packed.
        category: Chooses the policy pack.
        goods: Which hygiene rules hold.
        storage: How it must be kept.
        mrp: Maximum retail price, rupees.
        net: Net quantity as printed.
        code: Which barcode is printed.
        shelf_life_days: From manufacture; None for goods without a date.
        date_kind: What the printed date means.
        weighed: Sold by weight.
        serialised: Each unit has a serial number.
        parts: SKUs of a bundle's parts with what they are.
    """

    sku: str
    brand: str
    kind: str
    ean13: str
    shape: Shape
    category: str
    mrp: int
    net: str
    goods: GoodsClass = GoodsClass.GENERAL
    storage: StorageClass = StorageClass.AMBIENT
    code: CodeKind = CodeKind.EAN13
    shelf_life_days: int | None = None
    date_kind: DateKind = DateKind.BEST_BEFORE
    weighed: bool = False
    serialised: bool = False
    parts: tuple["Article", ...] = ()

    @property
    def name(self) -> str:
        """What the staff read."""
        return f"{self.brand} {self.kind}, {self.net}"

    @property
    def gtin(self) -> str:
        """GTIN-14."""
        return gtin14(self.ean13)

    @property
    def price(self) -> Money:
        """Maximum retail price."""
        return Money(amount=Decimal(self.mrp), currency=RUPEES)

    def product(self) -> Product:
        """What the OMS publishes of it."""
        dated = self.shelf_life_days is not None
        return Product(
            sku=self.sku,
            gtins=(self.gtin,),
            name=self.name,
            category=self.category,
            goods_class=self.goods,
            storage_class=self.storage,
            unit=KILOGRAMS if self.weighed else PIECES,
            dated=dated,
            date_kind=self.date_kind if dated else None,
            shelf_life_days=self.shelf_life_days,
            weighed=self.weighed,
            serialised=self.serialised,
            mrp=self.price,
            components=tuple(
                ProductComponent(sku=part.sku, gtin=part.gtin, name=part.name, quantity=pieces(1))
                for part in self.parts
            ),
        )

    def look(
        self,
        *,
        lot: str,
        expiry: date | None = None,
        defects: tuple[DefectKind, ...] = (),
        severity: float = 0.7,
    ) -> ItemSpec:
        """What one unit of it looks like."""
        return ItemSpec(
            shape=self.shape,
            brand=self.brand,
            gtin=self.ean13,
            subtitle=self.kind,
            lot=lot,
            expiry=expiry,
            mrp=f"{self.mrp}.00",
            net=self.net,
            colours=int(self.ean13[7:12]),
            defects=defects,
            severity=severity,
            code=self.code,
        )


def without_code(look: ItemSpec) -> ItemSpec:
    """The same unit, its barcode scratched off."""
    return replace(look, code=CodeKind.NONE)


def blurred(look: ItemSpec) -> ItemSpec:
    """The same unit seen by a camera that was knocked."""
    return replace(look, blurred=True)
