"""Photographs of bottle caps: greyscale copies with boxes, and the colour photographs they were made from.

The publisher boxed copies: grey, squeezed into a square, some mirrored, turned or moved. Each is laid over
its colour photograph, so that the boxes of open mouths hold there too and the network learns colours as well.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from models.training.copies import carried_over
from models.training.drawn import Sample, boxes_in
from models.training.rendering.spec import Picture
from models.training.shared_sets import CAPS_BOXES, CAPS_PHOTOS, choose, pictures_in, read, squared
from vision.crop import NEUTRAL, crop_item
from vision.findings import Box, DefectKind
from vision.settings import DetectorSettings
from vision.surroundings import standing_out

OPEN_CLASS = "1"
CLOSER = (0.6, 0.9)
"""How much of each side of a photograph a closer view of it keeps."""

HELD_OUT_EVERY = 5
"""Of the caps photographs each fifth run of ten numbers is held out: neighbours show the same scene."""


def held_out(path: Path) -> bool:
    """Whether a caps photograph belongs to the held-out part, told from its running number."""
    digits = _number(path)
    return bool(digits) and int(digits) // 10 % HELD_OUT_EVERY == 0


def grey_bottles(data: Path, count: int, size: int, rng: np.random.Generator, test: bool) -> list[Sample]:
    """Greyscale copies with boxes of open mouths; closed bottles come along with nothing to find.

    The publisher's `valid` part is left alone: it serves to measure.
    """
    paths = pictures_in(data / CAPS_BOXES.folder, "train/images/*.jpg")
    chosen = choose([path for path in paths if held_out(path) == test], count, rng)
    return [_whole(read(path), caps_boxes(path), size) for path in chosen]


def closed_bottles(data: Path, count: int, size: int, rng: np.random.Generator, test: bool) -> list[Sample]:
    """Colour photographs of closed bottles, whole and cut out: nothing to find."""
    paths = pictures_in(data / CAPS_PHOTOS.folder, "closed/*.jpg")
    chosen = choose([path for path in paths if held_out(path) == test], count, rng)
    return [sample for path in chosen for sample in _ways(read(path), [], size, rng, test)]


def open_bottles(data: Path, count: int, size: int, rng: np.random.Generator, test: bool) -> list[Sample]:
    """Colour photographs of open bottles, whole and cut out, with the boxes of their greyscale copies."""
    paths = pictures_in(data / CAPS_PHOTOS.folder, "open/*.jpg")
    copies: dict[str, list[Path]] = {}
    for copy in pictures_in(data / CAPS_BOXES.folder, "*/images/*.jpg"):
        copies.setdefault(_number(copy), []).append(copy)
    chosen = choose([path for path in paths if held_out(path) == test], count, rng)
    samples = []
    for path in chosen:
        picture = read(path)
        found = [
            carried_over(picture, read(copy), caps_boxes(copy)) for copy in copies.get(_number(path), [])
        ]
        fitting = max((one for one in found if one), key=len, default=[])
        if fitting:
            samples += _ways(picture, fitting, size, rng, test)
    return samples


def laid_over(samples: Sequence[Sample], rng: np.random.Generator) -> list[Sample]:
    """Each picture again, turned by one, two or three quarters: on the bench a bottle often lies."""
    return [_turned(sample, int(rng.integers(1, 4))) for sample in samples]


def _turned(sample: Sample, quarters: int) -> Sample:
    """Turned counter-clockwise, boxes and all."""
    square, boxes = sample.square, list(sample.boxes)
    for _ in range(quarters):
        across = square.shape[1]
        square = np.rot90(square)
        boxes = [(kind, Box(b.y, across - b.x - b.width, b.height, b.width)) for kind, b in boxes]
    return Sample(np.ascontiguousarray(square), boxes)


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


@lru_cache(maxsize=2048)
def _number(path: Path) -> str:
    """The running number in a name such as `IMG_1100_jpg_3530dd.jpg`; empty where there is none."""
    found = re.match(r"[^_]*_(\d+)", path.stem)
    return found[1] if found else ""


def _ways(
    picture: Picture, boxes: list[Box], size: int, rng: np.random.Generator, test: bool
) -> list[Sample]:
    """Whole and cut out; to train on, also cut out of a closer view, where the background goes otherwise."""
    ways = [_whole(picture, boxes, size), _cut_out(picture, boxes, size)]
    if not test:
        ways.append(_cut_out(*_closer(picture, boxes, rng), size))
    return [one for one in ways if one is not None]


def _closer(picture: Picture, boxes: list[Box], rng: np.random.Generator) -> tuple[Picture, list[Box]]:
    """A random part of a photograph, 60 to 90 % of each side, with all open mouths on it."""
    share = float(rng.uniform(*CLOSER))
    starts = []
    for low, high in (
        (min((b.x for b in boxes), default=1.0), max((b.x + b.width for b in boxes), default=0.0)),
        (min((b.y for b in boxes), default=1.0), max((b.y + b.height for b in boxes), default=0.0)),
    ):
        first, last = max(0.0, high - share), min(1.0 - share, low)
        starts.append(float(rng.uniform(first, last)) if first < last else max(0.0, min(first, 1.0 - share)))
    height, width = picture.shape[:2]
    left, top = round(starts[0] * width), round(starts[1] * height)
    across, down = round(share * width), round(share * height)
    part = picture[top : top + down, left : left + across]
    return part, [
        Box((b.x * width - left) / across, (b.y * height - top) / down, b.width / share, b.height / share)
        for b in boxes
    ]


def _whole(picture: Picture, boxes: list[Box], size: int) -> Sample:
    square, scale, x, y = squared(picture, size)
    height, width = picture.shape[:2]
    across, down = width * scale, height * scale
    return Sample(
        square,
        [
            (DefectKind.OPENING, Box(b.x * across + x, b.y * down + y, b.width * across, b.height * down))
            for b in boxes
        ],
    )


def _cut_out(picture: Picture, boxes: list[Box], size: int) -> Sample | None:
    """As an evaluation cuts it out; None where the item, or the mouth on it, was not found."""
    region = standing_out(picture)
    if not region.found:
        return None
    height, width = picture.shape[:2]
    crop = crop_item(picture, region, size, margin=DetectorSettings().margin, mask_background=True)
    full = [
        (DefectKind.OPENING, Box(b.x * width, b.y * height, b.width * width, b.height * height))
        for b in boxes
    ]
    inside = [(kind, box) for kind, box in boxes_in(crop, full, size) if _shows(crop.square, box)]
    return Sample(crop.square, inside) if len(inside) == len(boxes) else None


def _shows(square: Picture, box: Box) -> bool:
    """Whether most of a box was left when the background went."""
    part = square[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]
    return part.size > 0 and float((part != NEUTRAL).any(axis=2).mean()) > 0.4
