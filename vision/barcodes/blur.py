"""How a row of bars looks through a lens that is out of focus, or was shaken.

A blur has a *spread*: its standard deviation in modules (widths of the narrowest bar). A lens out of focus
turns each point into a disc; other blur is taken for a bell. A code is readable by eye up to a spread of
about 0.4; comparison with known codes works to 1.5 and more.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FINE = 16  # samples a module in which bars are drawn
PAD = 8  # modules of quiet zone drawn on either side


@dataclass(frozen=True, slots=True)
class Blur:
    """A blur's spread in modules, and whether it is a lens out of focus."""

    spread: float
    disc: bool


DISCS = tuple(Blur(spread, True) for spread in (0.5, 0.65, 0.8, 0.95, 1.1, 1.25, 1.45, 1.65, 1.9, 2.2))
BELLS = tuple(
    Blur(spread, False) for spread in (0.25, 0.32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.95, 1.1, 1.3, 1.5, 1.75, 2.0)
)
LADDER = (*reversed(DISCS), *BELLS)
"""From far out of focus over sharp to shaken: neighbours look alike."""


@functools.cache
def kernel(blur: Blur) -> Values:
    """The blur as weights, `FINE` a module, summing to 1."""
    if blur.disc:
        radius = 2 * blur.spread
        reach = math.ceil((radius + 1.2) * FINE)
        x = np.arange(-reach, reach + 1) / FINE
        chord = np.sqrt(np.maximum(radius * radius - x * x, 0))
        weights = np.convolve(chord, np.exp(-0.5 * (x / 0.3) ** 2), "same")
    else:
        reach = math.ceil(3.5 * blur.spread * FINE)
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (blur.spread * FINE)) ** 2)
    return np.asarray(weights / weights.sum(), np.float64)


class BlurredBars:
    """A row of modules seen through a blur, to be asked at any place.

    Args:
        modules: 1 for a bar, 0 for a space; or differences of such.
        blur: What it is seen through.
    """

    def __init__(self, modules: npt.NDArray[np.generic], blur: Blur) -> None:
        quiet = np.zeros(PAD)
        fine = np.repeat(np.concatenate([quiet, np.asarray(modules, np.float64), quiet]), FINE)
        weights = kernel(blur)
        edges = np.zeros(len(fine) + 1)
        edges[1:-1] = np.abs(np.diff(fine))
        self._dark = np.convolve(fine, weights, "same")
        self._slope = np.gradient(self._dark) * FINE
        self._edges = np.convolve((edges[:-1] + edges[1:]) * (FINE / 2), weights, "same")
        self._at = (np.arange(len(fine)) + 0.5) / FINE - PAD

    def darkness(self, module: Values) -> Values:
        """How dark it is at places given in modules, 0 to 1."""
        return np.asarray(np.interp(module, self._at, self._dark))

    def slope(self, module: Values) -> Values:
        """How fast darkness rises there, per module."""
        return np.asarray(np.interp(module, self._at, self._slope))

    def edges(self, module: Values) -> Values:
        """How many edges are near: what spreading ink or light adds to bars or takes from them."""
        return np.asarray(np.interp(module, self._at, self._edges))


class BlurredCells:
    """Patterns of one digit's cell seen through a blur, side by side: what each adds to the line."""

    def __init__(self, patterns: npt.NDArray[np.generic], blur: Blur) -> None:
        fine = np.repeat(np.pad(np.asarray(patterns, np.float64), ((0, 0), (PAD, PAD))), FINE, axis=1)
        weights = kernel(blur)
        self._dark = np.stack([np.convolve(row, weights, "same") for row in fine], axis=1)

    def darkness(self, module: Values) -> Values:
        """At places given in modules from the cell's first: (places, patterns)."""
        at = (module + PAD) * FINE - 0.5
        inside = (at > 0) & (at < len(self._dark) - 1)
        place = at[inside].astype(np.intp)
        share = (at[inside] - place)[:, None]
        seen = np.zeros((len(module), self._dark.shape[1]))
        seen[inside] = self._dark[place] * (1 - share) + self._dark[place + 1] * share
        return seen


@functools.lru_cache(maxsize=128)
def drawn_cells(patterns: bytes, blur: Blur) -> BlurredCells:
    """The patterns, seven bytes each, seen through a blur; kept, since there are few."""
    return BlurredCells(np.frombuffer(patterns, np.uint8).reshape(-1, 7), blur)
