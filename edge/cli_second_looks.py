"""`darkstore second-looks`: how far people and the station agree."""

import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings


def register(parent: typer.Typer) -> None:
    """Put the command under `darkstore`."""
    parent.command("second-looks")(second_looks)


def second_looks(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how far people and the station agree, by category of goods and kind of defect."""
    from edge.calibration_setup import open_second_looks

    settings = read_settings(config)
    with open_second_looks(settings) as looks:
        agreement = looks.agreement()
    if as_json:
        typer.echo(
            json.dumps({"share": settings.second_looks.share, **dataclasses.asdict(agreement)}, indent=2)
        )
        return
    if agreement.looked == 0:
        typer.echo(
            "There were no second looks yet: [second_looks] share in the settings says how many are offered."
        )
        return
    grades = Table("category", "looked at", "same grade", "one grade apart", "damaged, thought sound")
    for one in agreement.by_category:
        grades.add_row(one.category, str(one.looked), str(one.same), str(one.one_off), str(one.missed))
    kinds = Table("defect", "seen by both", "by the person only", "by the station only")
    for kind in agreement.by_kind:
        kinds.add_row(kind.kind, str(kind.both), str(kind.person_only), str(kind.station_only))
    console = Console()
    console.print(grades)
    console.print(kinds)
