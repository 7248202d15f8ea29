"""How far the station is trusted: what the web station asks of its calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.inspection.desk import Message


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
