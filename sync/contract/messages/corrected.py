"""`darkstore.return.corrected.v1`: an undo, or a decision changed after it was saved.

It never edits the earlier event: it names it, reverses its movements, and states new ones.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sync.contract.messages.condition import Judgement
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.epcis import EpcisTerms
from sync.contract.messages.identifiers import Code, InspectionId, LineId, MessageId, Person, ReturnId
from sync.contract.messages.inspected import Hold, Movements
from sync.contract.messages.stock import Movement
from sync.contract.messages.times import UtcTime
from sync.contract.messages.wire import WireModel


class ReturnCorrected(WireModel):
    """What is taken back and what stands instead.

    Attributes:
        corrects: Id of the event whose movements are taken back: the inspection's last inspected, resolved,
            putaway or corrected event.
        kind: `undo` leaves the unit as though it had never been inspected; `change` decides it anew.
        reversal: The movements of `corrects`, each turned round, in any order.
        movements: What moves instead; none for an undo.
        result: The new decision; none for an undo.
    """

    EVENT_TYPE: ClassVar[str] = "darkstore.return.corrected.v1"

    inspection_id: InspectionId
    return_id: ReturnId
    line_id: LineId | None = None
    corrects: MessageId
    kind: Literal["undo", "change"]
    reason_code: Code
    reversal: Movements
    movements: Annotated[tuple[Movement, ...], Field(max_length=8)] = ()
    result: Judgement | None = None
    hold: Hold | None = None
    corrected_at: UtcTime
    by: Person | None = None
    supervisor: Person | None = None
    epcis: EpcisTerms

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if self.kind == "undo" and (self.movements or self.result):
            raise ValueError("an undo states neither movements nor result")
        if self.kind == "change" and (not self.movements or self.result is None):
            raise ValueError("a change states its movements and its result")
        return self


class ReturnCorrectedEvent(Envelope):
    """The event as published."""

    type: Literal["darkstore.return.corrected.v1"]
    data: ReturnCorrected
