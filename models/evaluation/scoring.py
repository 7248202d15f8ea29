"""From scores and truths to figures with intervals and floors; the same code for every two-class task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.evaluation.figures import (
    Figure,
    Numbers,
    Truths,
    accuracy,
    auroc,
    average_precision,
    calibration_error,
    drawn_again,
    f1,
)
from models.evaluation.report import Error

CALLED_FROM = 0.5
WORST = 24

Coverage = Callable[[Sequence[float], Sequence[bool], Sequence[str]], tuple[float, str]]
"""Confidences that a unit is sound, whether it is damaged, its group: the share that the policy's bound lets
pass without a person, and a sentence about it. Policies are the station's: it brings this along."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture's score, 0 to 1, higher for the positive class."""

    path: Path
    group: str
    positive: bool
    score: float


_FIGURES: dict[str, Callable[[Numbers, Truths], float]] = {
    "auroc": auroc,
    "average_precision": average_precision,
    "f1": lambda scores, truths: f1(scores >= CALLED_FROM, truths),
    "accuracy": lambda scores, truths: accuracy(scores >= CALLED_FROM, truths),
    "calibration_error": calibration_error,
}


def two_class_figures(scored: Sequence[Scored], floors: Mapping[str, Sequence[Scored]]) -> dict[str, Figure]:
    """AUROC, average precision, F1, accuracy and calibration error, with intervals and floors."""
    scores, truths = _arrays(scored)
    hidden = {name: _arrays(part) for name, part in floors.items()}
    groups = [one.group for one in scored]
    figures = {}
    for name, figure in _FIGURES.items():
        interval = drawn_again(lambda places, of=figure: of(scores[places], truths[places]), groups)  # type: ignore[misc]
        figures[name] = Figure.of(
            figure(scores, truths),
            interval,
            floors=tuple((how, figure(*part)) for how, part in hidden.items()),
        )
    return figures


def worst_errors(scored: Sequence[Scored], positive: str, negative: str) -> list[Error]:
    """Pictures farthest on the wrong side, worst first."""
    wrong = [one for one in scored if (one.score >= CALLED_FROM) is not one.positive]
    wrong.sort(key=lambda one: -abs(one.score - CALLED_FROM))
    return [
        Error(
            one.path,
            positive if one.score >= CALLED_FROM else negative,
            positive if one.positive else negative,
            one.score,
        )
        for one in wrong[:WORST]
    ]


def group_notes(scored: Sequence[Scored]) -> list[str]:
    """What the groups forbid to conclude."""
    groups: dict[str, set[bool]] = {}
    for one in scored:
        groups.setdefault(one.group, set()).add(one.positive)
    notes = []
    if len(groups) == len(scored):
        notes.append(
            "No groups: pictures of one day or unit resemble each other, so the intervals are too narrow. "
            "Say with --group-by what belongs together."
        )
    elif not any(len(kinds) == 2 for kinds in groups.values()):
        notes.append(
            "No group holds both classes: the label can be told from the group (the day, the light) alone. "
            "Compare with the floor before believing any figure."
        )
    if len(groups) < 10:
        notes.append(f"Only {len(groups)} groups: the intervals say little about other ones.")
    return notes


def _arrays(scored: Sequence[Scored]) -> tuple[Numbers, Truths]:
    return np.array([one.score for one in scored], float), np.array([one.positive for one in scored], bool)
