"""`darkstore conformance`: acts as stations against somebody's receiver, a verdict per rule."""

import json
import secrets
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from edge.cli_errors import CommandFailed, Exit
from edge.cli_oms import broker_address

if TYPE_CHECKING:
    from sync.oms.conformance.options import Options
    from sync.oms.conformance.report import Report
    from sync.oms.conformance.rules import Rule

EVIDENCE_SHOWN = 6
MESSAGE_SHOWN = 300

console = Console(stderr=True, highlight=False)


def register(parent: typer.Typer) -> None:
    """Put the command under `darkstore`."""
    parent.command("conformance")(conformance)


def conformance(
    broker: Annotated[
        str | None, typer.Option(help="Of the receiver's test instance: mqtt://HOST[:PORT], or mqtts://.")
    ] = None,
    site: Annotated[
        str, typer.Option(help="A site of its own, which the receiver uses for nothing else.")
    ] = "conformance",
    station_prefix: Annotated[str, typer.Option(help="How the acted stations' names begin.")] = "kit",
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")] = None,
    list_rules: Annotated[bool, typer.Option("--list", help="Name the rules and stop.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait for an answer, seconds.")] = 10.0,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Longest wait for what the receiver asks by itself, seconds.")
    ] = 60.0,
    files: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the set-up's two files, which the receiver must load.", file_okay=False
        ),
    ] = None,
    load_command: Annotated[
        str | None, typer.Option(help="Loads the set-up; both files' names are added to it.")
    ] = None,
    sell_command: Annotated[
        str | None, typer.Option(help="Books a sale; site, article and quantity are added to it.")
    ] = None,
    restart_command: Annotated[
        str | None, typer.Option(help="Kills the receiver (SIGKILL) and starts it again.")
    ] = None,
    ask: Annotated[
        bool | None,
        typer.Option(
            "--ask/--no-ask",
            help="Ask the person at the terminal for what no command does; by default where there is one.",
        ),
    ] = None,
    username: Annotated[str | None, typer.Option(help="Name at the broker.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password.", dir_okay=False)
    ] = None,
    password_env: Annotated[str | None, typer.Option(help="Environment variable with the password.")] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates that vouch for the broker.", dir_okay=False)
    ] = None,
    cert_file: Annotated[
        Path | None, typer.Option(help="Our certificate, where the broker wants one.", dir_okay=False)
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="The private key to it.", dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with the evidence.")] = False,
) -> None:
    """Act as stations against a receiver, and say which rules of the contract it keeps.

    It writes some 3,000 events of made-up returns into the receiver's books: use a test instance. Commands
    are split into words and run without a shell. Status 0 only if every required rule passes; a rule that was
    skipped does not pass.
    """
    from sync.oms.conformance.options import Options
    from sync.oms.conformance.running import rules_named

    rules = rules_named(rule or ())
    if list_rules:
        _list(rules, as_json=as_json)
        return
    if broker is None:
        raise CommandFailed(
            "Say which broker the receiver listens to: --broker mqtt://HOST:PORT.", Exit.USAGE
        )
    reached = {
        **broker_address(broker),
        "username": username,
        "password_file": password_file,
        "password_env": password_env,
        "ca_file": ca_file,
        "cert_file": cert_file,
        "key_file": key_file,
    }
    try:
        options = Options.model_validate(
            {
                "broker": reached,
                "site": site,
                "station_prefix": station_prefix,
                "timeout_s": timeout,
                "patience_s": patience,
            }
        )
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise CommandFailed(
            f"{where}: {problem['msg'].removeprefix('Value error, ')}.", Exit.USAGE
        ) from error
    helping = {
        name: shlex.split(command)
        for name, command in (("load", load_command), ("sell", sell_command), ("restart", restart_command))
        if command
    }
    report = _play(options, rules, helping, files, ask=sys.stdin.isatty() if ask is None else ask)
    if as_json:
        typer.echo(json.dumps({"broker": broker, **report.as_json()}, indent=2, ensure_ascii=False))
    else:
        _print(report)
    if not report.good:
        raise typer.Exit(Exit.CHECK_FAILED)


def _play(
    options: "Options",
    rules: "tuple[Rule, ...]",
    helping: dict[str, list[str]],
    files: Path | None,
    *,
    ask: bool,
) -> "Report":
    from sync.oms.conformance.helper import GivenHelp
    from sync.oms.conformance.report import Report
    from sync.oms.conformance.rules import RuleResult
    from sync.oms.conformance.running import Run

    token = secrets.token_hex(3)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )

    def person(asked: str) -> None:
        progress.stop()
        console.print(Text("Please: ", style="bold") + Text(asked))
        console.input("Press Enter when it is done. ")
        progress.start()

    console.print(
        f"Acting as stations of the site {options.site}; all ids that are left behind hold {token}.",
        markup=False,
    )
    helper = GivenHelp(**helping, ask=person if ask else None)
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch, progress:
        bar = progress.add_task("rules", total=len(rules))

        def told(result: RuleResult) -> None:
            progress.update(bar, advance=1, description=result.rule.id)

        run = Run(options, helper, token=token, files=files or Path(scratch))
        return Report(options, token, tuple(run.play(rules, told)))


def _print(report: "Report") -> None:
    from sync.oms.conformance.report import said_of
    from sync.oms.conformance.rules import Verdict

    out = Console()
    styles = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.SKIPPED: "yellow"}
    table = Table("rule", "verdict", "what is asked, and why it fails", "s")
    for one in report.results:
        told = Text(one.rule.title + ("" if one.rule.required else " (advice)"))
        if one.reason:
            told.append(f"\n{one.reason}\nSee {one.rule.contract}")
        verdict = Text(one.verdict.value, style=styles[one.verdict])
        table.add_row(one.rule.id, verdict, told, f"{one.seconds:.1f}")
    out.print(table)
    for one in report.results:
        if one.verdict is Verdict.FAIL:
            out.print(Text(f"\n{one.rule.id}: {one.rule.how} The last messages:", style="bold"))
            for said in one.evidence[-EVIDENCE_SHOWN:]:
                line = f"  {said.at_s:8.3f} s {said.direction:5} {said.topic} {said.message[:MESSAGE_SHOWN]}"
                out.print(Text(line), soft_wrap=True)
    counts = report.counts
    out.print(
        f"\n{counts[Verdict.PASS]} passed, {counts[Verdict.FAIL]} failed, {counts[Verdict.SKIPPED]} skipped "
        f"of {len(report.results)} rules.",
        highlight=False,
    )
    not_judged = report.of(Verdict.SKIPPED, required=True)
    if not_judged:
        out.print(Text(f"Not judged, so not passed: {said_of(not_judged)}.", style="yellow"))
    out.print(
        Text("The receiver keeps every required rule.", style="green")
        if report.good
        else Text("The receiver does not conform.", style="bold red")
    )


def _list(rules: "tuple[Rule, ...]", *, as_json: bool) -> None:
    if as_json:
        listed = [
            {
                "id": one.id,
                "title": one.title,
                "required": one.required,
                "needs": sorted(need.value for need in one.needs),
                "contract": one.contract,
                "how": one.how,
            }
            for one in rules
        ]
        typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    table = Table(Column("rule", no_wrap=True), "what is asked", "needs", "where the contract says it")
    for one in rules:
        title = one.title + ("" if one.required else " (advice)")
        table.add_row(one.id, Text(title), ", ".join(sorted(one.needs)), one.contract)
    Console().print(table)
