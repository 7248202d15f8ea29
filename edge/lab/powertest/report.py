"""What the device kept, for people and for programs."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from edge.lab.powertest.verifying import Verdict

SHOWN = 5


def to_json(verdict: Verdict) -> str:
    """One document."""
    return json.dumps({"ok": verdict.good, **asdict(verdict)}, indent=2)


def print_verdict(verdict: Verdict) -> None:
    """A table, and one sentence to decide by."""
    console = Console(highlight=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("Runs (each cut ends one)", str(verdict.runs))
    table.add_row("Commits that the device confirmed", str(verdict.confirmed))
    table.add_row("Kept whole", str(verdict.kept))
    table.add_row("Events missing, changed", f"{len(verdict.missing)}, {len(verdict.changed)}")
    table.add_row(
        "Pictures missing, damaged", f"{len(verdict.pictures_missing)}, {len(verdict.pictures_damaged)}"
    )
    table.add_row("On the device, not witnessed", str(verdict.unwitnessed))
    console.print(table)
    if verdict.damage is not None:
        console.print(f"Database: {verdict.damage}", markup=False, soft_wrap=True)
    for what in (*verdict.missing, *verdict.changed, *verdict.pictures_missing, *verdict.pictures_damaged)[
        :SHOWN
    ]:
        console.print(f"  {what}", markup=False)
    if verdict.confirmed == 0:
        console.print("[yellow]The witness heard of no commit: this proves nothing.[/]")
    elif verdict.good:
        console.print("[green]The device kept everything that it had confirmed.[/]")
    else:
        console.print(
            "[bold red]The device lost what it had confirmed. Don't use this model, or this disk.[/]"
        )
