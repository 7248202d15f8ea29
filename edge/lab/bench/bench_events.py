"""Events as a station really owes them: one inspection each, with its movement, of a size as in a shift."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice

from edge.versions import SOFTWARE
from sync.contract.messages import (
    BizStep,
    CaptureDepth,
    Custody,
    Disposition,
    EpcisDisposition,
    EpcisTerms,
    Grade,
    Judgement,
    LineMatch,
    Movement,
    Quantity,
    ReturnInspected,
    ReturnType,
    StockState,
    UnitIdentity,
    UnitKind,
    Versions,
)
from sync.envelope import OutgoingEvent

INSPECTED = "darkstore.return.inspected.v1"
UNITS_A_RETURN = 4
ARTICLES = 200


def inspected_events(count: int, at: datetime, first: int = 0) -> Iterator[OutgoingEvent]:
    """So many inspections, some to a return.

    Args:
        count: How many.
        at: When they happened.
        first: Number of the first return.
    """
    builders = bench_returns(at)
    numbers = range(first, first + -(-count // UNITS_A_RETURN))
    every = (event for number in numbers for event in builders[number % ARTICLES](number))
    return islice(every, count)


def bench_returns(at: datetime) -> Sequence[Callable[[int], Sequence[OutgoingEvent]]]:
    """Builders of returns, one an article; the return with number n is built by the n-th, round and round."""
    return [partial(inspected_return, sku=f"SKU-{article:03d}", at=at) for article in range(ARTICLES)]


def inspected_return(number: int, *, sku: str, at: datetime) -> list[OutgoingEvent]:
    """The inspections of one return; its number is written with nine digits wherever it stands."""
    return [_inspected(number, unit, sku, at) for unit in range(UNITS_A_RETURN)]


def _inspected(number: int, unit: int, sku: str, at: datetime) -> OutgoingEvent:
    one = Quantity(value=Decimal(1), unit="C62")
    return_id = f"BENCH-{number:09d}"
    message = ReturnInspected(
        inspection_id=f"bench-{number:09d}-{unit}",
        return_id=return_id,
        line_id=None,
        match=LineMatch.PROVISIONAL,
        return_type=ReturnType.RTO_REFUSED,
        custody=Custody.RIDER_ONLY,
        sku=sku,
        unit=UnitIdentity(kind=UnitKind.SERIAL, value=f"BENCH{number:09d}-{unit}"),
        quantity=one,
        depth=CaptureDepth.FULL,
        result=Judgement(grade=Grade.A, disposition=Disposition.RESTOCK),
        decided_by="station",
        movements=(
            Movement(
                from_state=StockState.RETURNING,
                to_state=StockState.AVAILABLE,
                sku=sku,
                quantity=one,
                to_place="A-01",
            ),
        ),
        versions=Versions(software=SOFTWARE),
        inspected_at=at,
        epcis=EpcisTerms(biz_step=BizStep.INSPECTING, disposition=EpcisDisposition.SELLABLE_NOT_ACCESSIBLE),
    )
    return OutgoingEvent(type=INSPECTED, subject=return_id, data=message.to_data())
