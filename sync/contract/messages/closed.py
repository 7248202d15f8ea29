"""`darkstore.return.closed.v1`: the bag is empty or its time is over: what came, per line."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sync.contract.messages.decimals import NonNegativeDecimalText
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.identifiers import Gtin14, LineId, Person, ReturnId, Sku
from sync.contract.messages.quantity import UnitCode
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel

LINES_PER_CLOSED_EVENT = 20
"""More lines are told in several events, each saying which part it is, so that each stays under 4 kB."""


class ClosedLine(WireModel):
    """The arithmetic of one line; articles that stand on no line have no `line_id`.

    A bundle's line is told once for each of its components, `sku` being the component's.
    """

    line_id: LineId | None = None
    sku: Sku | None = None
    gtin: Gtin14 | None = None
    unit: UnitCode
    expected: NonNegativeDecimalText
    received: NonNegativeDecimalText
    missing: NonNegativeDecimalText
    excess: NonNegativeDecimalText


class Part(WireModel):
    """Which part of a closing that has too many lines for one event."""

    number: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]


class ReturnClosed(WireModel):
    """The bag's balance. Moves no stock. A unit that turns up later reopens the return; it is closed again.

    Attributes:
        how: `bag_empty` said by the staff, or `time_limit`.
        round: 1 for the first closing of the return, 2 after it was reopened, ...
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.return.closed.v1"

    return_id: ReturnId
    how: Literal["bag_empty", "time_limit"]
    round: Annotated[int, Field(ge=1)] = 1
    part: Part | None = None
    lines: Annotated[tuple[ClosedLine, ...], Field(max_length=LINES_PER_CLOSED_EVENT)]
    closed_at: UtcTime
    by: Person | None = None
    epcis: EpcisTerms


class ReturnClosedEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.return.closed.v1"]
    data: ReturnClosed
