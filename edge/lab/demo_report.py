"""What the demo tells at its end: the returns, the cases, and whether anything was lost or applied twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table

from edge.grading.decision import Disposition
from edge.lab.bench.figures import percentile
from edge.lab.settling import Booked, Reconciliation
from edge.lab.shift.plan import CASES, Shift

JsonObject = dict[str, Any]


def describe_returns(shift: Shift, journal: Sequence[JsonObject], booked: Booked) -> list[JsonObject]:
    """Each return with its items, as the driver saw them, and what the OMS made of each."""
    undone = {entry["inspection_id"] for entry in journal if entry["kind"] == "undone"}
    items: dict[str, list[JsonObject]] = defaultdict(list)
    return_ids: dict[str, str] = {}
    for entry in journal:
        if entry["kind"] == "played":
            return_ids[entry["play_id"]] = entry["return_id"]
        if entry["kind"] != "saved":
            continue
        inspection_id = entry["inspection_id"]
        state = booked.answers.get(inspection_id, "missing")
        items[entry["play_id"]].append(
            {
                "item": entry["item"],
                "inspection_id": inspection_id,
                "findings": list(entry["findings"]),
                "grade": entry["grade"],
                "disposition": entry["disposition"],
                "proposed": entry["proposed"],
                "overridden": entry["overridden"],
                "undone": inspection_id in undone,
                "rules": list(entry["rules"]),
                "decided_ms": entry["decided_ms"],
                "oms": "taken back" if inspection_id in booked.taken_back else state,
            }
        )
    return [
        {
            "play": plan.play_id,
            "reference": plan.reference,
            "return_id": return_ids.get(plan.play_id),
            "cases": list(plan.cases),
            "items": items[plan.play_id],
        }
        for plan in shift.returns
        if plan.play_id in return_ids
    ]


def describe_cases(shift: Shift, journal: Iterable[JsonObject]) -> dict[str, bool]:
    """Each case that the shift was to show, and whether its signs were seen."""
    signs: dict[str, set[str]] = defaultdict(set)
    for entry in journal:
        if entry["kind"] == "played":
            signs[entry["play_id"]] |= set(entry["signs"])
    return {
        case: all(sign in signs[plan.play_id] for sign in CASES[case])
        for plan in shift.returns
        for case in plan.cases
    }


def count_dispositions(returns: Sequence[JsonObject]) -> dict[str, int]:
    """How many units came to each disposition."""
    counted = Counter(item["disposition"] for one in returns for item in one["items"])
    return {disposition.value: counted[disposition.value] for disposition in Disposition}


def decided_in(returns: Sequence[JsonObject]) -> dict[str, float]:
    """How long the station took from scan to proposal, milliseconds."""
    times = [float(item["decided_ms"]) for one in returns for item in one["items"]]
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(percentile(times, share), 1) for name, share in shares.items()}


def print_report(console: Console, outcome: Mapping[str, Any], reconciliation: Reconciliation) -> None:
    """The tables at the end."""
    console.print(_returns_table(outcome["returns"]))
    missing = [case for case, seen in outcome["cases"].items() if not seen]
    console.print(
        f"{len(outcome['cases']) - len(missing)} of {len(outcome['cases'])} cases seen"
        + (f"; missing: {', '.join(missing)}" if missing else "")
    )
    console.print(_reconciliation_table(reconciliation))
    for inspection_id, problem in reconciliation.misplaced.items():
        console.print(f"[bold red]{inspection_id}[/]: {problem}")


def _returns_table(returns: Sequence[JsonObject]) -> RenderableType:
    table = Table()
    table.add_column("return", no_wrap=True)
    table.add_column("item", no_wrap=True, overflow="ellipsis", min_width=16, max_width=28)
    table.add_column("findings", no_wrap=True, overflow="ellipsis", min_width=11, max_width=24)
    table.add_column("grade", width=5)
    table.add_column("disposition", no_wrap=True)
    table.add_column("decided", no_wrap=True, justify="right")
    table.add_column("OMS", no_wrap=True)
    for one in returns:
        if one["cases"]:
            table.add_row(one["play"], f"[italic]{', '.join(one['cases']).replace('_', ' ')}[/]")
        for number, item in enumerate(one["items"]):
            disposition = item["disposition"] + ("*" if item["overridden"] else "")
            table.add_row(
                one["play"] if number == 0 and not one["cases"] else "",
                item["item"],
                ", ".join(item["findings"]) or "-",
                item["grade"] or "-",
                disposition,
                f"{item['decided_ms']:.0f} ms",
                item["oms"].replace("_", " "),
            )
    table.caption = "* chosen by the staff"
    return table


def _reconciliation_table(reconciliation: Reconciliation) -> RenderableType:
    table = Table("still owed", "shown as saved", "applied", "lost", "applied twice", "rejected", "misplaced")
    good, bad = "[green]{}[/]", "[bold red]{}[/]"
    figures = (
        reconciliation.owed,
        len(reconciliation.lost),
        len(reconciliation.applied_twice),
        len(reconciliation.rejected),
        len(reconciliation.misplaced),
    )
    owed, *others = ((bad if figure else good).format(figure) for figure in figures)
    table.add_row(owed, str(reconciliation.confirmed), str(reconciliation.applied), *others)
    return table
