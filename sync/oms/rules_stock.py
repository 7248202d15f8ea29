"""Rules of the events that move stock: each is applied whole, or not at all."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from sync.contract.messages import (
    AnswerException,
    AnyEvent,
    LineMatch,
    Movement,
    ReturnCorrected,
    ReturnInspected,
    ReturnResolved,
    StockPutaway,
    StockState,
)
from sync.oms.book import NO_RETURN, Book, Inspected
from sync.oms.counting import Line, excess_of, line_for, seen_before
from sync.oms.holdings import Holding, NotHeldError, Transfer, arrive, move
from sync.oms.outcomes import Applied, Later, Outcome, Refused


def apply_inspected(event: AnyEvent, data: ReturnInspected, book: Book) -> Outcome:
    """A unit came in: count it, and move it where the station put it, or out of sellable stock."""
    if data.inspection_id in book.inspections:
        return Refused(
            f"Inspection {data.inspection_id} was told by another event already.", "data.inspection_id"
        )
    total = _total(data.movements)
    problem = _arrival_problem(data, total)
    if problem is not None:
        return problem
    arrival = book.arrivals.get(data.return_id)
    return_id = (arrival.matched if arrival else None) or data.return_id
    line, component = _spot_of(data, return_id, book)
    counts_line = line.line_id if line else data.line_id
    excess, why = _excess(data, return_id, line, component, book)
    named = _named(data.movements, book)
    kept_out = total if excess == data.quantity.value else excess
    holdings, transfers = arrive(named, excess=kept_out)
    short = book.post(event.id, event.site, transfers)
    book.put_inspection(
        Inspected(
            inspection_id=data.inspection_id,
            site=event.site,
            return_id=data.return_id,
            line_id=data.line_id,
            counts_return=return_id if data.match is not LineMatch.OTHER_SITE else NO_RETURN,
            counts_line=counts_line,
            item=book.item(data.sku, data.gtin) if data.sku or data.gtin else named[0][0],
            unit_kind=data.unit.kind.value,
            unit_value=data.unit.value,
            quantity=data.quantity.value,
            unit=data.quantity.unit,
            excess=excess,
            active=True,
            holdings=tuple(holdings),
            component=component,
        )
    )
    exception, reason = (AnswerException.OVER_RECEIVED.value, why) if excess else _shortfall(short, transfers)
    return Applied(exception, reason, data.inspection_id, data.movements)


def apply_moved(event: AnyEvent, data: ReturnResolved | StockPutaway, book: Book) -> Outcome:
    """A hold ended, or goods were put away: the unit of an inspection moves on."""
    if isinstance(data, ReturnResolved):
        problem = _named_event_problem(data.resolves, data.inspection_id, "data.resolves", book)
        if problem is not None:
            return problem
    inspection = book.inspections.get(data.inspection_id)
    if inspection is None:
        return _unknown_inspection(data.inspection_id)
    return _move_on(event, inspection, {"data.movements": data.movements}, book)


def apply_corrected(event: AnyEvent, data: ReturnCorrected, book: Book) -> Outcome:
    """An earlier event is taken back, and perhaps something else stands instead."""
    problem = _named_event_problem(data.corrects, data.inspection_id, "data.corrects", book)
    if problem is not None:
        return problem
    corrected = book.events[data.corrects]
    if corrected.corrected_by is not None:
        return Refused(
            f"Event {data.corrects} was taken back by {corrected.corrected_by} already.", "data.corrects"
        )
    if _counted(data.reversal) != _counted(movement.reversed() for movement in corrected.movements):
        return Refused(
            f"It does not reverse {data.corrects}: each of its movements, turned round, and no other.",
            "data.reversal",
        )
    inspection = book.inspections.get(data.inspection_id)
    if inspection is None:
        return _unknown_inspection(data.inspection_id)
    steps = {"data.reversal": data.reversal, "data.movements": data.movements}
    outcome = _move_on(event, inspection, steps, book)
    if isinstance(outcome, Applied):
        book.amend_event(data.corrects, corrected_by=event.id)
    return outcome


def _move_on(
    event: AnyEvent, inspection: Inspected, steps: dict[str, tuple[Movement, ...]], book: Book
) -> Outcome:
    """Moves the goods of an inspection, step by step, and posts all of it or nothing."""
    if event.data.return_id != inspection.return_id:
        return Refused(
            f"Inspection {inspection.inspection_id} belongs to the return {inspection.return_id}.",
            "data.return_id",
        )
    holdings, transfers = list(inspection.holdings), list[Transfer]()
    for field, movements in steps.items():
        try:
            holdings, moved = move(holdings, _named(movements, book))
        except NotHeldError as error:
            return Refused(f"The movement {error.reason}.", f"{field}[{error.index}]")
        transfers += moved
    short = book.post(event.id, inspection.site, transfers)
    kept_out = _kept_out(holdings)
    book.put_inspection(
        inspection._replace(
            holdings=tuple(holdings),
            active=any(holding.state != StockState.RETURNING for holding in holdings),
        )
    )
    exception, reason = _shortfall(short, transfers)
    if exception is None and kept_out:
        exception = AnswerException.OVER_RECEIVED.value
        reason = f"{kept_out} of this unit was not expected and stays out of sellable stock."
    return Applied(exception, reason, inspection.inspection_id, steps["data.movements"])


def _arrival_problem(data: ReturnInspected, total: Decimal) -> Refused | None:
    """What can be wrong with an inspection's movements beyond their schema."""
    bundle = data.item is not None and data.item.components is not None
    for index, movement in enumerate(data.movements):
        if movement.from_state is not StockState.RETURNING:
            return Refused(
                f"A unit that comes in moves from RETURNING, not from {movement.from_state}.",
                f"data.movements[{index}].from_state",
            )
        if not bundle and movement.quantity.unit != data.quantity.unit:
            return Refused(
                f"It moves {movement.quantity.unit}, but {data.quantity.unit} were inspected.",
                f"data.movements[{index}].quantity.unit",
            )
    if not bundle and total != data.quantity.value:
        return Refused(
            f"The movements add up to {total}, but {data.quantity.value} were inspected.", "data.movements"
        )
    return None


def _total(movements: Sequence[Movement]) -> Decimal:
    if len(movements) == 1:
        return movements[0].quantity.value
    return sum((movement.quantity.value for movement in movements), Decimal(0))


def _spot_of(data: ReturnInspected, return_id: str, book: Book) -> tuple[Line | None, str | None]:
    """The line that a unit counts against; on a bundle's, the component's article too."""
    lines = book.lines.get(return_id)
    if lines is None:
        return None, None
    item = book.item(data.sku, data.gtin)
    if data.line_id is not None:
        line = lines.get(data.line_id)
        part = line.component(item, data.gtin) if line else None
        return line, part.item if part else None
    if data.match is not LineMatch.PROVISIONAL:
        return None, None
    taken = [one.taken for one in book.counted(return_id)]
    return line_for(lines, item, data.gtin, data.quantity.unit, taken) or (None, None)


def _excess(
    data: ReturnInspected, return_id: str, line: Line | None, component: str | None, book: Book
) -> tuple[Decimal, str | None]:
    """How much of the unit nobody expected, and why."""
    quantity = data.quantity.value
    if data.match is LineMatch.OTHER_SITE:
        return Decimal(0), None
    counted = book.counted(return_id)
    if seen_before(data.unit.kind.value, data.unit.value, counted):
        return quantity, (
            f"The unit {data.unit.kind.value} {data.unit.value} of return {return_id} was received before. "
            "It stays out of sellable stock until someone looks."
        )
    if data.match is LineMatch.EXCESS:
        return quantity, (
            f"The station says that return {return_id} holds more than expected. "
            "It stays out of sellable stock until someone looks."
        )
    counts = data.match in (LineMatch.EXPECTED, LineMatch.PROVISIONAL) and return_id in book.lines
    if not counts:
        return Decimal(0), None
    counted_line = line.line_id if line else data.line_id
    of_line = [one.taken for one in counted if one.counts_line == counted_line]
    excess = excess_of(line, component, quantity, data.quantity.unit, of_line)
    if not excess:
        return excess, None
    if line is None:
        return excess, f"Return {return_id} has no line for this article. It stays out of sellable stock."
    return excess, (
        f"Line {line.line_id} of {return_id} expects {_expected(line, component)}; {excess} of this is "
        "beyond it and stays out of sellable stock until someone looks."
    )


def _expected(line: Line, component: str | None) -> str:
    part = line.component(component) if component is not None else None
    if part is None:
        return f"{line.quantity} {line.unit}"
    return f"{part.quantity * line.quantity} {part.unit} of {part.item}"


def _named_event_problem(named: str, inspection_id: str, field: str, book: Book) -> Outcome | None:
    earlier = book.events.get(named)
    if earlier is None:
        return Later(f"It speaks of event {named}, which has not come.", field)
    if earlier.status != "applied":
        return Refused(f"It speaks of event {named}, which was rejected.", field)
    if earlier.inspection_id != inspection_id:
        return Refused(f"Event {named} is not about inspection {inspection_id}.", field)
    return None


def _unknown_inspection(inspection_id: str) -> Later:
    return Later(f"Inspection {inspection_id} has not come.", "data.inspection_id")


def _named(movements: Sequence[Movement], book: Book) -> list[tuple[str, Movement]]:
    return [(book.item(movement.sku, movement.gtin), movement) for movement in movements]


def _counted(movements: object) -> Counter[Movement]:
    return Counter(movements)  # type: ignore[call-overload, no-any-return]


def _kept_out(holdings: Sequence[Holding]) -> Decimal:
    return sum((one.quantity for one in holdings if one.kept_out and one.account != one.state), Decimal(0))


def _shortfall(short: Decimal, transfers: Sequence[Transfer]) -> tuple[str | None, str | None]:
    if not short:
        return None, None
    states = ", ".join(sorted({transfer.from_account for transfer in transfers}))
    return AnswerException.SHORTFALL.value, (
        f"{short} of what moves was no longer in {states}: it may have been sold. Find or recount it."
    )
