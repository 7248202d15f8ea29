"""A station's announcement when it connects, retained: which run it is, what runs on it, where it stands."""

from typing import Annotated

from pydantic import Field

from sync.contract.messages.evidence import ModelVersion, PolicyVersion, Version
from sync.contract.messages.identifiers import EpochText, Offset, Sequence, Site, Station
from sync.contract.messages.requests import StreamName
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class StreamPosition(WireModel):
    """The last offset of a stream that the station has taken in."""

    stream: StreamName
    stream_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    offset: Offset


class LostRange(WireModel):
    """Sequences that a salvage could not recover. They never come: the station says so itself."""

    first: Sequence = Field(alias="from")
    last: Sequence = Field(alias="to")


class EpochSummary(WireModel):
    """An epoch of this station, the current one too: its last sequence so far, and what was lost of it."""

    epoch: EpochText
    last: Annotated[int, Field(ge=0)]
    lost: tuple[LostRange, ...] = ()


class CarriedStation(WireModel):
    """A station whose outbox was imported here: its events may come on this station's topic.

    Attributes:
        epochs: Those that were exported, and others of that station: by an epoch which that station has told
            itself, the OMS knows that the export was made there.
    """

    station: Station
    epochs: Annotated[tuple[EpochSummary, ...], Field(min_length=1, max_length=200)]


class Birth(WireModel):
    """The station is here.

    Attributes:
        carries: Other stations of the site whose outbox was imported here.
    """

    site: Site
    station: Station
    epoch: EpochText
    started_at: UtcTime
    sent_at: UtcTime
    clockok: bool
    contract: Annotated[str, Field(pattern=r"^1\.[0-9]+$")] = "1.0"
    software: Version
    model: ModelVersion | None = None
    policies: tuple[PolicyVersion, ...] = ()
    streams: tuple[StreamPosition, ...] = ()
    epochs: tuple[EpochSummary, ...] = ()
    carries: Annotated[tuple[CarriedStation, ...], Field(max_length=100)] | None = None
