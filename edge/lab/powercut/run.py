"""`darkstore powercut` from the recording to the verdict."""

import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from edge.lab.ending import ended_in_order
from edge.lab.powercut.campaign import enumerate_cuts
from edge.lab.powercut.recording import record
from edge.lab.powercut.report import print_summary, summary
from edge.lab.powercut.timeline import Timeline
from edge.lab.powercut.weakened import Weakening
from edge.lab.powercut.whole_starts import start_whole
from edge.lab.progress import progress_bar


@dataclass(frozen=True, slots=True)
class PowercutOptions:
    """The command's options.

    Attributes:
        states: How many distinct states are opened.
        seed: Chooses them; equal seeds choose equal states of one recording.
        returns: How many returns the recorded shift has.
        whole: How many states are started as a whole process too.
        weaken: The safeguard that is taken away.
        as_json: Print JSON.
        recording: An earlier recording in place of a new one.
        keep: Where the recording is kept; None keeps it only where something was found.
    """

    states: int
    seed: int
    returns: int
    whole: int
    weaken: str
    as_json: bool
    recording: Path | None = None
    keep: Path | None = None


def run_powercut(options: PowercutOptions) -> bool:
    """Record, enumerate, tell; True if every state keeps the promise and enough were opened.

    Raises:
        PowercutError: Nothing could be recorded, or the recording says too little.
        LabError: A program did not come up while recording.
    """
    console = Console(stderr=options.as_json, highlight=False)
    own = options.recording is None and options.keep is None
    folder = (
        options.recording or options.keep or Path(tempfile.mkdtemp(prefix="darkstore-powercut-"))
    ).absolute()
    with ended_in_order(), progress_bar(console) as progress:
        if options.recording is None:
            task = progress.add_task("Recording a shift", total=None)
            record(
                folder,
                returns=options.returns,
                weakening=Weakening(options.weaken),
                on_unit=lambda unit: progress.update(
                    task, advance=1, description=f"Recording a shift: {unit}"
                ),
            )
            progress.remove_task(task)
        timeline = Timeline.load(folder)
        task = progress.add_task("Opening states", total=options.states)
        outcome = enumerate_cuts(
            timeline,
            states=options.states,
            seed=options.seed,
            keep=folder / "found",
            on_progress=lambda opened, found: progress.update(
                task, completed=opened, description=f"Opening states, {found} violations"
            ),
        )
        whole = []
        if options.whole:
            progress.add_task("Starting some as whole processes", total=None)
            with _quiet():
                whole = start_whole(timeline, count=options.whole, seed=options.seed)
    result = summary(
        timeline, outcome, whole, started=options.whole, wanted=options.states, seed=options.seed
    )
    if options.as_json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        sys.stdout.flush()
    else:
        print_summary(console, result)
    if own and not result["violations"]:
        shutil.rmtree(folder, ignore_errors=True)
    elif own:
        console.print(f"The recording is kept: darkstore powercut --from {folder}", soft_wrap=True)
    return bool(result["ok"])


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what each start has to say in its log."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
