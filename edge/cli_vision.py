"""`darkstore inspect`: what the station sees, by hand.

A picture that can't be read gets one sentence on stderr and the rest go on; the exit code is then 2.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli_barcode import barcode_app
from edge.cli_errors import CommandFailed, Exit, console
from edge.cli_model import JsonOption, OptionalConfig, model_app, station_eyes
from edge.cli_pictures import PicturesArgument, end, read_file, readable, refused, say_problem

if TYPE_CHECKING:
    from models.registry import ModelRegistry
    from vision.view_inspector import ViewInspection


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("inspect")(inspect_pictures)
    parent.add_typer(barcode_app, name="barcode")
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
    empty = read_file(reference, vision.picture.max_megabytes) if reference else None
    results: list[dict[str, Any]] = []
    with ViewInspector(vision, detector) as inspector:
        for path, data, problem in readable(pictures, vision.picture.max_megabytes):
            result, seen = (problem, None) if data is None else _inspect(inspector, path, data, empty)
            result["model"] = None if package is None else package.package_id
            if seen is not None and annotate is not None:
                result["annotated"] = str(_annotated(seen, path, annotate, several=len(pictures) > 1))
            results.append(result)
            if not as_json:
                _say_inspection(result)
    if as_json:
        typer.echo(json.dumps(results, indent=2, ensure_ascii=False))
    end(results)


def _active_or_none(registry: "ModelRegistry") -> Any:  # a ModelPackage; models are imported when needed
    from models.errors import PackageUnknown

    try:
        return registry.active()
    except PackageUnknown:
        return None


def _inspect(
    inspector: Any, path: Path, data: bytes, empty: bytes | None
) -> "tuple[dict[str, Any], ViewInspection | None]":
    from vision.errors import DetectorFailed, PictureRefused

    try:
        seen: ViewInspection = inspector.inspect(path.stem, data, empty)
    except (PictureRefused, DetectorFailed) as error:
        return refused(path, error.code, str(error)), None
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


def _say_inspection(result: dict[str, Any]) -> None:
    if say_problem(result):
        return
    quality = result["quality"]["verdict"]
    findings = ", ".join(f"{finding['kind']} {finding['score']:.2f}" for finding in result["findings"])
    if not result["detector_ran"]:
        findings = "not looked for damage"
    typer.echo(f"{result['picture']}: picture {quality}; {findings or 'no damage found'}")
