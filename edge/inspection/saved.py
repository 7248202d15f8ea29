"""An inspection as it is kept: what was observed, what was proposed, what was confirmed, what moved.

Together with the stored pictures, the policy pack and the model package it holds everything that is needed to
judge the unit again to the same result.
"""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from edge.grading.decision import Decision, Disposition, Grade, StockState
from edge.grading.observation import GoldenVerdict, Observation
from edge.inspection.session import ItemInHand
from edge.returns.expected import Reference
from edge.returns.values import Code, FrozenValue
from vision.findings import Box, DefectKind


class PictureBox(FrozenValue):
    """An upright rectangle in pixels of the full picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def plain(self) -> Box:
        """The same, as vision knows it."""
        return Box(self.x, self.y, self.width, self.height)


class PictureFinding(FrozenValue):
    """A finding with its place in the picture; the observation has the same one without the place."""

    kind: DefectKind
    box: PictureBox
    score: Annotated[float, Field(ge=0, le=1)]
    extent: Annotated[float, Field(ge=0, le=1)]
    source: str = "detector"


class GoldenComparison(FrozenValue):
    """How a view's item stood to the intact units that the site had shown.

    Attributes:
        set_sha256: Names the golden pictures, kept for ever; empty where they were broken.
        score: 0 to 1; 0.5 is the worst that golden units themselves get.
        likeness: To the nearest golden unit, -1 to 1.
        sku: What it should have been, where other products were asked about.
        among: Golden sets of the other products that were asked about, by SKU.
        looks_like: Whose print it has, where that is clearly another product's.
        method: The comparison's program, by digest.
    """

    verdict: GoldenVerdict
    set_sha256: str = ""
    score: float = 0.0
    likeness: float = 0.0
    sku: Code | None = None
    among: dict[str, str] = Field(default_factory=dict)
    looks_like: Code | None = None
    method: str = ""


class JudgedView(FrozenValue):
    """One camera's picture and what was made of it.

    Attributes:
        quality: Verdict of the picture check, such as `quality.ok`.
        usable: Whether the picture was good enough to be judged.
        item_box: Where the item was found; None where no item was.
        reference_sha256: The empty-station picture that it was compared with; None without one.
        measures: Figures of the picture (`light`, `blur`, …); empty in inspections of before they were kept.
        golden: How it stood to golden pictures; None where the product has none from this camera.
    """

    view: str
    width: int
    height: int
    quality: str
    usable: bool
    item_box: PictureBox | None = None
    findings: tuple[PictureFinding, ...] = ()
    reference_sha256: str | None = None
    measures: dict[str, float] = Field(default_factory=dict)
    golden: GoldenComparison | None = None


class OverrideMade(FrozenValue):
    """A person's change of the proposal, with its coded reason."""

    reason_code: Code
    by: Code | None = None
    supervisor: Code | None = None


class ModelUsed(FrozenValue):
    """The model package that judged the pictures."""

    name: Code
    version: Code
    sha256: str


class Confirmed(FrozenValue):
    """What the person at the desk confirmed."""

    grade: Grade | None
    disposition: Disposition
    to_state: StockState
    place_id: Code
    place_label: str
    override: OverrideMade | None = None


class SavedInspection(FrozenValue):
    """One inspection, whole.

    Attributes:
        message_id: The event that the OMS was sent last about this unit.
        movements: The stock movements of that event, in the contract's words; what a correction turns round.
        model: None where no model judged.
        decided_ms: Milliseconds from the scan's arrival to the proposal.
        state: SAVED, UNDONE, CORRECTED or RESOLVED.
    """

    inspection_id: Code
    return_id: Code
    reference: Reference
    item: ItemInHand
    views: tuple[JudgedView, ...] = ()
    observation: Observation
    decision: Decision
    confirmed: Confirmed
    movements: tuple[dict[str, Any], ...] = ()
    message_id: str = ""
    model: ModelUsed | None = None
    decided_ms: float
    saved_at: AwareDatetime
    saved_by: Code | None = None
    state: str = "SAVED"
