"""Shapes of the station's HTTP API. What goes out is the desk and the summaries as they are."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.grading.decision import Grade
from edge.inspection.desk import Desk, ParameterValue
from edge.inspection.second_looks import Agreement, WaitingLook
from edge.station.services import Connection, Counts, DeviceState, HealthCheck, Versions
from vision.findings import DefectKind

MAX_SCAN_CHARACTERS = 20_000
"""Longer than any barcode; a scan of 10 kB is still taken, and answered with "unknown code"."""

InspectionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Sku = Annotated[str, Field(min_length=1, max_length=100)]
ViewName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Badge = Annotated[str, Field(min_length=1, max_length=200)]


class Incoming(BaseModel):
    """Base of what a page or a program sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScanIn(Incoming):
    """A scanner's read, caught by the page or sent by a program."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_SCAN_CHARACTERS)]
    symbology: Annotated[str | None, Field(pattern=r"^\][A-Za-z][0-9A-Za-z]$")] = None


class AnswerIn(Incoming):
    """The answer to the open question."""

    question_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
    value: Annotated[str, Field(min_length=1, max_length=500)]


class ProposalIn(Incoming):
    """Which proposal is meant; one that is no longer on the desk is refused."""

    inspection_id: InspectionId


class OverrideIn(ProposalIn):
    """Another grade or disposition than proposed."""

    grade: Literal["A", "B", "C", "D"] | None = None
    disposition: Code | None = None
    reason_code: Code
    badge: Badge | None = None


class SetAsideIn(ProposalIn):
    """Why the unit is put aside for someone else's decision."""

    reason_code: Code


class ResolveIn(Incoming):
    """How a hold ends."""

    disposition: Code
    reason_code: Code
    badge: Badge | None = None


class LookIn(Incoming):
    """What a person says of a unit's pictures."""

    grade: Grade
    kinds: Annotated[tuple[DefectKind, ...], Field(max_length=len(DefectKind))] = ()


class CalibrateIn(Incoming):
    """Whether the result is put in force or only told."""

    dry_run: bool = False


class FindIn(Incoming):
    """What was scanned or typed on the teaching page."""

    text: Annotated[str, Field(min_length=1, max_length=500)]


class TakeGoldenIn(Incoming):
    """Whose golden pictures are taken; without `views` with every camera."""

    sku: Sku
    views: Annotated[tuple[ViewName, ...] | None, Field(min_length=1, max_length=16)] = None
    badge: Badge | None = None


class RemoveGoldenIn(Incoming):
    """Which golden picture is taken out."""

    sku: Sku
    view: ViewName
    name: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    badge: Badge | None = None


class PutAwayIn(Incoming):
    """The code scanned at the place."""

    place_code: Annotated[str, Field(min_length=1, max_length=200)]


class ApiMessage(BaseModel):
    """A sentence: its code and parameters for translation, and the English text."""

    code: str
    params: dict[str, ParameterValue]
    message: str


class Problem(ApiMessage):
    """What went wrong, what it means for the item in hand, and what to do next."""

    what_next: ApiMessage | None


class StationState(BaseModel):
    """Everything that the inspection page shows."""

    site: str
    station: str
    now: datetime
    epoch: str
    desk: Desk
    connection: Connection
    counts: Counts
    devices: list[DeviceState]


class Health(BaseModel):
    """How the parts of the station are; `state` is the worst of them."""

    state: str
    checks: list[HealthCheck]
    devices: list[DeviceState]
    versions: Versions


class SecondLooksNow(BaseModel):
    """Units that wait for a second look, and what earlier looks have shown."""

    share: float
    waiting: list[WaitingLook]
    agreement: Agreement


class ViewsTaken(BaseModel):
    """Views whose picture of the empty station was renewed."""

    views: list[str]


class Done(BaseModel):
    """It was done."""

    done: Literal[True] = True
