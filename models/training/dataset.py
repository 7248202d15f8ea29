"""Writes the training, validation and test pictures of a recipe, in the layout that the trainer reads."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from models.training.caps import closed_bottles, grey_bottles, laid_over, open_bottles
from models.training.drawn import Drawer, Sample
from models.training.recipe import Recipe
from models.training.shared_sets import groceries
from vision.findings import DefectKind

PARTS = ("train", "val", "test")
_PART_SEEDS = {"train": 1, "val": 2, "test": 3}


def write_dataset(recipe: Recipe, out: Path, shared: Path | None, workers: int) -> dict[str, dict[str, int]]:
    """Write every picture and label; returns how many boxes of each kind each part holds.

    Args:
        recipe: What to write.
        out: An empty or new folder.
        shared: Folder of the shared photographs; None leaves them out.
        workers: Processes that draw.

    Raises:
        PicturesMissing: `shared` lacks a set that the recipe counts on.
    """
    counts = {
        "train": recipe.pictures.drawn_train,
        "val": recipe.pictures.drawn_validate,
        "test": recipe.pictures.drawn_test,
    }
    summary: dict[str, dict[str, int]] = {}
    for part in PARTS:
        _folders(out, part)
        found = Counter[str]()
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            jobs = [(recipe, out, part, number) for number in range(counts[part] // 2)]
            for kinds in pool.map(_draw_one, jobs, chunksize=8):
                found.update(kinds)
        if shared is not None and part != "val":
            found.update(_write(out, part, "photo", _photographs(recipe, shared, part), recipe))
        summary[part] = dict(sorted(found.items()))
    _describe(recipe, out, summary)
    return summary


def _photographs(recipe: Recipe, shared: Path, part: str) -> list[Sample]:
    rng = np.random.default_rng([recipe.seed, _PART_SEEDS[part], 5])
    size, wanted, test = recipe.input_size, recipe.pictures, part == "test"
    bottles = [
        *grey_bottles(shared, wanted.caps_boxes, size, rng, test),
        *open_bottles(shared, wanted.caps_open, size, rng, test),
        *closed_bottles(shared, wanted.caps_closed, size, rng, test),
    ]
    shop = groceries(shared, wanted.grocery, size, rng, part)
    return [*bottles, *shop, *([] if test else laid_over(bottles, rng))]


def _draw_one(job: tuple[Recipe, Path, str, int]) -> list[str]:
    recipe, out, part, number = job
    cv2.setNumThreads(1)
    drawer = _drawer(recipe, part)
    return _write(out, part, f"drawn{number:05d}", drawer.pair(number), recipe)


_drawers: dict[tuple[int, str], Drawer] = {}


def _drawer(recipe: Recipe, part: str) -> Drawer:
    key = (recipe.seed, part)
    if key not in _drawers:
        seed = recipe.seed * 10 + _PART_SEEDS[part]
        _drawers[key] = Drawer(seed, recipe.input_size, recipe.crops, recipe.pictures.intact_share)
    return _drawers[key]


def _folders(out: Path, part: str) -> None:
    for kind in ("images", "labels"):
        (out / kind / part).mkdir(parents=True, exist_ok=True)


def _write(out: Path, part: str, stem: str, samples: Iterable[Sample], recipe: Recipe) -> list[str]:
    written: list[str] = []
    for index, sample in enumerate(samples):
        name = f"{stem}_{index:03d}"
        cv2.imwrite(str(out / "images" / part / f"{name}.png"), sample.square)
        lines = [
            label_line(recipe.classes, kind, box.x, box.y, box.width, box.height, recipe.input_size)
            for kind, box in sample.boxes
        ]
        (out / "labels" / part / f"{name}.txt").write_text(
            "".join(f"{line}\n" for line in lines), encoding="ascii"
        )
        written += [kind.value for kind, _ in sample.boxes] or ["nothing"]
    return written


def label_line(
    classes: tuple[DefectKind, ...],
    kind: DefectKind,
    x: float,
    y: float,
    width: float,
    height: float,
    size: int,
) -> str:
    """One box as the trainer reads it: class, centre and extent as shares of the picture.

    >>> label_line((DefectKind.OPENING,), DefectKind.OPENING, 80, 0, 160, 32, 320)
    '0 0.500000 0.050000 0.500000 0.100000'
    """
    shares = ((x + width / 2) / size, (y + height / 2) / size, width / size, height / size)
    return f"{classes.index(kind)} " + " ".join(f"{share:.6f}" for share in shares)


def _describe(recipe: Recipe, out: Path, summary: dict[str, dict[str, int]]) -> None:
    names = "".join(f"  {index}: {kind.value}\n" for index, kind in enumerate(recipe.classes))
    where = json.dumps(str(out.resolve()))
    text = f"path: {where}\ntrain: images/train\nval: images/val\ntest: images/test\nnames:\n{names}"
    (out / "data.yaml").write_text(text, encoding="utf-8")
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
