"""What lies on the inspection desk right now, as the staff see it.

The workflow changes the desk; the station's pages and its HTTP API show it. Everything that a person reads is
a `Message`: a code in the translation catalogues with its parameters, never a finished sentence.
"""

from dataclasses import dataclass, field
from enum import StrEnum

ParameterValue = str | int | float


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say to a person: `code` names the sentence in the catalogues, `params` fill its gaps."""

    code: str
    params: dict[str, ParameterValue] = field(default_factory=dict)


class Level(StrEnum):
    """How loudly the page says a notice."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """The last thing the station said: what happened, what it means for the item in hand, what to do next."""

    level: Level
    message: Message
    what_next: Message | None = None


class Phase(StrEnum):
    """What the station waits for."""

    IDLE = "idle"  # waits for a bag, order, shipment or RMA code
    RETURN_OPEN = "return_open"  # a return is open; waits for an item's code, or "bag empty"
    QUESTION = "question"  # something must be answered before the item can be judged
    INSPECTING = "inspecting"  # pictures are being taken and judged
    PROPOSAL = "proposal"  # grade and disposition proposed; waits for accept, change, retake, set aside
    BLOCKED = "blocked"  # cannot work (disk full, no camera where one is needed); the notice says why


@dataclass(frozen=True, slots=True)
class LineOnDesk:
    """One line of the open return."""

    line_id: str
    sku: str
    name: str
    expected: str  # decimal with unit code, such as "2 C62"
    received: str
    storage: str  # storage class: ambient, chilled, frozen
    done: bool


@dataclass(frozen=True, slots=True)
class ReturnOnDesk:
    """The return in hand."""

    return_id: str
    reference: str  # the code as scanned
    return_type: str  # RTO_REFUSED, ...
    custody: str  # RIDER_ONLY or CUSTOMER
    blind: bool  # not in the local copy: received without an expectation
    status: str  # OPEN, PARTIAL, CLOSED
    lines: list[LineOnDesk]


@dataclass(frozen=True, slots=True)
class ItemOnDesk:
    """The unit being inspected."""

    line_id: str | None
    sku: str | None
    gtin: str | None
    name: str
    unit: str  # "2 of 3", or the serial
    quantity: str  # decimal with unit code
    lot: str | None
    expiry: str | None  # ISO date
    serial: str | None
    category: str  # policy pack


class QuestionKind(StrEnum):
    """What the station can ask. Each has an `input` of its own on the page."""

    CHOOSE_LINE = "choose_line"  # one SKU on two lines, or an unreadable code: which line is it?
    ANOTHER_UNIT = "another_unit"  # same code again: another one, or the same one?
    EXPIRY_DATE = "expiry_date"  # a date that only a person can read
    WEIGHT = "weight"  # observed net weight, kg
    SERIAL = "serial"
    LOT = "lot"  # the code bears one, but the scanner dropped what separates it from the rest
    COMPONENT = "component"  # which component of a bundle is it?
    QUANTITY = "quantity"  # how many identical sealed units?
    CUSTODY = "custody"  # blind return: had the customer opened the bag?


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be touched; `value` goes back to the station."""

    value: str
    label: Message


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can answer, asked in the middle of an item."""

    question_id: str
    kind: QuestionKind
    prompt: Message
    input: str  # "none" (choices only), "date", "decimal", "integer", "text"
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class FindingOnDesk:
    """A finding drawn on a view; box in the full picture's pixels."""

    kind: str
    view: str
    x: float
    y: float
    width: float
    height: float
    score: float
    severity: str  # minor, major, critical


@dataclass(frozen=True, slots=True)
class ViewOnDesk:
    """One view of the item; the page loads the picture from `url` and draws the findings itself."""

    view: str
    url: str
    width: int
    height: int
    quality: Message  # quality.ok, quality.blurred, ...
    usable: bool


@dataclass(frozen=True, slots=True)
class ProposalOnDesk:
    """What the station proposes for the unit in hand."""

    inspection_id: str
    grade: str | None  # None: not judged (depth `count`, or no usable picture)
    disposition: str
    place: str
    place_label: str
    reasons: list[Message]  # the rules that fired, most important first
    findings: list[FindingOnDesk]
    views: list[ViewOnDesk]
    needs_person: bool
    confidence: float
    decided_ms: float
    allowed: list[str]  # dispositions the person at the desk may choose without a supervisor
    allowed_with_supervisor: list[str]
    timings_ms: dict[str, float] = field(default_factory=dict)  # by step: wait for the picture, vision, model


@dataclass(frozen=True, slots=True)
class SavedOnDesk:
    """The unit saved last: it survives any power cut from here on, and may be undone."""

    inspection_id: str
    name: str
    grade: str | None
    disposition: str
    place_label: str
    saved_at: str  # ISO time, UTC
    undoable: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the inspection page shows of the work in hand."""

    phase: Phase
    version: int  # counts changes; a page that sees a lower number ignores it
    scans: int = 0  # reads taken since the start: who sends one knows by it that the desk has heard
    notice: Notice | None = None
    current_return: ReturnOnDesk | None = None
    item: ItemOnDesk | None = None
    question: Question | None = None
    proposal: ProposalOnDesk | None = None
    last_saved: SavedOnDesk | None = None
