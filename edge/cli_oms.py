"""`darkstore oms`: the reference OMS receiver, and the comparison of what was owed with what was applied."""

import json
import signal
import threading
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from edge.cli_errors import CommandFailed, Exit

oms_app = typer.Typer(help="The reference OMS receiver: serve, sell, reconcile.", no_args_is_help=True)

RECONNECT_CAP_S = 5.0
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the ledger.", file_okay=False)]


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.add_typer(oms_app, name="oms")


@oms_app.command()
def serve(
    data: DataOption,
    broker: Annotated[
        str, typer.Option(help="mqtt://HOST[:PORT], or mqtts:// with TLS.")
    ] = "mqtt://127.0.0.1:1883",
    expected: Annotated[
        list[Path] | None, typer.Option(help="Expected returns of a site; may be repeated.", dir_okay=False)
    ] = None,
    reference: Annotated[
        list[Path] | None, typer.Option(help="Reference data of a site; may be repeated.", dir_okay=False)
    ] = None,
    site: Annotated[str | None, typer.Option(help="Site of files that name none.")] = None,
    client_id: Annotated[str, typer.Option(help="The receiver's session at the broker.")] = "oms",
    username: Annotated[str | None, typer.Option(help="Name at the broker.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password.", dir_okay=False)
    ] = None,
) -> None:
    """Receive events, apply each once, and answer after the commit, until Ctrl-C or SIGTERM."""
    from sync.oms.serving import serve as run
    from sync.oms.settings import OmsSettings

    settings = OmsSettings.model_validate(
        {
            "data_dir": data,
            "broker": {
                **broker_address(broker),
                "username": username,
                "password_file": password_file,
                # One receiver is no herd, and every station waits for it: it comes back within seconds.
                "reconnect_cap_s": RECONNECT_CAP_S,
            },
            "client_id": client_id,
            "expected": tuple(expected or ()),
            "reference": tuple(reference or ()),
            "site": site,
        }
    )
    stop = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        del number, frame
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    run(
        settings,
        should_stop=stop.is_set,
        on_ready=lambda: typer.echo(f"OMS receiver ready on {broker}, ledger in {data}; Ctrl-C ends it."),
    )


@oms_app.command()
def sell(
    data: DataOption,
    site: Annotated[str, typer.Argument(help="Where.")],
    sku: Annotated[str, typer.Argument(help="The article.")],
    quantity: Annotated[str, typer.Argument(help="How much, such as 1 or 0.735.")],
    unit: Annotated[str, typer.Option(help="C62 for pieces, KGM for kilograms.")] = "C62",
) -> None:
    """Book a sale in the ledger: goods leave AVAILABLE, so that a later correction finds them gone."""
    from sync.oms.errors import LedgerMissing
    from sync.oms.ledger import LEDGER_FILE, Ledger
    from sync.oms.serving import random_id, utc_now

    try:
        amount = Decimal(quantity)
    except InvalidOperation as error:
        raise CommandFailed(f"{quantity} is not a quantity. Give a number such as 1.", Exit.USAGE) from error
    if not amount.is_finite() or amount <= 0:
        raise CommandFailed(f"A sale of {quantity} can't be booked. Give a number above 0.", Exit.USAGE)
    if not (data / LEDGER_FILE).exists():
        raise LedgerMissing(data / LEDGER_FILE)
    ledger = Ledger.open(data, now=utc_now)
    try:
        ledger.take(site, sku, amount, unit=unit, event_id=f"sale-{random_id()}")
    finally:
        ledger.database.close()
    typer.echo(f"{quantity} {unit} of {sku} at {site} sold.")


@oms_app.command()
def reconcile(
    data: DataOption,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="What was shown as saved: JSON lines with inspection_id, message_id, type, saved_at."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare what was owed with what was applied; status 1 if something is missing or doubled."""
    from sync.database import Database
    from sync.oms.errors import LedgerMissing
    from sync.oms.ledger import LEDGER_FILE, MIGRATIONS
    from sync.oms.reconcile import read_journal
    from sync.oms.reconcile import reconcile as compare
    from sync.oms.serving import utc_now

    file = data / LEDGER_FILE
    if not file.exists():
        raise LedgerMissing(file)
    saved = read_journal(journal) if journal else None
    database = Database.open(file, [MIGRATIONS], now=utc_now)
    try:
        report = compare(database, saved)
    finally:
        database.close()
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        console = Console()
        table = Table("owed", "applied", "lost", "applied twice", "rejected")
        figures = (
            report.owed,
            report.applied,
            len(report.lost),
            len(report.applied_twice),
            len(report.rejected),
        )
        table.add_row(*(str(figure) for figure in figures))
        console.print(table)
        for title, names in (
            ("lost", report.lost),
            ("applied twice", report.applied_twice),
            ("rejected", report.rejected),
        ):
            for name in names:
                console.print(f"{title}: {name}", markup=False)
        console.print(
            f"{report.missing} missing, {report.doubled} doubled", style="green" if report.good else "red"
        )
    if not report.good:
        raise typer.Exit(Exit.CHECK_FAILED)


def broker_address(url: str) -> dict[str, object]:
    """Host, port and TLS of a broker's URL, as settings.

    Raises:
        CommandFailed: It is no address of a broker.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise CommandFailed(f"{url} is not a broker's address: {error}.", Exit.USAGE) from error
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise CommandFailed(
            f"{url} is not a broker's address. Give mqtt://HOST:PORT, or mqtts:// with TLS.", Exit.USAGE
        )
    tls = parts.scheme == "mqtts"
    return {"host": parts.hostname, "port": port or (8883 if tls else 1883), "tls": tls}
