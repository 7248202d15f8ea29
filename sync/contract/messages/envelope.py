"""The envelope of every event: CloudEvents 1.0 in structured JSON, with the station's own extensions.

`id` and (`station`, `epoch`, `sequence`) are fixed when the event is committed on the station and never
change. `id` alone tells a repetition. `sequence` has no gaps: it reveals a loss, it imposes no order. Order
holds per `subject`, which is the return.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sync.contract.messages.identifiers import EpochText, MessageId, ReturnId, Sequence, Site, Station
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel

MAX_EVENT_BYTES = 4096
"""An event, envelope included, is smaller than this many bytes."""

CloudEventsSource = Annotated[
    str, StringConstraints(min_length=1, max_length=140, pattern=r"^[^\x00-\x20\x7f]+$")
]
EventPlace = Annotated[
    str, StringConstraints(max_length=56, pattern=r"^[0-9]{6,10}-[0-9a-f]{6,32}:[1-9][0-9]{0,9}$")
]
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\.v[0-9]+$")]


class Envelope(WireModel):
    """Everything that stands around an event's `data`.

    Attributes:
        source: `/{site}/{station}`.
        time: When it was committed, by the station's clock; right only where `clockok` is true.
        replaces: Id of a dead letter that this event repairs; applied only where the OMS recorded that one as
            rejected.
        previous: The station's event before it about the same return, as `epoch:sequence`. An OMS that has no
            answer for that one (it was restored from a backup, or the broker mixed up the order) answers
            `retry` until it has, unless a birth names it as lost.
        clockok: Whether the station knew its clock to be right.
        elapsed: Whole seconds since the epoch began, by a clock that nobody can set.
    """

    specversion: Literal["1.0"] = "1.0"
    id: MessageId
    source: CloudEventsSource
    type: EventType
    subject: ReturnId
    time: UtcTime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: CloudEventsSource | None = None
    site: Site
    station: Station
    epoch: EpochText
    sequence: Sequence
    replaces: MessageId | None = None
    previous: EventPlace | None = None
    clockok: bool
    elapsed: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None
