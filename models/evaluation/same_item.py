"""`--task same-item`: a product a folder; is a picture's product told from a few golden pictures of each?

`top1` is the share of pictures for which most speaks for their own product. `false_same_at_95_recall`: of all
pairs of a picture and another product, the share called "the same" when 95 of 100 true pairs are.
"""

import time
from pathlib import Path

import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.figures import Figure, Numbers, drawn_again
from models.evaluation.folders import TEACHING, Grouping, LabelledPicture, read_classes
from models.evaluation.hiding import FLOORS, Hider
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Error, Evaluation
from models.evaluation.scoring import WORST
from vision.errors import GoldenRefused
from vision.golden.identity import ProductMarks
from vision.golden.views import ItemView

_RECALL = 0.95


def evaluate_same_item(
    folder: Path, grouping: Grouping, golden: int, seed: int, reader: PictureReader
) -> Evaluation:
    """Measure how surely products are told apart.

    Raises:
        EvaluationRefused: Fewer than two products, or none with a picture left to measure on.
    """
    pictures = read_classes(folder, grouping)
    taught, measured = _drawn(pictures, golden, seed)
    result = Evaluation("same-item", folder, "marks on the print (SIFT), and the print laid over")
    times: list[float] = []
    judged, evidence, names = _judged(taught, measured, reader, None, times)
    own = np.array([names.index(one.label) for one in judged])
    best = evidence.argmax(axis=1)
    right = best == own
    groups = [one.group for one in judged]
    floors = {}
    for name, hide in FLOORS.items():
        hidden, blind, order = _judged(taught, measured, reader, hide, [])
        floors[name] = (blind, np.array([order.index(one.label) for one in hidden]))
    result.figures["top1"] = Figure.of(
        float(right.mean()),
        drawn_again(lambda places: float(right[places].mean()), groups),
        floors=tuple(
            (name, float((part[0].argmax(axis=1) == part[1]).mean())) for name, part in floors.items()
        ),
    )
    result.figures["false_same_at_95_recall"] = Figure.of(
        _false_same(evidence, own),
        drawn_again(lambda places: _false_same(evidence[places], own[places]), groups),
        floors=tuple((name, _false_same(*part)) for name, part in floors.items()),
    )
    result.by_part = {names[place]: float(right[own == place].mean()) for place in sorted(set(own.tolist()))}
    result.pictures = {"pictures": len(judged), "products": len(names)}
    result.taught = len(taught)
    result.groups = len(set(groups))
    margin = evidence[np.arange(len(own)), own] - evidence.max(axis=1)
    result.errors = [
        Error(judged[place].path, names[best[place]], names[own[place]], float(margin[place]))
        for place in np.argsort(margin)[:WORST]
        if not right[place]
    ]
    result.notes = [
        "The floor holds what the surroundings tell: on a shelf, others of the product stand beside it.",
    ]
    result.refused = reader.refused
    result.timed(times)
    return result


def _drawn(
    pictures: list[LabelledPicture], golden: int, seed: int
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    generator = np.random.default_rng(seed)
    taught: list[LabelledPicture] = []
    measured: list[LabelledPicture] = []
    splits = {one.split for one in pictures}
    tested = {"test"} if "test" in splits else splits - {TEACHING} or splits
    for label in sorted({one.label for one in pictures}):
        own = [one for one in pictures if one.label == label]
        source = [one for one in own if one.split == TEACHING] or own
        chosen = [source[place] for place in generator.permutation(len(source))[:golden]]
        used = {one.group for one in chosen}
        taught += chosen
        measured += [
            one for one in own if one.split in tested and one not in chosen and one.group not in used
        ]
    if len({one.label for one in pictures}) < 2 or not measured:
        raise EvaluationRefused(
            "Telling products apart takes two folders of products at least, with pictures to spare."
        )
    return taught, measured


def _judged(
    taught: list[LabelledPicture],
    measured: list[LabelledPicture],
    reader: PictureReader,
    hide: Hider | None,
    times: list[float],
) -> tuple[list[LabelledPicture], Numbers, list[str]]:
    products: dict[str, list[ItemView]] = {}
    for one in reader.see(taught, hide):
        products.setdefault(one.labelled.label, []).append(one.view)
    try:
        marks = ProductMarks(products)
    except GoldenRefused as error:
        raise EvaluationRefused(str(error)) from error
    names = sorted(products)
    judged, rows = [], []
    for labelled in measured:
        if labelled.label not in products:
            continue
        for one in reader.see([labelled], hide):
            started = time.thread_time()
            found = marks.identify(one.view)
            times.append((time.thread_time() - started) * 1e3)
            judged.append(one.labelled)
            rows.append([found.score(name) for name in names])
    return judged, np.array(rows, float), names


def _false_same(evidence: Numbers, own: np.ndarray[tuple[int, ...], np.dtype[np.int_]]) -> float:
    true = np.zeros(evidence.shape, np.bool_)
    true[np.arange(len(own)), own] = True
    limit = np.quantile(evidence[true], 1 - _RECALL)
    return float((evidence[~true] >= limit).mean())
