"""What was seen on a unit and decided about it: findings, grade, disposition, the rules that fired."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from sync.contract.messages.identifiers import Code, Person, Text
from sync.contract.messages.wire import WireModel

Share = Annotated[float, Field(ge=0, le=1)]


class Grade(StrEnum):
    """Condition alone, not saleability."""

    A = "A"  # as new, sealed
    B = "B"  # opened or cosmetic
    C = "C"  # damaged
    D = "D"  # unsafe or unusable


class Disposition(StrEnum):
    """What happens to the unit."""

    RESTOCK = "RESTOCK"
    RESTOCK_MARKDOWN = "RESTOCK_MARKDOWN"
    REFURBISH = "REFURBISH"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR"
    LIQUIDATE = "LIQUIDATE"
    DONATE = "DONATE"
    SCRAP = "SCRAP"
    HOLD_FOR_REVIEW = "HOLD_FOR_REVIEW"
    HAND_BACK = "HAND_BACK"
    TRANSFER = "TRANSFER"


class CaptureDepth(StrEnum):
    """How closely the policy asked to look."""

    COUNT = "count"
    PHOTO = "photo"
    FULL = "full"


class Liability(StrEnum):
    """Who the evidence suggests should bear the cost. A suggestion: a station never decides money."""

    CARRIER = "CARRIER"
    VENDOR = "VENDOR"
    CUSTOMER = "CUSTOMER"
    STORE = "STORE"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class ObservedFinding(WireModel):
    """One visible defect. Kinds and severities may grow: show an unknown one as it is."""

    kind: Code
    severity: Code
    view: Code
    score: Share = Field(description="Raw confidence of the source, not a probability.")
    extent: Share = Field(description="Share of the item's box.")
    source: Code = Field(description="`detector`, `golden` or `person`.")


class Rule(WireModel):
    """A rule of the policy, or a hard rule, that led to the decision."""

    code: Code
    params: dict[Code, Text | int | float] | None = None


class Judgement(WireModel):
    """A grade (absent when not judged) and a disposition."""

    grade: Grade | None = None
    disposition: Disposition


class Override(WireModel):
    """A person's change of the proposal."""

    proposed: Judgement
    reason_code: Code
    by: Person
    supervisor: Person | None = None
