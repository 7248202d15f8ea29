"""Parts of the contract's messages: which unit, what was read from it, what was seen on it.

Kept apart from `outgoing.py` so that the messages themselves read whole there.
"""

from collections.abc import Iterable

from edge.grading.decision import Decision, Disposition, Grade, GradedFinding, StockState
from edge.grading.observation import Observation
from edge.inspection.saved import Confirmed, SavedInspection
from edge.inspection.session import OpenReturn
from edge.returns.bag import BagClosing, BagLine, UnexpectedItem
from edge.returns.blocklist import BlockState
from edge.returns.dates import PackDate
from edge.returns.expected import Reference
from edge.returns.holds import HoldPlan
from edge.returns.values import Quantity
from sync.contract.messages import condition, epcis, item, stock
from sync.contract.messages.closed import ClosedLine
from sync.contract.messages.inspected import Hold
from sync.contract.messages.quantity import Count, Money
from sync.contract.messages.quantity import Quantity as WireQuantity
from sync.contract.messages.return_words import Custody, ReferenceKind
from sync.contract.messages.return_words import Reference as WireReference
from sync.contract.messages.unit import UnitIdentity, UnitKind

UNIDENTIFIED = "UNIDENTIFIED"
"""Names the article where the code can't be read and the item stands on no line."""

FINDINGS_TOLD = 8


def reference(scanned: Reference) -> WireReference:
    """The number that was scanned."""
    return WireReference(kind=ReferenceKind(scanned.kind.value), value=scanned.value)


def custody(opened: OpenReturn) -> Custody:
    """Whose hands it was in; unknown custody is told as it is judged: a customer's."""
    known = opened.expected.custody
    return Custody(known.value) if known is not None else Custody.CUSTOMER


def quantity(amount: Quantity) -> WireQuantity:
    """An amount above zero."""
    return WireQuantity(value=amount.value, unit=amount.unit)


def sku_of(saved: SavedInspection) -> str | None:
    """The article: the bundle's part where it is one; a stand-in where nothing names it."""
    thing = saved.item
    if thing.component_sku is not None:
        return thing.component_sku
    if saved.observation.sku is not None:
        return saved.observation.sku
    return None if saved.observation.gtin14 is not None else UNIDENTIFIED


def unit(saved: SavedInspection) -> UnitIdentity:
    """What tells this unit from its like."""
    thing = saved.item
    if thing.serial is not None:
        return UnitIdentity(kind=UnitKind.SERIAL, value=thing.serial)
    if thing.unit_label is not None:
        return UnitIdentity(kind=UnitKind.LABEL, value=thing.unit_label)
    return UnitIdentity(kind=UnitKind.COUNT, value=str(thing.unit_number))


def facts(saved: SavedInspection, opened: OpenReturn) -> item.ItemFacts | None:
    """Lot, date, serial, weight, cold chain and components, as far as they are known."""
    seen, thing = saved.observation, saved.item
    dispatched = seen.dispatched_serials
    differs = thing.serial is not None and dispatched and thing.serial not in dispatched
    told = item.ItemFacts(
        lot=thing.lot,
        serial=thing.serial,
        dispatched_serial=dispatched[0] if differs else None,
        date=_date(thing.pack_date),
        mrp=Money(amount=seen.mrp, currency="INR") if seen.mrp is not None else None,
        net_weight=WireQuantity(value=thing.observed_weight_kg, unit="KGM")
        if thing.observed_weight_kg
        else None,
        cold_chain=_cold_chain(seen),
        components=_components(saved, opened),
    )
    return told if told.model_dump(exclude_none=True) else None


def gravest(decision: Decision) -> list[GradedFinding]:
    """The findings that counted, each defect once, the gravest first."""
    told = [graded for graded in decision.findings if graded.counted and graded.same_as is None]
    return sorted(told, key=lambda one: (-one.severity.gravity, -one.finding.extent))[:FINDINGS_TOLD]


def finding(graded: GradedFinding) -> condition.ObservedFinding:
    """One finding."""
    seen = graded.finding
    return condition.ObservedFinding(
        kind=seen.kind.value,
        severity=graded.severity.value,
        view=seen.view or "desk",
        score=round(seen.score, 4),
        extent=round(seen.extent, 4),
        source=seen.source,
    )


def judgement(grade: Grade | None, disposition: Disposition) -> condition.Judgement:
    """A grade and a disposition."""
    return condition.Judgement(
        grade=condition.Grade(grade.value) if grade is not None else None,
        disposition=condition.Disposition(disposition.value),
    )


def override(saved: SavedInspection) -> condition.Override | None:
    """A person's change of the proposal; told only where the person is known by a badge."""
    made = saved.confirmed.override
    if made is None:
        return None
    return condition.Override(
        proposed=judgement(saved.decision.grade, saved.decision.disposition),
        reason_code=made.reason_code,
        by=made.by or "UNKNOWN",
        supervisor=made.supervisor,
    )


def hold(plan: HoldPlan | None, place_id: str) -> Hold | None:
    """The hold that begins with the inspection."""
    if plan is None:
        return None
    return Hold(reason_code=plan.reason.value, place=place_id, owner=plan.owner.value, deadline=plan.deadline)


def terms(step: epcis.BizStep, saved: SavedInspection, confirmed: Confirmed) -> epcis.EpcisTerms:
    """The EPCIS words for a unit after a step."""
    days = saved.observation.days_left
    word = epcis.disposition_of(
        stock_state(confirmed.to_state),
        damaged=confirmed.grade in (Grade.C, Grade.D),
        expired=days is not None and days < 0,
        recalled=saved.observation.block is BlockState.BLOCKED,
    )
    return epcis.EpcisTerms(biz_step=step, disposition=word)


def stock_state(state: StockState) -> stock.StockState:
    """The contract's word for a stock state."""
    return stock.StockState(state.value)


def closed_lines(closing: BagClosing) -> list[ClosedLine]:
    """The balance of every line, then of what stands on none."""
    return [*map(_closed_line, closing.lines), *_unexpected(closing.unexpected)]


def _closed_line(line: BagLine) -> ClosedLine:
    return ClosedLine(
        line_id=line.line_id,
        sku=line.component_sku or line.sku,
        unit=line.expected.unit,
        expected=line.expected.value,
        received=line.received.value,
        missing=line.missing.value,
        excess=line.excess.value,
    )


def _unexpected(items: Iterable[UnexpectedItem]) -> list[ClosedLine]:
    return [
        ClosedLine(
            sku=each.sku or UNIDENTIFIED,
            unit=each.quantity.unit,
            expected="0",
            received=each.quantity.value,
            missing="0",
            excess=each.quantity.value,
        )
        for each in items
    ]


def _date(known: PackDate | None) -> item.ItemDate | None:
    if known is None or not known.source.is_from_item:
        return None
    return item.ItemDate(
        kind=item.DateKind(known.kind.value),
        value=known.day.isoformat(),
        precision=item.DatePrecision(known.precision.value),
        source=item.DateSource(known.source.value),
    )


def _cold_chain(seen: Observation) -> item.ColdChain | None:
    if not seen.storage_class.is_cold:
        return None
    minutes = seen.minutes_out_of_cold
    return item.ColdChain(
        minutes_out_of_cold=int(minutes) if minutes is not None else None,
        probe_celsius=f"{seen.temperature_c:.1f}" if seen.temperature_c is not None else None,
    )


def _components(saved: SavedInspection, opened: OpenReturn) -> tuple[item.Component, ...] | None:
    line = opened.line(saved.item.line_id)
    part = saved.item.component(line)
    if part is None:
        return None
    return (
        item.Component(
            sku=part.sku,
            gtin=part.gtin,
            expected=quantity(part.quantity),
            received=Count(value=saved.item.quantity.value, unit=saved.item.quantity.unit),
        ),
    )
