"""`darkstore model teach-grades`: what people here graded, learned and measured."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from edge.cli_errors import CommandFailed, Exit
from edge.cli_model import JsonOption, OptionalConfig, station_eyes
from edge.cli_vision_eval import figure_table

if TYPE_CHECKING:
    from models.grade_teaching import Taught


def register(model_app: typer.Typer) -> None:
    """Put the command under `darkstore model`."""
    model_app.command("teach-grades")(teach_grades)


def teach_grades(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Pictures in folders A to D or none to critical.",
            file_okay=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder to write.", file_okay=False)],
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="PREFIX",
            help="What the names begin with that tells the day: a number of characters, _ or - (all before "
            "it), a regular expression. Each day is left out once, to be graded by the others.",
        ),
    ] = None,
    package: Annotated[
        str | None, typer.Option("--package", help="Through whose network; the active package's if unset.")
    ] = None,
    as_json: JsonOption = False,
    config: OptionalConfig = None,
) -> None:
    """Learn grades from pictures that people graded; needs no extra. For `vision eval --task grade`."""
    import cv2

    from models.evaluation.folders import Grouping
    from models.evaluation.pictures import PictureReader
    from models.grade_teaching import teach
    from models.site_grader import item_looks, write_grader

    if out.exists() and any(out.iterdir()):
        raise CommandFailed(f"{out} is not empty; name a new folder.", Exit.USAGE)
    cv2.setNumThreads(1)
    registry, settings = station_eyes(config)
    base = registry.get(package) if package else registry.active()
    looks = item_looks(base, settings.detector)
    taught = teach(folder, Grouping(group_by), base, looks, PictureReader(settings.picture))
    write_grader(out, taught.card, taught.head)
    if as_json:
        card = taught.card.model_dump(mode="json", exclude={"layers", "head_sha256"})
        refused = [{"picture": str(path), "reason": reason} for path, reason in taught.refused]
        document = {"folder": str(out), **card, "notes": taught.notes, "refused": refused}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say_taught(taught, out)


def say_taught(taught: "Taught", out: Path) -> None:
    """What was learned, how it did, and what to do next, for a person."""
    console = Console()
    counts = ", ".join(f"{count} {grade}" for grade, count in taught.card.pictures.items())
    if taught.figures:
        title = f"groups left out of teaching, each in turn ({counts}; {taught.card.groups} groups)"
        console.print(figure_table(title, taught.figures, {}))
    for note in taught.notes:
        console.print(f"- {escape(note)}")
    for path, reason in taught.refused:
        console.print(f"- {escape(str(path))} was left out: {escape(reason)}")
    console.print(
        f"Taught from {escape(counts)}. Measure it on other pictures: darkstore vision eval DIR --task grade "
        f"--package {escape(str(out))}"
    )
