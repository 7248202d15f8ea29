"""Measures a detector on pictures it never saw, each figure beside what would be reached without looking.

Floors: for boxes, each picture's findings are compared with another picture's truth; for whole photographs,
the same detector is asked again with the item hidden, so that only the surroundings can tell.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.caps import held_out
from models.training.recipe import Recipe
from models.training.rendering.spec import Picture
from models.training.shared_sets import CAPS_PHOTOS, read, squared
from vision.crop import NEUTRAL
from vision.detector import DetectorClass, DetectorSpec, OnnxDetector
from vision.findings import Box, DefectKind, Finding
from vision.localisation import Region
from vision.settings import DetectorSettings

Truth = list[tuple[DefectKind, Box]]
Finder = Callable[[Picture], Sequence[Finding]]
OVERLAP = 0.5
LOWEST_SCORE = 0.01
HIDDEN_SHARE = 0.75
"""Middle part of a photograph's sides that is hidden to measure what the surroundings alone give away."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Figures by name for one set of pictures."""

    data: str
    figures: dict[str, float]
    notes: str = ""


def finder(recipe: Recipe, weights: bytes) -> Finder:
    """All findings down to the lowest score in a picture that already is the network's square."""
    classes = tuple(DetectorClass(kind.value, kind, LOWEST_SCORE) for kind in recipe.classes)
    spec = DetectorSpec("images", recipe.input_size, "RGB", "output0", classes, max_findings=100)
    detector = OnnxDetector(weights, spec, DetectorSettings(margin=0.0, mask_background=False))
    size = float(recipe.input_size)
    whole = Region(Box(0, 0, size, size), 1.0, "whole", np.zeros((0, 0), np.uint8), found=True)
    return lambda square: detector.detect(square, whole, "test")


def measure(recipe: Recipe, weights: bytes, dataset: Path, shared: Path | None) -> list[Measurement]:
    """Every measurement that the given data allows."""
    find = finder(recipe, weights)
    results = [measure_boxes(recipe, find, dataset)]
    if shared is not None:
        results += [result for result in _photographs(recipe, find, shared) if result.figures]
    return results


def measure_boxes(recipe: Recipe, find: Finder, dataset: Path) -> Measurement:
    """Average precision per kind, and recall, precision and false alarms at the shipped thresholds."""
    found: list[Sequence[Finding]] = []
    truths: list[Truth] = []
    for path in sorted((dataset / "images" / "test").glob("drawn*.png")):
        found.append(find(read(path)))
        truths.append(read_labels(recipe, path))
    figures: dict[str, float] = {}
    scores = []
    for kind in recipe.classes:
        precision = average_precision(found, truths, kind)
        if precision is not None:
            figures[f"ap50_{kind}"] = precision
            scores.append(precision)
            limit = recipe.thresholds[kind]
            figures[f"recall_{kind}"] = _recall(found, truths, kind, limit)
    figures["map50"] = float(np.mean(scores)) if scores else 0.0
    shuffled = truths[7:] + truths[:7]
    floor = [average_precision(found, shuffled, kind) for kind in recipe.classes]
    figures["map50_floor"] = float(np.mean([value for value in floor if value is not None]))
    intact = [kept(recipe, given) for given, truth in zip(found, truths, strict=True) if not truth]
    damaged = [kept(recipe, given) for given, truth in zip(found, truths, strict=True) if truth]
    figures["intact_with_finding"] = float(np.mean([bool(given) for given in intact])) if intact else 0.0
    figures["damaged_with_finding"] = float(np.mean([bool(given) for given in damaged])) if damaged else 0.0
    figures["pictures"] = float(len(truths))
    rounded = {name: round(value, 4) for name, value in figures.items()}
    return Measurement(
        "drawn, other products and stations", rounded, "IoU 0.5; floor: another picture's truth"
    )


def kept(recipe: Recipe, given: Iterable[Finding]) -> list[Finding]:
    """The findings that pass the shipped thresholds."""
    return [finding for finding in given if finding.score >= recipe.thresholds[finding.kind]]


def read_labels(recipe: Recipe, picture: Path) -> Truth:
    """The truth beside a written picture, in square pixels."""
    label = picture.parent.parent.parent / "labels" / picture.parent.name / f"{picture.stem}.txt"
    truth: Truth = []
    for line in label.read_text(encoding="ascii").splitlines():
        number, *rest = line.split()
        x, y, width, height = (float(part) * recipe.input_size for part in rest)
        truth.append((recipe.classes[int(number)], Box(x - width / 2, y - height / 2, width, height)))
    return truth


def average_precision(
    found: Sequence[Sequence[Finding]], truths: Sequence[Truth], kind: DefectKind
) -> float | None:
    """Area under precision over recall at overlap 0.5; None where the truth has none of the kind."""
    total = sum(1 for truth in truths for entry, _ in truth if entry is kind)
    if total == 0:
        return None
    scored: list[tuple[float, bool]] = []
    for given, truth in zip(found, truths, strict=True):
        scored += _matches(given, truth, kind)
    if not scored:
        return 0.0
    order = sorted(scored, key=lambda entry: -entry[0])
    hits = np.cumsum([hit for _, hit in order])
    precision = hits / np.arange(1, len(order) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], hits / total]))
    return float((best_from_here * steps).sum())


def _matches(given: Sequence[Finding], truth: Truth, kind: DefectKind) -> list[tuple[float, bool]]:
    open_boxes = [box for entry, box in truth if entry is kind]
    scored = []
    for finding in sorted((one for one in given if one.kind is kind), key=lambda one: -one.score):
        overlaps = [overlap(finding.box, box) for box in open_boxes]
        best = int(np.argmax(overlaps)) if overlaps else -1
        hit = best >= 0 and overlaps[best] >= OVERLAP
        if hit:
            open_boxes.pop(best)
        scored.append((finding.score, hit))
    return scored


def _recall(
    found: Sequence[Sequence[Finding]], truths: Sequence[Truth], kind: DefectKind, limit: float
) -> float:
    total = hits = 0
    for given, truth in zip(found, truths, strict=True):
        total += sum(1 for entry, _ in truth if entry is kind)
        hits += sum(1 for score, hit in _matches(given, truth, kind) if hit and score >= limit)
    return hits / total if total else 0.0


def overlap(first: Box, second: Box) -> float:
    """Intersection over union.

    >>> overlap(Box(0, 0, 2, 2), Box(1, 0, 2, 2))
    0.3333333333333333
    """
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (first.area + second.area - shared) if shared else 0.0


def ranking(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Chance that a damaged picture scores above an intact one (area under the ROC curve); 0.5 is guessing.

    >>> ranking([0.9, 0.4], [0.1, 0.4])
    0.875
    """
    above: npt.NDArray[np.float64] = np.subtract.outer(np.array(positives, float), np.array(negatives, float))
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


@dataclass(frozen=True, slots=True)
class _PhotoSet:
    name: str
    damaged: list[Path]
    intact: list[Path]
    kinds: frozenset[DefectKind]


def _photographs(recipe: Recipe, find: Finder, shared: Path) -> list[Measurement]:
    anything = frozenset(recipe.classes)
    caps = shared / CAPS_PHOTOS.folder
    damaged = ("minor", "major", "critical")
    sets = [
        _PhotoSet(
            "photographs of bottles, open against closed, numbers not trained on (CC-BY-4.0)",
            [path for path in sorted(caps.glob("open/*.jpg")) if held_out(path)],
            [path for path in sorted(caps.glob("closed/*.jpg")) if held_out(path)],
            frozenset({DefectKind.OPENING}),
        ),
        _PhotoSet(
            "photographs of broken biscuits, never trained on (CC-BY-SA-4.0)",
            sorted((shared / "cookies").glob("*/anomaly/*.jpg")),
            sorted((shared / "cookies").glob("*/normal/*.jpg")),
            anything,
        ),
        _PhotoSet(
            "photographs of incomplete toys, never trained on (CC-BY-SA-4.0)",
            sorted((shared / "toys" / "anomaly").glob("*.jpg")),
            sorted((shared / "toys" / "normal").glob("*.jpg")),
            anything,
        ),
        _PhotoSet(
            "photographs of food cans, dented against sound, never trained on (evaluation only)",
            sorted(path for grade in damaged for path in (shared / "cans" / grade).glob("*.jpg")),
            sorted((shared / "cans" / "none").glob("*.jpg")),
            anything,
        ),
    ]
    results = [_measure_photographs(recipe, find, entry) for entry in sets]
    shop = sorted((shared / "grocery" / "test").glob("*/*.jpg"))[::4]
    if shop:
        alarms = [bool(kept(recipe, find(squared(read(path), recipe.input_size)[0]))) for path in shop]
        figures = {"intact_with_finding": round(float(np.mean(alarms)), 4), "pictures": float(len(shop))}
        results.append(
            Measurement(
                "photographs of intact cartons in a shop, other photographs than trained on (MIT)", figures
            )
        )
    return results


def _measure_photographs(recipe: Recipe, find: Finder, photos: _PhotoSet) -> Measurement:
    if not photos.damaged or not photos.intact:
        return Measurement(photos.name, {})
    figures: dict[str, float] = {"pictures": float(len(photos.damaged) + len(photos.intact))}
    for suffix, hide in (("", False), ("_item_hidden", True)):
        found = {
            name: [_counted(find, recipe, path, photos.kinds, hide) for path in paths]
            for name, paths in (("damaged", photos.damaged), ("intact", photos.intact))
        }
        highest = {name: [_highest(given) for given in pictures] for name, pictures in found.items()}
        figures[f"auroc{suffix}"] = round(ranking(highest["damaged"], highest["intact"]), 4)
        if not hide:
            for name, pictures in found.items():
                alarms = [bool(kept(recipe, given)) for given in pictures]
                figures[f"{name}_with_finding"] = round(float(np.mean(alarms)), 4)
    return Measurement(photos.name, figures, "highest score of any counted kind; floor: item hidden")


def _highest(given: Iterable[Finding]) -> float:
    return max((finding.score for finding in given), default=0.0)


def _counted(
    find: Finder, recipe: Recipe, path: Path, kinds: frozenset[DefectKind], hide: bool
) -> list[Finding]:
    picture = read(path).copy()
    if hide:
        height, width = picture.shape[:2]
        inner_h, inner_w = int(height * HIDDEN_SHARE), int(width * HIDDEN_SHARE)
        top, left = (height - inner_h) // 2, (width - inner_w) // 2
        cv2.rectangle(picture, (left, top), (left + inner_w, top + inner_h), (NEUTRAL,) * 3, -1)
    given = find(squared(picture, recipe.input_size)[0])
    return [finding for finding in given if finding.kind in kinds]


def as_json(results: Iterable[Measurement]) -> str:
    """The measurements as indented JSON."""
    return json.dumps(
        [{"data": one.data, "figures": one.figures, "notes": one.notes} for one in results], indent=2
    )
