"""`darkstore inspect`, `barcode`: what the station sees, by hand.

A picture that can't be read gets one sentence on stderr and the rest go on; the exit code is then 2.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli_errors import CommandFailed, Exit, console, say_error
from edge.cli_model import JsonOption, OptionalConfig, model_app, station_eyes

if TYPE_CHECKING:
    from models.registry import ModelRegistry
    from vision.barcodes import Barcode
    from vision.view_inspector import ViewInspection

PicturesArgument = Annotated[
    list[Path], typer.Argument(help="JPEG, PNG or WebP pictures.", show_default=False)
]


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("inspect")(inspect_pictures)
    parent.command("barcode")(read_barcodes)
    parent.add_typer(model_app, name="model")


def inspect_pictures(
    pictures: PicturesArgument,
    as_json: JsonOption = False,
    annotate: Annotated[
        Path | None,
        typer.Option(
            "--annotate", help="Write the picture with its findings: a file, or a folder for several."
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option("--reference", help="Picture of the same view with nothing on the station.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Package to judge with, such as damage-1.0.0.")
    ] = None,
    config: OptionalConfig = None,
) -> None:
    """Judge pictures as the station would: quality, where the item is, what is damaged."""
    from models.loading import load_detector
    from vision.view_inspector import ViewInspector

    registry, vision = station_eyes(config)
    package = registry.get(model) if model else _active_or_none(registry)
    detector = None if package is None else load_detector(package, vision.detector)
    if package is None:
        console.print("There is no damage model here: only the pictures' quality is judged.")
    empty = _read_file(reference, vision.picture.max_megabytes) if reference else None
    results: list[dict[str, Any]] = []
    with ViewInspector(vision, detector) as inspector:
        for path, data, problem in _readable(pictures, vision.picture.max_megabytes):
            result, seen = (problem, None) if data is None else _inspect(inspector, path, data, empty)
            result["model"] = None if package is None else package.package_id
            if seen is not None and annotate is not None:
                result["annotated"] = str(_annotated(seen, path, annotate, several=len(pictures) > 1))
            results.append(result)
            if not as_json:
                _say_inspection(result)
    if as_json:
        typer.echo(json.dumps(results, indent=2, ensure_ascii=False))
    _end(results)


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
        for path, data, problem in _readable(pictures, vision.picture.max_megabytes):
            result = problem
            if data is not None:
                try:
                    codes = reader.read(decode_picture(data, vision.picture))
                    result = {"picture": str(path), "codes": [_code(code) for code in codes]}
                except PictureRefused as error:
                    result = _refused(path, error.code, str(error))
            results.append(result)
            if not as_json:
                _say_codes(result)
    if as_json:
        typer.echo(json.dumps(results, indent=2, ensure_ascii=False))
    _end(results)


def _active_or_none(registry: "ModelRegistry") -> Any:  # a ModelPackage; models are imported when needed
    from models.errors import PackageUnknown

    try:
        return registry.active()
    except PackageUnknown:
        return None


def _readable(
    pictures: list[Path], max_megabytes: float
) -> Iterator[tuple[Path, bytes | None, dict[str, Any]]]:
    """Each picture's bytes, or None and the result that says why there are none."""
    for path in pictures:
        try:
            yield path, _read_file(path, max_megabytes), {}
        except CommandFailed as error:
            yield path, None, _refused(path, "picture.unreadable", str(error))


def _read_file(path: Path, max_megabytes: float) -> bytes:
    try:
        if path.stat().st_size > max_megabytes * 1e6:
            raise CommandFailed(f"The file is larger than {max_megabytes:g} MB.", Exit.USAGE)
        return path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"The file can't be read: {error.strerror}.", Exit.USAGE) from error


def _refused(path: Path, code: str, message: str) -> dict[str, Any]:
    return {"picture": str(path), "error": {"code": code, "message": message}}


def _inspect(
    inspector: Any, path: Path, data: bytes, empty: bytes | None
) -> "tuple[dict[str, Any], ViewInspection | None]":
    from vision.errors import DetectorFailed, PictureRefused

    try:
        seen: ViewInspection = inspector.inspect(path.stem, data, empty)
    except (PictureRefused, DetectorFailed) as error:
        return _refused(path, error.code, str(error)), None
    return {
        "picture": str(path),
        "width": seen.width,
        "height": seen.height,
        "quality": {
            "verdict": seen.quality.verdict.value,
            "ok": seen.quality.ok,
            "notes": list(seen.quality.notes),
            "measures": dict(seen.quality.measures),
        },
        "item": None if seen.region is None else {**_box(seen.region), "confidence": seen.region_confidence},
        "findings": [
            {
                "kind": finding.kind.value,
                "score": round(finding.score, 4),
                "extent": round(finding.extent, 4),
                "box": _box(finding.box),
            }
            for finding in seen.findings
        ],
        "detector_ran": seen.detector_ran,
        "timings_ms": dict(seen.timings_ms),
    }, seen


def _box(box: Any) -> dict[str, float]:
    return {name: round(getattr(box, name), 1) for name in ("x", "y", "width", "height")}


def _annotated(seen: "ViewInspection", path: Path, out: Path, *, several: bool) -> Path:
    """Write the picture with its findings drawn in, to `out` or into it."""
    from vision.annotate import annotate
    from vision.picture import encode_jpeg

    target = out / f"{path.stem}.jpg" if several or out.is_dir() else out
    drawn = encode_jpeg(annotate(seen.picture, seen.findings, seen.region), quality=90)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(drawn)
    except OSError as error:
        raise CommandFailed(f"{target} can't be written: {error.strerror}.", Exit.NOT_NOW) from error
    return target


def _code(code: "Barcode") -> dict[str, Any]:
    return {
        "text": code.text,
        "symbology": code.symbology,
        "aim": code.aim,
        "decoder": code.decoder,
        "corners": [[round(x, 1), round(y, 1)] for x, y in code.corners],
    }


def _say_inspection(result: dict[str, Any]) -> None:
    if _say_problem(result):
        return
    quality = result["quality"]["verdict"]
    findings = ", ".join(f"{finding['kind']} {finding['score']:.2f}" for finding in result["findings"])
    if not result["detector_ran"]:
        findings = "not looked for damage"
    typer.echo(f"{result['picture']}: picture {quality}; {findings or 'no damage found'}")


def _say_codes(result: dict[str, Any]) -> None:
    if _say_problem(result):
        return
    if not result["codes"]:
        typer.echo(f"{result['picture']}: no code read")
    for code in result["codes"]:
        shown = (
            code["text"].encode("unicode_escape").decode() if not code["text"].isprintable() else code["text"]
        )
        typer.echo(f"{result['picture']}: {code['symbology']} {shown}")


def _say_problem(result: dict[str, Any]) -> bool:
    if "error" in result:
        say_error(f"{result['picture']}: {result['error']['message']}")
    return "error" in result


def _end(results: list[dict[str, Any]]) -> None:
    if any("error" in result for result in results):
        raise typer.Exit(Exit.USAGE)
