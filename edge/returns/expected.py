"""What the OMS expects to come back: by RMA, order, shipment or bag, with its lines.

A return that the local copy doesn't know is received *blind*: it has no lines, is inspected fully and matched
later.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from edge.returns.catalogue import Component, StorageClass
from edge.returns.errors import LineUnknown
from edge.returns.values import Code, FrozenValue, Gtin14, Quantity, Rupees


class ReferenceKind(StrEnum):
    """By which number a return is known."""

    RMA = "rma"
    ORDER = "order"
    SHIPMENT = "shipment"
    BAG = "bag"


class ReturnType(StrEnum):
    """Why goods come back."""

    RTO_REFUSED = "RTO_REFUSED"  # refused at the door
    RTO_UNDELIVERED = "RTO_UNDELIVERED"  # nobody there
    CANCELLED_IN_TRANSIT = "CANCELLED_IN_TRANSIT"
    CUSTOMER_RETURN = "CUSTOMER_RETURN"
    EXCHANGE = "EXCHANGE"


class Custody(StrEnum):
    """Whose hands the goods were in."""

    RIDER_ONLY = "RIDER_ONLY"
    CUSTOMER = "CUSTOMER"


class ExpectedState(StrEnum):
    """How the OMS sees the return."""

    OPEN = "open"
    CANCELLED = "cancelled"  # the customer keeps the goods; if they come all the same, a person decides
    CLOSED = "closed"  # received in full before; what comes now is excess


class RefundState(StrEnum):
    """What happened to the customer's money; the station never decides it."""

    NONE = "none"
    PENDING = "pending"
    REFUNDED = "paid"


class Reference(FrozenValue):
    """One number under which a return is known."""

    kind: ReferenceKind
    value: Code


class ReturnLine(FrozenValue):
    """One line: so many of one article, as it was dispatched.

    Attributes:
        line_id: Unique within the return; one SKU can stand on two lines.
        gtin: GTIN-14, where the merchant dispatched under one.
        quantity: How much is to come back.
        dispatched_lots: Lots that left the store; empty where not recorded.
        dispatched_serials: Serials or IMEIs that left the store.
        mrp: Maximum retail price of one unit, rupees.
        dispatched_at: When it left the cold or the shelf, where it differs from the return's.
        components: Parts of one unit, where the line is a bundle.
    """

    line_id: Code
    sku: Code
    name: str
    gtin: Gtin14 | None = None
    quantity: Quantity
    dispatched_lots: tuple[str, ...] = ()
    dispatched_serials: tuple[str, ...] = ()
    mrp: Rupees | None = None
    storage_class: StorageClass = StorageClass.AMBIENT
    refund_state: RefundState = RefundState.NONE
    dispatched_at: AwareDatetime | None = None
    components: tuple[Component, ...] = ()

    @property
    def is_bundle(self) -> bool:
        """Whether the line is received part by part."""
        return bool(self.components)


class ExpectedReturn(FrozenValue):
    """A return as the OMS announced it, or as the station opened it blind.

    Attributes:
        return_id: The OMS's id; for a blind return an id that the station made.
        site: Where it is to come; a return of another site is transferred.
        references: Every number that finds it.
        custody: None where nobody knows; judged as if a customer had had it.
        dispatched_at: When the bag left the store, UTC.
        blind: True where the station knew nothing of it.
    """

    return_id: Code
    site: Code
    references: Annotated[tuple[Reference, ...], Field(max_length=50)] = ()
    return_type: ReturnType
    custody: Custody | None = None
    state: ExpectedState = ExpectedState.OPEN
    dispatched_at: AwareDatetime | None = None
    lines: Annotated[tuple[ReturnLine, ...], Field(max_length=500)] = ()
    blind: bool = False

    @model_validator(mode="after")
    def _line_ids_are_unique(self) -> Self:
        ids = [line.line_id for line in self.lines]
        if len(set(ids)) != len(ids):
            raise ValueError("two lines of one return have the same line_id")
        return self

    @classmethod
    def opened_blind(
        cls, return_id: str, site: str, reference: Reference, return_type: ReturnType, custody: Custody | None
    ) -> "ExpectedReturn":
        """A return that the local copy doesn't know: received all the same, matched later by the OMS."""
        return cls(
            return_id=return_id,
            site=site,
            references=(reference,),
            return_type=return_type,
            custody=custody,
            blind=True,
        )

    def line(self, line_id: str) -> ReturnLine:
        """The line of that id.

        Raises:
            LineUnknown: The return has no such line.
        """
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise LineUnknown(line_id, self.return_id)

    def dispatched_at_of(self, line: ReturnLine) -> datetime | None:
        """When that line left the store."""
        return line.dispatched_at or self.dispatched_at
