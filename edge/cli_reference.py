"""`darkstore reference`: golden pictures, what intact units of a product look like."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli_errors import CommandFailed, Exit, console
from edge.cli_model import JsonOption, OptionalConfig, station_eyes
from edge.cli_pictures import read_file
from edge.cli_settings import DEFAULT_CONFIG, read_settings

if TYPE_CHECKING:
    from edge.inspection.golden_pictures import GoldenStore
    from vision.golden.sufficiency import Advice
    from vision.golden.views import ItemView
    from vision.settings import VisionSettings

reference_app = typer.Typer(help="Golden pictures: add, list, check, remove.", no_args_is_help=True)

_Sku = Annotated[str, typer.Argument(help="The merchant's code of the product.")]
_View = Annotated[str, typer.Option("--view", help="Name of the camera that took the pictures.")]


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore reference`."""
    parent.add_typer(reference_app, name="reference")


@reference_app.command("add")
def add(
    sku: _Sku,
    pictures: Annotated[list[Path], typer.Argument(help="Pictures of intact units, one unit each.")],
    view: _View = "top",
    as_json: JsonOption = False,
    config: OptionalConfig = None,
) -> None:
    """Show intact units of a product; all pictures are checked before any is kept."""
    _, settings = station_eyes(config)
    store = _store(config)
    given = {str(path): read_file(path, settings.picture.max_megabytes) for path in pictures}
    known = [path.read_bytes() for path in store.of(sku, view).paths]
    fresh = {name: data for name, data in given.items() if data not in known}
    advice = _checked([*known, *fresh.values()], settings, [*[""] * len(known), *fresh])
    store.add(sku, view, given)
    _answer(sku, view, len(known) + len(set(fresh.values())), advice, as_json)


@reference_app.command("check")
def check(sku: _Sku, view: _View = "top", as_json: JsonOption = False, config: OptionalConfig = None) -> None:
    """Do the pictures of a product suffice? Fails where they can't serve."""
    _, settings = station_eyes(config)
    paths = _store(config).of(sku, view).paths
    advice = _checked([path.read_bytes() for path in paths], settings, [path.stem[:12] for path in paths])
    _answer(sku, view, len(paths), advice, as_json)


@reference_app.command("list")
def list_products(as_json: JsonOption = False, config: OptionalConfig = None) -> None:
    """List the products that have golden pictures."""
    rows = [{"sku": one.sku, "view": one.view, "pictures": len(one.paths)} for one in _store(config).all()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['sku']}  view {row['view']}: {row['pictures']} pictures")
    if not rows:
        console.print("No product has golden pictures. Show some: darkstore reference add SKU PICTURE…")


@reference_app.command("remove")
def remove(
    sku: _Sku,
    digest: Annotated[str, typer.Argument(help="The beginning of the picture's name in `check`.")],
    view: _View = "top",
    config: OptionalConfig = None,
) -> None:
    """Take a picture out."""
    typer.echo(f"Removed {_store(config).remove(sku, view, digest).name}.")


def _store(config: Path | None) -> "GoldenStore":
    from edge.inspection.golden_pictures import GOLDEN_FOLDER, GoldenStore

    if config is None and DEFAULT_CONFIG.is_file():
        config = DEFAULT_CONFIG
    data = read_settings(config).station.data_dir if config is not None else Path("data")
    return GoldenStore(data / GOLDEN_FOLDER)


def _checked(pictures: list[bytes], settings: "VisionSettings", names: list[str]) -> list[dict[str, Any]]:
    from vision.errors import PictureRefused
    from vision.golden.sufficiency import check_set
    from vision.golden.views import item_view
    from vision.picture import decode_picture

    views: list[ItemView] = []
    for name, data in zip(names, pictures, strict=True):
        try:
            views.append(item_view(decode_picture(data, settings.picture)))
        except PictureRefused as error:
            raise CommandFailed(f"{name or 'A picture'}: {error} Nothing was kept.", Exit.USAGE) from error
    return [_sentence(one, names) for one in check_set(views)]


def _sentence(advice: "Advice", names: list[str]) -> dict[str, Any]:
    about = [names[place] or f"picture {place + 1}" for place in advice.pictures]
    return {"code": advice.code, "message": advice.message, "pictures": about}


def _answer(sku: str, view: str, count: int, advice: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        document = {"sku": sku, "view": view, "pictures": count, "suffices": not advice, "advice": advice}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{sku}, view {view}: {count} pictures{'' if advice else '; they suffice'}.")
    for one in advice:
        about = f" ({', '.join(one['pictures'])})" if one["pictures"] else ""
        typer.echo(f"- {one['message']}{about}")
