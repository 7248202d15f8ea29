"""`--task damage` and `--task grade`: a package's detector on whole photographs, a class a folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.anomaly import normal_class
from models.evaluation.detecting import Examiner, Grader, Looked
from models.evaluation.figures import Figure, drawn_again
from models.evaluation.folders import Grouping, read_classes
from models.evaluation.hiding import FLOORS
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Error, Evaluation
from models.evaluation.scoring import WORST, Coverage, Scored, group_notes, two_class_figures, worst_errors

GRADES = "ABCD"
_ORDERS = (
    ("a", "b", "c", "d"),
    ("none", "minor", "major", "critical"),
    ("intact", "minor", "major", "critical"),
)

Places = np.ndarray[tuple[int, ...], np.dtype[np.int_]]


def evaluate_damage(
    folder: Path,
    grouping: Grouping,
    normal: str | None,
    examiner: Examiner,
    reader: PictureReader,
    coverage: Coverage | None = None,
) -> Evaluation:
    """Is anything wrong with the item? The highest finding, against the class that holds the intact units.

    Raises:
        EvaluationRefused: No class can be the intact one.
    """
    pictures = read_classes(folder, grouping)
    intact = normal_class({one.label for one in pictures}, normal)
    result = Evaluation("damage", folder, "")
    times: list[float] = []

    def scored(looked: Sequence[Looked]) -> list[Scored]:
        return [
            Scored(
                one.labelled.path,
                one.labelled.group,
                one.labelled.label != intact,
                examiner.score(one.findings),
            )
            for one in looked
        ]

    own = scored(examiner.look(pictures, reader, times=times))
    floors = {name: scored(examiner.look(pictures, reader, hide)) for name, hide in FLOORS.items()}
    result.figures = two_class_figures(own, floors)
    if coverage is not None:
        share, sentence = coverage(
            [1 - one.score for one in own], [one.positive for one in own], [one.group for one in own]
        )
        result.figures["coverage_at_bound"] = Figure(share)
        result.notes.append(sentence)
    damaged = sum(one.positive for one in own)
    result.pictures = {"normal": len(own) - damaged, "damaged": damaged}
    result.groups = len({one.group for one in own})
    result.notes += group_notes(own)
    result.errors = worst_errors(own, "damaged", "normal")
    result.refused = reader.refused
    result.timed(times)
    return result


def evaluate_grades(
    folder: Path, grouping: Grouping, examiner: Examiner, grader: Grader, reader: PictureReader
) -> Evaluation:
    """Four classes, from as new to unusable, against the grade that the policy makes of the findings.

    Raises:
        EvaluationRefused: The classes are no grades.
    """
    pictures = read_classes(folder, grouping)
    order = grade_order({one.label for one in pictures})
    result = Evaluation("grade", folder, "")
    times: list[float] = []

    def judged(looked: Sequence[Looked]) -> tuple[Places, Places]:
        given = [GRADES.index(grader(examiner.counted(one.findings))) for one in looked]
        return np.array(given), np.array([order[one.labelled.label] for one in looked])

    looked = examiner.look(pictures, reader, times=times)
    given, truth = judged(looked)
    floors = {name: judged(examiner.look(pictures, reader, hide)) for name, hide in FLOORS.items()}
    groups = [one.labelled.group for one in looked]
    for name, figure in (("macro_f1", macro_f1), ("off_by_more_than_one", _far_off), ("accuracy", _equal)):
        interval = drawn_again(lambda places, of=figure: of(given[places], truth[places]), groups)  # type: ignore[misc]
        result.figures[name] = Figure.of(
            figure(given, truth),
            interval,
            floors=tuple((how, figure(*part)) for how, part in floors.items()),
        )
    result.pictures = {GRADES[grade]: int((truth == grade).sum()) for grade in range(4)}
    result.groups = len(set(groups))
    off = np.abs(given - truth)
    result.errors = [
        Error(looked[place].labelled.path, GRADES[given[place]], GRADES[truth[place]], float(off[place]))
        for place in np.argsort(-off, kind="stable")[:WORST]
        if off[place]
    ]
    result.refused = reader.refused
    result.timed(times)
    return result


def grade_order(labels: set[str]) -> dict[str, int]:
    """Which class is which grade, 0 (A) to 3 (D).

    >>> grade_order({"none", "critical"})
    {'critical': 3, 'none': 0}

    Raises:
        EvaluationRefused: They are no grades.
    """
    for order in _ORDERS:
        if {label.lower() for label in labels} <= set(order):
            return {label: order.index(label.lower()) for label in sorted(labels)}
    raise EvaluationRefused(
        f"The classes {', '.join(sorted(labels))} are no grades: name the folders A, B, C, D or none, minor, "
        "major, critical."
    )


def macro_f1(given: Places, truth: Places) -> float:
    """Mean F1 over the grades that occur in the truth."""
    scores = []
    for grade in np.unique(truth):
        right = int(((given == grade) & (truth == grade)).sum())
        scores.append(2 * right / max(1, int((given == grade).sum() + (truth == grade).sum())))
    return float(np.mean(scores))


def _far_off(given: Places, truth: Places) -> float:
    return float((np.abs(given - truth) > 1).mean())


def _equal(given: Places, truth: Places) -> float:
    return float((given == truth).mean())
