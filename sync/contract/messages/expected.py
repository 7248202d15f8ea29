"""The stream of expected returns that the OMS keeps filled for a site's stations."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sync.contract.messages.identifiers import Gtin14, LineId, Lot, Offset, ReturnId, Serial, Site, Sku, Text
from sync.contract.messages.quantity import Money, Quantity
from sync.contract.messages.requests import StreamName
from sync.contract.messages.return_words import Custody, Reference, ReturnType, StorageClass
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class ExpectedStatus(StrEnum):
    """Whether the OMS still waits for the return."""

    OPEN = "open"
    CLOSED = "closed"


class RefundState(StrEnum):
    """Where the customer's money stands; the station shows it and decides nothing."""

    NONE = "none"
    PENDING = "pending"
    PAID = "paid"


class ExpectedComponent(WireModel):
    """One component of a bundle that is received by component."""

    sku: Sku
    gtin: Gtin14 | None = None
    name: Text
    quantity: Quantity


class ExpectedLine(WireModel):
    """One line: what should come back."""

    line_id: LineId
    sku: Sku
    gtin: Gtin14 | None = None
    name: Text
    quantity: Quantity
    dispatched_lots: tuple[Lot, ...] = ()
    dispatched_serials: tuple[Serial, ...] = ()
    mrp: Money | None = None
    storage_class: StorageClass = StorageClass.AMBIENT
    refund_state: RefundState = RefundState.NONE
    components: tuple[ExpectedComponent, ...] = ()


class ExpectedReturn(WireModel):
    """A return that is on its way, found by any of its references. No customer data, ever.

    Attributes:
        site: Where it should arrive; a station of another site tells the staff so.
    """

    return_id: ReturnId
    site: Site
    references: Annotated[tuple[Reference, ...], Field(min_length=1)]
    return_type: ReturnType
    custody: Custody
    status: ExpectedStatus = ExpectedStatus.OPEN
    dispatched_at: UtcTime | None = None
    lines: Annotated[tuple[ExpectedLine, ...], Field(min_length=1)]


class ExpectedUpsert(WireModel):
    """New, or changed: replaces what was known of the return."""

    offset: Annotated[Offset, Field(ge=1)]
    op: Literal["upsert"] = "upsert"
    expected: ExpectedReturn


class ExpectedCancel(WireModel):
    """The return was cancelled: remembered, so that the staff are told when it comes all the same.

    Attributes:
        expected: The return as it was known; a station that never heard of it finds it by its references
            then.
    """

    offset: Annotated[Offset, Field(ge=1)]
    op: Literal["cancel"] = "cancel"
    return_id: ReturnId
    reason_code: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    expected: ExpectedReturn | None = None

    @model_validator(mode="after")
    def _is_the_same_return(self) -> Self:
        if self.expected is not None and self.expected.return_id != self.return_id:
            raise ValueError("expected is another return than return_id")
        return self


ExpectedItem = Annotated[ExpectedUpsert | ExpectedCancel, Field(discriminator="op")]


class ExpectedBatch(WireModel):
    """A stretch of the stream; the same shape carries live changes and the answer to a snapshot request.

    Attributes:
        stream_id: Names this stream's life; another one means that offsets began afresh: ask from 0.
        after: The stretch begins beyond this offset. A station that stands below it has a gap and asks for a
            snapshot.
        through: Where a station stands that has taken the whole stretch in.
        exact: True where the stretch passes over offsets that were never given. A station that stands between
            `after` and `through` then asks for a snapshot instead of taking it in: its offset may come from
            a life of the stream that an OMS restored from a backup has forgotten.
        items: In the order of offsets. Only the newest item of each return need be there; one whose offset
            the station already has for that return is skipped.
    """

    stream: Literal[StreamName.EXPECTED] = StreamName.EXPECTED
    stream_id: Annotated[str, Field(min_length=1, max_length=64)]
    after: Offset
    through: Offset
    exact: bool | None = None
    items: tuple[ExpectedItem, ...]
