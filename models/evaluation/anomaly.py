"""`--task anomaly`: golden pictures of intact units against all the rest.

Golden pictures are drawn from the normal class, whole groups at a time where groups are told: no unit or day
is both taught and measured. Each camera view (a folder below the class) has its own golden set.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.figures import Figure, Numbers, Truths, auroc, pixel_overlap
from models.evaluation.folders import NORMAL, TEACHING, Grouping, LabelledPicture, read_classes
from models.evaluation.hiding import FLOORS
from models.evaluation.lamps import Lamps
from models.evaluation.pictures import PictureReader, Seen
from models.evaluation.report import Evaluation
from models.evaluation.scoring import Coverage, Scored, group_notes, two_class_figures, worst_errors
from vision.errors import GoldenRefused
from vision.golden.comparison import Comparison, GoldenSet
from vision.golden.fusion import UNLIKE_FROM
from vision.golden.maps import to_view

_MAP_SIDE = 256  # longer side at which maps are compared with masks


@dataclass(frozen=True, slots=True)
class Options:
    """How golden pictures are drawn, and in how many other lights each measured one is shown as well."""

    golden: int = 20
    normal: str | None = None
    seed: int = 1
    lamps: int = 0


@dataclass(slots=True)
class _Part:
    """One camera view: what teaches and what is measured."""

    golden: list[LabelledPicture]
    measured: list[LabelledPicture]


def evaluate_anomaly(
    folder: Path,
    grouping: Grouping,
    options: Options,
    reader: PictureReader,
    coverage: Coverage | None = None,
) -> Evaluation:
    """Measure the golden comparison on a folder.

    Raises:
        EvaluationRefused: The folder has no normal class, only that, or too few normal pictures.
    """
    pictures = read_classes(folder, grouping)
    normal = normal_class({one.label for one in pictures}, options.normal)
    result = Evaluation("anomaly", folder, "golden comparison")
    scored: list[Scored] = []
    relit: list[Scored] = []
    alarms: list[bool | None] = []
    relit_alarms: list[bool | None] = []
    floors: dict[str, list[Scored]] = {name: [] for name in FLOORS}
    maps, masks, wholes = [], [], []
    times: list[float] = []
    unknown: dict[bool, list[bool]] = {True: [], False: []}
    views = sorted({one.view for one in pictures})
    for view in views:
        part = _drawn([one for one in pictures if one.view == view], normal, options, result.notes)
        seen = reader.see(part.measured)
        taught = _taught(reader.see(part.golden))
        comparisons = _compared(taught, seen, times)
        alarms += [_alarm(one, comparison, normal) for one, comparison in zip(seen, comparisons, strict=True)]
        _in_other_light(taught, part.measured, options, reader, normal, relit, relit_alarms)
        own = _scored(seen, comparisons, normal)
        scored += own
        result.taught += len(part.golden)
        for one, comparison in zip(seen, comparisons, strict=True):
            unknown[one.labelled.label != normal].append(not comparison.known_side)
            pair = _with_mask(one, comparison, normal)
            if pair is not None:
                maps.append(pair[0])
                masks.append(pair[1])
                wholes.append(pair[2])
        for name, hide in FLOORS.items():
            hidden = reader.see(part.measured, hide)
            floors[name] += _scored(
                hidden, _compared(_taught(reader.see(part.golden, hide)), hidden, []), normal
            )
        if view:
            result.by_part[view] = auroc(
                np.array([one.score for one in own]), np.array([one.positive for one in own])
            )
    result.figures = two_class_figures(scored, floors)
    if len(views) > 1:
        result.figures["auroc_of_units"] = auroc_of_units(scored, floors)
    if any(mask.any() for mask in masks):
        result.figures["pixel_aupro"] = Figure(
            pixel_overlap(maps, masks), floors=(("whole_item", pixel_overlap(wholes, masks)),)
        )
    for damaged, name in ((False, "side_never_shown_normal"), (True, "side_never_shown_damaged")):
        result.figures[name] = Figure(float(np.mean(unknown[damaged])) if unknown[damaged] else float("nan"))
    if relit:
        result.figures |= _light_figures(relit, alarms, relit_alarms)
    if coverage is not None:
        share, sentence = coverage(
            [1 - one.score for one in scored], [one.positive for one in scored], [one.group for one in scored]
        )
        result.figures["coverage_at_bound"] = Figure(share)
        result.notes.append(sentence)
    result.pictures = {
        "normal": sum(not one.positive for one in scored),
        "damaged": sum(one.positive for one in scored),
    }
    result.groups = len({one.group for one in scored})
    result.notes += group_notes(scored)
    result.errors = worst_errors(scored, "damaged", "normal")
    result.refused = reader.refused
    result.timed(times)
    return result


def auroc_of_units(scored: Sequence[Scored], floors: Mapping[str, Sequence[Scored]]) -> Figure:
    """AUROC when a unit (a group) counts once, by its worst view."""

    def value(part: Sequence[Scored]) -> float:
        worst: dict[tuple[str, bool], float] = {}
        for one in part:
            key = (one.group, one.positive)
            worst[key] = max(worst.get(key, 0.0), one.score)
        return auroc(np.array(list(worst.values())), np.array([positive for _, positive in worst]))

    return Figure(value(scored), floors=tuple((name, value(part)) for name, part in floors.items()))


def normal_class(labels: set[str], wanted: str | None) -> str:
    """Which class holds the intact units.

    Raises:
        EvaluationRefused: None of them can be, or there is no other.
    """
    if wanted is not None:
        if wanted not in labels:
            raise EvaluationRefused(f"There is no class {wanted!r}; there are: {', '.join(sorted(labels))}.")
        found = wanted
    else:
        known = sorted(label for label in labels if label.lower() in NORMAL)
        if len(known) != 1:
            raise EvaluationRefused(
                f"Which class is intact? Say --normal with one of: {', '.join(sorted(labels))}."
            )
        found = known[0]
    if len(labels) < 2:
        raise EvaluationRefused("There is one class only; measuring takes intact and damaged units.")
    return found


def _drawn(pictures: list[LabelledPicture], normal: str, options: Options, notes: list[str]) -> _Part:
    intact = [one for one in pictures if one.label == normal]
    taught = [one for one in intact if one.split == TEACHING] or intact
    generator = np.random.default_rng(options.seed)
    groups = sorted({one.group for one in taught})
    order = [groups[place] for place in generator.permutation(len(groups))]
    golden: list[LabelledPicture] = []
    used: set[str] = set()
    for group in order:
        members = [one for one in taught if one.group == group]
        if len(golden) >= options.golden or (used and len(used) == len(groups) - 1 and taught is intact):
            break
        golden += members
        used.add(group)
    if len(groups) == 1:
        names = generator.permutation(len(taught))
        golden = [taught[place] for place in names[: min(options.golden, len(taught) * 2 // 3)]]
        notes.append(
            f"All normal pictures come from one group ({groups[0]}): {len(golden)} of them teach and the "
            "rest are measured. That is not another day, so the figure flatters."
        )
        rest = [one for one in intact if one not in golden]
    else:
        golden = golden[: options.golden]
        rest = [one for one in intact if one.group not in used]
    if len(golden) < options.golden:
        notes.append(f"Only {len(golden)} golden pictures could be drawn; {options.golden} were asked for.")
    if not rest:
        raise EvaluationRefused(
            f"{len(intact)} normal pictures leave none to measure on after {options.golden} golden ones; "
            "ask for fewer with --golden."
        )
    return _Part(golden, rest + [one for one in pictures if one.label != normal and one.group not in used])


def _taught(golden: Sequence[Seen]) -> GoldenSet:
    try:
        return GoldenSet([one.view for one in golden])
    except GoldenRefused as error:
        raise EvaluationRefused(str(error)) from error


def _compared(learned: GoldenSet, seen: Sequence[Seen], times: list[float]) -> list[Comparison]:
    comparisons = []
    for one in seen:
        started = time.thread_time()
        comparisons.append(learned.compare(one.view))
        times.append((time.thread_time() - started) * 1e3)
    return comparisons


def _alarm(seen: Seen, comparison: Comparison, normal: str) -> bool | None:
    """Whether an intact unit is taken for another or for one never shown; None for damaged ones."""
    if seen.labelled.label != normal:
        return None
    return comparison.score >= UNLIKE_FROM or not comparison.known_side


def _in_other_light(
    learned: GoldenSet,
    pictures: Sequence[LabelledPicture],
    options: Options,
    reader: PictureReader,
    normal: str,
    scored: list[Scored],
    alarms: list[bool | None],
) -> None:
    lamps = Lamps(options.seed)
    for number in range(options.lamps):
        for one in pictures:  # one at a time: all of them in all lights would fill the memory
            seen = reader.see([one], light=partial(lamps.relit, number=number))
            found = _compared(learned, seen, [])
            scored += _scored(seen, found, normal)
            alarms += [
                _alarm(shown, comparison, normal) for shown, comparison in zip(seen, found, strict=True)
            ]


def _light_figures(
    relit: Sequence[Scored], alarms: Sequence[bool | None], relit_alarms: Sequence[bool | None]
) -> dict[str, Figure]:
    """Ranking in other light; how often a person is called to an intact unit, in its own light and others."""

    def share(part: Sequence[bool | None]) -> float:
        told = [one for one in part if one is not None]
        return float(np.mean(told)) if told else float("nan")

    ranked = auroc(np.array([one.score for one in relit]), np.array([one.positive for one in relit]))
    return {
        "auroc_other_light": Figure(ranked),
        "false_alarms": Figure(share(alarms)),
        "false_alarms_other_light": Figure(share(relit_alarms)),
    }


def _scored(seen: Sequence[Seen], comparisons: Sequence[Comparison], normal: str) -> list[Scored]:
    return [
        Scored(one.labelled.path, one.labelled.group, one.labelled.label != normal, comparison.score)
        for one, comparison in zip(seen, comparisons, strict=True)
    ]


def _with_mask(seen: Seen, comparison: Comparison, normal: str) -> tuple[Numbers, Truths, Numbers] | None:
    """Map, truth and, as a floor, "all within the item's hull", at one size.

    For pictures with a mask and for normal ones; None for the rest.
    """
    height, width = seen.view.picture.shape[:2]
    scale = _MAP_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if seen.labelled.mask is not None:
        drawn = cv2.imread(str(seen.labelled.mask), cv2.IMREAD_GRAYSCALE)
        if drawn is None:
            return None
        truth = cv2.resize((drawn > 0).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    elif seen.labelled.label == normal:
        truth = np.zeros((size[1], size[0]), np.bool_)
    else:
        return None
    values = cv2.resize(to_view(comparison, seen.view), size, interpolation=cv2.INTER_LINEAR)
    hull = np.zeros(seen.view.mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(seen.view.mask)), 1)
    whole = cv2.resize(hull.astype(np.float64), size, interpolation=cv2.INTER_LINEAR)
    noise = np.random.default_rng(0).random(whole.shape) * 1e-6  # ties in no order
    return values.astype(np.float64), truth, (whole + noise).astype(np.float64)
