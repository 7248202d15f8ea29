"""Whether the OMS is there, retained. Stations publish events only while it is online."""

from typing import Annotated, Literal

from pydantic import Field

from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class OmsState(WireModel):
    """Presence of the OMS.

    Attributes:
        instance: One run of the receiver; changes with each start.
        since: When that run began.
        contract: The contract's versions that it understands.
        events_per_message: How many events it takes in one message, as a JSON text sequence (RFC 7464); a
            station never sends more in one, nor more than 1,000. A receiver that doesn't speak of it gets one
            event a message.
    """

    state: Literal["online", "offline"]
    instance: Annotated[str, Field(min_length=1, max_length=64)]
    since: UtcTime | None = None
    contract: tuple[str, ...] = ("1.0",)
    events_per_message: int | None = None
