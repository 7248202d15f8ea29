"""`darkstore.stock.putaway.v1`: the bin was scanned; the goods now lie where pickers find them."""

from typing import ClassVar, Literal

from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.identifiers import InspectionId, LineId, Person, Place, ReturnId
from sync.contract.messages.inspected import Movements
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class StockPutaway(WireModel):
    """The unit of an inspection, put into a place.

    The movement makes stock available where the policy waits for put-away (`AWAITING_PUTAWAY` to
    `AVAILABLE`), and otherwise only changes its place.
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.stock.putaway.v1"

    inspection_id: InspectionId
    return_id: ReturnId
    line_id: LineId | None = None
    place: Place
    movements: Movements
    put_away_at: UtcTime
    by: Person | None = None
    epcis: EpcisTerms


class StockPutawayEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.stock.putaway.v1"]
    data: StockPutaway
