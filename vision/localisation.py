"""Where the item lies in a view: told from the empty station, or, without a reference, from its surroundings.

Lamps drift and items throw shadows, so what counts as change is not brightness alone. After each channel's
gain is taken out, a pixel belongs to the item when its colour changed in a way that no shadow explains, when
it became brighter, when it became darker than any shadow makes it, or when the texture there changed. A soft
shadow does none of these. When in doubt the region is drawn too large: a crop with some table in it costs
little, a torn flap cut off costs a wrong grade.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vision.findings import Box
from vision.picture import Picture, reduced
from vision.settings import LocalisationSettings

Floats = npt.NDArray[np.float32]

_DARK_OFFSET = 8.0  # keeps ratios of nearly black pixels from exploding
_RING = 0.12  # outer share of the picture that counts as its border
_TEXTURE_CHANGE = 0.07  # local spread of log brightness ratio that a soft shadow never reaches
_FEW_EDGES = 150  # fewer reference edges than this say nothing about the fit
_FALLBACK_CEILING = 0.45  # without a reference the place is a guess: crop by it, never mask by it


@dataclass(frozen=True, slots=True)
class Region:
    """Where the item is.

    Attributes:
        box: In pixels of the full picture.
        confidence: 0 to 1.
        method: `reference` (told from the empty station), `contrast` (told from its surroundings) or `whole`
            (not found; the box is the whole picture).
        mask: Grey, at the reduced scale, 255 on the item; empty for `whole`.
        found: Whether anything was found that can be an item.
        against_reference: Whether the empty station was compared with and fits, so that "nothing found" means
            that nothing is there.
        reference_fits: False when a reference was given and doesn't show this view any more: the camera or
            the station was moved, or the light changed beyond recognition.
    """

    box: Box
    confidence: float
    method: Literal["reference", "contrast", "whole"]
    mask: Picture
    found: bool
    against_reference: bool = False
    reference_fits: bool = True

    def scaled(self, width: int, height: int, full_width: int, full_height: int) -> "Region":
        """The same region of the same view at another size: from `width` × `height` to the full size."""
        across, down = full_width / width, full_height / height
        box = Box(self.box.x * across, self.box.y * down, self.box.width * across, self.box.height * down)
        return replace(self, box=box)


@dataclass(frozen=True, slots=True)
class EmptyStation:
    """A view of the station with nothing on it, prepared once and used for every return."""

    small: Floats
    grey: Floats
    edges: npt.NDArray[np.bool_]
    gradient: tuple[Floats, Floats]


class Localiser:
    """Finds the item in a view."""

    def __init__(self, settings: LocalisationSettings) -> None:
        self._settings = settings

    def prepare(self, empty: Picture) -> EmptyStation:
        """Prepare a reference picture (BGR, any size with the views' proportions)."""
        small = _smooth(reduced(empty, self._settings.work_side))
        grey = _grey(small)
        gradient = _gradient(grey)
        strength = _steepness(gradient)
        return EmptyStation(small, grey, np.asarray(strength > 12, np.bool_), gradient)

    def locate(self, picture: Picture, reference: EmptyStation | None = None) -> Region:
        """Find the item in a BGR picture, full or reduced size.

        The box is in pixels of `picture`. Never fails: what can't be found is the whole picture, with
        confidence 0.
        """
        small = _smooth(reduced(picture, self._settings.work_side))
        if reference is None:
            return self._from_surroundings(picture, small, reference_fits=True)
        if reference.small.shape != small.shape:
            return self._from_surroundings(picture, small, reference_fits=False)
        evidence, levelled = self._changed(small, reference)
        mask = self._whole_items(evidence, hulls=True)
        changed = _share(mask)
        fit = _edge_likeness(levelled, reference, mask)
        moved = changed > self._settings.max_changed or fit < self._settings.min_fit
        if moved or _spans(mask):
            return self._from_surroundings(picture, small, reference_fits=False)
        if changed < self._settings.min_area:
            return _whole(picture, against_reference=True)
        solid = float(np.count_nonzero(evidence & mask)) / max(1, int(np.count_nonzero(mask)))
        confidence = min(1.0, 0.4 + solid) * (1 - 0.5 * _border_contact(mask)) * min(1.0, 0.5 + fit)
        return Region(
            _box(mask, picture), round(confidence, 4), "reference", mask, True, against_reference=True
        )

    def _changed(self, small: Floats, reference: EmptyStation) -> tuple[Picture, Floats]:
        """Pixels that no lamp and no soft shadow explain (255), and the grey picture, light levelled."""
        limits = self._settings
        gain = _gain(small, reference.small)
        levelled = _times(small, np.reciprocal(gain))
        grey = _grey(levelled)
        light = np.asarray(cv2.divide(grey + _DARK_OFFSET, reference.grey + _DARK_OFFSET), np.float32)
        bounded = np.clip(light, 0.2, 1.6)
        expected = cv2.multiply(reference.small, cv2.merge([bounded, bounded, bounded]))
        blue, green, red = cv2.split(cv2.absdiff(levelled, expected))
        colour = cv2.max(cv2.max(blue, green), red)
        logs = cv2.log(light)
        mean = cv2.blur(logs, (5, 5))
        variance = cv2.blur(cv2.multiply(logs, logs), (5, 5)) - cv2.multiply(mean, mean)
        changed = (
            (colour > limits.colour_change)
            | (light > 1 + limits.light_change)
            | (light < limits.shadow_floor)
            | (variance > _TEXTURE_CHANGE**2)
        )
        return np.asarray(changed * np.uint8(255), np.uint8), grey

    def _whole_items(self, evidence: Picture, *, hulls: bool) -> Picture:
        """Close gaps, fill holes (and, with `hulls`, dents in the outline), drop crumbs."""
        opened = cv2.morphologyEx(evidence, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        size = max(3, evidence.shape[1] // 32) | 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
        contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        areas = [cv2.contourArea(contour) for contour in contours]
        mask = np.zeros_like(evidence)
        least = max(self._settings.min_area * evidence.size * 0.5, 0.05 * max(areas, default=0))
        kept = [contour for contour, area in zip(contours, areas, strict=True) if area >= least]
        if hulls:
            kept = [np.asarray(cv2.convexHull(contour), np.int32) for contour in kept]
        cv2.drawContours(mask, kept, -1, 255, cv2.FILLED)
        return np.asarray(mask, np.uint8)

    def _from_surroundings(self, picture: Picture, small: Floats, *, reference_fits: bool) -> Region:
        """Guess the item as what differs from the border on its own row and column and is busy or central."""
        strength = cv2.boxFilter(_steepness(_gradient(_grey(small))), -1, (5, 5))
        scaled = np.clip(strength * 8, 0, 255).astype(np.uint8)
        level, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        busy = scaled > max(level * 0.6, 20.0)
        evidence = np.asarray(busy * np.uint8(255), np.uint8)
        mask = self._central_item(_without_lines(self._whole_items(evidence, hulls=False)))
        share = _share(mask)
        if not self._settings.min_area <= share <= self._settings.max_changed:
            return _whole(picture, reference_fits=reference_fits)
        confidence = _FALLBACK_CEILING * (1 - _border_contact(mask)) * min(1.0, share / 0.02)
        box = _box(mask, picture)
        return Region(box, round(confidence, 4), "contrast", mask, found=True, reference_fits=reference_fits)

    def _central_item(self, mask: Picture) -> Picture:
        """The parts that lie near the middle, rather than furniture which enters from the border."""
        count, labels, stats, centres = cv2.connectedComponentsWithStats(mask)
        height, width = mask.shape
        best, best_score = 0, 0.0
        for label in range(1, count):
            x, y, w, h, area = (int(value) for value in stats[label])
            away = abs(centres[label][0] / width - 0.5) + abs(centres[label][1] / height - 0.5)
            sides = (x <= 1) + (y <= 1) + (x + w >= width - 1) + (y + h >= height - 1)
            score = area * max(0.05, 1 - 1.4 * away) * (0.35**sides)
            if score > best_score:
                best, best_score = label, score
        if best == 0:
            return np.zeros_like(mask)
        return _hull(np.asarray((labels == best) * np.uint8(255), np.uint8))


def _smooth(small: Picture) -> Floats:
    return cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)


def _grey(small: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _gradient(grey: Floats) -> tuple[Floats, Floats]:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _steepness(gradient: tuple[Floats, Floats]) -> Floats:
    """Length of the gradient; cv2.magnitude's last bits depend on where in memory the picture lies."""
    across, down = gradient
    return np.sqrt(across * across + down * down, dtype=np.float32)


def _gain(small: Floats, reference: Floats) -> Floats:
    """How much brighter each channel's border became: the lamps' doing, not the item's."""
    ratios = (_border(small) + _DARK_OFFSET) / (_border(reference) + _DARK_OFFSET)
    middle = ratios.shape[1] // 2
    medians = np.partition(ratios, middle, axis=1)[:, middle]
    return np.asarray(np.clip(medians, 0.3, 3.0), np.float32)


def _border(small: Floats) -> Floats:
    """Every second pixel of the picture's border, `(channels, pixels)`."""
    height, width = small.shape[:2]
    edge_y, edge_x = max(1, round(height * _RING)), max(1, round(width * _RING))
    upright = small[edge_y : height - edge_y]
    parts = (small[:edge_y], small[height - edge_y :], upright[:, :edge_x], upright[:, width - edge_x :])
    return np.ascontiguousarray(np.concatenate([part[::2, ::2].reshape(-1, 3) for part in parts]).T)


def _times(small: Floats, factors: Floats) -> Floats:
    """Each channel times its factor, a whole row at a time: numpy is slow along an axis of three."""
    height, width = small.shape[:2]
    rows = small.reshape(height, width * 3) * np.tile(factors, width)
    return rows.reshape(height, width, 3)


def _edge_likeness(grey: Floats, reference: EmptyStation, mask: Picture) -> float:
    """Correlation (-1 to 1) of the background's edges with the reference's; 1 with too few to tell."""
    around = cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0
    where = reference.edges & around
    if int(np.count_nonzero(where)) < _FEW_EDGES:
        return 1.0
    now_x, now_y = _gradient(grey)
    before_x, before_y = reference.gradient
    product = float((now_x[where] * before_x[where] + now_y[where] * before_y[where]).sum())
    power_now = float((now_x[where] ** 2 + now_y[where] ** 2).sum())
    power_before = float((before_x[where] ** 2 + before_y[where] ** 2).sum())
    return product / max(1e-6, float(np.sqrt(power_now * power_before)))


def _without_lines(mask: Picture) -> Picture:
    """Drop what is thin: the edge of the table, a cable, a shadow's rim; unless nothing else is there."""
    size = max(5, mask.shape[1] // 20) | 1
    opened = cv2.morphologyEx(
        mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    )
    return np.asarray(opened if np.any(opened) else mask, np.uint8)


def _hull(mask: Picture) -> Picture:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, [cv2.convexHull(np.concatenate(contours))], -1, 255, cv2.FILLED)
    return np.asarray(filled, np.uint8)


def _share(mask: Picture) -> float:
    return float(np.count_nonzero(mask)) / mask.size


def _spans(mask: Picture) -> bool:
    """Whether the change reaches from one side to the opposite one, as a shifted table's edge does."""
    across = bool(mask[:, 0].any() and mask[:, -1].any())
    return across or bool(mask[0].any() and mask[-1].any())


def _border_contact(mask: Picture) -> float:
    """Share of the picture's border that the mask touches."""
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return float(np.count_nonzero(border)) / border.size


def _box(mask: Picture, picture: Picture) -> Box:
    x, y, width, height = cv2.boundingRect(mask)
    scale_x = picture.shape[1] / mask.shape[1]
    scale_y = picture.shape[0] / mask.shape[0]
    return Box(x * scale_x, y * scale_y, width * scale_x, height * scale_y)


def _whole(picture: Picture, *, against_reference: bool = False, reference_fits: bool = True) -> Region:
    height, width = picture.shape[:2]
    nothing = np.zeros((0, 0), np.uint8)
    box = Box(0, 0, width, height)
    return Region(box, 0.0, "whole", nothing, False, against_reference, reference_fits)
