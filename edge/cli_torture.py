"""`darkstore torture`: the whole chain under every fault that we know of."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli_errors import CommandFailed, Exit

DEFAULT_ROUNDS = 20
DEFAULT_SEED = 7


def register(parent: typer.Typer) -> None:
    """Put the command under `darkstore`."""
    parent.command("torture")(torture)


def torture(
    rounds: Annotated[int, typer.Option(min=1, max=100_000, help="How many rounds.")] = DEFAULT_ROUNDS,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds bring equal faults.")] = DEFAULT_SEED,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="No round begins after so many minutes; unplayed rounds fail.")
    ] = 600.0,
    on: Annotated[
        Path | None,
        typer.Option(
            help="A folder on the device's own storage, where everything is kept meanwhile. Shows that "
            "crashes of processes lose nothing there; says nothing about power cuts.",
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Kill, cut, fill, restore and double whatever there is: nothing may be lost, doubled or reordered."""
    from edge.lab.errors import MosquittoMissing
    from edge.lab.mosquitto import find_mosquitto
    from edge.lab.torture.campaign import TortureOptions, run_torture

    if find_mosquitto() is None:
        raise CommandFailed(str(MosquittoMissing()), Exit.NOT_NOW)
    if on is not None and any(on.glob("chain-*")):
        raise CommandFailed(
            f"{on} holds what an earlier torture has kept. Move it away, or name another folder.", Exit.USAGE
        )
    options = TortureOptions(
        rounds=rounds, seed=seed, as_json=as_json, folder=on, own_disk=on is not None, minutes=minutes
    )
    raise typer.Exit(Exit.OK if run_torture(options) else Exit.CHECK_FAILED)
