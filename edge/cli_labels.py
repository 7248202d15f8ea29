"""`darkstore labels export` and `model train`: what people said of returns becomes the next model."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli_errors import CommandFailed, Exit
from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings

labels_app = typer.Typer(help="What people said of stored returns: export it.", no_args_is_help=True)


def register(parent: typer.Typer, model_app: typer.Typer) -> None:
    """Put the commands under `darkstore` and `darkstore model`."""
    parent.add_typer(labels_app, name="labels")
    passing = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    model_app.command("train", context_settings=passing)(model_train)


@labels_app.command("export")
def labels_export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", file_okay=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    accepted: Annotated[
        bool,
        typer.Option("--accepted", help="Also units whose proposal a person was asked about and accepted."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write overrides and second looks as a labelled set in YOLO's layout, for `darkstore model train`."""
    from edge.bootstrap import open_replay
    from edge.inspection.label_export import export_labels
    from edge.station_model import load_model
    from vision.view_inspector import ViewInspector

    if folder.exists() and any(folder.iterdir()):
        raise CommandFailed(f"{folder} is not empty; name a new folder.", Exit.USAGE)
    settings = read_settings(config)
    model, detector, _ = load_model(settings)
    if model is None:
        raise CommandFailed("No model is in use: nothing says how a model sees an item.", Exit.NOT_NOW)
    with open_replay(settings) as replaying, ViewInspector(settings.vision, detector) as eyes:
        written = export_labels(replaying.stored, eyes, folder, accepted=accepted)
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), **written}, indent=2))
        return
    typer.echo(
        f"{written['units']} judged units, {written['pictures']} pictures: {written['boxes']} confirmed "
        f"boxes, {written['intact']} pictures of intact units. Train with: darkstore model train all "
        f"--work WORK --labelled {folder}"
    )


def model_train(context: typer.Context) -> None:
    """Make a damage model from its recipe; needs the extra `train` (torch), never on a device. See --help."""
    from models.training.train import main

    raise typer.Exit(main(context.args))
