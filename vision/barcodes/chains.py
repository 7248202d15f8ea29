"""Looks along a line for guards and digit cells that follow one another as in a retail code.

The first, coarse look: it knows neither which code it is nor how large, and takes what a cell looks like for
each digit. Cells may be a little wider or narrower than the one before, as on a bottle or a tilted pack.
What comes out are guesses of where a code stands, to be fitted exactly (`fitting.py`).
"""

import functools
import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vision.barcodes.blur import FINE, Blur, kernel
from vision.barcodes.retail_symbols import LEFT, RIGHT, RetailSymbol

Floats = npt.NDArray[np.float32]

_SAMPLES = 3  # a module
_REACH = 1  # samples by which an element may stand off its nominal place
_OFF_COST = 0.015
_STEP = 0.08  # between sizes tried, as a share
_LEAST_SCORE = 0.4
_BLURS = (Blur(0.5, False), Blur(1.2, False))
_MOST_RANKED = 60

_LAYOUTS = {
    "ean13": ("start", *["left"] * 6, "middle", *["right"] * 6, "end"),
    "ean8": ("start", *["odd"] * 4, "middle", *["right"] * 4, "end"),
    "upce": ("start", *["left"] * 6, "upce_end"),
}
_CELLS = frozenset({"left", "odd", "right"})


def _bits(text: str) -> npt.NDArray[np.uint8]:
    return np.array([[int(bit) for bit in text]], np.uint8)


# patterns, the module before and the module after; guards at the ends carry four modules of quiet zone
_ELEMENTS = {
    "start": (_bits("0000101"), 0, 0),
    "left": (LEFT, 1, 0),
    "odd": (LEFT[:10], 1, 0),
    "middle": (_bits("01010"), 1, 1),
    "right": (RIGHT, 0, 1),
    "end": (_bits("1010000"), 0, 0),
    "upce_end": (_bits("0101010000"), 1, 0),
}
_QUIET = 4
_LENGTHS = {name: patterns.shape[1] for name, (patterns, _, _) in _ELEMENTS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Where a code may stand on a line.

    Attributes:
        score: Likeness, 1 at best.
        line: Which line it is on.
        kind: `ean13`, `ean8` or `upce`.
        module_px: Width of a module in the line's pixels.
        pixels: Where its elements begin, in the line's pixels.
        modules: The same in modules from the code's first bar.
        likeness: For each digit's cell the likeness of each pattern.
        blurred: 1 where blurred bars were more alike than sharp ones, else 0.
    """

    score: float
    line: int
    kind: str
    module_px: float
    pixels: npt.NDArray[np.float64]
    modules: npt.NDArray[np.float64]
    likeness: tuple[Floats, ...]
    blurred: int


@dataclass(frozen=True, slots=True, eq=False)
class SymbolSet:
    """Codes of one kind that may stand there, and which pattern each has in each cell."""

    symbols: tuple[RetailSymbol, ...]
    choices: npt.NDArray[np.intp]

    @classmethod
    def of(cls, symbols: list[RetailSymbol]) -> "SymbolSet":
        """A set of codes of one kind."""
        return cls(tuple(symbols), np.array([symbol.choice for symbol in symbols], np.intp))

    def summed(self, by_cell: tuple[npt.NDArray[np.floating], ...]) -> npt.NDArray[np.float64]:
        """For each code the sum of what its patterns have in `by_cell`."""
        total = np.zeros(len(self.symbols))
        for place, values in enumerate(by_cell):
            total += values[self.choices[:, place]]
        return total


def guess(
    lines: Floats, sets: dict[str, SymbolSet], width: float, widths: tuple[float, float]
) -> list[Guess]:
    """Where the codes may stand on any of the lines, likeliest first.

    Args:
        lines: Darkness, a line a row.
        sets: The codes in question by kind.
        width: Of the place that was cut out, in the lines' pixels.
        widths: Smallest and largest share of it that a code takes up.
    """
    found: list[Guess] = []
    for kind in sets:
        modules = sum(_LENGTHS[name] for name in _LAYOUTS[kind]) - 2 * _QUIET
        least, most = (math.log(width * share / modules) for share in widths)
        for size in np.exp(np.arange(least, most, _STEP)):
            found += _guesses(lines, kind, float(size))
    found.sort(key=lambda each: -each.score)
    ranked = [_with_codes(each, sets[each.kind]) for each in found[:_MOST_RANKED]]
    return sorted(ranked, key=lambda each: -each.score)


def _with_codes(found: Guess, codes: SymbolSet) -> Guess:
    """The same guess, scored by the best of the codes in question instead of by the best digits."""
    free = sum(float(cell.max()) for cell in found.likeness)
    bound = float(codes.summed(found.likeness).max())
    score = found.score + (bound - free) / len(_LAYOUTS[found.kind])
    return replace(found, score=score)


@functools.cache
def _templates(name: str, blur: Blur) -> Floats:
    """An element's patterns as they look, from a module before to a module after; mean 0, length 1."""
    patterns, before, after = _ELEMENTS[name]
    drawn = []
    for pattern in patterns:
        row = np.concatenate([[before] * 4, pattern, [after] * 4]).astype(np.float64)
        row[:3] = 0.0 if name == "start" else 0.5  # beyond the next module anything may stand
        row[-3:] = 0.0 if name.endswith("end") else 0.5
        seen = np.convolve(np.repeat(row, FINE), kernel(blur), "same")
        at = (3 + (np.arange((len(pattern) + 2) * _SAMPLES) + 0.5) / _SAMPLES) * FINE
        values = np.interp(at, np.arange(len(seen)) + 0.5, seen)
        values -= values.mean()
        drawn.append(values / np.linalg.norm(values))
    return np.array(drawn, np.float32)


def _guesses(lines: Floats, kind: str, module_px: float) -> list[Guess]:
    layout = _LAYOUTS[kind]
    samples = _resampled(lines, module_px)
    if samples.shape[1] < sum(_LENGTHS[name] for name in layout) * _SAMPLES * 0.93:
        return []
    starts = np.cumsum([0] + [_LENGTHS[name] for name in layout])[: len(layout)] - _QUIET
    found = []
    windows = _Windows(samples)
    for blurred, blur in enumerate(_BLURS):
        likeness = {name: windows.likeness(name, blur) for name in set(layout)}
        scores, steps = _chain(likeness, layout)
        for line, row in enumerate(scores):
            end = int(row.argmax())
            if row[end] < _LEAST_SCORE:
                continue
            at = _trace(line, end, steps, layout)
            cells = tuple(
                likeness[name][line, place] for name, place in zip(layout, at, strict=True) if name in _CELLS
            )
            pixels = (np.array(at, np.float64) + _SAMPLES) * module_px / _SAMPLES
            modules = starts.astype(np.float64)
            found.append(Guess(float(row[end]), line, kind, module_px, pixels, modules, cells, blurred))
    return found


def _resampled(lines: Floats, module_px: float) -> Floats:
    count = int(lines.shape[1] / module_px * _SAMPLES)
    at = (np.arange(count) + 0.5) * module_px / _SAMPLES - 0.5
    left = np.clip(at.astype(np.intp), 0, lines.shape[1] - 2)
    share = (at - left).astype(np.float32)
    return lines[:, left] * (1 - share) + lines[:, left + 1] * share


class _Windows:
    """A line at every place, to be compared with elements; what all comparisons need is worked out once."""

    def __init__(self, samples: Floats) -> None:
        self._samples = samples
        self._sums, self._squares = (
            np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
            for values in (samples, samples * samples)
        )
        self._scales: dict[int, Floats] = {}

    def likeness(self, name: str, blur: Blur) -> Floats:
        """Correlation of each line, at each place, with each pattern: (lines, places, patterns)."""
        templates = _templates(name, blur)
        length = templates.shape[1]
        windows = np.lib.stride_tricks.sliding_window_view(self._samples, length, axis=1)
        return np.asarray((windows @ templates.T) * self._scale(length)[:, :, None], np.float32)

    def _scale(self, length: int) -> Floats:
        if length not in self._scales:
            mean = (self._sums[:, length:] - self._sums[:, :-length]) / length
            variance = (self._squares[:, length:] - self._squares[:, :-length]) / length - mean * mean
            self._scales[length] = (1 / np.sqrt(np.maximum(variance, 1e-5) * length)).astype(np.float32)
        return self._scales[length]


def _chain(likeness: dict[str, Floats], layout: tuple[str, ...]) -> tuple[Floats, list[npt.NDArray[np.intp]]]:
    """The best chain of elements that ends at each place, and the steps that lead there."""
    count = min(values.shape[1] for values in likeness.values())
    best = {name: values[:, :count].max(axis=2) for name, values in likeness.items()}
    score = best[layout[0]].copy()
    steps = []
    for before, name in itertools.pairwise(layout):
        options = np.full((2 * _REACH + 1, *score.shape), -1e3, np.float32)
        for option, off in enumerate(range(-_REACH, _REACH + 1)):
            shift = _LENGTHS[before] * _SAMPLES + off
            if shift < count:
                options[option, :, shift:] = score[:, : count - shift] - _OFF_COST * abs(off)
        steps.append(options.argmax(axis=0))
        score = options.max(axis=0) + best[name]
    return score / len(layout), steps


def _trace(line: int, end: int, steps: list[npt.NDArray[np.intp]], layout: tuple[str, ...]) -> list[int]:
    places = [end]
    for before, step in zip(reversed(layout[:-1]), reversed(steps), strict=True):
        off = int(step[line, places[-1]]) - _REACH
        places.append(places[-1] - _LENGTHS[before] * _SAMPLES - off)
    return places[::-1]
