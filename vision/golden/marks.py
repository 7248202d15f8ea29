"""The print's own marks: corners of letters, logos and pictures, as a camera finds them again (SIFT).

On a plain table the marks within the item's outline count. Before full shelves, or in somebody's hand, an
outline can't be trusted: then the item is taken to be in the middle, and marks farther out weigh less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.golden.views import Floats, ItemView
from vision.picture import Picture

MARK_NUMBERS = 131
"""Numbers a mark: 128 of its shape (RootSIFT, of length 1), then its colour (Lab), weighted."""
_SIDE = 400  # longer side of the picture that marks are looked for in
_MOST_FOUND = 1000
_MARKS = 600
_CONTRAST = 0.02
_MARGIN = 0.06  # around the outline's box, of its longer side
_COLOUR_WEIGHTS = np.array([0.006, 0.02, 0.02], np.float32)
_SIGMAS, _SIZES = (2.0, 5.0, 10.0), (6.0, 15.0)  # colour is taken wider around larger marks
_MIDDLE = 0.8  # squared distance from the middle, in half sides, from which marks don't count
_BUSY = 0.45  # share of the surroundings that is edges from which an outline isn't trusted
_EDGE = 8.0  # slope of an edge, grey levels a pixel
_LOOK = 160  # longer side at which the surroundings are looked at
_CONFIDENT = 0.5


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks on one picture.

    Attributes:
        numbers: `(marks, MARK_NUMBERS)`: what each looks like.
        places: `(marks, 2)`: where, in pixels of `picture`.
        weights: How much each counts, 0 to 1: less, the less surely it is on the item.
        picture: BGR, the cut that they were found on.
    """

    numbers: Floats
    places: Floats
    weights: Floats
    picture: Picture


def marks_of(view: ItemView) -> Marks:
    """The strongest marks on the item."""
    outlined = view.confidence >= _CONFIDENT and not _busy_surroundings(view)
    picture, where = _cut(view) if outlined else (_finest(view), None)
    picture, where = _sized(picture, where)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    within = _middle(picture) if where is None else cv2.dilate(where, np.ones((15, 15), np.uint8))
    found, shapes = cv2.SIFT.create(_MOST_FOUND, contrastThreshold=_CONTRAST).detectAndCompute(grey, within)
    if shapes is None or not len(found):
        none = np.zeros((0, 2), np.float32)
        return Marks(np.zeros((0, MARK_NUMBERS), np.float32), none, none[:, 0], picture)
    strongest = np.argsort([-mark.response for mark in found], kind="stable")[:_MARKS]
    kept = [found[number] for number in strongest]
    shapes = np.asarray(shapes, np.float32)[strongest]
    shares = np.sqrt(shapes / np.maximum(shapes.sum(axis=1, keepdims=True), 1e-6))
    places = np.array([mark.pt for mark in kept], np.float32)
    weights = np.exp(-_off_middle(places, picture)) if where is None else np.ones(len(kept), np.float32)
    numbers = np.hstack([shares, _colours(picture, kept, places)])
    return Marks(numbers.astype(np.float32), places, weights.astype(np.float32), picture)


def _busy_surroundings(view: ItemView) -> bool:
    """Whether what lies around the outline is as full of edges as a shelf."""
    height, width = view.picture.shape[:2]
    scale = _LOOK / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(view.picture, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    around = cv2.dilate(cv2.resize(view.mask, size), np.ones((9, 9), np.uint8)) == 0
    if not around.any():
        return False
    return float((across * across + down * down > _EDGE**2)[around].mean()) > _BUSY


def _finest(view: ItemView) -> Picture:
    return view.picture if view.fine is None else view.fine


def _cut(view: ItemView) -> tuple[Picture, Picture]:
    picture = _finest(view)
    mask = np.asarray(cv2.resize(view.mask, picture.shape[1::-1]), np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    edge = round(_MARGIN * max(width, height))
    rows = slice(max(0, y - edge), y + height + edge)
    columns = slice(max(0, x - edge), x + width + edge)
    return picture[rows, columns], mask[rows, columns]


def _sized(picture: Picture, where: Picture | None) -> tuple[Picture, Picture | None]:
    """A whole view at the known size; a cut, which is at a known size already, only if it is larger."""
    height, width = picture.shape[:2]
    scale = _SIDE / max(height, width)
    if where is not None and scale >= 1:
        return picture, where
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)
    return sized, None if where is None else np.asarray(cv2.resize(where, size), np.uint8)


def _off_middle(places: Floats, picture: Picture) -> Floats:
    """Squared distance from the picture's middle, in half sides."""
    half = np.array([picture.shape[1], picture.shape[0]], np.float32) / 2
    return np.asarray((((places - half) / half) ** 2).sum(axis=1), np.float32)


def _middle(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    axes = (round(width / 2 * _MIDDLE**0.5), round(height / 2 * _MIDDLE**0.5))
    within = np.zeros((height, width), np.uint8)
    cv2.ellipse(within, (width // 2, height // 2), axes, 0, 0, 360, 255, cv2.FILLED)
    return within


def _colours(picture: Picture, marks: Sequence[cv2.KeyPoint], places: Floats) -> Floats:
    """The colour around each mark."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    blurred = np.stack([cv2.GaussianBlur(lab, (0, 0), sigma) for sigma in _SIGMAS])
    level = np.digitize([mark.size for mark in marks], _SIZES)
    height, width = picture.shape[:2]
    columns = np.clip(places[:, 0].astype(int), 0, width - 1)
    rows = np.clip(places[:, 1].astype(int), 0, height - 1)
    return np.asarray(blurred[level, rows, columns] * _COLOUR_WEIGHTS, np.float32)
