"""`darkstore powercut` and `powertest`: power cuts, enumerated here and pulled by hand on a device."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli_errors import CommandFailed, Exit

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WEAKENINGS = ("none", "synchronous", "directory")


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("powercut")(powercut)


def powercut(
    states: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many distinct states are opened.")
    ] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the states of a recording.")] = 7,
    returns: Annotated[int, typer.Option(min=1, max=14, help="How many returns are recorded.")] = 14,
    whole: Annotated[
        int, typer.Option(min=0, max=100, help="How many states are started as a whole process too.")
    ] = 4,
    weaken: Annotated[
        str, typer.Option(help="Take a safeguard away to see it fail: synchronous or directory.")
    ] = "none",
    as_json: JsonOption = False,
    recording: Annotated[
        Path | None, typer.Option("--from", help="Use this recording.", exists=True, file_okay=False)
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--record", help="Keep the recording in this new folder.", file_okay=False)
    ] = None,
) -> None:
    """Record what a station does to its disk, and open every state that a power cut may have left.

    Status 0 only if no state breaks the promise. Needs Debian's strace.
    """
    from edge.lab.powercut.run import PowercutOptions, run_powercut

    if weaken not in WEAKENINGS:
        raise CommandFailed(f"--weaken {weaken}: it is one of {', '.join(WEAKENINGS)}.", Exit.USAGE)
    if recording is not None and (keep is not None or weaken != "none"):
        raise CommandFailed("--from uses a recording as it is; leave --record and --weaken away.", Exit.USAGE)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandFailed(f"{keep} is not empty; give a new folder.", Exit.USAGE)
    options = PowercutOptions(
        states=states,
        seed=seed,
        returns=returns,
        whole=whole,
        weaken=weaken,
        as_json=as_json,
        recording=recording,
        keep=keep,
    )
    good = run_powercut(options)
    raise typer.Exit(Exit.OK if good else Exit.CHECK_FAILED)
