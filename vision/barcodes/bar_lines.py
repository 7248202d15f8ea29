"""From an upright cut-out to lines across its bars: how dark it is at each pixel from left to right.

A cut-out is divided into strips, since tilt makes bars lean differently at the top and at the bottom, and
glare or a tear seldom covers all of them. In each strip the bars' lean is taken out and the rows are
averaged: noise goes, the bars stay.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.picture import Picture

Line = npt.NDArray[np.float32]
"""Darkness at each pixel, 0 (white) to 1."""

_STRIPS = 6
_LEAST_ROWS = 4
_MOST_LEAN = 0.4  # radians


@dataclass(frozen=True, slots=True, eq=False)
class BarLine:
    """One strip's line, and how much its slopes agree in direction (1: nothing but bars)."""

    darkness: Line
    agreement: float


def bar_lines(upright: Picture, most: int) -> list[BarLine]:
    """The lines of the strips that look most like bars, best first."""
    pixels = upright.astype(np.float32)
    height = pixels.shape[0]
    strips = min(_STRIPS, height // _LEAST_ROWS)
    lines = [
        _line(pixels[height * place // strips : height * (place + 1) // strips]) for place in range(strips)
    ]
    return sorted(lines, key=lambda line: -line.agreement)[:most]


def _line(strip: npt.NDArray[np.float32]) -> BarLine:
    height, width = strip.shape
    middle = slice(round(width * 0.15), round(width * 0.85))
    across = cv2.Sobel(strip, cv2.CV_32F, 1, 0)[:, middle]
    down = cv2.Sobel(strip, cv2.CV_32F, 0, 1)[:, middle]
    xx, yy, xy = float((across**2).sum()), float((down**2).sum()), float((across * down).sum())
    agreement = float(np.hypot(xx - yy, 2 * xy) / (xx + yy + 1))
    lean = float(np.tan(np.clip(0.5 * np.arctan2(2 * xy, xx - yy), -_MOST_LEAN, _MOST_LEAN)))
    shear = np.array([[1, lean, -lean * height / 2], [0, 1, 0]], np.float32)
    straight = cv2.warpAffine(strip, shear, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return BarLine(np.asarray(1 - straight.mean(axis=0) / 255, np.float32), agreement)
