"""`darkstore model`: which damage model the station judges with."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.cli_settings import DEFAULT_CONFIG, read_settings

if TYPE_CHECKING:
    from models.registry import ModelRegistry
    from vision.settings import VisionSettings

model_app = typer.Typer(
    help="Model packages: list, install, activate, roll back, sign.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OptionalConfig = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="DARKSTORE_CONFIG", help="Use this station's settings and its active model."
    ),
]


@model_app.command("list")
def model_list(as_json: JsonOption = False, config: OptionalConfig = None) -> None:
    """List the model packages here; the one in use is marked."""
    registry, _ = station_eyes(config)
    rows: list[dict[str, Any]] = [
        {
            "package": row.package.package_id if row.package else row.folder.name,
            "active": row.active,
            "shipped": row.shipped,
            "classes": [entry.name for entry in row.package.manifest.classes] if row.package else [],
            "licence": row.package.manifest.weights_licence if row.package else None,
            "problem": row.problem,
        }
        for row in registry.packages()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table("package", "in use", "from", "finds", "weights' licence")
    for row in rows:
        finds = escape(row["problem"] or ", ".join(row["classes"]))
        origin = "shipped" if row["shipped"] else "installed"
        table.add_row(row["package"], "yes" if row["active"] else "", origin, finds, row["licence"])
    Console().print(table)


@model_app.command("install")
def model_install(
    folder: Annotated[Path, typer.Argument(help="The package's folder.", exists=True, file_okay=False)],
    config: OptionalConfig = None,
) -> None:
    """Check a package and copy it into the station; `activate` puts it to use."""
    registry, _ = station_eyes(config)
    package = registry.install(folder)
    typer.echo(
        f"{package.package_id} is installed. Put it to use: darkstore model activate {package.package_id}"
    )


@model_app.command("activate")
def model_activate(
    package: Annotated[str, typer.Argument(help="Name and version, such as damage-1.0.0.")],
    config: OptionalConfig = None,
) -> None:
    """Check a package again and judge with it from the station's next start."""
    registry, _ = station_eyes(config)
    chosen = registry.activate(package)
    typer.echo(f"{chosen.package_id} is the active model. A running station uses it after its next start.")


@model_app.command("rollback")
def model_rollback(config: OptionalConfig = None) -> None:
    """Go back to the package that was active before."""
    registry, _ = station_eyes(config)
    chosen = registry.rollback()
    typer.echo(
        f"{chosen.package_id} is the active model again. A running station uses it after its next start."
    )


@model_app.command("keygen")
def model_keygen(
    private_key: Annotated[
        Path, typer.Argument(help="Where the private key goes; keep it off the stations.")
    ],
) -> None:
    """Make a key pair for signing packages; stations trust the public one, written beside as `….pub`."""
    from models.signing import make_key

    name = make_key(private_key)
    typer.echo(
        f"Key {name}: {private_key} signs (keep it secret), {private_key}.pub goes to the stations, into "
        "[model] trusted_keys of their settings."
    )


@model_app.command("sign")
def model_sign(
    folder: Annotated[Path, typer.Argument(help="The package's folder.", exists=True, file_okay=False)],
    key: Annotated[Path, typer.Option("--key", help="The private key's file.", exists=True, dir_okay=False)],
) -> None:
    """Vouch for a package: check its weights and reference pictures here, then sign its manifest."""
    from models.loading import load_detector, open_package
    from models.parity import check_parity
    from models.signing import sign_package

    package = open_package(folder)
    check_parity(folder, package.manifest.parity_sha256, load_detector(package))
    typer.echo(f"{package.package_id} is signed with the key {sign_package(folder, key)}.")


def station_eyes(config: Path | None) -> "tuple[ModelRegistry, VisionSettings]":
    """The registry and the `[vision]` section of the station at hand, or of one with all defaults."""
    from models.registry import ModelRegistry
    from models.settings import ModelSettings
    from vision.settings import VisionSettings

    if config is None and DEFAULT_CONFIG.is_file():
        config = DEFAULT_CONFIG
    if config is None:
        return ModelRegistry(ModelSettings(), Path("data") / "models"), VisionSettings()
    settings = read_settings(config)
    return ModelRegistry(settings.model, settings.station.data_dir / "models"), settings.vision
