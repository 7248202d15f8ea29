"""What was decided for a unit, and why: grade, disposition, stock state, place, and the rules that fired.

`NEARNESS_TO_SALE` is the one order that "safer" and "nearer to sale" mean everywhere.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from edge.grading.observation import CaptureDepth, SeenFinding
from edge.returns.catalogue import StorageClass
from edge.returns.holds import HoldReason
from edge.returns.places import PlaceKind
from edge.returns.values import FrozenValue

RuleParam = str | int | float


class Grade(StrEnum):
    """Condition alone, never saleability."""

    A = "A"  # as new, sealed
    B = "B"  # opened or cosmetic
    C = "C"  # damaged
    D = "D"  # unsafe or unusable

    def worse_of(self, other: "Grade") -> "Grade":
        """The worse of the two."""
        return max(self, other, key=lambda grade: grade.value)


class Severity(StrEnum):
    """How bad one finding is, by its kind, its extent, its place and the policy; mildest first."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def gravity(self) -> int:
        """0 for the mildest; the greater, the graver."""
        return list(Severity).index(self)

    def worse_of(self, other: "Severity") -> "Severity":
        """The graver of the two."""
        return max(self, other, key=lambda severity: severity.gravity)


class Disposition(StrEnum):
    """What is done with the unit."""

    RESTOCK = "RESTOCK"
    RESTOCK_MARKDOWN = "RESTOCK_MARKDOWN"
    REFURBISH = "REFURBISH"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR"
    LIQUIDATE = "LIQUIDATE"
    DONATE = "DONATE"
    SCRAP = "SCRAP"
    HOLD_FOR_REVIEW = "HOLD_FOR_REVIEW"
    HAND_BACK = "HAND_BACK"  # not our stock
    TRANSFER = "TRANSFER"  # another site's


class StockState(StrEnum):
    """Where a unit's quantity stands in the OMS's books after the movement."""

    RETURNING = "RETURNING"  # on its way back: where every movement of an inspection begins
    AWAITING_PUTAWAY = "AWAITING_PUTAWAY"  # restocked or marked down, its bin not scanned yet
    AVAILABLE = "AVAILABLE"
    MARKDOWN = "MARKDOWN"
    QUARANTINE = "QUARANTINE"
    REPAIR = "REPAIR"
    VENDOR_RETURN = "VENDOR_RETURN"
    LIQUIDATION = "LIQUIDATION"
    DONATION = "DONATION"
    SCRAP = "SCRAP"
    TRANSFER = "TRANSFER"  # another site's stock, kept for it: never counted as ours
    HAND_BACK = "HAND_BACK"  # never was ours: waits to be handed back, counted nowhere


NEARNESS_TO_SALE: tuple[Disposition, ...] = (
    Disposition.SCRAP,
    Disposition.RETURN_TO_VENDOR,
    Disposition.HOLD_FOR_REVIEW,  # undecided: it may still be sold one day
    Disposition.REFURBISH,
    Disposition.DONATE,
    Disposition.LIQUIDATE,
    Disposition.RESTOCK_MARKDOWN,
    Disposition.RESTOCK,
)
"""From farthest from a buyer to nearest.

`HAND_BACK` and `TRANSFER` are not on it: they say whose the unit is.
"""

REACHES_PEOPLE = frozenset(
    {Disposition.RESTOCK, Disposition.RESTOCK_MARKDOWN, Disposition.LIQUIDATE, Disposition.DONATE}
)
"""Dispositions after which somebody eats, wears or uses the unit without another inspection."""


def nearness(disposition: Disposition) -> int:
    """How near to a buyer a disposition brings a unit; whose-is-it dispositions count as nearest.

    They count as nearest because the unit leaves the house: choosing one freely would be a way around every
    rule.
    """
    if disposition in NEARNESS_TO_SALE:
        return NEARNESS_TO_SALE.index(disposition)
    return len(NEARNESS_TO_SALE)


class FiredRule(FrozenValue):
    """One rule that had a say; `code` names its sentence in the catalogues (`rule.expired`)."""

    code: Annotated[str, Field(pattern=r"^rule\.[a-z0-9_.]+$")]
    params: dict[str, RuleParam] = Field(default_factory=dict)


class GradedFinding(FrozenValue):
    """A finding with what the policy makes of it.

    Attributes:
        counted: False below the policy's lowest score.
        same_as: The view whose finding stands for this one too, because both are taken for one defect
            (`same_defect.py`); None where it stands for itself.
    """

    finding: SeenFinding
    severity: Severity
    counted: bool
    grade: Grade | None
    same_as: str | None = None


class GradeSource(StrEnum):
    """Who judged the condition."""

    PICTURES = "pictures"
    PERSON = "person"
    PRESUMED = "presumed"  # depth `count`: nobody looked closer
    NOBODY = "nobody"  # the policy wanted pictures judged and none could be


class GradeResult(FrozenValue):
    """The unit's condition and what said so.

    Attributes:
        grade: None where the condition was not judged.
        rules: Most important first.
        confidence: 0 to 1; of a raw model score, so not a probability unless the model is calibrated.
    """

    grade: Grade | None
    source: GradeSource
    rules: tuple[FiredRule, ...] = ()
    findings: tuple[GradedFinding, ...] = ()
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Liability(StrEnum):
    """Whose fault the policy suggests; the OMS decides about money."""

    NONE = "NONE"
    STORE = "STORE"
    CARRIER = "CARRIER"
    CUSTOMER = "CUSTOMER"
    VENDOR = "VENDOR"
    UNKNOWN = "UNKNOWN"


class Decision(FrozenValue):
    """What is proposed for the unit.

    Attributes:
        to_state: Stock state after the movement from `RETURNING`.
        place_kind: What kind of place it goes to; with `storage_class` it finds the place.
        rules: Every rule that fired, the most important first; the first is why the disposition is what it
            is.
        needs_person: A person must look before this is accepted; never accepted by itself.
        hold_reason: Set exactly where the disposition is `HOLD_FOR_REVIEW`.
        allowed: What the person at the desk may choose: the proposal and whatever is farther from sale.
        allowed_with_supervisor: What a supervisor may choose besides.
        allowed_on_resolution: What a supervisor may choose besides when a hold is resolved, not at the desk.
        forbidden: What nobody may choose, ever, because of a hard rule.
        policy: Name of the policy pack.
        policy_version: Its content hash.
    """

    grade: Grade | None
    disposition: Disposition
    to_state: StockState
    place_kind: PlaceKind
    storage_class: StorageClass
    rules: tuple[FiredRule, ...]
    findings: tuple[GradedFinding, ...] = ()
    needs_person: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    hold_reason: HoldReason | None = None
    liability: Liability = Liability.NONE
    depth: CaptureDepth
    allowed: tuple[Disposition, ...]
    allowed_with_supervisor: tuple[Disposition, ...] = ()
    allowed_on_resolution: tuple[Disposition, ...] = ()
    forbidden: tuple[Disposition, ...] = ()
    policy: str
    policy_version: str


_STATE_AND_PLACE: dict[Disposition, tuple[StockState, PlaceKind]] = {
    Disposition.RESTOCK: (StockState.AVAILABLE, PlaceKind.RESTOCK),
    Disposition.RESTOCK_MARKDOWN: (StockState.MARKDOWN, PlaceKind.MARKDOWN),
    Disposition.REFURBISH: (StockState.REPAIR, PlaceKind.REPAIR),
    Disposition.RETURN_TO_VENDOR: (StockState.VENDOR_RETURN, PlaceKind.VENDOR_RETURN),
    Disposition.LIQUIDATE: (StockState.LIQUIDATION, PlaceKind.LIQUIDATION),
    Disposition.DONATE: (StockState.DONATION, PlaceKind.DONATION),
    Disposition.SCRAP: (StockState.SCRAP, PlaceKind.SCRAP),
    Disposition.HOLD_FOR_REVIEW: (StockState.QUARANTINE, PlaceKind.QUARANTINE),
    Disposition.HAND_BACK: (StockState.HAND_BACK, PlaceKind.HAND_BACK),
    Disposition.TRANSFER: (StockState.TRANSFER, PlaceKind.TRANSFER),
}


def state_of(disposition: Disposition) -> StockState:
    """The stock state that a disposition moves the unit to."""
    return _STATE_AND_PLACE[disposition][0]


def place_kind_of(disposition: Disposition) -> PlaceKind:
    """The kind of place that a disposition sends the unit to."""
    return _STATE_AND_PLACE[disposition][1]
