"""Rules of the events that speak of a whole return: it came in, and its balance. They move no stock."""

from collections.abc import Iterable
from decimal import Decimal

from sync.contract.messages import (
    AnswerException,
    AnyEvent,
    ClosedLine,
    ReturnClosed,
    ReturnMatch,
    ReturnReceived,
)
from sync.oms.book import Arrival, Book, Inspected
from sync.oms.counting import Line
from sync.oms.outcomes import Applied


def apply_received(event: AnyEvent, data: ReturnReceived, book: Book) -> Applied:
    """Remembers the return; a blind one is matched by its reference as soon as the OMS knows that."""
    before = book.arrivals.get(data.return_id)
    provisional = data.match is ReturnMatch.PROVISIONAL and data.return_id not in book.lines
    known = book.references.get((data.reference.kind.value, data.reference.value), [])
    matched = known[0] if provisional and len(known) == 1 else None
    book.put_arrival(
        Arrival(
            return_id=data.return_id,
            site=event.site,
            reference_kind=data.reference.kind.value,
            reference_value=data.reference.value,
            provisional=provisional,
            matched=(before.matched if before else None) or matched,
            received_at=before.received_at if before else data.received_at,
        )
    )
    return Applied()


def apply_closed(data: ReturnClosed, book: Book) -> Applied:
    """Compares the station's balance with our own count; a difference is for people."""
    counted = book.counted(data.return_id)
    differing = []
    for line in data.lines:
        if line.line_id is None:
            continue
        ours = _came(line, counted, book.lines.get(data.return_id, {}).get(line.line_id))
        if ours is not None and ours != line.received:
            named = f"line {line.line_id}" + (f" ({line.sku})" if line.sku else "")
            differing.append(f"{named}: the station says {line.received}, applied are {ours}")
    if not differing:
        return Applied()
    return Applied(AnswerException.COUNT_DIFFERS.value, "; ".join(differing)[:500])


def _came(told: ClosedLine, counted: Iterable[Inspected], line: Line | None) -> Decimal | None:
    """What was applied on a line, or of one component of its bundle; None where the units don't compare."""
    units = [one for one in counted if one.line_id == told.line_id]
    part = line.component(told.sku) if line is not None and told.sku is not None else None
    ours = Decimal(0)
    for one in units:
        quantity, unit = one.quantity, one.unit
        if part is not None and one.component is None:
            quantity, unit = quantity * part.quantity, part.unit
        elif part is not None and one.component != part.item:
            continue
        if unit != told.unit:
            return None
        ours += quantity
    return ours
