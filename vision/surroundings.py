"""The item's outline without an empty-station picture: what differs from the picture's own border.

The border of a view shows the table, the belt or the wall, seldom the item. A few Gaussians over colour and
local texture describe it; what none of them explains, compactly and near the middle, is the item. Unlike the
convex outline of `vision/localisation.py`, this one keeps bites and gaps: they are what a broken item shows.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.findings import Box
from vision.localisation import Region
from vision.picture import Picture, reduced
from vision.rim import FULL, redrawn, slopes

Floats = npt.NDArray[np.float32]

WORK_SIDE = 192
_RING = 0.05  # outer share of the picture that counts as border
_KINDS = 5  # kinds of background told apart
_ROUNDS = 6  # of sorting border pixels into kinds
_FLOOR = np.array([4.0, 1.5, 1.5, 0.35], np.float32) ** 2  # least spread of L, a, b, texture within a kind
_ROW_SPREAD = np.array([9.0, 3.0, 3.0, 0.7], np.float32)  # of the same, along a row from border to border
_LEAST = 2.5  # standard deviations that stand out on the plainest table
_OTSU_STEPS = 10.0  # grey levels a standard deviation
_CUTS = 3  # rounds of drawing the outline along edges
_LIKE_WEIGHT = 0.25  # share of the heaviest part's weight that belongs to the item too
_SMALL_PART = 0.03  # the same, where too much is better than too little


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands out from the surroundings.

    Attributes:
        mask: Grey, at the reduced scale, 255 on the item; all zero where nothing stands out.
        confidence: 0 to 1: how far the item stands apart from everything at the border.
    """

    mask: Picture
    confidence: float

    @property
    def found(self) -> bool:
        """Whether anything stands out."""
        return bool(self.mask.any())


def outline(picture: Picture) -> Outline:
    """The item of a BGR picture, by its surroundings; never fails."""
    small = reduced(picture, WORK_SIDE)
    evidence, smooth = _evidence(small)
    mask = _refined(small, _item(evidence, smooth))
    slope = slopes(small)

    def drawn(enclosed: Picture) -> Picture:
        return _refined(small, _item(enclosed, np.minimum(slope, FULL) + 1))

    mask = redrawn(mask, slope, drawn)
    return Outline(mask, _confidence(mask, smooth, _ring(smooth)))


def standing_out(picture: Picture) -> Region:
    """Where a detector looks on a BGR picture without an empty-station reference: when in doubt too much.

    To the outline come all parts that stand out, small ones too, and nothing is cut off along edges: what is
    transparent or wrapped in foil differs too little from the wall in places. A region that is not found is
    the whole picture.
    """
    small = reduced(picture, WORK_SIDE)
    evidence, smooth = _evidence(small)
    drawn = _refined(small, _item(evidence, smooth))
    mask = drawn | _item(evidence, smooth, least=_SMALL_PART)
    return _region(mask, _confidence(drawn, smooth, _ring(smooth)), picture)


def hull(picture: Picture) -> Region:
    """Where a grader looks on a BGR picture: the convex hull of the item's outline, and nothing of the wall.

    A region that is not found is the whole picture.
    """
    found = outline(picture)
    mask = np.zeros_like(found.mask)
    if found.found:
        cv2.fillConvexPoly(mask, cv2.convexHull(cv2.findNonZero(found.mask)), 255)
    return _region(mask, found.confidence, picture)


def _region(mask: Picture, confidence: float, picture: Picture) -> Region:
    """The region that a mask at the reduced scale marks on the picture; all of it without confidence."""
    height, width = picture.shape[:2]
    if confidence <= 0:
        return Region(Box(0, 0, width, height), 0.0, "whole", mask[:0, :0], found=False)
    x, y, across, down = cv2.boundingRect(mask)
    seen = Region(Box(x, y, across, down), confidence, "contrast", mask, found=True)
    return seen.scaled(mask.shape[1], mask.shape[0], width, height)


def _evidence(small: Picture) -> tuple[Picture, Floats]:
    """What stands out (255), and by how many standard deviations each pixel does."""
    features = _features(small)
    distance = np.minimum(_unlikeness(features, _border_pixels(features)), _off_row(features))
    smooth: Floats = np.asarray(cv2.GaussianBlur(distance, (5, 5), 0), np.float32)
    scaled = np.clip(smooth * _OTSU_STEPS, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    usual = 1.25 * float(np.quantile(_ring(smooth), 0.95))
    limit = max(_LEAST, min(level / _OTSU_STEPS, usual))
    return np.asarray((smooth > limit) * np.uint8(255), np.uint8), smooth


def _features(small: Picture) -> Floats:
    """L, a, b and texture of each pixel, `(height, width, 4)`."""
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    grey = lab[..., 0]
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    energy = cv2.blur(across * across + down * down, (5, 5))
    texture = np.log1p(np.sqrt(np.maximum(energy, 0)))
    lab[..., :3] = cv2.GaussianBlur(lab, (3, 3), 0)
    return np.dstack([lab, texture]).astype(np.float32)


def _ring(values: Floats) -> Floats:
    height, width = values.shape[:2]
    edge = max(2, round(min(height, width) * _RING))
    inner = values[edge : height - edge]
    parts = (values[:edge], values[-edge:], inner[:, :edge], inner[:, -edge:])
    depth = (-1,) if values.ndim == 2 else (-1, values.shape[2])
    return np.concatenate([part.reshape(depth) for part in parts])


def _border_pixels(features: Floats) -> Floats:
    return np.ascontiguousarray(_ring(features)[::2])


def _unlikeness(features: Floats, border: Floats) -> Floats:
    """Distance of each pixel from the likeliest kind of background, in standard deviations."""
    middle = np.quantile(border[:, 0], (np.arange(_KINDS) + 0.5) / _KINDS)
    kinds = np.abs(border[:, :1] - middle).argmin(axis=1)
    flat = features.reshape(-1, features.shape[2])
    best = np.full(flat.shape[0], np.inf, np.float32)
    for last in [False] * _ROUNDS + [True]:
        nearest = np.full((border.shape[0], _KINDS), np.inf, np.float32)
        for kind in range(_KINDS):
            members = border[kinds == kind]
            if members.shape[0] < max(12, border.shape[0] // 100):
                continue
            mean = np.median(members, axis=0)
            centred = members - mean
            near = np.abs(centred).sum(axis=1) <= np.quantile(np.abs(centred).sum(axis=1), 0.95)
            spread = np.cov(centred[near].T) + np.diag(_FLOOR)
            inverse = np.linalg.inv(spread).astype(np.float32)
            scale = float(np.log(np.linalg.det(spread)))
            off = border - mean
            nearest[:, kind] = ((off @ inverse) * off).sum(axis=1) + scale
            if last:
                away = flat - mean
                best = np.minimum(best, ((away @ inverse) * away).sum(axis=1))
        if not last:
            kinds = nearest.argmin(axis=1)
    return np.sqrt(best, dtype=np.float32).reshape(features.shape[:2])


def _off_row(features: Floats) -> Floats:
    """Distance of each pixel from its own row's ends, joined by a straight line: tables shade off slowly."""
    width = features.shape[1]
    edge = max(2, round(width * _RING))
    ends = [np.median(part, axis=1) for part in (features[:, :edge], features[:, -edge:])]
    left, right = (cv2.GaussianBlur(end[:, None, :], (1, 5), 0) for end in ends)
    along = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    away = (features - left * (1 - along) - right * along) / _ROW_SPREAD
    return np.asarray(np.sqrt((away * away).sum(axis=2)), np.float32)


def _refined(small: Picture, mask: Picture) -> Picture:
    """The outline drawn along edges: colours inside against colours outside (GrabCut), then holes filled."""
    if not mask.any():
        return mask
    height, width = mask.shape
    reach = max(3, round(max(height, width) * 0.03))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    labels = np.full(mask.shape, cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(mask, kernel, iterations=2) > 0] = cv2.GC_PR_BGD
    labels[mask > 0] = cv2.GC_PR_FGD
    edge = max(2, round(min(height, width) * _RING)) // 2
    labels[:edge], labels[-edge:], labels[:, :edge], labels[:, -edge:] = (cv2.GC_BGD,) * 4
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)  # its first sorting of colours is random; this thread's generator alone is set
    cv2.grabCut(small, labels, (0, 0, 0, 0), *models, _CUTS, cv2.GC_INIT_WITH_MASK)
    refined = np.asarray(((labels & 1) > 0) * np.uint8(255), np.uint8)
    kept = _item(refined, np.ones(mask.shape, np.float32))
    return kept if np.count_nonzero(kept) >= 0.3 * np.count_nonzero(mask) else mask


def _item(evidence: Picture, distance: Floats, least: float = _LIKE_WEIGHT) -> Picture:
    """The part that stands out most near the middle, with parts of `least` of its weight; holes filled."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    cleaned = cv2.morphologyEx(evidence, cv2.MORPH_OPEN, kernel)
    closed = cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, kernel)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(closed)
    height, width = closed.shape
    scores = np.zeros(count)
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        away = abs(centres[label][0] / width - 0.5) + abs(centres[label][1] / height - 0.5)
        sides = (x <= 1) + (y <= 1) + (x + w >= width - 1) + (y + h >= height - 1)
        weight = float(distance[labels == label].sum())
        scores[label] = weight * max(0.05, 1 - 1.4 * away) * 0.4**sides if area > 0.002 * closed.size else 0
    mask = np.zeros_like(closed)
    if not scores.any():
        return np.asarray(mask, np.uint8)
    kept = np.flatnonzero(scores >= least * scores.max())
    chosen = np.asarray(np.isin(labels, kept) * np.uint8(255), np.uint8)
    contours, _ = cv2.findContours(chosen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mask, contours, -1, 255, cv2.FILLED)
    return np.asarray(mask, np.uint8)


def _confidence(mask: Picture, distance: Floats, border: Floats) -> float:
    """How surely what is inside differs from what is at the border: the chance that it ranks higher."""
    inside = distance[mask > 0]
    share = inside.size / mask.size
    if not 0.003 <= share <= 0.9:
        return 0.0
    apart = float((np.quantile(border, [0.5, 0.8, 0.9, 0.95])[:, None] < inside[None, ::7]).mean())
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return round(max(0.0, apart * (1 - float(np.count_nonzero(edge)) / edge.size)), 4)
