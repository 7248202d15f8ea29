"""`darkstore.return.resolved.v1`: a hold has ended, and the goods move on."""

from typing import ClassVar, Literal

from sync.contract.messages.condition import Judgement
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.identifiers import Code, InspectionId, LineId, MessageId, Person, ReturnId
from sync.contract.messages.inspected import Movements
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class ReturnResolved(WireModel):
    """The decision that ends a hold.

    Attributes:
        resolves: Id of the event that put the unit on hold.
        decided_by: A person, or the policy when the hold's deadline passed.
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.return.resolved.v1"

    inspection_id: InspectionId
    return_id: ReturnId
    line_id: LineId | None = None
    resolves: MessageId
    result: Judgement
    reason_code: Code
    decided_by: Literal["person", "deadline"]
    movements: Movements
    resolved_at: UtcTime
    by: Person | None = None
    supervisor: Person | None = None
    epcis: EpcisTerms


class ReturnResolvedEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.return.resolved.v1"]
    data: ReturnResolved
