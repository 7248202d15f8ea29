"""What became of the shift's units and returns, as the station showed it to the staff."""

from dataclasses import dataclass, field

from edge.lab.shift.plan import ReturnPlan


@dataclass(frozen=True, slots=True)
class PlayedUnit:
    """What became of one unit, as the station showed it."""

    unit_id: str
    play_id: str
    return_id: str
    item: str
    inspection_id: str
    grade: str | None
    proposed: str
    disposition: str
    findings: tuple[str, ...]
    rules: tuple[str, ...]
    decided_ms: float
    overridden: bool = False


@dataclass(slots=True)
class Played:
    """One return as it went: its units, and the signs by which its cases are told."""

    plan: ReturnPlan
    return_id: str = ""
    units: list[PlayedUnit] = field(default_factory=list)
    signs: set[str] = field(default_factory=set)
