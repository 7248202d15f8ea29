"""Grades by a site's own examples: a small head over what the damage detector's network makes of an item.

People at a site have graded units; the head learns from these alone, within minutes and without the training
extra. It belongs to the very weights that it was taught with. It is a folder: `grader.json` says what it is
and how it did on groups that it had not seen, `head.f32` holds its numbers.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import DigestMismatch, ManifestRefused, ModelShapeMismatch
from models.grade_head import Head, Looks
from models.loading import ModelPackage, read_weights
from models.manifest import Evaluation
from vision.errors import DetectorError
from vision.findings import Box
from vision.localisation import Region
from vision.looks import LAYERS, ItemLooks
from vision.picture import Picture
from vision.settings import DetectorSettings

GRADER_FILE, HEAD_FILE = "grader.json", "head.f32"
MAX_BYTES = 4 * 1024 * 1024


class GraderCard(BaseModel):
    """What a grader says about itself.

    Attributes:
        format: 2: items are cut out by the hull of their outline; 1 was by all that stands out.
        base: The package whose network it looks through.
        base_sha256: Digest of that package's weights.
        layers: Inner maps of that network.
        margin: Kept around the item when it was cut out, share of its longer side.
        head_sha256: Digest of `head.f32`.
        pictures: Taught, by grade.
        groups: Days, units or photographers that they came from.
        evaluation: How it did on groups left out of teaching; None with too few.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[2] = 2
    base: str = Field(min_length=1, max_length=80)
    base_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    layers: tuple[str, ...] = Field(min_length=1, max_length=32)
    margin: float = Field(ge=0, le=1)
    head_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    pictures: dict[str, int]
    groups: int = Field(ge=1)
    evaluation: Evaluation | None = None


class SiteGrader:
    """Grades items by a site's examples."""

    def __init__(self, card: GraderCard, head: Head, looks: ItemLooks) -> None:
        self.card, self._head, self._looks = card, head, looks

    def looks_of(self, picture: Picture, region: Region) -> Looks:
        """The numbers that a grade rests on, `(2, K)`."""
        return self._looks.of(picture, region)

    def grade(self, picture: Picture, region: Region, times: list[float] | None = None) -> int:
        """0 (A) to 3 (D), of the item on a BGR picture; `times` takes the milliseconds of processor time.

        Raises:
            DetectorFailed: The network fails on it.
        """
        started = time.thread_time()
        given = self._head.grade(self.looks_of(picture, region))
        if times is not None:
            times.append((time.thread_time() - started) * 1e3)
        return given


def is_grader(folder: Path) -> bool:
    """Whether a folder holds a site's grader rather than a model package."""
    return (folder / GRADER_FILE).is_file()


def write_grader(folder: Path, card: GraderCard, head: Head) -> None:
    """Write a grader into a new or empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = head.as_bytes()
    card = card.model_copy(update={"head_sha256": hashlib.sha256(content).hexdigest()})
    (folder / HEAD_FILE).write_bytes(content)
    (folder / GRADER_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_card(folder: Path) -> GraderCard:
    """Read what a grader says about itself.

    Raises:
        ManifestRefused: It says nothing, or something impossible.
    """
    try:
        return GraderCard.model_validate(json.loads(_bytes(folder / GRADER_FILE)))
    except (ValidationError, ValueError, RecursionError) as error:
        raise ManifestRefused(
            f"{folder / GRADER_FILE} is no grader's card ({str(error).splitlines()[0][:200]}): "
            "teach the grades again."
        ) from error


def open_grader(
    folder: Path, card: GraderCard, base: ModelPackage, settings: DetectorSettings | None = None
) -> SiteGrader:
    """Open a grader over the package that it was taught with.

    Raises:
        DigestMismatch: The package has other weights, or `head.f32` was changed.
        ManifestRefused: A file can't be read.
        ModelShapeMismatch: The head doesn't fit the network.
    """
    if base.manifest.sha256 != card.base_sha256:
        raise DigestMismatch(
            f"{folder} was taught with other weights of {card.base} than {base.package_id} has: "
            "teach the grades again."
        )
    content = _bytes(folder / HEAD_FILE)
    if hashlib.sha256(content).hexdigest() != card.head_sha256:
        raise DigestMismatch(f"{folder / HEAD_FILE} was changed or damaged: teach the grades again.")
    own = (settings or DetectorSettings()).model_copy(update={"margin": card.margin})
    head, looks = Head.read(content), item_looks(base, own, card.layers)
    plain = np.full((64, 64, 3), 114, np.uint8)
    given = looks.of(plain, Region(Box(0, 0, 64, 64), 0.0, "whole", plain[:0, :0, 0], found=True)).shape[1]
    if given != len(head.middle):
        raise ModelShapeMismatch(
            f"{folder / HEAD_FILE} weighs {len(head.middle)} numbers, the network gives {given}: "
            "teach the grades again."
        )
    return SiteGrader(card, head, looks)


def item_looks(
    base: ModelPackage, settings: DetectorSettings | None = None, layers: tuple[str, ...] = LAYERS
) -> ItemLooks:
    """What a package's network makes of items.

    Raises:
        PackageRefused: Its weights can't be used, or have no such inner maps.
    """
    entry = base.manifest.input
    try:
        return ItemLooks(
            read_weights(base), entry.size, entry.colour_order, settings or DetectorSettings(), layers
        )
    except DetectorError as error:
        raise ModelShapeMismatch(
            f"The network of {base.package_id} doesn't show the inner maps that grades are taught by: {error}"
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestRefused(f"{path} can't be read ({error.strerror}): teach the grades again.") from error
    if len(content) > MAX_BYTES:
        raise ManifestRefused(f"{path} is larger than {MAX_BYTES} bytes: this is no grader.")
    return content
