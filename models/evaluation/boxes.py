"""`--task boxes`: a package's findings against YOLO boxes, mean average precision at overlap 0.5.

Two floors: the item's boxes covered (`boxes_hidden`), and each picture's findings against another picture's
boxes (`other_truth`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.detecting import Examiner, Looked
from models.evaluation.figures import Figure, drawn_again
from models.evaluation.folders import Grouping, LabelledPicture, read_boxes
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Evaluation
from models.training.measure import average_precision
from vision.crop import NEUTRAL
from vision.findings import Box, DefectKind
from vision.picture import Picture


def evaluate_boxes(
    folder: Path,
    grouping: Grouping,
    examiner: Examiner,
    reader: PictureReader,
    meanings: Mapping[str, str],
    *,
    whole: bool = True,
) -> Evaluation:
    """Measure a package's boxes.

    Args:
        folder: Pictures with YOLO labels.
        grouping: What belongs together.
        examiner: The package's detector.
        reader: Reads the pictures.
        meanings: From a label to a kind of defect; labels left out are no defects. Empty: a label is the
            number of the package's class.
        whole: Look at whole pictures; else the item is found and cut out first.

    Raises:
        EvaluationRefused: No label means a kind that the package finds.
    """
    pictures = read_boxes(folder, grouping)
    kinds = _kinds(pictures, examiner, meanings)
    result = Evaluation("boxes", folder, "")
    times: list[float] = []
    looked = examiner.look(pictures, reader, times=times, whole=whole)
    covered = _Covered(pictures, kinds)
    blind = examiner.look(pictures, covered.wrap(reader), whole=whole)
    wanted = sorted(set(kinds.values()))
    groups = [one.labelled.group for one in looked]
    truths = [_truth(one, kinds) for one in looked]

    def precision(
        given: Sequence[Looked], of: DefectKind, truth: Sequence[list[tuple[DefectKind, Box]]]
    ) -> float:
        value = average_precision([one.findings for one in given], truth, of)
        return float("nan") if value is None else value

    def mean(places: Sequence[int], given: Sequence[Looked], shift: int = 0) -> float:
        chosen = [given[place] for place in places]
        truth = [truths[(place + shift) % len(truths)] for place in places]
        values = [precision(chosen, kind, truth) for kind in wanted]
        return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")

    everything = list(range(len(looked)))
    interval = drawn_again(lambda places: mean([int(place) for place in places], looked), groups)
    result.figures["map50"] = Figure.of(
        mean(everything, looked),
        interval,
        floors=(
            ("boxes_hidden", mean(everything, blind)),
            ("other_truth", mean(everything, looked, shift=max(1, len(looked) // 3))),
        ),
    )
    result.by_part = {f"ap50_{kind.value}": precision(looked, kind, truths) for kind in wanted}
    result.pictures = {"pictures": len(looked), "boxes": sum(len(truth) for truth in truths)}
    result.groups = len(set(groups))
    result.refused = reader.refused
    result.timed(times)
    return result


def _kinds(
    pictures: Sequence[LabelledPicture], examiner: Examiner, meanings: Mapping[str, str]
) -> dict[str, DefectKind]:
    labels = {entry.label for one in pictures for entry in one.boxes}
    if meanings:
        unknown = sorted(set(meanings.values()) - {kind.value for kind in examiner.order})
        if unknown:
            raise EvaluationRefused(f"The package doesn't find {', '.join(unknown)}.")
        kinds = {label: DefectKind(meaning) for label, meaning in meanings.items() if label in labels}
    else:
        kinds = {
            label: examiner.order[int(label)]
            for label in labels
            if label.isdigit() and int(label) < len(examiner.order)
        }
    if not kinds:
        raise EvaluationRefused(
            f"None of the labels {', '.join(sorted(labels))} means a kind that the package finds. Say with "
            "--map LABEL=KIND which does."
        )
    return kinds


def _truth(looked: Looked, kinds: Mapping[str, DefectKind]) -> list[tuple[DefectKind, Box]]:
    return [
        (
            kinds[entry.label],
            Box(
                entry.box.x * looked.width,
                entry.box.y * looked.height,
                entry.box.width * looked.width,
                entry.box.height * looked.height,
            ),
        )
        for entry in looked.labelled.boxes
        if entry.label in kinds
    ]


class _Covered:
    """Reads pictures with all their boxes covered, whatever they are labelled."""

    def __init__(self, pictures: Sequence[LabelledPicture], kinds: Mapping[str, DefectKind]) -> None:
        del kinds  # closed and open alike are covered: only the surroundings stay
        self._boxes = {one.path: one.boxes for one in pictures}

    def wrap(self, reader: PictureReader) -> PictureReader:
        boxes = self._boxes

        class Covering(PictureReader):
            def read(self, path: Path) -> Picture | None:
                picture = reader.read(path)
                if picture is None:
                    return None
                hidden = picture.copy()
                height, width = hidden.shape[:2]
                for entry in boxes.get(path, ()):
                    left, top = int(entry.box.x * width), int(entry.box.y * height)
                    right = int(np.ceil((entry.box.x + entry.box.width) * width))
                    bottom = int(np.ceil((entry.box.y + entry.box.height) * height))
                    hidden[max(0, top) : bottom, max(0, left) : right] = NEUTRAL
                return hidden

        return Covering()
