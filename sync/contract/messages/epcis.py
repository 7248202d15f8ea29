"""The GS1 EPCIS 2.0 words of an event, so that a visibility system can read it without a mapping of its own.

The values are bare words of the Core Business Vocabulary 2.0. A restocked item in a closed dark store is
`sellable_not_accessible`: no shopper can reach it.
"""

from enum import StrEnum

from pydantic import Field

from sync.contract.messages.stock import StockState
from sync.contract.messages.wire import WireModel


class BizStep(StrEnum):
    """The business step that was done."""

    RECEIVING = "receiving"
    INSPECTING = "inspecting"
    HOLDING = "holding"
    STORING = "storing"
    REPAIRING = "repairing"
    RETURNING = "returning"
    SHIPPING = "shipping"
    DESTROYING = "destroying"
    REMOVING = "removing"


class EpcisDisposition(StrEnum):
    """The state of the object after the step."""

    RETURNED = "returned"
    IN_PROGRESS = "in_progress"
    SELLABLE_NOT_ACCESSIBLE = "sellable_not_accessible"
    NON_SELLABLE_OTHER = "non_sellable_other"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    RECALLED = "recalled"
    DISPOSED = "disposed"
    DESTROYED = "destroyed"
    MISMATCH_INSTANCE = "mismatch_instance"
    MISMATCH_CLASS = "mismatch_class"
    MISMATCH_QUANTITY = "mismatch_quantity"
    COMPLETENESS_VERIFIED = "completeness_verified"
    UNKNOWN = "unknown"


class EpcisTerms(WireModel):
    """Step and resulting state, spelled as EPCIS spells them."""

    biz_step: BizStep = Field(alias="bizStep")
    disposition: EpcisDisposition


_SELLABLE = (StockState.AVAILABLE, StockState.MARKDOWN, StockState.AWAITING_PUTAWAY)


def disposition_of(
    state: StockState, *, damaged: bool = False, expired: bool = False, recalled: bool = False
) -> EpcisDisposition:
    """The EPCIS word for goods that now stand in `state`; what is worst about them names them.

    >>> disposition_of(StockState.AVAILABLE).value
    'sellable_not_accessible'
    >>> disposition_of(StockState.SCRAP, expired=True).value
    'expired'
    """
    if recalled:
        return EpcisDisposition.RECALLED
    if expired:
        return EpcisDisposition.EXPIRED
    if damaged and state not in _SELLABLE:
        return EpcisDisposition.DAMAGED
    if state in _SELLABLE:
        return EpcisDisposition.SELLABLE_NOT_ACCESSIBLE
    if state is StockState.SCRAP:
        return EpcisDisposition.DISPOSED
    if state is StockState.RETURNING:
        return EpcisDisposition.RETURNED
    return EpcisDisposition.NON_SELLABLE_OTHER
