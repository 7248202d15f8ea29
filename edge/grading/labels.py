"""Which returns are labels: what a person judged, seen as the station would have handled it alone.

The bound speaks of units that go back on the shelf without a person. So a label is a unit that the station,
had it been calibrated and sure of everything, would have restocked by itself, together with what a person
said of its condition. A unit that a person must look at anyhow (dear, blind, without a date) is none.
"""

from dataclasses import dataclass
from datetime import date

from edge.grading.calibration import LabelledReturn
from edge.grading.decision import Disposition, Grade, GradeSource
from edge.grading.disposition import decide
from edge.grading.grade import grade
from edge.grading.observation import Observation
from edge.grading.policy import PolicyPack

SHELF = frozenset({Disposition.RESTOCK, Disposition.RESTOCK_MARKDOWN})
"""Dispositions that put a unit back on the shelf."""

HARMFUL = frozenset({Grade.C, Grade.D})
"""Grades that may not be there."""


@dataclass(frozen=True, slots=True)
class Alone:
    """How the station would handle a unit if it had been calibrated and its confidence were always enough.

    Attributes:
        day: When the unit came, local date.
        confidence: The station's.
        sound: It looks sound (A or B): for such units the tested threshold counts.
        asks_anyway: A person is asked for another reason.
        on_shelf: It would be restocked.
    """

    day: date
    confidence: float
    sound: bool
    asks_anyway: bool
    on_shelf: bool

    def asks(self, threshold: float | None) -> bool:
        """Whether a person is asked with this threshold; None: not calibrated."""
        return threshold is None or self.asks_anyway or (self.sound and self.confidence < threshold)

    def label(self, judged: Grade) -> LabelledReturn | None:
        """The unit as a label, where a person judged it; None where it would not reach the shelf so."""
        if self.asks_anyway or not self.on_shelf:
            return None
        return LabelledReturn(confidence=self.confidence, harmful=judged in HARMFUL, day=self.day)


def alone(seen: Observation, policy: PolicyPack) -> Alone | None:
    """A unit as the station would handle it alone; None where its pictures were not judged.

    Args:
        seen: What the station knew of it.
        policy: The pack of its category as it is now: labels outlive changes of the pack.
    """
    model = seen.model.model_copy(update={"calibrated": True, "threshold": None})
    seen = seen.model_copy(update={"model": model})
    graded = grade(seen, policy)
    if graded.source is not GradeSource.PICTURES:
        return None
    decision = decide(seen, graded, policy)
    return Alone(
        day=seen.today,
        confidence=graded.confidence,
        sound=graded.grade in (Grade.A, Grade.B),
        asks_anyway=decision.needs_person,
        on_shelf=decision.disposition in SHELF,
    )
