"""`darkstore demo` and `darkstore bench`: the whole chain, played and measured."""

from pathlib import Path
from typing import Annotated

import typer

from edge import cli_torture
from edge.cli_errors import Exit
from edge.lab.demo_options import DEFAULT_RETURNS, DEFAULT_SEED, DemoOptions

bench = typer.Typer(help="Measure, each figure beside its floor in the same run.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("demo")(demo)
    parent.add_typer(bench, name="bench")
    cli_torture.register(parent)


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="End after the shift; status 0 only if all is well.")
    ] = False,
    as_json: JsonOption = False,
    returns: Annotated[
        int, typer.Option(min=1, max=2000, help="How many returns; fewer leave cases out.")
    ] = DEFAULT_RETURNS,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds play equal shifts.")] = DEFAULT_SEED,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="Photographs in place of drawn pictures: a folder with one sub-folder a class.",
            file_okay=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Where to keep everything; a temporary folder if left out.", file_okay=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the shift in --data.")] = False,
    broker: Annotated[
        str | None, typer.Option(help="An MQTT 5 broker such as mqtt://127.0.0.1:1883.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The station's port.")] = None,
) -> None:
    """Play a shift against a real station, broker and OMS, with the network cut in the middle."""
    from edge.lab.demo import run_demo

    options = DemoOptions(
        headless=headless,
        as_json=as_json,
        returns=returns,
        seed=seed,
        pictures=pictures,
        data=data,
        resume=resume,
        broker=broker,
        port=port,
    )
    good = run_demo(options)
    raise typer.Exit(Exit.OK if good else Exit.CHECK_FAILED)


@bench.command("decision")
def bench_decision(
    returns: Annotated[int, typer.Option(min=10, max=5000, help="How many scans are measured.")] = 200,
    golden: Annotated[
        int, typer.Option(min=0, max=30, help="Golden units that each is compared with; 0: none.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """From a scan to the proposal at a client: two simulated 1080p cameras, 30 pictures a second."""
    from edge.lab.bench.decision import run

    run(returns, golden=golden, as_json=as_json)


@bench.command("outbox")
def bench_outbox(
    rows: Annotated[int, typer.Option(min=100, max=2_000_000, help="How many messages are owed.")] = 5000,
    as_json: JsonOption = False,
) -> None:
    """Durable commits a second, and rows settled by the OMS a second, against bare sqlite3 and bare paho."""
    from edge.lab.bench.outbox import run

    run(rows, as_json=as_json)


@bench.command("start")
def bench_start(as_json: JsonOption = False) -> None:
    """From a cold start to the first decision, and the memory of all processes together."""
    from edge.lab.bench.start import run

    run(as_json=as_json)
