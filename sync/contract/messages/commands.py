"""What the OMS asks of a station: send again, announce yourself again, compare."""

from typing import Annotated, Literal

from pydantic import Field

from sync.contract.messages.identifiers import EpochText, MessageId, Sequence
from sync.contract.messages.wire import WireChoice, WireModel


class ResendCommand(WireModel):
    """Send the events of an epoch again, settled ones too: an OMS restored from a backup lacks them.

    Attributes:
        from: First sequence wanted.
        to: Last sequence wanted, the epoch's last when absent.
    """

    kind: Literal["resend"] = "resend"
    id: MessageId
    epoch: EpochText
    first: Sequence = Field(alias="from")
    last: Sequence | None = Field(default=None, alias="to")


class RebirthCommand(WireModel):
    """Publish the birth again."""

    kind: Literal["rebirth"] = "rebirth"
    id: MessageId


class ReconcileCommand(WireModel):
    """Send a reconciliation request: digests of the epoch (all epochs when absent), or one block's events."""

    kind: Literal["reconcile"] = "reconcile"
    id: MessageId
    epoch: EpochText | None = None
    block: Annotated[int, Field(ge=0)] | None = None


class Command(
    WireChoice[Annotated[ResendCommand | RebirthCommand | ReconcileCommand, Field(discriminator="kind")]]
):
    """Any command, told apart by `kind`."""
