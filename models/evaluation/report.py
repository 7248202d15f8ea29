"""What a measurement found, for people and for programs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.evaluation.figures import Figure


@dataclass(frozen=True, slots=True)
class Error:
    """One picture that was judged badly.

    Attributes:
        path: The file.
        said: What was said of it.
        truth: What it is.
        score: The method's score.
    """

    path: Path
    said: str
    truth: str
    score: float


@dataclass(slots=True)
class Evaluation:
    """All figures of one task on one folder.

    Attributes:
        task: `anomaly`, `same-item`, `damage`, `grade` or `boxes`.
        folder: What was measured on.
        method: What judged: the golden comparison, or a package's name.
        pictures: Judged, by class.
        groups: How many days, units or photographers they come from.
        taught: Golden pictures used, where the task takes some.
        figures: By name.
        by_part: The main figure by camera view, class or split.
        p50_ms: Processor time to judge a picture, once its item was found, in the median.
        p95_ms: The same, not exceeded by 95 of 100.
        refused: Files that could not be read, and why.
        notes: What a reader must know to judge the figures.
        errors: The worst, worst first.
    """

    task: str
    folder: Path
    method: str
    pictures: dict[str, int] = field(default_factory=dict)
    groups: int = 0
    taught: int = 0
    figures: dict[str, Figure] = field(default_factory=dict)
    by_part: dict[str, float] = field(default_factory=dict)
    p50_ms: float = float("nan")
    p95_ms: float = float("nan")
    refused: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)

    def timed(self, milliseconds: list[float]) -> None:
        """Keep how long judging took."""
        if milliseconds:
            self.p50_ms, self.p95_ms = (float(np.percentile(milliseconds, share)) for share in (50, 95))

    def as_json(self) -> dict[str, Any]:
        """One JSON document; what can't be said is null."""
        return {
            "task": self.task,
            "directory": str(self.folder),
            "method": self.method,
            "pictures": self.pictures,
            "groups": self.groups,
            "golden": self.taught,
            "figures": {name: _figure(figure) for name, figure in self.figures.items()},
            "by_part": {name: _number(value) for name, value in self.by_part.items()},
            "cpu_ms_per_view": {"p50": _number(self.p50_ms), "p95": _number(self.p95_ms)},
            "refused": [{"picture": str(path), "reason": reason} for path, reason in self.refused],
            "notes": self.notes,
            "worst": [
                {"picture": str(one.path), "said": one.said, "truth": one.truth, "score": _number(one.score)}
                for one in self.errors
            ],
        }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": _number(figure.value),
        "interval95": None if figure.low is None else [_number(figure.low), _number(figure.high)],
        "floor": {name: _number(value) for name, value in figure.floors},
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 4)
