"""From a model package on disk to a detector that may be used, with every check on the way.

The bytes that are checked are the bytes that are loaded: the file is read once, and what changes on disk
afterwards changes nothing.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.errors import DigestMismatch, ModelFileRefused, ModelShapeMismatch
from models.manifest import MODEL_FILE, Manifest, read_manifest
from models.onnx_file import refuse_external_data
from vision.detector import DetectorClass, DetectorSpec, OnnxDetector
from vision.errors import DetectorError
from vision.settings import DetectorSettings

MAX_MODEL_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A package whose manifest was read; its weights are checked when they are loaded.

    Attributes:
        folder: Where it lies.
        manifest: What it says about itself.
    """

    folder: Path
    manifest: Manifest

    @property
    def package_id(self) -> str:
        """Name and version, such as `damage-1.0.0`."""
        return self.manifest.package_id


def open_package(folder: Path) -> ModelPackage:
    """Read a package's manifest.

    Raises:
        ManifestRefused: If there is none, or it breaks a rule.
    """
    return ModelPackage(folder, read_manifest(folder))


def load_detector(package: ModelPackage, settings: DetectorSettings | None = None) -> OnnxDetector:
    """Check a package's weights and make a detector of them.

    Raises:
        DigestMismatch: If the weights are not those that the manifest names.
        ModelFileRefused: If the file is missing, too large, no ONNX, or refers to other files.
        ModelShapeMismatch: If the network takes or gives something else than the manifest says.
    """
    weights = read_weights(package)
    try:
        detector = OnnxDetector(weights, detector_spec(package.manifest), settings or DetectorSettings())
        detector.warm_up()
    except DetectorError as error:
        raise ModelShapeMismatch(f"Model package {package.package_id}: {error} It is not used.") from error
    return detector


def read_weights(package: ModelPackage) -> bytes:
    """Read `model.onnx` and check it against the manifest's digest.

    Raises:
        DigestMismatch: If it is another file than the manifest names.
        ModelFileRefused: If it is missing, too large, no ONNX, or refers to other files.
    """
    path = package.folder / MODEL_FILE
    try:
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise ModelFileRefused(f"{path} has {size} bytes; {MAX_MODEL_BYTES} are allowed.")
        weights = path.read_bytes()
    except OSError as error:
        raise ModelFileRefused(f"{path} can't be read ({error.strerror}): copy the package again.") from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != package.manifest.sha256:
        raise DigestMismatch(
            f"{path} has SHA-256 {digest[:12]}…, its manifest says {package.manifest.sha256[:12]}…: the file "
            "was damaged or exchanged. It is not used; copy the package again from who built it."
        )
    refuse_external_data(weights)
    return weights


def detector_spec(manifest: Manifest) -> DetectorSpec:
    """What the detector needs to know of a manifest."""
    return DetectorSpec(
        input_name=manifest.input.name,
        input_size=manifest.input.size,
        colour_order=manifest.input.colour_order,
        output_name=manifest.output.name,
        classes=tuple(DetectorClass(entry.name, entry.kind, entry.threshold) for entry in manifest.classes),
        iou_threshold=manifest.iou_threshold,
        max_findings=manifest.max_findings,
    )
