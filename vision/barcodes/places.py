"""Finds where on a picture the bars of a linear code stand, at what angle, and cuts them out upright.

Bars are many edges in one direction. So the picture's slopes are averaged over patches: where they are strong
and agree in direction, bars may stand. Text, weave and folds agree less. Blur, a bright label's border or
dim light change the strength of slopes but not their direction, so strength counts only weakly.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.picture import Picture

Floats = npt.NDArray[np.float32]

_WORK_SIDE = 960  # pixels: slopes are taken on the picture at most this large
_GRID = 120  # patches along the longer side
_WINDOWS = (5, 11)  # patches averaged: small codes, and those that fill the picture
_AGREEMENT = (0.5, 0.7)  # 0: slopes in all directions, 1: in one; the higher parts touching codes
_DIRECTIONS = 6
_LEAST_PATCHES = 25
_SOFT = 6.0  # grey levels a pixel: slopes above count less and less
_LEAST_SLOPE = 0.5
_MOST_SLANT = 1.0


@dataclass(frozen=True, slots=True)
class BarPlace:
    """Where bars may stand, in pixels of the picture.

    Attributes:
        x: Middle.
        y: Middle.
        angle: Of the reading direction, that is across the bars, in degrees.
        width: Across the bars; mostly somewhat more than the code.
        height: Along the bars.
        slant: How far each bar lies below the one to its left, in distances between them: a code that leans
            away from the camera is seen as a parallelogram.
        weight: How much it looks like a code; larger is better, comparable within one picture.
    """

    x: float
    y: float
    angle: float
    width: float
    height: float
    slant: float
    weight: float

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Its four corners."""
        angle = np.radians(self.angle)
        down = np.array([-np.sin(angle), np.cos(angle)])
        across = np.array([np.cos(angle), np.sin(angle)]) + self.slant * down
        across, down = across * self.width / 2, down * self.height / 2
        middle = np.array([self.x, self.y])
        quad = (
            middle - across - down,
            middle + across - down,
            middle + across + down,
            middle - across + down,
        )
        return tuple((float(x), float(y)) for x, y in quad)


def find_places(grey: Picture, most: int) -> list[BarPlace]:
    """The likeliest places, best first.

    Args:
        grey: Grey picture.
        most: How many are returned at most.
    """
    shrink = min(1.0, _WORK_SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else grey
    slopes, per_patch = _slopes_by_patch(np.asarray(small, np.uint8))
    found: list[BarPlace] = []
    for window in _WINDOWS:
        found += _places(slopes, window, shrink * per_patch)
    found.sort(key=lambda place: -place.weight)
    kept: list[BarPlace] = []
    for place in found:
        if not any(_nearly_same(place, other) for other in kept):
            kept.append(place)
            if len(kept) == most:
                break
    return kept


def cut_upright(grey: Picture, place: BarPlace, width: int, beside: float = 0.15) -> Picture:
    """The place turned so that its bars stand upright.

    Args:
        grey: Grey picture.
        place: What to cut out.
        width: The place's width in the result's pixels; enlarged at most four times.
        beside: Kept on either side, as a share of the place's width (the quiet zones).
    """
    scale = float(np.clip(width / place.width, 0.25, 4.0))
    across = max(16, round(place.width * (1 + 2 * beside) * scale))
    down = min(max(8, round(place.height * scale)), 2 * across)
    turn = cv2.getRotationMatrix2D((place.x, place.y), place.angle, scale)
    turn[0, 2] += across / 2 - place.x
    turn[1, 2] += down / 2 - place.y
    turn[1] -= place.slant * (turn[0] - [0, 0, across / 2])  # bars stay upright, side by side
    flags = cv2.INTER_CUBIC if scale >= 0.8 else cv2.INTER_AREA
    return np.asarray(
        cv2.warpAffine(grey, turn, (across, down), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _slopes_by_patch(grey: Picture) -> tuple[tuple[Floats, Floats, Floats], float]:
    """The three numbers of the slopes' structure, averaged over patches, and patches per pixel."""
    soft = cv2.GaussianBlur(grey, (3, 3), 0.8)
    across = cv2.Scharr(soft, cv2.CV_16S, 1, 0).astype(np.float32) / 16
    down = cv2.Scharr(soft, cv2.CV_16S, 0, 1).astype(np.float32) / 16
    less = (1.0 / (np.sqrt(across * across + down * down) + _SOFT)).astype(np.float32)
    per_patch = _GRID / max(grey.shape)
    size = (max(8, round(grey.shape[1] * per_patch)), max(8, round(grey.shape[0] * per_patch)))

    def by_patch(values: npt.NDArray[np.floating]) -> Floats:
        return np.asarray(cv2.resize(values * less, size, interpolation=cv2.INTER_AREA), np.float32)

    return (by_patch(across * across), by_patch(down * down), by_patch(across * down)), per_patch


def _places(slopes: tuple[Floats, Floats, Floats], window: int, scale: float) -> list[BarPlace]:
    xx, yy, xy = (cv2.boxFilter(part, -1, (window, window)) for part in slopes)
    strength = xx + yy
    agreement = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (strength + 0.3)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    found = []
    for least in _AGREEMENT:
        strong = (agreement > least) & (strength > _LEAST_SLOPE)
        for step in range(_DIRECTIONS):
            turned = np.abs((angle - step * np.pi / _DIRECTIONS + np.pi / 2) % np.pi - np.pi / 2)
            mask = (strong & (turned < np.pi / 9)).astype(np.uint8)
            count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask)
            for label in range(1, count):
                x, y, width, height, area = (int(value) for value in boxes[label])
                if area < _LEAST_PATCHES:
                    continue
                part = (slice(y, y + height), slice(x, x + width))
                inside = labels[part] == label
                found.append(_place(slopes, strength, part, inside, window, scale))
    return found


def _place(
    slopes: tuple[Floats, Floats, Floats],
    strength: Floats,
    part: tuple[slice, slice],
    inside: npt.NDArray[np.bool_],
    window: int,
    scale: float,
) -> BarPlace:
    xx, yy, xy = (float(values[part][inside].sum()) for values in slopes)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    agreement = np.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-6)
    rows, columns = np.nonzero(inside)
    px, py = columns + part[1].start + 0.5, rows + part[0].start + 0.5
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    u, v = px * cos + py * sin, py * cos - px * sin
    mid_u = float(u.min() + u.max()) / 2
    slant = float(np.clip(np.cov(u, v)[0, 1] / (float(u.var()) + 1e-6), -_MOST_SLANT, _MOST_SLANT))
    v = v - slant * (u - mid_u)
    spread = (window - 1) * 0.5  # averaging made it wider
    width = max(float(np.ptp(u)) - spread, 4.0)
    height = max(float(np.ptp(v)) - spread, 2.0)
    mid_v = float(v.min() + v.max()) / 2
    dense = float(strength[part][inside].mean())
    # a code is dense with edges; a row of bottles or the wires of a trolley agree as well, but are larger
    weight = dense**2 * agreement**2 * np.sqrt(width * min(width, height))
    return BarPlace(
        (mid_u * cos - mid_v * sin) / scale,
        (mid_u * sin + mid_v * cos) / scale,
        float(np.degrees(angle)),
        width / scale,
        height / scale,
        slant,
        float(weight),
    )


def _nearly_same(one: BarPlace, other: BarPlace) -> bool:
    apart = np.hypot(one.x - other.x, one.y - other.y)
    turned = abs((one.angle - other.angle + 90) % 180 - 90)
    return bool(apart < 0.2 * other.width and turned < 12 and 0.75 < one.width / other.width < 1.33)
