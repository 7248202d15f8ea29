"""`--task damage`: a package's detector on whole photographs, a class a folder."""

from collections.abc import Sequence
from pathlib import Path

from models.evaluation.anomaly import normal_class
from models.evaluation.detecting import Examiner, Looked
from models.evaluation.figures import Figure
from models.evaluation.folders import Grouping, read_classes
from models.evaluation.hiding import FLOORS
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Evaluation
from models.evaluation.scoring import Coverage, Scored, group_notes, two_class_figures, worst_errors


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
