"""`darkstore outbox`: what is owed to the OMS, looked at, retried, carried to another machine.

Looking is done in the database, also while the station runs. `retry` and `compare` go through the running
station.
`import` writes, so it needs the station stopped.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from edge.cli_errors import CommandFailed, Exit
from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings, running_station

if TYPE_CHECKING:
    from sync.outbox import Outbox
    from sync.records import OutboxRow

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

POLL_S = 0.2

app = typer.Typer(
    help="What is owed to the OMS: list, show, retry, compare, export, import.", no_args_is_help=True
)


class StateName(StrEnum):
    """Where a message stands."""

    PENDING = "PENDING"
    SENT = "SENT"
    SETTLED = "SETTLED"
    DEAD = "DEAD"


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.add_typer(app, name="outbox")


@contextmanager
def _outbox(config: Path, *, exclusive: bool = False) -> Iterator["Outbox"]:
    """The station's outbox; `exclusive` refuses while a station runs on the same data."""
    from edge.bootstrap import open_outbox

    with open_outbox(read_settings(config), exclusive=exclusive) as outbox:
        yield outbox


def _as_json(row: "OutboxRow") -> dict[str, Any]:
    return {
        "message_id": row.message_id,
        "epoch": row.epoch,
        "sequence": row.sequence,
        "type": row.type,
        "subject": row.subject,
        "state": str(row.state),
        "committed_at": row.committed_at.isoformat(),
        "attempts": row.attempts,
        "held": row.held,
        "status": row.status,
        "exception": row.exception,
        "reason": row.reason,
        "replaces": row.replaces,
    }


@app.command("list")
def list_rows(
    config: ConfigOption = DEFAULT_CONFIG,
    state: Annotated[list[StateName] | None, typer.Option(help="Only these; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List messages, newest first."""
    from sync.records import OutboxState

    states = [OutboxState(one.value) for one in state] if state else None
    with _outbox(config) as outbox:
        rows = outbox.rows(states=states, limit=limit)
        counts = outbox.counts()
    if as_json:
        typer.echo(json.dumps([_as_json(row) for row in rows], indent=2))
        return
    table = Table("committed", "state", "type", "return", "epoch/sequence", "answer", "message id")
    for row in rows:
        answer = " ".join(filter(None, (row.status, row.exception, row.reason)))
        kind = row.type.removeprefix("darkstore.")
        when = f"{row.committed_at:%Y-%m-%d %H:%M:%S}"
        where = f"{row.epoch}/{row.sequence}"
        state_text = f"{row.state} (held back)" if row.held else str(row.state)
        table.add_row(when, state_text, kind, row.subject, where, answer, row.message_id)
    console = Console()
    console.print(table)
    console.print(f"{counts.owed} owed, {counts.dead} dead, {counts.settled} settled")


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(help="Its id, from `outbox list`.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print one message as it is sent, and where it stands."""
    with _outbox(config) as outbox:
        row = outbox.get(message_id)
    envelope = json.loads(row.envelope) if row.envelope else None
    typer.echo(json.dumps({**_as_json(row), "envelope": envelope}, indent=2, ensure_ascii=False))


@app.command()
def retry(
    message_id: Annotated[str, typer.Argument(help="Its id, from `outbox list`.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a message again that was refused or held back."""
    from edge.lab.station_client import in_path

    client = running_station(read_settings(config))
    if client is not None:
        with client:
            client.post(f"/api/outbox/{in_path(message_id)}/retry")
        typer.echo(f"{message_id}: the running station sends it again.")
        return
    with _outbox(config, exclusive=True) as outbox:
        outbox.requeue(message_id)
    typer.echo(f"{message_id}: sent again when the station starts.")


@app.command()
def compare(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, help="Longest wait for the OMS, in seconds.")
    ] = 60.0,
) -> None:
    """Compare all messages with the OMS's books now; status 1 if something is missing or doubled."""
    from edge.lab.station_client import StationClient

    client: StationClient | None = running_station(read_settings(config))
    if client is None:
        raise CommandFailed("The station is not running; it compares while it is connected.", Exit.NOT_NOW)
    with client:
        before = client.get("/api/comparison")["finished_at"]
        client.post("/api/comparison")
        deadline = time.monotonic() + wait_s
        found = client.get("/api/comparison")
        while found["finished_at"] == before and time.monotonic() < deadline:
            time.sleep(POLL_S)
            found = client.get("/api/comparison")
    ended = found["finished_at"] != before
    if as_json:
        typer.echo(json.dumps({**found, "ended": ended}, indent=2, ensure_ascii=False))
    else:
        _tell_comparison(found, ended=ended)
    if not ended:
        raise typer.Exit(Exit.NOT_NOW)
    if found["missing"] or found["doubled"] or found["foreign"]:
        raise typer.Exit(Exit.CHECK_FAILED)


def _tell_comparison(found: dict[str, Any], *, ended: bool) -> None:
    console = Console(highlight=False)
    if not ended:
        console.print("The OMS has not said yet what it finds; the station's page shows it when it does.")
        return
    for kind in ("missing", "doubled", "foreign"):
        for one in found[f"named_{kind}"]:
            place = f"{one['epoch']}/{one['sequence']}"
            console.print(
                f"{kind}: {place} {one['type']} of {one['subject']}, {one['message_id']}", markup=False
            )
    if found["forgotten"]:
        console.print(f"The OMS has {found['forgotten']} messages that this station no longer knows.")
    console.print(f"{found['compared']} compared: {found['missing']} missing, {found['doubled']} doubled")


@app.command()
def release(
    message_id: Annotated[str, typer.Argument(help="Its id, from `outbox list`.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Leave a rejected message out for good, so that its return goes on without it."""
    from edge.lab.station_client import in_path

    client = running_station(read_settings(config))
    if client is not None:
        with client:
            client.post(f"/api/outbox/{in_path(message_id)}/release")
    else:
        with _outbox(config, exclusive=True) as outbox:
            outbox.release(message_id)
    typer.echo(f"{message_id}: left out; the messages behind it are sent.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="File to write.", dir_okay=False)],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write everything still owed to a file, for another machine to deliver."""
    if file.exists():
        raise CommandFailed(f"{file} is there already; nothing was written. Name another file.", Exit.USAGE)
    with _outbox(config) as outbox:
        summary = outbox.export_to(file)
    typer.echo(f"{summary.taken} messages written to {file}.")


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="A file written by `outbox export`.", exists=True, dir_okay=False)
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take over what another machine still owed; stop the station first."""
    with _outbox(config, exclusive=True) as outbox:
        summary = outbox.import_from(file)
    typer.echo(f"{summary.taken} messages taken over; they are sent when the station runs.")
