"""`darkstore.return.inspected.v1`: one inspection, with the stock movements that it causes.

This is the restock update: the OMS applies `movements` whole or not at all.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sync.contract.messages.condition import (
    CaptureDepth,
    Judgement,
    Liability,
    ObservedFinding,
    Override,
    Rule,
    Share,
)
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.evidence import PictureDigest, Versions
from sync.contract.messages.identifiers import (
    Code,
    Gtin14,
    InspectionId,
    LineId,
    Person,
    Place,
    ReturnId,
    Sku,
)
from sync.contract.messages.item import ItemFacts
from sync.contract.messages.quantity import Quantity
from sync.contract.messages.return_words import Custody, LineMatch, ReturnType
from sync.contract.messages.stock import Movement
from sync.contract.messages.times import UtcTime
from sync.contract.messages.unit import UnitIdentity
from sync.contract.messages.wire import WireModel

Movements = Annotated[tuple[Movement, ...], Field(min_length=1, max_length=8)]


class Hold(WireModel):
    """A unit set aside has a way out: why it waits, where, for whom, until when."""

    reason_code: Code
    place: Place
    owner: Code | None = None
    deadline: UtcTime | None = None


class ReturnInspected(WireModel):
    """One pass over one unit, or over n identical sealed units of one lot.

    Attributes:
        line_id: The line that it belongs to; absent for a blind return, a wrong product, a stranger's item or
            another site's.
        sku: The article; of a part of a bundle, the component's, while `line_id` is the bundle's line.
        result: Grade and disposition as confirmed.
        decided_by: `station` when the proposal was accepted as it stood, `person` when somebody decided.
        confidence: How sure the station was of its proposal, 0 to 1.
        findings: The gravest, at most twelve; a defect that several views show is told once.
        evidence: Digests of the stored pictures; none at depth `count`.
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.return.inspected.v1"

    inspection_id: InspectionId
    return_id: ReturnId
    line_id: LineId | None = None
    match: LineMatch
    return_type: ReturnType
    custody: Custody
    sku: Sku | None = None
    gtin: Gtin14 | None = None
    unit: UnitIdentity
    quantity: Quantity
    item: ItemFacts | None = None
    depth: CaptureDepth
    findings: Annotated[tuple[ObservedFinding, ...], Field(max_length=12)] = ()
    result: Judgement
    rules: Annotated[tuple[Rule, ...], Field(max_length=16)] = ()
    decided_by: Literal["station", "person"]
    confidence: Share | None = None
    override: Override | None = None
    hold: Hold | None = None
    liability: Liability | None = None
    movements: Movements
    versions: Versions
    evidence: Annotated[tuple[PictureDigest, ...], Field(max_length=6)] = ()
    inspected_at: UtcTime
    by: Person | None = None
    epcis: EpcisTerms

    def within(self, limit: int) -> "ReturnInspected":
        """The same inspection in at most `limit` bytes of JSON, as far as leaving out detail can do that.

        The last findings go first (the gravest stand in front), then the last rules. What moves stock is
        never left out, and everything stays whole on the station.
        """
        shorter = self
        while len(shorter.to_wire()) > limit:
            if shorter.findings:
                shorter = shorter.model_copy(update={"findings": shorter.findings[:-1]})
            elif shorter.rules:
                shorter = shorter.model_copy(update={"rules": shorter.rules[:-1]})
            else:
                break
        return shorter


class ReturnInspectedEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.return.inspected.v1"]
    data: ReturnInspected
