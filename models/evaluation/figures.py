"""Figures of merit, exact and small: ranking, probabilities, and how far to trust the figure itself.

Scores are higher for the positive class (damaged, the same item). Every function takes plain arrays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval (from drawing groups again) and its floors (the item hidden)."""

    value: float
    low: float | None = None
    high: float | None = None
    floors: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(
        cls, value: float, interval: tuple[float, float] | None, floors: Iterable[tuple[str, float]] = ()
    ) -> "Figure":
        """A figure with what is known of its interval."""
        low, high = interval or (None, None)
        return cls(value, low, high, tuple(floors))


def auroc(scores: Numbers, truths: Truths) -> float:
    """Chance that a positive scores above a negative; 0.5 is guessing, NaN with one class only.

    >>> auroc(np.array([0.9, 0.4, 0.1, 0.4]), np.array([True, True, False, False]))
    0.875
    """
    positives, negatives = scores[truths], np.sort(scores[~truths])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, "left")
    not_above = np.searchsorted(negatives, positives, "right")
    return float((below + not_above).mean() / 2 / negatives.size)


def average_precision(scores: Numbers, truths: Truths) -> float:
    """Mean precision over the positives, ties counted together; NaN without positives.

    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])).__round__(4)
    0.8333
    """
    if not truths.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(truths[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    found = hits[last]
    precision = found / (last + 1)
    return float((precision * np.diff(np.concatenate([[0], found]))).sum() / truths.sum())


def f1(called: Truths, truths: Truths) -> float:
    """Harmonic mean of precision and recall of the positives called; 0 where none is right."""
    right = float((called & truths).sum())
    return 2 * right / max(1.0, float(called.sum() + truths.sum()))


def accuracy(called: Truths, truths: Truths) -> float:
    """Share of pictures called rightly."""
    return float((called == truths).mean())


def calibration_error(scores: Numbers, truths: Truths, bins: int = 10) -> float:
    """Mean gap between what the scores promise and what came true, over bins of equal width.

    >>> calibration_error(np.array([0.0, 0.0, 1.0, 1.0]), np.array([False, False, True, False]))
    0.25
    """
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs(float(scores[place == b].sum() - truths[place == b].sum())) for b in range(bins)]
    return sum(gaps) / max(1, scores.size)


def pixel_overlap(maps: Sequence[Numbers], masks: Sequence[Truths], limit: float = 0.3) -> float:
    """AUPRO: mean share of each damaged region covered, over false alarms up to `limit` of the sound pixels.

    Regions count equally, however small. 1 is perfect; NaN without a damaged region.
    """
    import cv2

    sound = [values[~mask] for values, mask in zip(maps, masks, strict=True)]
    regions = []
    for values, mask in zip(maps, masks, strict=True):
        count, labels = cv2.connectedComponents(mask.astype(np.uint8))
        regions += [np.sort(values[labels == label]) for label in range(1, count)]
    if not regions or not sum(part.size for part in sound):
        return float("nan")
    falsely = np.sort(np.concatenate(sound))[::-1]
    alarms = np.linspace(0, limit, 301)
    places = np.minimum((alarms * falsely.size).astype(int), falsely.size - 1)
    covered = np.zeros(alarms.size)
    for region in regions:
        covered += 1 - np.searchsorted(region, falsely[places], "right") / region.size
    return float(np.trapezoid(covered / len(regions), alarms) / limit)


def drawn_again(
    figure: Callable[[npt.NDArray[np.intp]], float], groups: Sequence[str], seed: int = 1
) -> tuple[float, float] | None:
    """95 % interval of a figure of pictures (given by their places) when whole groups are drawn again.

    None with fewer than three groups: then nothing can be said about other groups.
    """
    names, which = np.unique(np.array(groups), return_inverse=True)
    if names.size < 3:
        return None
    members = [np.flatnonzero(which == group) for group in range(names.size)]
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(DRAWS):
        drawn = generator.integers(0, names.size, names.size)
        value = figure(np.concatenate([members[group] for group in drawn]))
        if np.isfinite(value):
            values.append(value)
    if len(values) < DRAWS // 2:
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
