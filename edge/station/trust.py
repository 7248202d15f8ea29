"""How far the station is trusted: what the web station asks of its calibration and of second looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.grading.decision import Grade
from edge.inspection.desk import Message
from edge.inspection.second_looks import Agreement, Answer, WaitingLook
from vision.findings import DefectKind


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """How far the station may decide alone on the units of one policy pack.

    Attributes:
        standing: calibrated, tightened or alarmed (by drift), uncalibrated.
        message: All of it in one plain sentence.
        threshold: The confidence from which it decides alone; None: a person looks at every unit.
        wanting: How many more judged units are needed, at least.
        asked_share: Share of the units for which a person is asked.
        judged: Units with a person's word that could be used.
        tested: Of them, those at or above the threshold.
        harmful: Of these, those that were really damaged.
        days: On which they came.
        design_effect: By which factor they count less for coming in days.
        computed_at: None where it was never worked out.
        signs: What differs from the returns that it was calibrated on.
    """

    policy: str
    standing: str
    message: Message
    threshold: float | None = None
    wanting: int = 0
    asked_share: float = 1.0
    judged: int = 0
    tested: int = 0
    harmful: int = 0
    days: int = 0
    design_effect: float = 1.0
    computed_at: datetime | None = None
    signs: tuple[str, ...] = ()


class Calibrations(Protocol):
    """How far the station may decide alone."""

    def standings(self) -> Sequence[CalibrationView]:
        """What is in force for each policy pack."""
        ...

    def calibrate(self, *, write: bool) -> Sequence[CalibrationView]:
        """Work out each pack's threshold from what people judged; `write` puts it in force."""
        ...


class Looks(Protocol):
    """Units that a person grades without knowing what the station said."""

    @property
    def share(self) -> float:
        """Of the units judged by pictures, those that are offered."""
        ...

    def waiting(self) -> Sequence[WaitingLook]:
        """Units that wait, oldest first; none while a bag is open."""
        ...

    def look(self, inspection_id: str, grade: Grade, kinds: Collection[DefectKind]) -> Answer:
        """Keep what a person says; returns what the station had said."""
        ...

    def agreement(self) -> Agreement:
        """How far people and the station agree."""
        ...
