"""`darkstore calibrate`: from which confidence the station may decide alone, from what people judged."""

import dataclasses
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings, running_station

if TYPE_CHECKING:
    from edge.settings import Settings

PATIENCE_S = 300.0
"""Ten thousand inspections are read on a small device."""


def register(parent: typer.Typer) -> None:
    """Put the command under `darkstore`."""
    parent.command("calibrate")(calibrate)


def calibrate(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would come of it; nothing is put in force.")
    ] = False,
) -> None:
    """Find from which confidence a pack's units need no person, from the units that people judged."""
    from edge.station.catalogue import FALLBACK, Catalogues

    settings = read_settings(config)
    found = _through_the_station(settings, dry_run=dry_run) or _by_hand(settings, dry_run=dry_run)
    catalogues = Catalogues()
    for one in found:
        message = one.pop("message")
        one["sentence"] = catalogues.text(FALLBACK, message["code"], message["params"])
    if as_json:
        typer.echo(json.dumps({"in_force": not dry_run, "packs": found}, indent=2, ensure_ascii=False))
        return
    for one in found:
        name = catalogues.text(FALLBACK, f"pack.{one['policy']}")
        typer.echo(f"{name}: {one['sentence']}")
    typer.echo("Nothing was changed." if dry_run else "This holds from now on.")


def _through_the_station(settings: "Settings", *, dry_run: bool) -> list[dict[str, Any]]:
    """The running station works it out, because one process writes; empty where none runs."""
    from edge.lab.station_client import StationClient

    client = running_station(settings)
    if client is None:
        return []
    client.close()
    with StationClient(client.address, timeout_s=PATIENCE_S) as patient:
        return list(patient.post("/api/calibration", {"dry_run": dry_run}))


def _by_hand(settings: "Settings", *, dry_run: bool) -> list[dict[str, Any]]:
    from edge.calibration_setup import open_calibration

    with open_calibration(settings, exclusive=not dry_run) as calibrations:
        found = [dataclasses.asdict(one) for one in calibrations.calibrate(write=not dry_run)]
    for one in found:
        at = one["computed_at"]
        one["computed_at"] = at.isoformat() if isinstance(at, datetime) else None
    return found
