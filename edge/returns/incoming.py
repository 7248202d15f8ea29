"""What the OMS publishes to its stations, turned into the station's own types.

The contract (`sync/contract`) says how the two talk; from here on only the words of `edge/returns` are used.
"""

from collections.abc import Iterable
from decimal import Decimal

from edge.returns.blocklist import Block
from edge.returns.catalogue import Component, DateKind, GoodsClass, Product, StorageClass
from edge.returns.expected import (
    Custody,
    ExpectedReturn,
    ExpectedState,
    Reference,
    ReferenceKind,
    RefundState,
    ReturnLine,
    ReturnType,
)
from edge.returns.places import Place, PlaceKind
from edge.returns.values import Quantity
from sync.contract.messages import expected as wire_expected
from sync.contract.messages import quantity as wire_quantity
from sync.contract.messages import reference as wire_reference
from sync.contract.messages.stock import StockState

KIND_OF_PLACE = {
    StockState.AVAILABLE: PlaceKind.RESTOCK,
    StockState.AWAITING_PUTAWAY: PlaceKind.RESTOCK,
    StockState.MARKDOWN: PlaceKind.MARKDOWN,
    StockState.QUARANTINE: PlaceKind.QUARANTINE,
    StockState.REPAIR: PlaceKind.REPAIR,
    StockState.VENDOR_RETURN: PlaceKind.VENDOR_RETURN,
    StockState.LIQUIDATION: PlaceKind.LIQUIDATION,
    StockState.DONATION: PlaceKind.DONATION,
    StockState.SCRAP: PlaceKind.SCRAP,
    StockState.HAND_BACK: PlaceKind.HAND_BACK,
    StockState.TRANSFER: PlaceKind.TRANSFER,
}
_REFUND = {
    wire_expected.RefundState.NONE: RefundState.NONE,
    wire_expected.RefundState.PENDING: RefundState.PENDING,
    wire_expected.RefundState.PAID: RefundState.REFUNDED,
}
_STATE = {
    wire_expected.ExpectedStatus.OPEN: ExpectedState.OPEN,
    wire_expected.ExpectedStatus.CLOSED: ExpectedState.CLOSED,
}


def expected_return(message: wire_expected.ExpectedReturn) -> ExpectedReturn:
    """A return on its way."""
    return ExpectedReturn(
        return_id=message.return_id,
        site=message.site,
        references=tuple(
            Reference(kind=ReferenceKind(reference.kind.value), value=reference.value)
            for reference in message.references
        ),
        return_type=ReturnType(message.return_type.value),
        custody=Custody(message.custody.value),
        state=_STATE[message.status],
        dispatched_at=message.dispatched_at,
        lines=tuple(_line(line) for line in message.lines),
    )


def product(message: wire_reference.Product) -> Product:
    """An article of the catalogue."""
    return Product(
        sku=message.sku,
        name=message.name,
        gtins=message.gtins,
        names=dict(message.names or {}),
        category=message.category,
        storage_class=StorageClass(message.storage_class.value),
        goods_class=GoodsClass(message.goods_class.value),
        dated=message.dated,
        date_kind=DateKind(message.date_kind.value) if message.date_kind else None,
        shelf_life_days=message.shelf_life_days,
        weighed=message.weighed,
        serialised=message.serialised,
        mrp=Decimal(message.mrp.amount) if message.mrp else None,
        components=_components(message.components),
    )


def place(message: wire_reference.SitePlace) -> Place | None:
    """A place; None for one that serves a state to which this station never brings goods."""
    kind = KIND_OF_PLACE.get(message.state)
    if kind is None:
        return None
    return Place(
        place_id=message.place,
        label=message.label,
        kind=kind,
        storage_class=StorageClass(message.storage_class.value),
        categories=message.categories,
    )


def block(message: wire_reference.Block) -> Block:
    """An entry of a block list."""
    return Block(block_id=message.block_id, gtin=message.gtin, lots=message.lots, reason=message.reason)


def _line(line: wire_expected.ExpectedLine) -> ReturnLine:
    return ReturnLine(
        line_id=line.line_id,
        sku=line.sku,
        name=line.name,
        gtin=line.gtin,
        quantity=_quantity(line.quantity),
        dispatched_lots=line.dispatched_lots,
        dispatched_serials=line.dispatched_serials,
        mrp=Decimal(line.mrp.amount) if line.mrp else None,
        storage_class=StorageClass(line.storage_class.value),
        refund_state=_REFUND[line.refund_state],
        components=_components(line.components),
    )


def _components(
    components: Iterable[wire_expected.ExpectedComponent | wire_reference.ProductComponent],
) -> tuple[Component, ...]:
    return tuple(
        Component(sku=part.sku, name=part.name, gtin=part.gtin, quantity=_quantity(part.quantity))
        for part in components
    )


def _quantity(quantity: wire_quantity.Quantity) -> Quantity:
    return Quantity(value=Decimal(quantity.value), unit=quantity.unit)
