"""`darkstore endurance`: a long outage, and a fleet that comes back."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edge.cli_errors import Exit
from edge.lab.bench.figures import tell

endurance = typer.Typer(
    help="Play what takes a month, or two hundred stations, with the real parts.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Where to keep everything; a temporary folder if left out.", file_okay=False),
]
Report = Callable[[str, int, int], None]


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.add_typer(endurance, name="endurance")


@endurance.command()
def outage(
    days: Annotated[int, typer.Option(min=1, max=365, help="Simulated days without a network.")] = 30,
    returns_a_day: Annotated[
        int, typer.Option(min=1, max=20_000, help="Full load: returns taken in each day.")
    ] = 720,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """A station works for a month offline, then delivers all of it while live returns go on."""
    from edge.lab.endurance.outage import Outage, play_outage

    with _folder(data) as folder:
        with _progress(as_json) as report:
            figures = play_outage(Outage(days=days, returns_a_day=returns_a_day), folder, report)
        _end("A long outage", figures, as_json=as_json)


@endurance.command()
def fleet(
    stations: Annotated[
        int, typer.Option(min=2, max=1000, help="Stations, each with its own connection.")
    ] = (200),
    events: Annotated[int, typer.Option(min=1, max=10_000, help="Events that each owes.")] = 200,
    down_s: Annotated[
        list[float] | None,
        typer.Option(min=0.5, max=3600, help="Seconds that the broker is away; may be repeated."),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the stations.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Draws the stations' waits.")] = 1,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Many stations lose one Mosquitto at the same moment and come back to it."""
    from edge.lab.endurance.fleet import Fleet, play_fleet

    played = Fleet(
        stations=stations,
        events=events,
        processes=processes,
        downs_s=tuple(down_s) if down_s else Fleet().downs_s,
        seed=seed,
    )
    with _folder(data) as folder:
        with _progress(as_json) as report:
            figures = play_fleet(played, folder, report)
        _end("A fleet comes back", figures, as_json=as_json)


def _end(title: str, figures: dict[str, Any], *, as_json: bool) -> None:
    tell(title, figures, as_json=as_json)
    if not figures["good"]:
        raise typer.Exit(Exit.CHECK_FAILED)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder of a run; a temporary one goes when all is well, and is kept and named when not."""
    if data is not None:
        if data.exists() and any(data.iterdir()):
            raise typer.BadParameter(f"{data} is not empty; name a new folder.")
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    folder = Path(tempfile.mkdtemp(prefix="darkstore-endurance-"))
    try:
        yield folder
    except BaseException:
        Console(stderr=True).print(f"Everything is kept in {folder}.", soft_wrap=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _progress(as_json: bool) -> Iterator[Report]:
    """Bars for people, one a phase, on stderr; nothing beside JSON but on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=as_json and not console.is_terminal) as bars:
        tasks: list[tuple[str, TaskID]] = []

        def report(phase: str, done: int, of: int) -> None:
            if not tasks or tasks[-1][0] != phase:
                tasks.append((phase, bars.add_task(phase, total=of)))
            bars.update(tasks[-1][1], completed=done, total=of)

        yield report
