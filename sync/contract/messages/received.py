"""`darkstore.return.received.v1`: a bag, shipment or RMA has arrived at the desk."""

from typing import ClassVar, Literal

from sync.contract.messages.decimals import DecimalText
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.identifiers import Person, ReturnId
from sync.contract.messages.return_words import Custody, Reference, ReturnMatch, ReturnType
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class ReturnReceived(WireModel):
    """What the staff scanned and what the station knew about it. Moves no stock.

    Attributes:
        reference: The number as scanned; for a blind return the OMS matches by it.
        probe_celsius: Temperature measured in the bag on arrival, where there is a probe.
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.return.received.v1"

    return_id: ReturnId
    reference: Reference
    return_type: ReturnType
    custody: Custody
    match: ReturnMatch
    received_at: UtcTime
    probe_celsius: DecimalText | None = None
    by: Person | None = None
    epcis: EpcisTerms


class ReturnReceivedEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.return.received.v1"]
    data: ReturnReceived
