"""What the enumeration came to, for people and for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from edge.lab.powercut.campaign import Outcome
from edge.lab.powercut.shares import Finding
from edge.lab.powercut.timeline import Timeline

SHOWN_FINDINGS = 5


def summary(
    timeline: Timeline, outcome: Outcome, whole: list[Finding], *, started: int, wanted: int, seed: int
) -> dict[str, Any]:
    """The JSON document.

    Args:
        timeline: The recording.
        outcome: The enumeration.
        whole: What whole starts found.
        started: How many whole starts there were.
        wanted: How many states were asked for.
        seed: What chose them.
    """
    findings = [*outcome.findings, *whole]
    last = timeline.owed[-1]
    return {
        "ok": not findings and len(outcome.opened) >= wanted,
        "states_opened": len(outcome.opened),
        "states_wanted": wanted,
        "violations": len(findings),
        "starts": outcome.starts,
        "whole_starts": started,
        "moments": outcome.moments,
        "moments_looked_at": len(outcome.looked_at),
        "weakened": timeline.recording.weakening.value,
        "runs": timeline.recording.runs,
        "saved": len(last.inspections),
        "events": len(last.events),
        "pictures": sum(len(timeline.truth.pictures[one]) for one in last.inspections),
        "seed": seed,
        "seconds": round(outcome.seconds, 1),
        "recording": str(timeline.recording.folder),
        "findings": [
            {
                "moment": one.moment,
                "after": one.after,
                "arrived": one.arrived,
                "wrong": list(one.wrong),
                "kept": one.kept,
            }
            for one in findings[: 10 * SHOWN_FINDINGS]
        ],
    }


def print_summary(console: Console, result: dict[str, Any]) -> None:
    """The same as a table, with the story of the first findings."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("Shown as saved, with their events and pictures", _counted(result))
    table.add_row(
        "Moments at which the power may go", f"{result['moments']}, {result['moments_looked_at']} looked at"
    )
    table.add_row("States opened", f"{result['states_opened']} of {result['states_wanted']} wanted")
    table.add_row("Station started on them", f"{result['starts']}, and {result['whole_starts']} whole")
    table.add_row("Safeguard taken away", str(result["weakened"]))
    table.add_row("Violations", str(result["violations"]))
    table.add_row("Seconds", str(result["seconds"]))
    console.print(table)
    for one in result["findings"][:SHOWN_FINDINGS]:
        console.print(f"[bold]Moment {one['moment']}[/]: the power went after the station {one['after']};")
        console.print(f"  {one['arrived']}.", markup=False)
        for sentence in one["wrong"][:SHOWN_FINDINGS]:
            console.print(f"  {sentence}", markup=False)
        if one["kept"]:
            console.print(f"  The state is kept in {one['kept']}", markup=False, soft_wrap=True)
    if result["violations"]:
        console.print("[bold red]The promise is broken.[/]")
    elif not result["ok"]:
        console.print("[yellow]Fewer distinct states were found than asked for; record a longer shift.[/]")
    else:
        console.print("[green]Every state keeps the promise.[/]")


def _counted(result: dict[str, Any]) -> str:
    return f"{result['saved']} units, {result['events']} events, {result['pictures']} pictures"
