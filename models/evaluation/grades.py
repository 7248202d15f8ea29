"""`--task grade`: four classes, a folder each, against the grades that a policy or a site's grader gives."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.detecting import Examiner, Grader
from models.evaluation.figures import Figure, drawn_again
from models.evaluation.folders import Grouping, LabelledPicture, read_classes
from models.evaluation.hiding import FLOORS, Hider
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Error, Evaluation
from models.evaluation.scoring import WORST

GRADES = "ABCD"
FAR_OFF = "off_by_more_than_one"
_ORDERS = (
    ("a", "b", "c", "d"),
    ("none", "minor", "major", "critical"),
    ("intact", "minor", "major", "critical"),
)

Places = np.ndarray[tuple[int, ...], np.dtype[np.int_]]

Graded = tuple[LabelledPicture, int]
"""A picture that could be read, and the grade given, 0 (A) to 3 (D)."""

GradeJudge = Callable[
    [Sequence[LabelledPicture], PictureReader, Hider | None, list[float] | None], list[Graded]
]
"""Grades pictures, of which a hider covers the item first; the list takes milliseconds of processor time."""


def by_policy(examiner: Examiner, grader: Grader) -> GradeJudge:
    """The grades that a policy makes of a detector's findings."""

    def judge(
        pictures: Sequence[LabelledPicture],
        reader: PictureReader,
        hide: Hider | None,
        times: list[float] | None,
    ) -> list[Graded]:
        looked = examiner.look(pictures, reader, hide, times)
        return [(one.labelled, GRADES.index(grader(examiner.counted(one.findings)))) for one in looked]

    return judge


def evaluate_grades(folder: Path, grouping: Grouping, judge: GradeJudge, reader: PictureReader) -> Evaluation:
    """Four classes, from as new to unusable, against the grades that somebody or something gives.

    Raises:
        EvaluationRefused: The classes are no grades.
    """
    pictures = read_classes(folder, grouping)
    order = grade_order({one.label for one in pictures})
    result = Evaluation("grade", folder, "")
    times: list[float] = []

    def judged(graded: Sequence[Graded]) -> tuple[Places, Places]:
        return np.array([grade for _, grade in graded]), np.array([order[one.label] for one, _ in graded])

    seen = judge(pictures, reader, None, times)
    given, truth = judged(seen)
    floors = {name: judged(judge(pictures, reader, hide, None)) for name, hide in FLOORS.items()}
    groups = [one.group for one, _ in seen]
    result.figures = grade_figures(given, truth, groups, floors)
    result.pictures = {GRADES[grade]: int((truth == grade).sum()) for grade in range(4)}
    result.groups = len(set(groups))
    off = np.abs(given - truth)
    result.errors = [
        Error(seen[place][0].path, GRADES[given[place]], GRADES[truth[place]], float(off[place]))
        for place in np.argsort(-off, kind="stable")[:WORST]
        if off[place]
    ]
    result.refused = reader.refused
    result.timed(times)
    return result


def grade_figures(
    given: Places, truth: Places, groups: Sequence[str], floors: Mapping[str, tuple[Places, Places]]
) -> dict[str, Figure]:
    """What is said of given grades (0 to 3) against the true ones, beside the floors' grades and truths."""
    figures = {}
    for name, figure in (("macro_f1", macro_f1), (FAR_OFF, _far_off), ("accuracy", _equal)):
        interval = drawn_again(lambda places, of=figure: of(given[places], truth[places]), groups)  # type: ignore[misc]
        beside = tuple((how, figure(*part)) for how, part in floors.items())
        figures[name] = Figure.of(figure(given, truth), interval, floors=beside)
    return figures


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
