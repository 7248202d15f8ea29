"""`darkstore replay`: the past judged again, from the stored evidence, with the same model and policy."""

import json
from typing import Annotated

import typer

from edge.cli_errors import CommandFailed, Exit
from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings


def register(parent: typer.Typer) -> None:
    """Put the command under `darkstore`."""
    parent.command("replay")(replay)


def replay(
    inspections: Annotated[list[str] | None, typer.Argument(help="Ids of inspections.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    everything: Annotated[bool, typer.Option("--all", help="Every stored inspection.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge stored inspections again; each must come to the same findings, grade, disposition and rules."""
    from edge.bootstrap import open_replay

    if bool(inspections) == everything:
        raise CommandFailed("Name inspections, or say --all.", Exit.USAGE)
    with open_replay(read_settings(config)) as replaying:
        replayer = replaying.replayer
        wanted = list(inspections) if inspections else replayer.inspection_ids()
        results = [replayer.replay(one) for one in wanted]
    same = sum(1 for result in results if result.identical)
    if as_json:
        listed = [
            {
                "inspection_id": result.inspection_id,
                "identical": result.identical,
                "differences": list(result.differences),
            }
            for result in results
        ]
        typer.echo(json.dumps({"replayed": len(results), "identical": same, "inspections": listed}, indent=2))
    else:
        for result in results:
            if not result.identical:
                typer.echo(f"{result.inspection_id}: {'; '.join(result.differences)}")
        typer.echo(f"{same} of {len(results)} identical")
    raise typer.Exit(Exit.OK if same == len(results) else Exit.CHECK_FAILED)
