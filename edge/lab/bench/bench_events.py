"""Events as a station really owes them: one inspection each, with its movement, of a size as in a shift."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

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


def inspected_events(count: int, at: datetime) -> Iterator[OutgoingEvent]:
    """So many inspections, some to a return.

    Args:
        count: How many.
        at: When they happened.
    """
    one = Quantity(value=Decimal(1), unit="C62")
    for number in range(count):
        return_id = f"BENCH-{number // UNITS_A_RETURN:06d}"
        sku = f"SKU-{number % 200:03d}"
        message = ReturnInspected(
            inspection_id=f"bench-{number:08d}",
            return_id=return_id,
            line_id=None,
            match=LineMatch.PROVISIONAL,
            return_type=ReturnType.RTO_REFUSED,
            custody=Custody.RIDER_ONLY,
            sku=sku,
            unit=UnitIdentity(kind=UnitKind.SERIAL, value=f"BENCH{number:08d}"),
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
            epcis=EpcisTerms(
                biz_step=BizStep.INSPECTING, disposition=EpcisDisposition.SELLABLE_NOT_ACCESSIBLE
            ),
        )
        yield OutgoingEvent(type=INSPECTED, subject=return_id, data=message.to_data())
