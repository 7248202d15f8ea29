"""The command `darkstore`: everything that can be done without a browser.

    run, demo                     the station; a shift played against it
    doctor, config, policy        is everything in order?
    inspect, barcode, model       pictures and models by hand
    vision, reference             how far the eyes can be trusted; golden pictures of intact units
    outbox, replay                what is owed to the OMS; the past, judged again
    calibrate, second-looks       from which confidence it may decide alone; do people agree?
    labels                        what people said, to train the next model
    broker, oms                   the other ends: the embedded broker, the reference receiver
    conformance                   does another OMS's receiver keep the contract?
    bench, endurance              how fast; a month offline, a fleet that comes back
    powercut                      what a power cut may leave

Commands that change something go through the running station where there is one, because one process writes.
Exit codes are described in `edge/cli_errors.py`.
"""

from typing import Annotated

import typer

from edge import (
    cli_calibrate,
    cli_check,
    cli_conformance,
    cli_endurance,
    cli_grades,
    cli_lab,
    cli_labels,
    cli_model,
    cli_oms,
    cli_outbox,
    cli_powercut,
    cli_reference,
    cli_replay,
    cli_second_looks,
    cli_station,
    cli_trial,
    cli_vision,
    cli_vision_eval,
)
from edge.cli_errors import errors_for_people

app = typer.Typer(
    name="darkstore",
    help="Inspects returned goods and owes the OMS each stock movement until it is confirmed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done and well, 1 a check failed, 2 used wrongly, 3 not possible now.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from edge.versions import SOFTWARE

        typer.echo(f"darkstore {SOFTWARE}")
        raise typer.Exit


@app.callback()
def darkstore(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options that stand before any command."""
    del version


for part in (
    cli_station,
    cli_lab,
    cli_check,
    cli_vision,
    cli_vision_eval,
    cli_reference,
    cli_outbox,
    cli_replay,
    cli_calibrate,
    cli_second_looks,
    cli_oms,
    cli_conformance,
    cli_endurance,
    cli_powercut,
):
    part.register(app)
cli_trial.register(cli_model.model_app, cli_check.policy_app)
cli_labels.register(app, cli_model.model_app)
cli_grades.register(cli_model.model_app)


def main() -> None:
    """Run the command line; errors become one sentence and an exit code."""
    with errors_for_people():
        app()
