"""`darkstore barcode PICTURE…` and `darkstore barcode eval DIR`: what codes the station would read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from edge.cli_errors import CommandFailed, Exit
from edge.cli_model import JsonOption, OptionalConfig, station_eyes
from edge.cli_pictures import PicturesArgument, end, readable, refused, say_problem

if TYPE_CHECKING:
    from vision.barcodes import Barcode
    from vision.barcodes.trial import FolderResult

_READ = "read"
_READERS = ("ours", "zxing", "pyzbar")


class PicturesByDefault(TyperGroup):
    """A group in which anything that is no command's name is a picture to read."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the reading command's name before pictures and options."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_READ, *args]
        return super().parse_args(ctx, args)


barcode_app = typer.Typer(
    cls=PicturesByDefault,
    help="Read the codes off pictures: barcode PICTURE…; or measure the reader: barcode eval DIR.",
    no_args_is_help=True,
)


@barcode_app.command(_READ)
def read_barcodes(
    pictures: PicturesArgument, as_json: JsonOption = False, config: OptionalConfig = None
) -> None:
    """Read the barcodes off pictures. Compare them with the order: a valid code can be a misread."""
    from vision.barcodes import BarcodeReader
    from vision.errors import PictureRefused
    from vision.picture import decode_picture

    _, vision = station_eyes(config)
    results: list[dict[str, Any]] = []
    with BarcodeReader.with_what_is_installed(vision.barcodes) as reader:
        for path, data, problem in readable(pictures, vision.picture.max_megabytes):
            result = problem
            if data is not None:
                try:
                    codes = reader.read(decode_picture(data, vision.picture))
                    result = {"picture": str(path), "codes": [_code(code) for code in codes]}
                except PictureRefused as error:
                    result = refused(path, error.code, str(error))
            results.append(result)
            if not as_json:
                _say_codes(result)
    if as_json:
        typer.echo(json.dumps(results, indent=2, ensure_ascii=False))
    end(results)


@barcode_app.command("eval")
def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Pictures, each with its code's text in NAME.txt.")
    ],
    as_json: JsonOption = False,
    config: OptionalConfig = None,
) -> None:
    """Measure the reader on a folder of pictures and its sub-folders, beside zxing and pyzbar alone.

    A picture without NAME.txt is one in which nothing may be read. "Matched" picks among all codes of the
    folder and valid decoys one digit off. Fails where a matched read is wrong.
    """
    from vision.barcode_worker import ZbarWorker, zbar_installed
    from vision.barcodes import BarcodeReader
    from vision.barcodes.trial import BarcodeTrial

    if not folder.is_dir():
        raise CommandFailed(f"There is no folder {folder}.", Exit.USAGE)
    _, vision = station_eyes(config)
    zbar = ZbarWorker(vision.barcodes.zbar_timeout_s) if zbar_installed() else None
    results: list[FolderResult] = []
    try:
        with BarcodeReader.with_what_is_installed(vision.barcodes) as reader:
            for result in BarcodeTrial(reader, zbar, vision.picture).run(folder):
                results.append(result)
                if not as_json:
                    _say_folder(result)
    finally:
        if zbar is not None:
            zbar.close()
    if not results:
        raise CommandFailed(f"There are no pictures in {folder}.", Exit.USAGE)
    if as_json:
        typer.echo(json.dumps(_report(folder, results), indent=2, ensure_ascii=False))
    else:
        _say_table(results)
    if any(result.scores["ours"].matched_wrong for result in results):
        raise typer.Exit(Exit.CHECK_FAILED)


@barcode_app.command("draw-tilted")
def draw_tilted_codes(
    photographs: Annotated[Path, typer.Argument(help="Photographs to draw on, in sub-folders too.")],
    out: Annotated[Path, typer.Argument(help="Folder for the pictures; made if it isn't there.")],
    per_kind: Annotated[int, typer.Option("--count", min=1, max=10_000, help="Pictures of each kind.")] = 60,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds draw equal pictures.")] = 1,
) -> None:
    """Draw codes tilted by 30 to 60 degrees onto photographs, to be measured with `barcode eval`."""
    from edge.lab.tilted_codes import draw_tilted, photographs_below
    from vision.picture import encode_jpeg

    for number, drawn in enumerate(draw_tilted(photographs_below(photographs), per_kind, seed)):
        path = out / drawn.kind / f"{number % per_kind:04d}.jpg"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_jpeg(drawn.picture, quality=95))
            path.with_suffix(".txt").write_text(drawn.text, "utf-8")
        except OSError as error:
            raise CommandFailed(f"{path} can't be written: {error.strerror}.", Exit.NOT_NOW) from error
    typer.echo(f"{3 * per_kind} pictures in {out}. Measure on them: darkstore barcode eval {out}")


def _code(code: "Barcode") -> dict[str, Any]:
    return {
        "text": code.text,
        "symbology": code.symbology,
        "aim": code.aim,
        "decoder": code.decoder,
        "corners": [[round(x, 1), round(y, 1)] for x, y in code.corners],
    }


def _say_codes(result: dict[str, Any]) -> None:
    if say_problem(result):
        return
    if not result["codes"]:
        typer.echo(f"{result['picture']}: no code read")
    for code in result["codes"]:
        shown = (
            code["text"].encode("unicode_escape").decode() if not code["text"].isprintable() else code["text"]
        )
        typer.echo(f"{result['picture']}: {code['symbology']} {shown}")


def _say_folder(result: "FolderResult") -> None:
    for wrong in result.wrong:
        typer.echo(f"wrong: {result.folder}/{wrong}", err=True)


def _report(folder: Path, results: list["FolderResult"]) -> dict[str, Any]:
    return {
        "directory": str(folder),
        "folders": [_row(result) for result in results],
        "retail": _row(_summed("EAN and UPC", [result for result in results if result.retail])),
        "total": _row(_summed("all", results)),
    }


def _row(result: "FolderResult") -> dict[str, Any]:
    return {
        "folder": result.folder,
        "pictures": result.pictures,
        "negatives": result.negatives,
        "refused": result.refused,
        "expected_codes": result.expected,
        **{
            reader: {
                "read": score.read,
                "wrong": score.wrong,
                "matched_read": score.matched_read,
                "matched_wrong": score.matched_wrong,
                "p50_ms": round(score.percentile_ms(50), 1),
                "p95_ms": round(score.percentile_ms(95), 1),
            }
            for reader, score in result.scores.items()
        },
        "wrong_matches": result.wrong,
        "unread": result.unread,
    }


def _summed(name: str, results: list["FolderResult"]) -> "FolderResult":
    from vision.barcodes.trial import FolderResult, Score

    total = FolderResult(name)
    for result in results:
        total.pictures += result.pictures
        total.negatives += result.negatives
        total.refused += result.refused
        for reader, score in result.scores.items():
            total.scores.setdefault(reader, Score()).add(score)
        total.wrong += [f"{result.folder}/{wrong}" for wrong in result.wrong]
        total.unread += [f"{result.folder}/{unread}" for unread in result.unread]
    return total


def _say_table(results: list["FolderResult"]) -> None:
    table = Table(title="read / wrong · matched read / wrong · p50 / p95 ms")
    table.add_column("folder")
    table.add_column("pictures", justify="right")
    for reader in _READERS:
        table.add_column(reader, justify="right")
    rows = [*results, _summed("EAN and UPC", [result for result in results if result.retail])]
    for result in [*rows, _summed("all", results)]:
        cells = [
            f"{score.read}/{score.wrong} · {score.matched_read}/{score.matched_wrong} · "
            f"{score.percentile_ms(50):.0f}/{score.percentile_ms(95):.0f}"
            if (score := result.scores.get(reader))
            else "–"
            for reader in _READERS
        ]
        table.add_row(escape(result.folder), str(result.pictures), *cells)
    Console(width=140).print(table)
