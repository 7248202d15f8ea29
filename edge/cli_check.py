"""`darkstore doctor`, `config`, `policy`: is everything in order, before or while the station works?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.cli_errors import CommandFailed, Exit
from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings

if TYPE_CHECKING:
    from edge.station.services import HealthCheck

config_app = typer.Typer(help="The station's settings: show, check.", no_args_is_help=True)
policy_app = typer.Typer(help="Policy packs: check.", no_args_is_help=True)

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "failed": "[bold red]failed[/]"}


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("doctor")(doctor)
    parent.add_typer(config_app, name="config")
    parent.add_typer(policy_app, name="policy")


def doctor(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", envvar="DARKSTORE_CONFIG", help="Settings to check as well."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check this machine, and with --config the station on it; says what would help."""
    from edge.health.doctor import examine
    from edge.station.catalogue import FALLBACK, Catalogues

    if config is None and DEFAULT_CONFIG.is_file():
        config = DEFAULT_CONFIG
    catalogues = Catalogues()

    def sentence(check: "HealthCheck", what_next: bool) -> str:
        message = check.what_next if what_next else check.message
        return "" if message is None else catalogues.text(FALLBACK, message.code, message.params)

    checks = examine(config)
    failed = any(check.state == "failed" for check in checks)
    if as_json:
        listed = [
            {
                "name": check.name,
                "state": str(check.state),
                "message": sentence(check, what_next=False),
                "what_next": sentence(check, what_next=True) or None,
            }
            for check in checks
        ]
        typer.echo(json.dumps({"ok": not failed, "checks": listed}, indent=2, ensure_ascii=False))
    else:
        table = Table("check", "state", "what was found", "what to do next")
        for check in checks:
            found, what_next = sentence(check, what_next=False), sentence(check, what_next=True)
            table.add_row(check.name, _MARKS[str(check.state)], escape(found), escape(what_next))
        Console().print(table)
    raise typer.Exit(Exit.CHECK_FAILED if failed else Exit.OK)


@config_app.command("show")
def config_show(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the settings with every default filled in, as JSON; secrets never stand in them."""
    settings = read_settings(config)
    typer.echo(json.dumps(settings.model_dump(mode="json"), indent=2, ensure_ascii=False))


@config_app.command("check")
def config_check(
    config: Annotated[Path, typer.Argument(help="The settings file.", dir_okay=False)] = DEFAULT_CONFIG,
) -> None:
    """Check a settings file and the policy packs that it names; changes nothing."""
    from edge.grading.policy_loading import load_policies

    settings = read_settings(config)
    load_policies(settings.policies)
    devices = ", ".join([*settings.cameras, *settings.scanners]) or "no devices"
    typer.echo(f"{config}: in order ({settings.station.site}/{settings.station.station}, {devices}).")


@policy_app.command("check")
def policy_check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Policy packs or folders of them; none checks the station's own."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check policy packs: every wrong key and value is named, with what is allowed."""
    from edge.grading.errors import PolicyError
    from edge.grading.policy_loading import OWN_PACKS, read_pack

    files: list[Path] = []
    for path in paths or [OWN_PACKS]:
        if not path.exists():
            raise CommandFailed(f"{path}: there is no such file or folder.", Exit.USAGE)
        files.extend(sorted(path.glob("*.toml")) if path.is_dir() else [path])
    results: list[dict[str, Any]] = []
    for file in files:
        try:
            pack = read_pack(file)
        except PolicyError as error:
            results.append({"file": str(file), "ok": False, "problem": str(error)})
        else:
            results.append({"file": str(file), "ok": True, "name": pack.name, "version": pack.version})
    if as_json:
        typer.echo(json.dumps(results, indent=2, ensure_ascii=False))
    else:
        for result in results:
            good = (
                f"in order: {result['name']} {str(result['version'])[:12]}"
                if result["ok"]
                else result["problem"]
            )
            typer.echo(f"{result['file']}: {good}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(Exit.USAGE)
