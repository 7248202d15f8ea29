"""Teaching a site's grader from graded pictures, and measuring it on groups that it was not taught with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import EvaluationRefused
from models.evaluation.figures import Figure
from models.evaluation.folders import Grouping, LabelledPicture, read_classes
from models.evaluation.grades import FAR_OFF, GRADES, Graded, GradeJudge, grade_figures, grade_order
from models.evaluation.hiding import FLOORS, Hider
from models.evaluation.pictures import PictureReader
from models.grade_head import Head, Looks
from models.loading import ModelPackage
from models.manifest import Evaluation
from models.site_grader import GraderCard, SiteGrader
from vision.findings import Box
from vision.localisation import Region
from vision.looks import ItemLooks
from vision.picture import Picture
from vision.surroundings import hull

FEWEST = 20
"""Pictures from which there is anything to learn."""
MOST_FOLDS = 20
"""Times that a part is left out; more groups are joined."""

Places = npt.NDArray[np.int_]


@dataclass(slots=True)
class Taught:
    """A grader and how it did.

    Attributes:
        card: What it says about itself.
        head: What it learned.
        figures: On groups left out of teaching; empty where that can't be.
        notes: What a reader must know to judge them.
        refused: Files that could not be read, and why.
    """

    card: GraderCard
    head: Head
    figures: dict[str, Figure] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)


def teach(
    folder: Path, grouping: Grouping, base: ModelPackage, looks: ItemLooks, reader: PictureReader
) -> Taught:
    """Learn from pictures, a grade a folder; then leave out each group in turn and grade it by the others.

    Args:
        folder: Pictures in folders named A to D, or none, minor, major and critical.
        grouping: Tells the day, the unit or the photographer.
        base: The package whose network `looks` looks through.
        looks: What that network makes of items.
        reader: Reads the pictures.

    Raises:
        EvaluationRefused: The folders are no grades, or too little can be read.
        DetectorFailed: The network fails.
    """
    pictures = read_classes(folder, grouping)
    order = grade_order({one.label for one in pictures})
    seen, numbers = _numbers(pictures, looks, reader, None)
    truth = np.array([order[one.label] for one in seen])
    counts = Counter(truth.tolist())
    if len(seen) < FEWEST or len(counts) < 2:
        raise EvaluationRefused(
            f"{folder} holds {len(seen)} readable pictures of {len(counts)} grades: at least {FEWEST} "
            "pictures of two grades are needed to learn from."
        )
    groups = [one.group for one in seen]
    notes = _group_notes(groups)
    head = Head.taught(numbers, truth)
    taught = Taught(
        GraderCard(
            base=base.package_id,
            base_sha256=base.manifest.sha256,
            layers=looks.layers,
            margin=looks.margin,
            head_sha256="0" * 64,
            pictures={GRADES[grade]: counts[grade] for grade in sorted(counts)},
            groups=len(set(groups)),
        ),
        head,
        notes=notes,
        refused=reader.refused,
    )
    groups = _folds(groups)
    kept = _testable(truth, groups, taught.notes)
    if kept.any():
        floors = {
            name: _left_out(_numbers(seen, looks, reader, hide)[1], truth, groups, kept)
            for name, hide in FLOORS.items()
        }
        given, true = _left_out(numbers, truth, groups, kept)
        drawn = [group for group, used in zip(groups, kept, strict=True) if used]
        taught.figures = grade_figures(given, true, drawn, floors)
        taught.card = taught.card.model_copy(update={"evaluation": _evaluation(taught.figures, len(true))})
    return taught


def by_grader(grader: SiteGrader) -> GradeJudge:
    """The grades that a site's grader gives, for `vision eval`."""

    def judge(
        pictures: Sequence[LabelledPicture],
        reader: PictureReader,
        hide: Hider | None,
        times: list[float] | None,
    ) -> list[Graded]:
        graded = []
        for labelled in pictures:
            picture = reader.read(labelled.path)
            if picture is not None:
                shown, region = _shown(picture, hide)
                graded.append((labelled, grader.grade(shown, region, times)))
        return graded

    return judge


def _numbers(
    pictures: Sequence[LabelledPicture], looks: ItemLooks, reader: PictureReader, hide: Hider | None
) -> tuple[list[LabelledPicture], Looks]:
    """The pictures that can be read, and what the network makes of their items, `(n, 2, K)`."""
    seen, numbers = [], []
    for labelled in pictures:
        picture = reader.read(labelled.path)
        if picture is not None:
            seen.append(labelled)
            numbers.append(looks.of(*_shown(picture, hide)))
    return seen, np.array(numbers, np.float32)


def _shown(picture: Picture, hide: Hider | None) -> tuple[Picture, Region]:
    """The item, cut out; or the whole picture with the item covered."""
    item = hull(picture)
    if hide is None:
        return picture, item
    height, width = picture.shape[:2]
    whole = Region(Box(0, 0, width, height), 0.0, "whole", picture[:0, :0, 0], found=True)
    return hide(picture, item.box if item.found else None), whole


def _group_notes(groups: Sequence[str]) -> list[str]:
    if len(set(groups)) == len(groups):
        told = "No groups were told: pictures of one day both taught and tested, so the figures flatter. "
        return [told + "Say with --group-by what tells the days."]
    return []


def _folds(groups: Sequence[str]) -> list[str]:
    """Many groups joined into few, so that leaving each out once ends within minutes."""
    order = {group: place for place, group in enumerate(sorted(set(groups)))}
    return [f"{order[group] % MOST_FOLDS}" for group in groups] if len(order) > MOST_FOLDS else list(groups)


def _testable(truth: Places, groups: Sequence[str], notes: list[str]) -> npt.NDArray[np.bool_]:
    """Which pictures have a grade that another group shows too: no other grade can be told unseen."""
    kept = np.zeros(len(truth), np.bool_)
    for grade in range(len(GRADES)):
        places = truth == grade
        homes = {group for group, here in zip(groups, places, strict=True) if here}
        if len(homes) > 1:
            kept |= places
        elif homes:
            notes.append(
                f"Grade {GRADES[grade]} comes from one group alone: taught, but it can't be tested how well."
            )
    if not kept.any():
        notes.append("Not tested: no grade comes from two groups. Say with --group-by what tells the days.")
    return kept


def _left_out(
    numbers: Looks, truth: Places, groups: Sequence[str], kept: npt.NDArray[np.bool_]
) -> tuple[Places, Places]:
    """The grades given to each group by a head taught with all others, and the true ones."""
    names = np.array(groups)
    given = np.full(len(truth), -1)
    for group in sorted(set(groups)):
        own = names == group
        if not (own & kept).any():
            continue
        head = Head.taught(numbers[~own], truth[~own])
        for place in np.flatnonzero(own & kept):
            given[place] = head.grade(numbers[place])
    return given[kept], truth[kept]


def _evaluation(figures: dict[str, Figure], count: int) -> Evaluation:
    best = {name: min if name == FAR_OFF else max for name in figures}
    return Evaluation(
        data="groups left out of teaching, each in turn",
        figures={"pictures": float(count), **{name: round(one.value, 4) for name, one in figures.items()}},
        floors={
            name: round(best[name](value for _, value in one.floors), 4) for name, one in figures.items()
        },
        notes="floor: the item hidden, the better of two ways",
    )
