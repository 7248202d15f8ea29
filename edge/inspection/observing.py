"""Everything that the rules may look at, gathered for one unit: the last step before pure decisions."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from edge.clock import ClockReading
from edge.grading.defect_place import place_of
from edge.grading.observation import (
    BundleState,
    ModelState,
    Observation,
    SealState,
    SeenFinding,
    SeenGolden,
    SeenView,
)
from edge.inspection.saved import JudgedView, ModelUsed
from edge.inspection.session import ItemInHand, OpenReturn, price_of, sku_of
from edge.returns.blocklist import Block, check_blocked
from edge.returns.catalogue import GoodsClass, StorageClass
from edge.returns.cold_chain import minutes_out_of_cold
from edge.returns.received import remaining_on
from edge.returns.values import KILOGRAMS


def observe(
    item: ItemInHand,
    opened: OpenReturn,
    views: Sequence[JudgedView],
    *,
    blocks: Callable[[str], Iterable[Block]],
    model: ModelUsed | None,
    threshold: float | None = None,
    clock: ClockReading,
    seal: SealState,
    site: str,
    utc_offset_minutes: int,
) -> Observation:
    """What is known of a unit, as the rules look at it.

    Args:
        item: The unit.
        opened: Its return.
        views: What the pictures showed.
        blocks: The block-list entries of a GTIN-14.
        model: What judged the pictures; None where no model could be loaded.
        threshold: The tested confidence from which the model needs no person; None: not calibrated.
        clock: The moment of decision, and whether it is believed.
        seal: What a person said of the closure.
        site: This station's site.
        utc_offset_minutes: The site's offset: dates on packs are local days.
    """
    line, product = opened.line(item.line_id), item.product
    part = item.component(line)
    gtin = part.gtin if part is not None else item.gtin or (line.gtin if line is not None else None)
    block = check_blocked(blocks(gtin) if gtin else [], gtin, item.lot)
    storage = _storage(item, opened)
    dispatched_at = (
        opened.expected.dispatched_at_of(line) if line is not None else opened.expected.dispatched_at
    )
    return Observation(
        site=site,
        match=item.match,
        in_catalogue=product is not None,
        sku=sku_of(item, line),
        gtin14=gtin,
        category=product.category if product else "general",
        goods_class=_goods_class(item, storage),
        storage_class=storage,
        quantity=item.quantity,
        mrp=price_of(line, product),
        return_type=opened.expected.return_type,
        custody=opened.expected.custody,
        depth=item.depth,
        views=seen_views(views),
        findings=seen_findings(views),
        model=ModelState(
            present=model is not None,
            calibrated=model is not None and threshold is not None,
            threshold=threshold if model is not None else None,
            version=f"{model.name}-{model.version}" if model else "",
        ),
        seal=seal,
        dated=product.dated if product else False,
        date_kind=product.date_kind if product else None,
        pack_date=item.pack_date,
        shelf_life_days=product.shelf_life_days if product else None,
        now=clock.now,
        clock_ok=clock.ok,
        utc_offset_minutes=utc_offset_minutes,
        received_at=opened.received_at,
        dispatched_at=dispatched_at,
        minutes_out_of_cold=minutes_out_of_cold(dispatched_at, clock.now, clock_ok=clock.ok)
        if storage.is_cold
        else None,
        serialised=product.serialised if product else False,
        serial=item.serial,
        dispatched_serials=line.dispatched_serials if line is not None else (),
        lot=item.lot,
        block=block.state,
        block_reason=block.block.reason if block.block is not None else "",
        weighed=product.weighed if product else False,
        expected_weight_kg=_expected_weight(item, opened),
        observed_weight_kg=item.observed_weight_kg,
        bundle=_bundle(item, opened),
    )


def seen_views(views: Sequence[JudgedView]) -> tuple[SeenView, ...]:
    """The views as the rules look at them."""
    return tuple(
        SeenView(view=view.view, usable=view.usable, quality=view.quality, golden=_seen_golden(view))
        for view in views
    )


def seen_findings(views: Sequence[JudgedView]) -> tuple[SeenFinding, ...]:
    """The findings of all views, in their order, as the rules look at them."""
    return tuple(
        SeenFinding(
            kind=found.kind,
            score=found.score,
            extent=found.extent,
            view=view.view,
            source=found.source,
            place=place_of(found.box.plain, view.item_box.plain if view.item_box else None),
        )
        for view in views
        for found in view.findings
    )


def _seen_golden(view: JudgedView) -> SeenGolden | None:
    if view.golden is None:
        return None
    return SeenGolden(verdict=view.golden.verdict, looks_like=view.golden.looks_like)


def _storage(item: ItemInHand, opened: OpenReturn) -> StorageClass:
    """The colder of what line and catalogue say: a mistake in one must not warm the goods."""
    line = opened.line(item.line_id)
    said = {line.storage_class} if line is not None else set()
    if item.product is not None:
        said.add(item.product.storage_class)
    for storage in (StorageClass.FROZEN, StorageClass.CHILLED):
        if storage in said:
            return storage
    return StorageClass.AMBIENT


def _goods_class(item: ItemInHand, storage: StorageClass) -> GoodsClass:
    known = item.product.goods_class if item.product is not None else GoodsClass.GENERAL
    return GoodsClass.FOOD if storage.is_cold and known is GoodsClass.GENERAL else known


def _expected_weight(item: ItemInHand, opened: OpenReturn) -> Decimal | None:
    line = opened.line(item.line_id)
    if line is not None and line.quantity.unit == KILOGRAMS:
        return remaining_on(line, item.component_sku, opened.units).value or line.quantity.value
    if item.code is not None and item.code.net_weight is not None and item.code.net_weight.unit == KILOGRAMS:
        return item.code.net_weight.value
    return None


def _bundle(item: ItemInHand, opened: OpenReturn) -> BundleState | None:
    line = opened.line(item.line_id)
    if line is None or not line.is_bundle:
        return None
    if item.component_sku is None:
        return BundleState(expected_components=len(line.components))
    missing = tuple(
        part.sku
        for part in line.components
        if part.sku != item.component_sku and not remaining_on(line, part.sku, opened.units).is_zero
    )
    return BundleState(expected_components=len(line.components), missing=missing)
