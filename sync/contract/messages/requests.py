"""What a station asks of the OMS: the content of a stream, or a comparison of what was applied."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from sync.contract.messages.identifiers import EpochText, MessageId, Offset, Sequence, Sha256
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireChoice, WireModel

BLOCK_SIZE = 1000
"""Sequences per reconciliation block: block 0 holds 1 to 1000, block 1 holds 1001 to 2000."""


class StreamName(StrEnum):
    """The streams that an OMS keeps for a site."""

    EXPECTED = "expected"
    REFERENCE = "reference"


class SnapshotRequest(WireModel):
    """Asks for what the stream holds beyond `after`: a new station, a gap, or a stream that started afresh.

    Attributes:
        after: Last offset that the station has; 0 asks for everything.
        stream_id: The stream that `after` belongs to; absent when none was received yet.
    """

    kind: Literal["snapshot"] = "snapshot"
    id: MessageId
    stream: StreamName
    after: Offset
    stream_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    sent_at: UtcTime | None = None


class SettledState(StrEnum):
    """How the station holds an event that the OMS has answered."""

    SETTLED = "settled"
    REJECTED = "rejected"


class BlockDigest(WireModel):
    r"""What the station holds as answered in one block.

    Attributes:
        first: First sequence compared, by default the block's first; sequences not yet answered end a block
            early.
        last: Last sequence compared.
        count: Events held as answered from `first` to `last`.
        sha256: SHA-256 over `"{sequence} {id} {state}\n"` of each, in the order of sequence, as UTF-8.
    """

    block: Annotated[int, Field(ge=0)]
    first: Sequence
    last: Sequence
    count: Annotated[int, Field(ge=0, le=BLOCK_SIZE)]
    sha256: Sha256


class SettledEvent(WireModel):
    """One answered event, by name."""

    sequence: Sequence
    id: MessageId
    state: SettledState


class ReconciliationRequest(WireModel):
    """Compares what the station holds as answered with what the OMS has applied.

    First with `blocks` alone. Where a digest differs the OMS commands `reconcile` with that block, and the
    station sends a request with `events`: every answered event of the block.
    """

    kind: Literal["reconciliation"] = "reconciliation"
    id: MessageId
    epoch: EpochText
    blocks: Annotated[tuple[BlockDigest, ...], Field(max_length=200)] = ()
    events: Annotated[tuple[SettledEvent, ...], Field(max_length=BLOCK_SIZE)] | None = None
    sent_at: UtcTime | None = None


class Request(WireChoice[Annotated[SnapshotRequest | ReconciliationRequest, Field(discriminator="kind")]]):
    """Any request, told apart by `kind`."""
