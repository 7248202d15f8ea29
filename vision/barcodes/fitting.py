"""Fits a known code to a line exactly, and asks of every digit whether the line bears it out.

A line is taken for the code's bars, stretched and bent (tilt, a bottle's curve), blurred, lit unevenly, with
ink that spread. These are fitted together. Then each digit is replaced in turn by each other one: the *doubt*
of a digit is where the line lies between the code (0) and the likeliest replacement (1). So a code is
believed only where every single one of its digits is seen, and one that is a digit off the true one is not.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from vision.barcodes.blur import LADDER, Blur, BlurredBars, Values, drawn_cells
from vision.barcodes.retail_symbols import RetailSymbol

_DEGREE = 3  # of the bend
_ROUNDS = 7
_BESIDE = 3.0  # modules of quiet zone that take part
_LEAST_PIXELS = 60
_LONGEST_STEP = 0.8  # modules a round
_BETTER = 1 - 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A code laid over a line.

    Attributes:
        symbol: The code.
        bend: From the line's position to modules, as a polynomial.
        rung: Which blur of the ladder.
        misfit: Mean square of what the code doesn't explain.
        explained: Share of the line's variation that it does, 1 at best.
        position: Of the pixels that took part, -1 to 1 along the code.
        slope: How fast darkness rises at each, per module.
        terms: Light, bars and spread ink at each, a column a term.
        weights: Of the terms.
        rest: What is left unexplained at each.
    """

    symbol: RetailSymbol
    bend: Values
    rung: int
    misfit: float
    explained: float
    position: Values
    slope: Values
    terms: Values
    weights: Values
    rest: Values

    @property
    def blur(self) -> Blur:
        """The blur that fits best."""
        return LADDER[self.rung]

    @property
    def contrast(self) -> Values:
        """Darkness of a bar above a space, along the line."""
        z = self.position
        return np.asarray(self.weights[3] + self.weights[4] * z + self.weights[5] * z * z)

    @property
    def directions(self) -> Values:
        """How the drawn line changes with each number that was fitted."""
        powers = self.position[:, None] ** np.arange(_DEGREE + 1)
        return np.concatenate([self.terms, (self.contrast * self.slope)[:, None] * powers], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What lines say of each replacement of a digit; adds up over lines.

    Attributes:
        towards: How far the lines go towards the replacement.
        apart: How far the replacement is from the code, in the lines' noise.
    """

    towards: Values
    apart: Values

    def __add__(self, other: Self) -> "Evidence":
        return Evidence(self.towards + other.towards, self.apart + other.apart)

    @property
    def doubt(self) -> float:
        """Of the digit most in doubt: 0 none, 0.5 either digit may stand there, 1 the other does."""
        differ = self.apart > 0
        return float((self.towards[differ] / self.apart[differ]).max())

    @property
    def weight(self) -> float:
        """By how much the lines prefer the code to its nearest rival, in squares of the noise."""
        differ = self.apart > 0
        return float((0.5 * self.apart[differ] - self.towards[differ]).min())


class LineFitter:
    """Fits codes to one line.

    Args:
        darkness: The line.
        pixels: Where some known places of the code are on it.
        modules: The same places in modules from the code's first bar.
    """

    def __init__(self, darkness: npt.NDArray[np.floating], pixels: Values, modules: Values) -> None:
        self._darkness = np.asarray(darkness, np.float64)
        self._middle = (pixels[0] + pixels[-1]) / 2
        self._half = (pixels[-1] - pixels[0]) / 2
        self._position = (np.arange(len(darkness)) + 0.5 - self._middle) / self._half
        bend = np.polynomial.polynomial.polyfit((pixels - self._middle) / self._half, modules, _DEGREE)
        self._first_bend = np.asarray(bend, np.float64)

    def fit(self, symbol: RetailSymbol, blur: Blur, start: Fit | None = None) -> Fit | None:
        """The code where it fits best; None where the line is too short for it.

        Args:
            symbol: The code.
            blur: A first idea of the blur.
            start: A fit of another code to begin from, in place of the guess.
        """
        drawn: dict[int, BlurredBars] = {}
        bend = self._first_bend if start is None else start.bend
        rung = LADDER.index(blur) if start is None else start.rung
        current = self._solved(symbol, bend, rung, drawn)
        for _ in range(_ROUNDS):
            if current is None:
                return None
            step = _solve(current.directions, current.rest)[-(_DEGREE + 1) :]
            step *= min(1.0, _LONGEST_STEP / (float(np.abs(step).max()) + 1e-9))
            better = None
            for share in (1.0, 0.4):
                better = self._if_better(current, current.bend + share * step, current.rung, drawn)
                if better is not None:
                    break
            moved = better or current
            for rung in (moved.rung - 1, moved.rung + 1):
                clearer = self._if_better(moved, moved.bend, rung, drawn) if 0 <= rung < len(LADDER) else None
                if clearer is not None:
                    moved = clearer
                    break
            if moved is current:
                break
            current = moved
        return current

    def evidence(self, fit: Fit) -> Evidence:
        """What this line says of each digit of a fitted code."""
        z = fit.position
        module = np.asarray(np.polynomial.polynomial.polyval(z, fit.bend), np.float64)
        contrast = fit.contrast
        changes = np.zeros((len(z), sum(len(patterns) for _, patterns in fit.symbol.cells)))
        first = 0
        for (start, patterns), chosen in zip(fit.symbol.cells, fit.symbol.choice, strict=True):
            seen = drawn_cells(patterns.tobytes(), fit.blur).darkness(module - start)
            changes[:, first : first + len(patterns)] = contrast[:, None] * (seen - seen[:, [chosen]])
            first += len(patterns)
        basis, _ = np.linalg.qr(fit.directions)
        changes -= basis @ (
            basis.T @ changes
        )  # what another bend or light would explain as well is no evidence
        return Evidence(fit.rest @ changes / fit.misfit, (changes * changes).sum(axis=0) / fit.misfit)

    def _if_better(self, than: Fit, bend: Values, rung: int, drawn: dict[int, BlurredBars]) -> Fit | None:
        fit = self._solved(than.symbol, bend, rung, drawn)
        return fit if fit is not None and fit.misfit < than.misfit * _BETTER else None

    def _solved(
        self, symbol: RetailSymbol, bend: Values, rung: int, drawn: dict[int, BlurredBars]
    ) -> Fit | None:
        module = np.polynomial.polynomial.polyval(self._position, bend)
        inside = (
            (module > -_BESIDE) & (module < len(symbol.modules) + _BESIDE) & (np.abs(self._position) < 1.6)
        )
        if int(inside.sum()) < _LEAST_PIXELS:
            return None
        z, module, seen = self._position[inside], module[inside], self._darkness[inside]
        if rung not in drawn:
            drawn[rung] = BlurredBars(symbol.modules, LADDER[rung])
        bars = drawn[rung]
        dark = bars.darkness(module)
        terms = np.stack(
            [np.ones_like(z), z, z * z, dark, dark * z, dark * z * z, bars.edges(module)], axis=1
        )
        weights = _solve(terms, seen)
        rest = seen - terms @ weights
        misfit = float(rest @ rest) / len(rest) + 1e-9
        explained = 1 - misfit / (float(seen.var()) + 1e-9)
        return Fit(symbol, bend, rung, misfit, explained, z, bars.slope(module), terms, weights, rest)


def digit_gains(fit: Fit, evidence: Evidence) -> tuple[Values, ...]:
    """For each digit's cell, how much better the line would be explained by each pattern."""
    gains, first = [], 0
    for _, patterns in fit.symbol.cells:
        part = slice(first, first + len(patterns))
        gains.append(2 * evidence.towards[part] - evidence.apart[part])
        first += len(patterns)
    return tuple(gains)


def _solve(terms: Values, wanted: Values) -> Values:
    """Least squares by the normal equations, held in place where two terms look alike."""
    square = terms.T @ terms
    square[np.diag_indices_from(square)] += 1e-9 * (1 + square.diagonal())
    return np.asarray(np.linalg.solve(square, terms.T @ wanted), np.float64)
