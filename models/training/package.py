"""Puts trained weights into the package that a station takes: manifest, weights, card, licence, curve."""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from models.errors import ModelError
from models.loading import load_detector, open_package
from models.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    Evaluation,
    Manifest,
    ModelClass,
    ModelInput,
    TrainingData,
)
from models.parity import whole, write_parity
from models.training.card import write_card
from models.training.errors import PackagingFailed, PicturesMissing
from models.training.fit import write_curve
from models.training.measure import Measurement, measure
from models.training.recipe import Recipe
from models.training.shared_sets import CAPS_BOXES, CAPS_PHOTOS, GROCERY
from vision.detector import OnnxDetector
from vision.picture import Picture, decode_picture

MAX_BYTES = 12_000_000
PARITY_PICTURES = 4
FLOORS = {"map50_floor": "map50", "auroc_item_hidden": "auroc"}
"""Measured figures that are the floor of another one."""
LICENCE_TEXT = Path(__file__).with_name("agpl-3.0.txt")
NOTICE = """These weights (model.onnx) were trained and exported with Ultralytics YOLO, which is licensed
under the GNU Affero General Public License, version 3; they are offered under that licence, AGPL-3.0-only.
This concerns the weights alone: the programs around them are licensed under Apache-2.0 and can run other
weights. Source of the weights: the recipe and programs in models/training of this project, which make them
again.

Some training pictures are photographs under CC BY 4.0 and MIT; CARD.md names the sets, and says that their
publishers are not known to us.

"""


def write_package(
    recipe: Recipe,
    onnx_file: Path,
    stages: Sequence[Path],
    dataset: Path,
    shared: Path | None,
    packages: Path,
) -> Path:
    """Measure the weights and write their package; returns its folder.

    Args:
        recipe: Of the weights.
        onnx_file: The exported weights.
        stages: The trainer's folders, for their curves.
        dataset: The written pictures, for the held-out test part.
        shared: Folder of the shared photographs; None measures on drawn pictures only.
        packages: Where the package's folder is made.

    Raises:
        PicturesMissing: The test pictures aren't there.
        PackagingFailed: The weights are too large or a station would refuse them.
    """
    if not onnx_file.is_file():
        raise PackagingFailed(f"{onnx_file} isn't there; run the step `export` first.")
    weights = onnx_file.read_bytes()
    if len(weights) > MAX_BYTES:
        raise PackagingFailed(f"{onnx_file} has {len(weights)} bytes; a package may have {MAX_BYTES}.")
    drawn = sorted((dataset / "images" / "test").glob("drawn*.png"))
    if not drawn:
        raise PicturesMissing(f"{dataset} holds no test pictures; run the step `draw` first.")
    results = measure(recipe, weights, dataset, shared)
    manifest = _manifest(recipe, weights, results, with_photographs=shared is not None)
    folder = packages / manifest.package_id
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(onnx_file, folder / MODEL_FILE)
    _write_manifest(folder, manifest)
    add_parity(folder, drawn)
    (folder / "LICENSE-WEIGHTS").write_text(
        NOTICE + LICENCE_TEXT.read_text(encoding="utf-8"), encoding="utf-8"
    )
    write_curve(stages, folder / "training-curve.csv")
    write_card(folder / "CARD.md", recipe, manifest, results, folder / "training-curve.csv")
    try:
        load_detector(open_package(folder))
    except ModelError as error:
        raise PackagingFailed(f"A station would refuse {folder}: {error}") from error
    return folder


def add_parity(folder: Path, drawn: Sequence[Path]) -> None:
    """Give a package its reference pictures: drawn ones that the network says most about, and one quiet one.

    Args:
        folder: The package's, its manifest without them.
        drawn: Drawn pictures of the network's input size; ours, so that they may be handed on.
    """
    package = open_package(folder)
    detector = load_detector(package)
    strength = {path: _strength(detector, decode_picture(path.read_bytes())) for path in drawn}
    ordered = sorted(strength, key=strength.__getitem__, reverse=True)
    chosen = [*ordered[: PARITY_PICTURES - 1], ordered[-1]]
    pictures = {
        f"drawn-{number}": decode_picture(path.read_bytes()) for number, path in enumerate(chosen, start=1)
    }
    digest = write_parity(folder, detector, pictures)
    _write_manifest(folder, package.manifest.model_copy(update={"parity_sha256": digest}))


def _strength(detector: OnnxDetector, picture: Picture) -> float:
    """The highest score of any class anywhere in a picture."""
    return float(detector.infer(detector.prepare(picture, whole(picture))[1])[4:].max())


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _manifest(recipe: Recipe, weights: bytes, results: list[Measurement], with_photographs: bool) -> Manifest:
    data = [
        TrainingData(
            name="drawn by models/training/rendering",
            licence="Apache-2.0",
            source=f"seed {recipe.seed}",
            pictures=recipe.pictures.drawn_train,
        )
    ]
    if with_photographs:
        wanted = recipe.pictures
        counts = (wanted.caps_boxes, wanted.caps_open + wanted.caps_closed, wanted.grocery)
        data += [
            TrainingData(name=one.name, licence=one.licence, source=one.source, pictures=count)
            for one, count in zip((CAPS_BOXES, CAPS_PHOTOS, GROCERY), counts, strict=True)
        ]
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        sha256=hashlib.sha256(weights).hexdigest(),
        description="Finds visible damage on packed goods in a crop of one item.",
        created=datetime.now(UTC).date(),
        input=ModelInput(size=recipe.input_size),
        classes=tuple(
            ModelClass(name=kind.value, kind=kind, threshold=recipe.thresholds[kind])
            for kind in recipe.classes
        ),
        weights_licence="AGPL-3.0-only",
        trained_with="ultralytics 8.4, torch 2.13, from scratch",
        data=tuple(data),
        evaluation=tuple(_evaluation(one) for one in results),
    )


def _evaluation(one: Measurement) -> Evaluation:
    floors = {FLOORS[name]: value for name, value in one.figures.items() if name in FLOORS}
    figures = {name: value for name, value in one.figures.items() if name not in FLOORS}
    return Evaluation(data=one.data, figures=figures, floors=floors, notes=one.notes)
