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


def groceries(data: Path, count: int, size: int, rng: np.random.Generator, part: str) -> list[Sample]:
    """Photographs of intact cartons and pots in a shop: nothing to find."""
    paths = pictures_in(data / GROCERY.folder / part, "*/*.jpg")
    return [Sample(squared(read(path), size)[0]) for path in choose(paths, count, rng)]


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


def pictures_in(folder: Path, pattern: str) -> list[Path]:
    """The pictures of a set, in a fixed order.

    Raises:
        PicturesMissing: There are none.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise PicturesMissing(
            f"{folder} holds no {pattern}; fetch the set, or set its count in the recipe to 0."
        )
    return paths


def choose(paths: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    """So many of them, drawn by chance."""
    order = rng.permutation(len(paths))[:count]
    return [paths[int(index)] for index in sorted(order)]
