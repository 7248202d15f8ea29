"""Builds messages of the contract for tests; each argument changes one thing of a plain, valid message."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sync.contract.messages import (
    EVENTS,
    AnyEvent,
    Birth,
    BizStep,
    CaptureDepth,
    CarriedStation,
    Custody,
    Disposition,
    EpcisDisposition,
    EpcisTerms,
    EpochSummary,
    EventData,
    ExpectedLine,
    ExpectedReturn,
    Grade,
    Judgement,
    LineMatch,
    LostRange,
    Movement,
    Quantity,
    Reference,
    ReferenceKind,
    ReturnClosed,
    ReturnCorrected,
    ReturnInspected,
    ReturnMatch,
    ReturnReceived,
    ReturnResolved,
    ReturnType,
    StockPutaway,
    StockState,
    UnitIdentity,
    UnitKind,
    Versions,
)

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
GTIN = "08901234567890"
EPOCH = "000001-9f3ac1"
INSPECTING = EpcisTerms(biz_step=BizStep.INSPECTING, disposition=EpcisDisposition.SELLABLE_NOT_ACCESSIBLE)


def pieces(value: str | int = 1) -> Quantity:
    return Quantity(value=Decimal(value), unit="C62")


def a_movement(
    to: StockState = StockState.AVAILABLE,
    *,
    frm: StockState = StockState.RETURNING,
    quantity: str | int = 1,
    sku: str = "TEA-250",
    place: str | None = "A-03-2",
    **changes: Any,
) -> Movement:
    values: dict[str, Any] = {
        "from_state": frm,
        "to_state": to,
        "sku": sku,
        "quantity": pieces(quantity),
        "to_place": place,
    }
    return Movement(**{**values, **changes})


def a_received(return_id: str = "R-1001", **changes: Any) -> ReturnReceived:
    values: dict[str, Any] = {
        "return_id": return_id,
        "reference": Reference(kind=ReferenceKind.ORDER, value="ORD-" + return_id),
        "return_type": ReturnType.RTO_REFUSED,
        "custody": Custody.RIDER_ONLY,
        "match": ReturnMatch.EXPECTED,
        "received_at": NOW,
        "epcis": EpcisTerms(biz_step=BizStep.RECEIVING, disposition=EpcisDisposition.RETURNED),
    }
    return ReturnReceived(**{**values, **changes})


def an_inspection(
    inspection_id: str = "insp-1",
    *,
    return_id: str = "R-1001",
    line_id: str | None = "1",
    sku: str = "TEA-250",
    quantity: str | int = 1,
    disposition: Disposition = Disposition.RESTOCK,
    to: StockState = StockState.AVAILABLE,
    unit: UnitIdentity | None = None,
    **changes: Any,
) -> ReturnInspected:
    values: dict[str, Any] = {
        "inspection_id": inspection_id,
        "return_id": return_id,
        "line_id": line_id,
        "match": LineMatch.EXPECTED if line_id else LineMatch.PROVISIONAL,
        "return_type": ReturnType.RTO_REFUSED,
        "custody": Custody.RIDER_ONLY,
        "sku": sku,
        "unit": unit or UnitIdentity(kind=UnitKind.COUNT),
        "quantity": pieces(quantity),
        "depth": CaptureDepth.FULL,
        "result": Judgement(grade=Grade.A, disposition=disposition),
        "decided_by": "station",
        "movements": (a_movement(to, sku=sku, quantity=quantity),),
        "versions": Versions(software="0.1.0"),
        "inspected_at": NOW,
        "epcis": INSPECTING,
    }
    return ReturnInspected(**{**values, **changes})


def a_correction(of: AnyEvent, *, change_to: StockState | None = None, **changes: Any) -> ReturnCorrected:
    data = of.data
    assert isinstance(data, ReturnInspected | ReturnResolved | ReturnCorrected | StockPutaway)
    values: dict[str, Any] = {
        "inspection_id": data.inspection_id,
        "return_id": data.return_id,
        "line_id": data.line_id,
        "corrects": of.id,
        "kind": "change" if change_to else "undo",
        "reason_code": "mistake",
        "reversal": tuple(movement.reversed() for movement in data.movements),
        "corrected_at": NOW,
        "epcis": INSPECTING,
    }
    if change_to:
        values["movements"] = tuple(
            movement.model_copy(update={"to_state": change_to}) for movement in data.movements
        )
        values["result"] = Judgement(grade=Grade.C, disposition=Disposition.SCRAP)
    return ReturnCorrected(**{**values, **changes})


def a_resolution(of: AnyEvent, *, to: StockState = StockState.SCRAP, **changes: Any) -> ReturnResolved:
    data = of.data
    assert isinstance(data, ReturnInspected | ReturnCorrected)
    values: dict[str, Any] = {
        "inspection_id": data.inspection_id,
        "return_id": data.return_id,
        "line_id": data.line_id,
        "resolves": of.id,
        "result": Judgement(disposition=Disposition.SCRAP),
        "reason_code": "spoilt",
        "decided_by": "person",
        "movements": tuple(
            movement.model_copy(
                update={
                    "from_state": movement.to_state,
                    "from_place": movement.to_place,
                    "to_state": to,
                    "to_place": "BIN-1",
                }
            )
            for movement in data.movements
        ),
        "resolved_at": NOW,
        "epcis": EpcisTerms(biz_step=BizStep.HOLDING, disposition=EpcisDisposition.DISPOSED),
    }
    return ReturnResolved(**{**values, **changes})


def a_putaway(of: AnyEvent, **changes: Any) -> StockPutaway:
    data = of.data
    assert isinstance(data, ReturnInspected)
    moved = data.movements[0]
    values: dict[str, Any] = {
        "inspection_id": data.inspection_id,
        "return_id": data.return_id,
        "line_id": data.line_id,
        "place": "B-07-1",
        "movements": (
            moved.model_copy(
                update={
                    "from_state": moved.to_state,
                    "from_place": moved.to_place,
                    "to_state": StockState.AVAILABLE,
                    "to_place": "B-07-1",
                }
            ),
        ),
        "put_away_at": NOW,
        "epcis": EpcisTerms(biz_step=BizStep.STORING, disposition=EpcisDisposition.SELLABLE_NOT_ACCESSIBLE),
    }
    return StockPutaway(**{**values, **changes})


def a_closing(return_id: str = "R-1001", **changes: Any) -> ReturnClosed:
    values: dict[str, Any] = {
        "return_id": return_id,
        "how": "bag_empty",
        "lines": (),
        "closed_at": NOW,
        "epcis": EpcisTerms(biz_step=BizStep.RECEIVING, disposition=EpcisDisposition.COMPLETENESS_VERIFIED),
    }
    return ReturnClosed(**{**values, **changes})


def an_event(
    data: EventData,
    sequence: int = 1,
    *,
    site: str = "blr-01",
    station: str = "desk-1",
    epoch: str = EPOCH,
    message_id: str | None = None,
    replaces: str | None = None,
    previous: str | None = None,
) -> AnyEvent:
    model: Any = EVENTS[data.EVENT_TYPE]
    event: AnyEvent = model(
        id=message_id or f"m-{station}-{epoch[-6:]}-{sequence}",
        source=f"/{site}/{station}",
        type=data.EVENT_TYPE,
        subject=data.return_id,
        time=NOW + timedelta(seconds=sequence),
        site=site,
        station=station,
        epoch=epoch,
        sequence=sequence,
        replaces=replaces,
        previous=previous,
        clockok=True,
        data=data,
    )
    return event


def an_expected_return(
    return_id: str = "R-1001", *, quantity: str | int = 1, lines: int = 1, **changes: Any
) -> ExpectedReturn:
    values: dict[str, Any] = {
        "return_id": return_id,
        "site": "blr-01",
        "references": (Reference(kind=ReferenceKind.ORDER, value="ORD-" + return_id),),
        "return_type": ReturnType.RTO_REFUSED,
        "custody": Custody.RIDER_ONLY,
        "lines": tuple(
            ExpectedLine(line_id=str(number), sku="TEA-250", name="Tea 250 g", quantity=pieces(quantity))
            for number in range(1, lines + 1)
        ),
    }
    return ExpectedReturn(**{**values, **changes})


def carries(station: str, *epochs: str) -> CarriedStation:
    return CarriedStation(
        station=station, epochs=tuple(EpochSummary(epoch=epoch, last=9, lost=()) for epoch in epochs)
    )


def a_birth(last: int = 0, *lost: tuple[int, int]) -> Birth:
    ranges = tuple(LostRange(first=first, last=end) for first, end in lost)
    return Birth(
        site="blr-01",
        station="desk-1",
        epoch=EPOCH,
        started_at=NOW,
        sent_at=NOW,
        clockok=True,
        software="0.1.0",
        epochs=(EpochSummary(epoch=EPOCH, last=last, lost=ranges),),
    )
