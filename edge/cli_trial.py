"""`darkstore model compare` and `policy try`: what something new would have made of past returns."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from edge.cli_errors import CommandFailed, Exit
from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings

if TYPE_CHECKING:
    from edge.inspection.stored import StoredInspections
    from edge.inspection.trial import Flip, Trial, Verdict

LimitOption = Annotated[
    int, typer.Option("--limit", min=1, help="So many inspections at most, newest first.")
]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", help="Write the flips with their pictures into this HTML file.", dir_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(model_app: typer.Typer, policy_app: typer.Typer) -> None:
    """Put the commands under `darkstore model` and `darkstore policy`."""
    model_app.command("compare")(model_compare)
    policy_app.command("try")(policy_try)


def model_compare(
    package: Annotated[str, typer.Argument(help="Name and version of an installed package.")],
    config: ConfigOption = DEFAULT_CONFIG,
    limit: LimitOption = 500,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge stored returns with another model: what flips, with pictures, and what each would have moved."""
    from edge.bootstrap import open_replay
    from edge.inspection.trial import try_model

    with open_replay(read_settings(config), package) as replaying:
        trial = try_model(replaying.stored, replaying.judge, limit)
        _tell(f"Model {package} on stored returns", trial, replaying.stored, report, as_json=as_json)


def policy_try(
    pack: Annotated[Path, typer.Argument(help="The policy pack's file.", exists=True, dir_okay=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    limit: LimitOption = 500,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide stored returns by another version of a policy pack: what flips, and what would have moved."""
    from edge.bootstrap import open_replay
    from edge.grading.policy_loading import read_pack
    from edge.inspection.trial import try_policy

    wanted = read_pack(pack)
    with open_replay(read_settings(config)) as replaying:
        trial = try_policy(replaying.stored, wanted, limit)
        title = f"Policy {wanted.name} {wanted.version[:12]} on stored returns"
        _tell(title, trial, replaying.stored, report, as_json=as_json)


def _tell(
    title: str, trial: "Trial", stored: "StoredInspections", report: Path | None, *, as_json: bool
) -> None:
    if report is not None:
        _write(report, title, trial, stored)
    if as_json:
        outcome = {
            "looked_at": trial.looked_at,
            "asked_a_person_then": trial.asked_then,
            "asks_a_person_now": trial.asked_now,
            "flipped": len(trial.flips),
            "nearer_to_sale": sum(1 for flip in trial.flips if flip.nearer_to_sale),
            "skipped": trial.skipped,
            "flips": [_flip(flip) for flip in trial.flips],
        }
        typer.echo(json.dumps(outcome, indent=2, ensure_ascii=False))
        return
    table = Table("inspection", "item", "then", "now", "stock would go", "confirmed", title=title)
    for flip in trial.flips:
        table.add_row(
            flip.inspection_id,
            flip.item,
            _words(flip.before),
            f"[bold red]{_words(flip.after)}[/]" if flip.nearer_to_sale else _words(flip.after),
            f"{flip.before.to_state.value} → {flip.after.to_state.value}",
            flip.confirmed.value,
        )
    console = Console()
    if trial.flips:
        console.print(table)
    for why, count in sorted(trial.skipped.items()):
        console.print(f"{count} not judged again: {why}")
    nearer = sum(1 for flip in trial.flips if flip.nearer_to_sale)
    console.print(
        f"{trial.looked_at} judged again, {len(trial.flips)} would come out otherwise, {nearer} of them "
        f"nearer to sale (red). A person had to decide {trial.asked_then} of them, now {trial.asked_now}. "
        "Nothing was changed." + (f" Pictures: {report}" if report else "")
    )


def _write(report: Path, title: str, trial: "Trial", stored: "StoredInspections") -> None:
    from edge.inspection.trial_report import write_report

    def pictures(inspection_id: str) -> dict[str, bytes]:
        saved = stored.get(inspection_id)
        return stored.pictures(saved) if saved is not None else {}

    try:
        report.write_text(write_report(title, trial, pictures), encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{report} can't be written ({error.strerror}).", Exit.USAGE) from error


def _flip(flip: "Flip") -> dict[str, Any]:
    return {
        "inspection_id": flip.inspection_id,
        "return_id": flip.return_id,
        "item": flip.item,
        "before": _verdict(flip.before),
        "after": _verdict(flip.after),
        "confirmed": flip.confirmed.value,
        "nearer_to_sale": flip.nearer_to_sale,
        "person_agrees": flip.person_agrees,
    }


def _verdict(verdict: "Verdict") -> dict[str, Any]:
    return {
        "grade": verdict.grade.value if verdict.grade else None,
        "disposition": verdict.disposition.value,
        "to_state": verdict.to_state.value,
        "needs_person": verdict.needs_person,
        "rules": list(verdict.rules),
    }


def _words(verdict: "Verdict") -> str:
    return f"{verdict.grade.value if verdict.grade else '-'} {verdict.disposition.value}"
