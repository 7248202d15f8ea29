"""`darkstore vision eval DIR`: how well the eyes see on pictures that they never saw, beside the floor."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.cli_errors import CommandFailed, Exit
from edge.cli_model import JsonOption, OptionalConfig, station_eyes

if TYPE_CHECKING:
    from models.evaluation.detecting import Grader
    from models.evaluation.figures import Figure
    from models.evaluation.pictures import PictureReader
    from models.evaluation.report import Evaluation
    from models.evaluation.scoring import Coverage
    from models.registry import ModelRegistry
    from vision.findings import Finding
    from vision.settings import VisionSettings

vision_app = typer.Typer(help="How far the station's eyes can be trusted.", no_args_is_help=True)


class Task(StrEnum):
    """What is measured."""

    DAMAGE = "damage"
    GRADE = "grade"
    BOXES = "boxes"
    ANOMALY = "anomaly"
    SAME_ITEM = "same-item"


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore vision`."""
    parent.add_typer(vision_app, name="vision")


@vision_app.callback()
def vision() -> None:
    """How far the station's eyes can be trusted."""


@vision_app.command("eval")
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Pictures, a class (or product) a folder; or with YOLO boxes."),
    ],
    task: Annotated[Task, typer.Option("--task", help="What to measure.")],
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="PREFIX",
            help="What the names begin with that tells day, unit or photographer: a number of "
            "characters, _ or - (all before it), a regular expression, or `folder`.",
        ),
    ] = None,
    golden: Annotated[
        int | None,
        typer.Option(
            "--golden", min=1, max=100, help="Golden pictures: 20 a view, or 5 a product, if unset."
        ),
    ] = None,
    package: Annotated[
        str | None,
        typer.Option(
            "--package",
            help="Model package, such as damage-1.0.0, or its folder; the active one if unset. For grades "
            "also a folder that `model teach-grades` wrote.",
        ),
    ] = None,
    normal: Annotated[str | None, typer.Option("--normal", help="The class of the intact units.")] = None,
    meaning: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="LABEL=KIND", help="Boxes: which label is which defect."),
    ] = None,
    cut_out: Annotated[
        bool, typer.Option("--cut-out", help="Boxes: find the item and mask its background first.")
    ] = False,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Write the worst errors to this JPEG.")
    ] = None,
    lamps: Annotated[
        int,
        typer.Option(
            "--lamps", min=0, max=20, help="Anomaly: show each measured picture in so many other lights too."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws the golden pictures.")] = 1,
    as_json: JsonOption = False,
    config: OptionalConfig = None,
) -> None:
    """Measure on pictures never trained on; beside each figure what is reached with the item hidden."""
    import cv2

    from models.evaluation.folders import Grouping
    from models.evaluation.pictures import PictureReader
    from models.evaluation.sheets import write_sheet

    cv2.setNumThreads(1)
    eyes = station_eyes(config)
    reader = PictureReader(eyes[1].picture)
    grouping = Grouping(group_by)
    if task is Task.ANOMALY:
        from models.evaluation.anomaly import Options, evaluate_anomaly

        result = evaluate_anomaly(
            folder, grouping, Options(golden or 20, normal, seed, lamps), reader, _coverage()
        )
    elif task is Task.SAME_ITEM:
        from models.evaluation.same_item import evaluate_same_item

        result = evaluate_same_item(folder, grouping, golden or 5, seed, reader)
    else:
        result = _by_package(task, folder, grouping, package, normal, meaning or [], cut_out, reader, eyes)
    if sheet is not None:
        shown = write_sheet(result, sheet, reader)
        result.notes.append(
            f"The {shown} worst errors: {sheet}." if shown else "No error to show on a sheet."
        )
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=2, ensure_ascii=False))
    else:
        _say(result)


def _by_package(
    task: Task,
    folder: Path,
    grouping: Any,
    name: str | None,
    normal: str | None,
    meaning: Sequence[str],
    cut_out: bool,
    reader: "PictureReader",
    eyes: "tuple[ModelRegistry, VisionSettings]",
) -> "Evaluation":
    from models.evaluation.boxes import evaluate_boxes
    from models.evaluation.damage import evaluate_damage
    from models.evaluation.detecting import Examiner
    from models.evaluation.grades import by_policy, evaluate_grades
    from models.loading import open_package
    from models.site_grader import is_grader

    registry, settings = eyes
    if name is not None and is_grader(Path(name)):
        return _by_grader(task, folder, grouping, Path(name), reader, eyes)
    if name is not None and Path(name).is_dir():
        package = open_package(Path(name))
    else:
        package = registry.get(name) if name else registry.active()
    examiner: Examiner = Examiner(package, settings.detector)
    if task is Task.DAMAGE:
        result = evaluate_damage(folder, grouping, normal, examiner, reader, _coverage())
    elif task is Task.GRADE:
        result = evaluate_grades(folder, grouping, by_policy(examiner, _grader()), reader)
    else:
        pairs = dict(_pair(entry) for entry in meaning)
        result = evaluate_boxes(folder, grouping, examiner, reader, pairs, whole=not cut_out)
    result.method = package.package_id
    return result


def _by_grader(
    task: Task,
    folder: Path,
    grouping: Any,
    grader: Path,
    reader: "PictureReader",
    eyes: "tuple[ModelRegistry, VisionSettings]",
) -> "Evaluation":
    from models.evaluation.grades import evaluate_grades
    from models.grade_teaching import by_grader
    from models.site_grader import open_grader, read_card

    if task is not Task.GRADE:
        raise CommandFailed(f"{grader} gives grades alone: measure it with --task grade.", Exit.USAGE)
    registry, settings = eyes
    card = read_card(grader)
    opened = open_grader(grader, card, registry.get(card.base), settings.detector)
    result = evaluate_grades(folder, grouping, by_grader(opened), reader)
    result.method = f"{grader.resolve().name}, taught with {card.base}"
    return result


def _pair(entry: str) -> tuple[str, str]:
    from vision.findings import DefectKind

    label, sign, kind = entry.partition("=")
    if not sign or kind not in set(DefectKind):
        raise CommandFailed(
            f"--map takes LABEL=KIND, one of {', '.join(DefectKind)}; not {entry!r}.", Exit.USAGE
        )
    return label, kind


def _grader() -> "Grader":
    """The grade that the default policy makes of findings on a sealed unit that no customer had."""
    from edge.grading.grade import grade
    from edge.grading.observation import CaptureDepth, Observation, SealState, SeenFinding, SeenView
    from edge.grading.policy_loading import load_policies
    from edge.returns.expected import Custody, ReturnType

    pack = load_policies().of_category("general")
    now = datetime.now(UTC)

    def judged(findings: "Sequence[Finding]") -> str:
        seen = Observation(
            site="evaluation",
            return_type=ReturnType.RTO_REFUSED,
            custody=Custody.RIDER_ONLY,
            depth=CaptureDepth.FULL,
            views=(SeenView(view="eval", usable=True),),
            findings=tuple(
                SeenFinding(
                    kind=one.kind,
                    score=min(max(one.score, 0.0), 1.0),
                    extent=min(max(one.extent, 0.0), 1.0),
                    view="eval",
                )
                for one in findings
            ),
            seal=SealState.INTACT,
            now=now,
        )
        given = grade(seen, pack).grade
        return "A" if given is None else given.value

    return judged


def _coverage() -> "Coverage":
    """Share that the default policy's bound would let pass, by the station's own calibration."""
    from edge.grading.calibration import Bound, LabelledReturn, calibrate
    from edge.grading.policy_loading import load_policies

    bound = load_policies().of_category("general").bound or Bound(harm=0.01, certainty=0.95)

    def covered(
        confidences: Sequence[float], harmful: Sequence[bool], groups: Sequence[str]
    ) -> tuple[float, str]:
        days = {name: date.fromordinal(700_000 + place) for place, name in enumerate(sorted(set(groups)))}
        returns = [
            LabelledReturn(confidence=confidence, harmful=bad, day=days[group])
            for confidence, bad, group in zip(confidences, harmful, groups, strict=True)
        ]
        found = calibrate(returns, bound)
        wanted = f"at most {bound.harm:.0%} damaged among those passed, with {bound.certainty:.0%} confidence"
        if found.threshold is None:
            why = (
                "not enough data for it"
                if found.reason == "too_few"
                else "too many damaged ones score as sound"
            )
            return 0.0, f"Coverage at the policy's bound ({wanted}): none; {why}."
        return 1 - found.still_asked, f"Coverage at the policy's bound: {wanted}."

    return covered


def _say(result: "Evaluation") -> None:
    console = Console()
    kinds = ", ".join(f"{count} {name}" for name, count in result.pictures.items())
    title = f"{result.task}: {result.folder} ({kinds}; {result.groups} groups)"
    console.print(figure_table(title, result.figures, result.by_part))
    console.print(
        f"{escape(result.method)}; {result.taught} golden pictures; "
        f"{result.p50_ms:.0f} ms of processor time a view in the median, "
        f"{result.p95_ms:.0f} at most for 95 of 100."
    )
    for note in result.notes:
        console.print(f"- {escape(note)}")
    for path, reason in result.refused:
        console.print(f"- {escape(str(path))} was left out: {escape(reason)}")


def figure_table(title: str, figures: "Mapping[str, Figure]", parts: Mapping[str, float]) -> Table:
    """Figures with their intervals and floors, for a terminal."""
    table = Table("figure", "value", "95 % interval", "floor: the item hidden", title=escape(title))
    for name, figure in figures.items():
        table.add_row(name, _number(figure.value), _interval(figure), _floors(figure))
    for name, value in parts.items():
        table.add_row(f"  {escape(name)}", _number(value), "", "")
    return table


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _interval(figure: "Figure") -> str:
    if figure.low is None or figure.high is None:
        return "–"
    return f"{figure.low:.3f} – {figure.high:.3f}"


def _floors(figure: "Figure") -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in figure.floors)
