"""One number of all signals: how far a unit is beyond golden ones, and the score that it gets.

Each signal is told in standard deviations of what golden units get when the others judge them, so that
signals of different kinds can be added.
"""

from dataclasses import dataclass, replace

import numpy as np

from vision.golden.shape import NAMES
from vision.golden.views import Floats

SIGNALS = ("usual_look", "nearest_look", "displaced", *NAMES, "size")
UNLIKE_FROM = 0.5
"""Score of a unit as far off as the product's own golden units may be; each product's scale is its own."""
_STEEP = 3.0  # how quickly the score rises around the limit
_LEAST_LIMIT = 1.5  # standard deviations that any unit may be off
_ROOM = 1.4  # a new unit lies farther off than those that the limits were learned from
_SPARE_FROM = 10  # golden units from which the oddest one doesn't set the limits
_LEAST_SPREAD = np.array([0.05, 0.05, 0.1, 0.004, 0.01, 0.01, 0.01, 0.03, 0.03], np.float32)
# Where units lie alike the usual look errs least; in several poses it blurs, and the nearest unit tells more.
_ALIKE = np.array([1.0, 0.1, 0.1, 0.125, 0.125, 0.025, 0.0125, 0.0125, 0.0125], np.float32)
_POSES = np.array([0.5, 1.0, 1.0, 0.125, 0.125, 0.025, 0.0125, 0.0125, 0.0125], np.float32)
_FREE = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0], np.float32)
_MOST = np.array([15.0, 15.0, 10.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0], np.float32)


@dataclass(frozen=True, slots=True)
class Limits:
    """What golden units of a product get for each signal, and how far a unit may be off.

    Attributes:
        middle: Median of each signal.
        spread: Its robust standard deviation.
        weights: How much each signal counts in this set.
        limit: `fused` deviations at which a unit scores 0.5.
    """

    middle: Floats
    spread: Floats
    weights: Floats
    limit: float

    @classmethod
    def learned(cls, table: Floats, *, alike: bool) -> "Limits":
        """From the signals of golden units, `[units, signals]`, each judged by the others.

        Args:
            table: The signals.
            alike: All units lie as one does; else in several poses or on several sides.
        """
        weights = _ALIKE if alike else _POSES
        middle = np.median(table, axis=0)
        spread = 1.4826 * np.median(np.abs(table - middle), axis=0)
        odd = -2 if len(table) >= _SPARE_FROM else -1  # one golden unit may be odd; two are a habit
        farthest = (np.sort(table, axis=0)[odd] - middle) / 2.5
        own = cls(middle, np.maximum(spread, farthest) + _LEAST_SPREAD, weights, 0.0)
        worst = np.sort([own.fused(own.beyond(row)) for row in table])[odd]
        return replace(own, limit=float(max(_LEAST_LIMIT, _ROOM * worst)))

    def beyond(self, numbers: Floats) -> Floats:
        """Standard deviations beyond golden units; for proportion and size either way is beyond."""
        found = (numbers - self.middle) / self.spread
        found[-2:] = np.abs(found[-2:]) - 1
        return np.asarray(found, np.float32)

    def score(self, deviations: float) -> float:
        """0 to 1; 0.5 at the limit."""
        return float(deviations**_STEEP / (deviations**_STEEP + self.limit**_STEEP))

    def fused(self, beyond: Floats) -> float:
        """One number of all signals: strong ones count, several weak ones add up.

        The outline's numbers count only when they are far beyond: an outline is easily drawn a little wrong.
        """
        return float(np.sqrt((np.clip(beyond - _FREE, 0, _MOST) ** 2 * self.weights).sum()))
