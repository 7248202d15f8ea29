"""Photographs that join the drawn pictures, each from a set whose licence is named and allows it.

Sets under a share-alike licence stay out of the weights that ship: whether weights are an adaptation of the
pictures is unsettled, and the package's licence must not depend on the answer. They serve as held-out test
pictures instead.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.training.drawn import Sample
from models.training.errors import PicturesMissing
from models.training.rendering.spec import Picture
from vision.crop import NEUTRAL
from vision.findings import Box, DefectKind

OPEN_CLASS = "1"
HELD_OUT_EVERY = 5
"""Of the caps photographs each fifth run of ten numbers is held out: neighbours show the same scene."""


@dataclass(frozen=True, slots=True)
class SharedSet:
    """A set of photographs, its folder below the shared data, and the licence that allows its use.

    `source` is the credit that the licence asks for, as far as the copy at hand lets it be given.
    """

    name: str
    folder: str
    licence: str
    source: str


_UNNAMED = (
    "the copy at hand names neither title nor publisher, so none can be credited; "
    "licence: https://creativecommons.org/licenses/by/4.0/; changed: scaled, turned, recoloured"
)
CAPS_BOXES = SharedSet("bottle caps, boxes", "caps/boxes", "CC-BY-4.0", _UNNAMED)
CAPS_PHOTOS = SharedSet("bottle caps, photographs", "caps/photos", "CC-BY-4.0", _UNNAMED)
GROCERY = SharedSet(
    "grocery store photographs",
    "grocery",
    "MIT",
    "the copy at hand names no publisher; changed: scaled, turned, recoloured",
)


def held_out(path: Path) -> bool:
    """Whether a caps photograph belongs to the held-out part, told from its running number."""
    digits = "".join(part for part in path.stem.split("_")[1:2] if part.isdigit())
    return bool(digits) and int(digits) // 10 % HELD_OUT_EVERY == 0


def open_bottles(data: Path, count: int, size: int, rng: np.random.Generator, test: bool) -> list[Sample]:
    """Greyscale photographs with boxes of open mouths; closed bottles come along with nothing to find."""
    paths = _pictures(data / CAPS_BOXES.folder, "*/images/*.jpg")
    chosen = _choose([path for path in paths if held_out(path) == test], count, rng)
    return [_boxed(path, size) for path in chosen]


def closed_bottles(data: Path, count: int, size: int, rng: np.random.Generator, test: bool) -> list[Sample]:
    """Colour photographs of closed bottles: nothing to find."""
    paths = _pictures(data / CAPS_PHOTOS.folder, "closed/*.jpg")
    chosen = _choose([path for path in paths if held_out(path) == test], count, rng)
    return [Sample(squared(read(path), size)[0]) for path in chosen]


def groceries(data: Path, count: int, size: int, rng: np.random.Generator, part: str) -> list[Sample]:
    """Photographs of intact cartons and pots in a shop: nothing to find."""
    paths = _pictures(data / GROCERY.folder / part, "*/*.jpg")
    return [Sample(squared(read(path), size)[0]) for path in _choose(paths, count, rng)]


def squared(picture: Picture, size: int) -> tuple[Picture, float, int, int]:
    """Fit a whole photograph into the network's square; also the scale and the grey border left and above."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = np.full((size, size, 3), NEUTRAL, np.uint8)
    x, y = (size - inner[0]) // 2, (size - inner[1]) // 2
    square[y : y + inner[1], x : x + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    return square, scale, x, y


def read(path: Path) -> Picture:
    """A photograph, blue-green-red.

    Raises:
        PicturesMissing: The file is no picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise PicturesMissing(f"{path} can't be read as a picture; remove it or fetch the set again.")
    return np.asarray(picture, np.uint8)


def caps_boxes(path: Path) -> list[Box]:
    """Boxes of open mouths in shares of the picture; the publisher's few polygons become their bounds."""
    label = path.parent.parent / "labels" / f"{path.stem}.txt"
    found = []
    for line in label.read_text(encoding="ascii").splitlines():
        first, *rest = line.split()
        numbers = np.array([float(entry) for entry in rest])
        if first != OPEN_CLASS:
            continue
        if len(numbers) == 4:
            centre, extent = numbers[:2], numbers[2:]
            low, high = centre - extent / 2, centre + extent / 2
        else:
            corners = numbers.reshape(-1, 2)
            low, high = corners.min(axis=0), corners.max(axis=0)
        found.append(Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])))
    return found


def _boxed(path: Path, size: int) -> Sample:
    picture = read(path)
    square, scale, x, y = squared(picture, size)
    height, width = picture.shape[:2]
    boxes = [
        (
            DefectKind.OPENING,
            Box(
                box.x * width * scale + x,
                box.y * height * scale + y,
                box.width * width * scale,
                box.height * height * scale,
            ),
        )
        for box in caps_boxes(path)
    ]
    return Sample(square, boxes)


def _pictures(folder: Path, pattern: str) -> list[Path]:
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise PicturesMissing(
            f"{folder} holds no {pattern}; fetch the set, or set its count in the recipe to 0."
        )
    return paths


def _choose(paths: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    order = rng.permutation(len(paths))[:count]
    return [paths[int(index)] for index in sorted(order)]
