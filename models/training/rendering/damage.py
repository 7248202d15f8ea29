"""Damage done to a printed surface: each function spoils the print or relief and records exactly where.

Sizes are in the surface's pixels. Every function takes the surface, where, how large, the defect's number and
the randomness to draw from.
"""

from collections.abc import Callable

import cv2
import numpy as np

from models.training.rendering.camera import Points
from models.training.rendering.spec import Picture, Plane
from models.training.rendering.surface import Surface, blob, cover, mottle, tint

Spot = tuple[float, float]
Damage = Callable[[Surface, Spot, float, int, np.random.Generator], None]

BOARD = (150.0, 178.0, 198.0)
FIBRE = (226.0, 236.0, 240.0)


def dent(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A pressed-in hollow with a few creases running out of it."""
    y, x = _offsets(surface, at)
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(0.65, 1.0)
    along = x * np.cos(turn) + y * np.sin(turn)
    across = (-x * np.sin(turn) + y * np.cos(turn)) / stretch
    wobble = 1.0 + 0.22 * mottle((surface.height, surface.width), rng)
    distance = np.sqrt(along**2 + across**2) / radius * wobble
    depth = radius * rng.uniform(0.32, 0.5)
    hollow: Plane = (-depth * np.exp(-((distance * 1.25) ** 2.4))).astype(np.float32)
    for _ in range(int(rng.integers(2, 5))):
        heading = rng.uniform(0, np.pi)
        offset = rng.normal() * radius * 0.2
        ridge = np.abs(x * np.sin(heading) - y * np.cos(heading) - offset)
        window = np.exp(-((distance / 0.85) ** 2))
        hollow -= (radius * 0.1 * np.maximum(0, 1 - ridge / (2.0 + radius * 0.06)) * window).astype(
            np.float32
        )
    surface.relief += hollow
    tint(surface.colour, np.clip(-hollow / depth, 0, 1).astype(np.float32) * 0.28, (0.62, 0.62, 0.64))
    surface.mark((distance < 0.95).astype(np.uint8), number)


def crease(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A fold pressed across the surface, as from a strap or a box edge: print worn white along it."""
    heading = rng.uniform(0, np.pi)
    points = _wander(at, heading, radius * 1.5, 0.16, rng)
    line = _stroke(surface, points, 2)
    soft = cv2.GaussianBlur(line, (0, 0), radius * 0.16)
    surface.relief -= (soft.astype(np.float32) / max(1.0, float(soft.max()))) * radius * 0.28
    cover(surface.colour, line.astype(np.float32) / 255 * rng.uniform(0.3, 0.7), FIBRE)
    surface.mark((soft > soft.max() * 0.35).astype(np.uint8), number)


def tear(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A ragged rip: the dark inside shows, white fibres stand at its lips."""
    points = _wander(at, rng.uniform(0, np.pi), radius, 0.5, rng)
    count = len(points)
    gape = np.sin(np.linspace(0, np.pi, count)) * radius * rng.uniform(0.2, 0.42) + 1.5
    normal = np.asarray(np.gradient(points, axis=0))[:, ::-1] * [1, -1]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
    ragged = gape[:, None] * (0.75 + 0.5 * rng.uniform(size=(count, 1)))
    outline = np.concatenate(
        [points + normal * ragged, (points - normal * gape[:, None] * rng.uniform(0.1, 0.6))[::-1]]
    )
    _open_hole(surface, _polygon(surface, outline), number, radius, rng)


def hole(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A punched-through hole with frayed rim."""
    shape = blob((surface.height, surface.width), at, radius * 0.55, rng, 0.45, rng.uniform(1.0, 1.35))
    _open_hole(surface, shape, number, radius, rng)


def _open_hole(
    surface: Surface, shape: Picture, number: int, radius: float, rng: np.random.Generator
) -> None:
    lip = max(3, int(radius * 0.13)) | 1
    grown = cv2.dilate(shape, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (lip, lip)))
    fray = np.clip(0.75 + 0.35 * mottle(shape.shape[:2], rng, 30, 90), 0, 1)
    rim = cv2.GaussianBlur(grown, (0, 0), 1.0).astype(np.float32) / 255 * fray
    cover(surface.colour, rim.astype(np.float32), FIBRE if rng.uniform() < 0.7 else BOARD)
    inside = cv2.GaussianBlur(shape, (0, 0), 0.9).astype(np.float32) / 255
    depth = np.clip(0.8 + 0.3 * mottle(shape.shape[:2], rng, 5, 12), 0.4, 1.3)
    base = np.array(rng.choice([(22, 26, 32), (30, 40, 56), (18, 18, 20)]), np.float32)
    cover(surface.colour, inside, (depth[:, :, None] * base).astype(np.float32).clip(0, 255).astype(np.uint8))
    surface.relief += (
        cv2.GaussianBlur(grown, (0, 0), max(2.0, radius * 0.08)).astype(np.float32) / 255 * radius * 0.1
    )
    surface.mark(grown, number)


def stain(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A soaked-in liquid: darker, mottled, with a drying rim and runs."""
    size = (surface.height, surface.width)
    wet = blob(size, at, radius * 0.85, rng, 0.4, rng.uniform(1.0, 1.3))
    for _ in range(int(rng.integers(0, 4))):
        start = (int(at[0] + rng.normal() * radius * 0.4), int(at[1]))
        end = (int(start[0] + rng.normal() * 4), int(at[1] + radius * rng.uniform(0.8, 1.6)))
        cv2.line(wet, start, end, 255, int(radius * rng.uniform(0.08, 0.2)) + 2, cv2.LINE_AA)
    for _ in range(int(rng.integers(2, 9))):
        drop = (int(at[0] + rng.normal() * radius), int(at[1] + rng.normal() * radius))
        cv2.circle(wet, drop, int(radius * rng.uniform(0.03, 0.1)) + 1, 255, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(wet, (0, 0), 1.5).astype(np.float32) / 255
    rim = np.clip(
        soft - cv2.GaussianBlur(wet, (0, 0), max(3.0, radius * 0.09)).astype(np.float32) / 255, 0, 1
    )
    liquid = _LIQUIDS[int(rng.integers(0, len(_LIQUIDS)))]
    cloud = np.clip(0.85 + 0.25 * mottle(size, rng, 8, 26), 0.35, 1.0).astype(np.float32)
    tint(surface.colour, (soft * cloud).astype(np.float32), liquid)
    tint(surface.colour, np.clip(rim * 1.3, 0, 1).astype(np.float32), (0.5, 0.6, 0.66))
    surface.relief += soft * 1.5
    surface.mark((wet > 90).astype(np.uint8), number)


_LIQUIDS = (
    (0.32, 0.52, 0.68),
    (0.22, 0.42, 0.62),
    (0.45, 0.58, 0.62),
    (0.2, 0.26, 0.55),
    (0.3, 0.62, 0.72),
    (0.25, 0.3, 0.36),
)


def scratch(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A few thin lines dragged across the print."""
    heading = rng.uniform(0, np.pi)
    mask = np.zeros((surface.height, surface.width), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        start = (at[0] + rng.normal() * radius * 0.2, at[1] + rng.normal() * radius * 0.2)
        points = _wander(start, heading + rng.normal() * 0.12, radius * rng.uniform(0.6, 1.2), 0.07, rng)
        mask |= _stroke(surface, points, int(rng.integers(1, 4)))
    broken = np.clip(0.9 + 0.5 * mottle(mask.shape[:2], rng, 24, 80), 0.1, 1)
    weight = (mask.astype(np.float32) / 255 * broken * rng.uniform(0.7, 1.0)).astype(np.float32)
    cover(surface.colour, weight, FIBRE if rng.uniform() < 0.75 else (70.0, 70.0, 74.0))
    surface.relief -= mask.astype(np.float32) / 255 * 2.0
    surface.mark(mask, number)


def scuff(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """A rubbed patch: print worn to the white in fine parallel strokes."""
    size = (surface.height, surface.width)
    patch = cv2.GaussianBlur(blob(size, at, radius * 0.7, rng, 0.35, 1.4), (0, 0), radius * 0.08)
    grain = rng.standard_normal(size).astype(np.float32)
    length = int(radius * 0.35) | 1
    kernel = np.zeros((length, length), np.float32)
    turn = rng.uniform(0, np.pi)
    reach = length / 2 * np.array([np.cos(turn), np.sin(turn)])
    middle = length // 2
    cv2.line(
        kernel,
        tuple((middle - reach).astype(int).tolist()),
        tuple((middle + reach).astype(int).tolist()),
        1.0,
        1,
    )
    strokes = cv2.filter2D(grain, -1, kernel / max(1.0, float(kernel.sum())))
    worn = (
        (patch.astype(np.float32) / 255)
        * (strokes > strokes.std() * rng.uniform(-0.2, 0.5))
        * rng.uniform(0.55, 0.9)
    )
    cover(surface.colour, worn.astype(np.float32), FIBRE)
    surface.mark((patch > 100).astype(np.uint8), number)


def peeled(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """Print torn off its carrier: white paper and glue show, with a ragged edge."""
    size = (surface.height, surface.width)
    bare = blob(size, at, radius * 0.75, rng, 0.6, rng.uniform(1.0, 1.5))
    ragged = (
        cv2.GaussianBlur(bare, (0, 0), 3).astype(np.float32) / 255 + 0.1 * mottle(size, rng, 40, 110)
    ) > 0.5
    mask = ragged.astype(np.uint8) * 255
    paper = np.clip(218 + 9 * mottle(size, rng, 20, 90), 150, 250)
    tone = np.array([0.95, 0.99, 1.0], np.float32)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255
    cover(surface.colour, soft, (paper[:, :, None] * tone).astype(np.uint8))
    surface.relief -= soft * 3.0
    surface.mark(mask, number)


def crack(surface: Surface, at: Spot, radius: float, number: int, rng: np.random.Generator) -> None:
    """Cracks running out from a blow, and a splinter missing in the middle."""
    mask = np.zeros((surface.height, surface.width), np.uint8)
    for heading in np.linspace(0, 2 * np.pi, int(rng.integers(6, 11)), endpoint=False):
        angle = heading + rng.normal() * 0.25
        reach = radius * rng.uniform(0.5, 1.2)
        middle = (at[0] + np.cos(angle) * reach / 2, at[1] + np.sin(angle) * reach / 2)
        mask |= _stroke(surface, _wander(middle, angle, reach / 2, 0.18, rng), int(rng.integers(1, 3)))
    for ring in rng.uniform(0.25, 0.7, int(rng.integers(1, 3))):
        begin = float(rng.uniform(0, 360))
        axes = (int(radius * ring), int(radius * ring * 0.9))
        cv2.ellipse(
            mask,
            (int(at[0]), int(at[1])),
            axes,
            0,
            begin,
            begin + float(rng.uniform(60, 160)),
            255,
            1,
            cv2.LINE_AA,
        )
    shadow = np.roll(mask, (2, 2), (0, 1)).astype(np.float32) / 255
    cover(surface.colour, shadow * 0.6, (30.0, 30.0, 30.0))
    cover(surface.colour, mask.astype(np.float32) / 255 * 0.95, (246.0, 248.0, 248.0))
    chip = blob(mask.shape[:2], at, radius * rng.uniform(0.14, 0.3), rng, 0.8)
    cover(surface.colour, cv2.GaussianBlur(chip, (0, 0), 0.8).astype(np.float32) / 255, (26.0, 28.0, 30.0))
    surface.mark(cv2.morphologyEx(mask | chip, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), number)


def wrinkle(surface: Surface, at: Spot, radius: float, rng: np.random.Generator) -> None:
    """A shallow fold of a flexible pack. Every pouch has them: no damage, so nothing is recorded."""
    points = _wander(at, rng.uniform(0, np.pi), radius, 0.2, rng)
    soft = cv2.GaussianBlur(_stroke(surface, points, 3), (0, 0), max(3.0, radius * 0.07))
    surface.relief += (
        soft.astype(np.float32) / max(1.0, float(soft.max())) * radius * 0.07 * rng.choice([-1, 1])
    )


def _offsets(surface: Surface, at: Spot) -> tuple[Plane, Plane]:
    y, x = np.mgrid[0 : surface.height, 0 : surface.width].astype(np.float32)
    return y - np.float32(at[1]), x - np.float32(at[0])


def _wander(at: Spot, heading: float, reach: float, wobble: float, rng: np.random.Generator) -> Points:
    """A wandering path through `at`: 24 points, `reach` to either side."""
    steps = np.linspace(-reach, reach, 24)
    drift = np.cumsum(rng.normal(0, wobble * reach / 12, 24))
    drift -= drift.mean()
    direction, normal = (
        np.array([np.cos(heading), np.sin(heading)]),
        np.array([-np.sin(heading), np.cos(heading)]),
    )
    return np.asarray(np.asarray(at, float) + steps[:, None] * direction + drift[:, None] * normal)


def _stroke(surface: Surface, points: Points, width: int) -> Picture:
    mask = np.zeros((surface.height, surface.width), np.uint8)
    cv2.polylines(mask, [np.round(points * 8).astype(np.int32)], False, 255, width, cv2.LINE_AA, shift=3)
    return mask


def _polygon(surface: Surface, outline: Points) -> Picture:
    mask = np.zeros((surface.height, surface.width), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 8).astype(np.int32)], 255, cv2.LINE_AA, shift=3)
    return mask
