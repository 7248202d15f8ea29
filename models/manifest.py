"""The manifest of a model package: what the weights are, take, give, and may be used for.

A package is one folder, `<name>-<version>/`, with `manifest.json`, `model.onnx`, a model card and the
weights' licence. The manifest is the only thing that the station believes about the weights, and each
statement that can be checked against the ONNX file is checked before the package is used.
"""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import ManifestRefused
from vision.findings import DefectKind

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.onnx"
MAX_MANIFEST_BYTES = 256 * 1024

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelInput(_Part):
    """The one picture tensor that the model takes: float32, `[1, 3, size, size]`."""

    name: str = "images"
    size: int = Field(ge=32, le=2048, multiple_of=32, description="side of the square input, pixels")
    layout: Literal["NCHW"] = "NCHW"
    colour_order: Literal["RGB", "BGR"] = "RGB"
    value_range: Literal["0..1"] = "0..1"


class ModelOutput(_Part):
    """The one tensor that the model gives.

    `yolo_raw` is `[1, 4 + classes, N]`: centre x, centre y, width, height in input pixels, then one score per
    class after the sigmoid; overlapping boxes are not yet merged.
    """

    name: str = "output0"
    kind: Literal["yolo_raw"] = "yolo_raw"


class ModelClass(_Part):
    """One row of the model's head, in the head's order.

    Attributes:
        name: The label used in training, such as `dent`.
        kind: The defect that it means at the returns desk. Several classes may mean one kind.
        threshold: Lowest raw score at which a detection becomes a finding.
    """

    name: str = Field(min_length=1, max_length=64)
    kind: DefectKind
    threshold: Share = 0.25


class TrainingData(_Part):
    """One set that the weights were trained on, and the licence that allowed it."""

    name: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    source: str = ""
    pictures: int | None = Field(default=None, ge=0)


class Evaluation(_Part):
    """What the weights scored, on what, in figures by name (`map50`, `recall_opening`, …).

    Attributes:
        figures: The scores.
        floors: For a figure of the same name: what the same method reaches with the item hidden, or by
            chance. A score says something only beside its floor.
    """

    data: str = Field(min_length=1)
    figures: dict[str, float]
    floors: dict[str, float] = {}
    notes: str = ""

    @model_validator(mode="after")
    def _floors_belong_to_figures(self) -> "Evaluation":
        unknown = sorted(self.floors.keys() - self.figures.keys())
        if unknown:
            raise ValueError(f"floors without a figure: {', '.join(unknown)}")
        return self


class Manifest(_Part):
    """Everything that a station knows about one model package.

    Attributes:
        format: Version of this manifest's layout.
        name: Package name, such as `damage`.
        version: Version of the weights, such as `1.0.0`; a version is never reused for other weights.
        sha256: Digest of `model.onnx`, lower-case hexadecimal.
        iou_threshold: Overlap above which two boxes of one class count as one.
        weights_licence: SPDX identifier of the licence of the weights, which may differ from the code's.
        parity_sha256: Digest of `parity/expected.json`: the reference pictures and their numbers, for the
            gate at activation.
    """

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    version: str = Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,5}){1,3}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    description: str = ""
    created: date | None = None
    input: ModelInput
    output: ModelOutput = ModelOutput()
    classes: tuple[ModelClass, ...] = Field(min_length=1, max_length=256)
    iou_threshold: Share = 0.5
    max_findings: int = Field(default=50, ge=1, le=1000)
    weights_licence: str = Field(min_length=1)
    trained_with: str = ""
    data: tuple[TrainingData, ...] = ()
    evaluation: tuple[Evaluation, ...] = ()
    parity_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _class_names_differ(self) -> "Manifest":
        names = [entry.name for entry in self.classes]
        if len(set(names)) != len(names):
            raise ValueError("two classes have the same name")
        return self

    @property
    def package_id(self) -> str:
        """Name of the package's folder, such as `damage-1.0.0`."""
        return f"{self.name}-{self.version}"

    @property
    def output_rows(self) -> int:
        """Rows of the raw head: four box numbers and one score per class."""
        return 4 + len(self.classes)

    def version_key(self) -> tuple[int, ...]:
        """The version as numbers, so that 1.10.0 comes after 1.9.0."""
        return version_key(self.version)


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, so that 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def parse_manifest(text: str | bytes, where: str = MANIFEST_FILE) -> Manifest:
    """Parse a manifest's text.

    Raises:
        ManifestRefused: If it isn't JSON or breaks a rule; the message names each key and what is
            wrong with it.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestRefused(f"{where} is larger than {MAX_MANIFEST_BYTES} bytes: this is no manifest.")
    try:
        return Manifest.model_validate(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ManifestRefused(
            f"{where}: {_in_words(error)}. Ask for the package again from who built it."
        ) from error


def read_manifest(package: Path) -> Manifest:
    """Read `package/manifest.json`; the package's folder must bear the manifest's name and version.

    Raises:
        ManifestRefused: If it is missing, unreadable, breaks a rule, or names another package.
    """
    path = package / MANIFEST_FILE
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise ManifestRefused(f"{path} is larger than {MAX_MANIFEST_BYTES} bytes: this is no manifest.")
        text = path.read_bytes()
    except OSError as error:
        raise ManifestRefused(
            f"{path} can't be read ({error.strerror}): the folder is no model package."
        ) from error
    return parse_manifest(text, str(path))


def _in_words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"not JSON ({error})"
    problems = []
    for problem in error.errors(include_url=False, include_context=False)[:5]:
        key = ".".join(str(part) for part in problem["loc"]) or "the manifest"
        problems.append(f"{key}: {problem['msg']} (got {str(problem['input'])[:60]!r})")
    return "; ".join(problems)
