"""The OMS's answer to events: what it has applied, told after its commit. A PUBACK is none."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from sync.contract.messages.identifiers import EpochText, MessageId, Sequence
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class AnswerStatus(StrEnum):
    """What became of an event. All but `retry` are final."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"  # applied before; nothing was done again
    RETRY = "retry"  # not now: send it again, not before `not_before`; holds back its return alone
    REJECTED = "rejected"  # never as it is: `reason` says why; repair it by a new event with `replaces`


class AnswerException(StrEnum):
    """Applied, but somebody must look. More may be added: show an unknown one as it is."""

    OVER_RECEIVED = "over_received"  # more than expected, or the same unit twice: kept out of sellable stock
    SHORTFALL = "shortfall"  # what should be moved was no longer there, such as a correction after the sale
    COUNT_DIFFERS = "count_differs"  # the closing's figures are not those that the OMS counted


ReasonText = Annotated[str, Field(min_length=1, max_length=500)]


class Answer(WireModel):
    """The answer to one event.

    Attributes:
        exception: With `applied` or `duplicate`: what to look into. One of `AnswerException`, or a later
            word.
        reason: A sentence for people; `rejected` and `retry` always carry one.
        field: For a rejected event, the field that is wrong, such as `data.quantity.value`.
        not_before: For `retry`.
    """

    id: MessageId
    status: AnswerStatus
    exception: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None
    reason: ReasonText | None = None
    field: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    not_before: UtcTime | None = None


class SequenceRange(WireModel):
    """Neighbouring sequences of an epoch, both ends included."""

    first: Sequence
    last: Sequence


Ranges = Annotated[tuple[SequenceRange, ...], Field(max_length=500)]


class Compared(WireModel):
    """What the OMS found in a reconciliation request, so that the station can say so to its staff.

    Attributes:
        request: Id of the request.
        count: Events that were compared.
        differing: Blocks whose digests differ; each is asked for by name.
        missing: Of a block by name: held as answered at the station, and not here. They are asked for again.
        foreign: Of a block by name: station and OMS hold different events there; people must look.
        doubled: Events whose goods are booked more often than they came in.
    """

    request: MessageId
    count: Annotated[int, Field(ge=0)]
    differing: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=200)] = ()
    missing: Ranges = ()
    foreign: Ranges = ()
    doubled: Annotated[tuple[MessageId, ...], Field(max_length=100)] = ()


class Acks(WireModel):
    """Answers for one epoch of one station.

    Attributes:
        through: Every sequence from 1 to this one has a final answer (or was reported lost in a birth). 0:
            none yet.
        through_id: Id of the event at `through`; a station whose own event there has another id ignores
            `through`.
        results: Answers not told before, and those of redeliveries.
        compared: What a reconciliation request of this epoch was found to hold.
        forgotten: Sequences of this epoch that the OMS holds and that the station's birth doesn't know, or
            names as lost: the station went back to an older copy of its records.
    """

    epoch: EpochText
    through: Annotated[int, Field(ge=0)]
    through_id: MessageId | None = None
    results: Annotated[tuple[Answer, ...], Field(max_length=1000)] = ()
    compared: Compared | None = None
    forgotten: Ranges | None = None

    @model_validator(mode="after")
    def _through_is_named(self) -> Self:
        if self.through > 0 and self.through_id is None:
            raise ValueError("through_id is missing: through above 0 names its event")
        return self
