"""Does the rest of the print agree, once one picture is laid over another by the marks they share?

Products of one maker share logos and layout: their marks alone hardly tell them apart. Laid over each other,
the words and the colours between those marks differ.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.golden.marks import Marks
from vision.golden.views import Floats
from vision.picture import Picture

Truths = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_CELL = 8  # pixels
_COLOUR = np.array([0.4, 1.0, 1.0], np.float32)  # brightness counts less: the lamp is another
_MOST_COLOUR, _MOST_EDGES = 30.0, 0.9
_EVEN_EDGES = 0.45  # difference of edges that speaks neither for nor against
_EVEN_COLOUR = 8.0
_FEWEST_SHARED = 5  # marks
_FEWEST_CELLS = 6
_LIGHTER, _TINTED = 25.0, 8.0  # Lab: what another lamp may change
_STIFF_REACH, _REACH = 14.0, 9.0  # pixels between a mark and where it should lie
_TRIALS = 500
_SCALES = (0.4, 2.5)
_FLATTEST = 2.0  # stretched in one direction against the other


@dataclass(frozen=True, slots=True)
class Looks:
    """A picture's cells: colour, and edges by direction."""

    colour: Floats
    edges: Floats


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a picture agrees with a golden one laid under it.

    Attributes:
        edges: Cells whose edges agree, less those whose edges don't; 0 at least.
        colour: How well the colours agree, times the root of the cells; below 0 where they don't.
    """

    edges: float = 0.0
    colour: float = 0.0


@dataclass(frozen=True, slots=True)
class Overlay:
    """The map from a picture to a golden one that the shared marks give (2 × 3), and which marks bear it."""

    placing: Floats
    bearing: Truths


def overlay(marks: Floats, golden: Floats) -> Overlay | None:
    """Lay places of marks over those of their likes, `(marks, 2)` each; None where no map fits enough."""
    if len(marks) < _FEWEST_SHARED:
        return None
    stiff, borne = cv2.estimateAffinePartial2D(
        marks, golden, ransacReprojThreshold=_STIFF_REACH, maxIters=_TRIALS
    )
    if stiff is None or not _likely(stiff) or borne.sum() < _FEWEST_SHARED:
        return None
    leaning, more = cv2.estimateAffine2D(marks, golden, ransacReprojThreshold=_REACH, maxIters=_TRIALS)
    if leaning is not None and _likely(leaning) and more.sum() >= max(6, borne.sum()):
        return Overlay(np.asarray(leaning, np.float32), np.asarray(more.ravel() > 0))
    return Overlay(np.asarray(stiff, np.float32), np.asarray(borne.ravel() > 0))


def looks(picture: Picture) -> Looks:
    """The cells of a BGR picture."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    size = (max(1, lab.shape[1] // _CELL), max(1, lab.shape[0] // _CELL))
    colour = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    across = cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1, scale=0.25)
    slopes = (across, down, (across + down) * 0.7071, (across - down) * 0.7071)
    signed = [np.maximum(part, 0) for slope in slopes for part in (slope, -slope)]
    smooth = [cv2.GaussianBlur(part, (0, 0), _CELL / 3) for part in signed]
    raw = [cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in smooth]
    edges: Floats = np.dstack(raw).astype(np.float32)
    strength = np.linalg.norm(edges, axis=2, keepdims=True)
    return Looks(np.asarray(colour, np.float32), np.asarray(edges / (strength + 2.0), np.float32))


def agreement(marks: Marks, golden: Marks, golden_looks: Looks, over: Overlay, likes: Places) -> Agreement:
    """How the picture, laid over the golden one, agrees with it around the marks that they share.

    Args:
        marks: The picture's.
        golden: The golden picture's.
        golden_looks: Its cells.
        over: How the one lies over the other.
        likes: Places, in `golden`, of the marks that bear `over`.
    """
    height, width = golden.picture.shape[:2]
    shared = np.zeros((height, width), np.uint8)
    hull = cv2.convexHull(golden.places[likes])
    cv2.fillConvexPoly(shared, hull.astype(np.int32), 255)
    shared = np.asarray(cv2.dilate(shared, np.ones((25, 25), np.uint8)), np.uint8)
    laid = cv2.warpAffine(marks.picture, over.placing, (width, height), flags=cv2.INTER_LINEAR)
    all_of_it = np.full(marks.picture.shape[:2], 255, np.uint8)
    inside = cv2.warpAffine(all_of_it, over.placing, (width, height), flags=cv2.INTER_NEAREST)
    own = looks(np.asarray(laid, np.uint8))
    cells = own.colour.shape[1::-1]
    both = np.asarray(cv2.bitwise_and(shared, inside), np.uint8)
    where = cv2.resize(both, cells, interpolation=cv2.INTER_AREA) > 127
    count = int(where.sum())
    if count < _FEWEST_CELLS:
        return Agreement()
    lamp = np.median(golden_looks.colour[where], axis=0) - np.median(own.colour[where], axis=0)
    lamp = np.clip(lamp, (-_LIGHTER, -_TINTED, -_TINTED), (_LIGHTER, _TINTED, _TINTED))
    colours = _nearest(golden_looks.colour * _COLOUR, (own.colour + lamp.astype(np.float32)) * _COLOUR)[where]
    edges = _nearest(golden_looks.edges, own.edges)[where]
    off = float(np.minimum(colours, _MOST_COLOUR).mean())
    return Agreement(
        edges=max(0.0, float((_EVEN_EDGES - np.minimum(edges, _MOST_EDGES)).sum())),
        colour=float(count**0.5) * (_EVEN_COLOUR - min(off, 2 * _EVEN_COLOUR)),
    )


def _likely(placing: Any) -> bool:
    stretch = np.linalg.svd(placing[:, :2], compute_uv=False)
    low, high = _SCALES
    return bool(stretch[0] < high and stretch[1] > low and stretch[0] < _FLATTEST * stretch[1])


def _nearest(golden: Floats, own: Floats) -> Floats:
    """Distance of each cell to the most alike of the golden picture's nine cells around it."""
    rows, columns = own.shape[:2]
    wide = np.pad(golden, ((1, 1), (1, 1), (0, 0)), mode="edge")
    best = np.full((rows, columns), np.inf, np.float32)
    for down in range(3):
        for across in range(3):
            off = own - wide[down : down + rows, across : across + columns]
            best = np.minimum(best, np.einsum("ijk,ijk->ij", off, off))
    return np.sqrt(best)
