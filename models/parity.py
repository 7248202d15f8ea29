"""The parity gate: a package's reference pictures, run on this very device, must give its builder's numbers.

Another processor, another build of onnxruntime or a wrongly converted file can change what a network says
without changing its shape. So a package brings a few pictures and what its builder's machine made of them:
the raw numbers of the network's strongest places. The gate runs the same pictures through the same code as a
return's, before the package may become active.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import ParityFailed, ParityPicturesMissing
from vision.detector import OnnxDetector
from vision.errors import VisionError
from vision.findings import Box
from vision.localisation import Region
from vision.picture import Picture, decode_picture

FOLDER = "parity"
EXPECTED_FILE = "expected.json"
PLACES = 24
"""Places of the network's output that are compared, the strongest ones."""

MAX_BYTES = 1024 * 1024

Floats = npt.NDArray[np.float32]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ParityPlace(_Part):
    """One column of the network's output: `[centre x, centre y, width, height, score of each class …]`."""

    index: int = Field(ge=0)
    values: tuple[float, ...] = Field(min_length=5)


class ParityPicture(_Part):
    """One square BGR picture of the network's input size, and what the builder's machine made of it.

    Attributes:
        file: Its name in the package's folder `parity`.
        sha256: Of the file.
        places: The strongest places of the output.
    """

    file: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}\.png$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    places: tuple[ParityPlace, ...] = Field(min_length=1, max_length=64)


class Parity(_Part):
    """What the gate compares.

    Attributes:
        pictures: The reference pictures.
        box_tolerance_px: Largest difference of a box's number, pixels of the network's input.
        score_tolerance: Largest difference of a score.
    """

    pictures: tuple[ParityPicture, ...] = Field(min_length=1, max_length=16)
    box_tolerance_px: float = Field(default=1.0, gt=0, le=2)
    score_tolerance: float = Field(default=0.01, gt=0, le=0.03)


def write_parity(folder: Path, detector: OnnxDetector, pictures: Mapping[str, Picture]) -> str:
    """Store reference pictures in a package's folder, with what this machine makes of them.

    Args:
        folder: The package's.
        detector: Its detector.
        pictures: BGR squares of the network's input size, by name.

    Returns:
        The digest that the manifest names.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    found = []
    for name, picture in pictures.items():
        encoded = cv2.imencode(".png", picture)[1].tobytes()
        (folder / FOLDER / f"{name}.png").write_bytes(encoded)
        raw = _run(detector, picture)
        strongest = np.argsort(-raw[4:].max(axis=0), kind="stable")[:PLACES]
        places = tuple(
            ParityPlace(index=int(index), values=tuple(round(float(value), 5) for value in raw[:, index]))
            for index in strongest
        )
        digest = hashlib.sha256(encoded).hexdigest()
        found.append(ParityPicture(file=f"{name}.png", sha256=digest, places=places))
    text = Parity(pictures=tuple(found)).model_dump_json().encode()
    (folder / FOLDER / EXPECTED_FILE).write_bytes(text)
    return hashlib.sha256(text).hexdigest()


def check_parity(folder: Path, expected_sha256: str | None, detector: OnnxDetector) -> None:
    """Run the reference pictures on this device.

    Args:
        folder: The package's.
        expected_sha256: What its manifest names; None where it names nothing.
        detector: Made of the package's weights.

    Raises:
        ParityPicturesMissing: The package brings none, or one is missing or not the one that it names.
        ParityFailed: This device gets other numbers than the package's builder.
    """
    name = folder.name
    if expected_sha256 is None:
        raise ParityPicturesMissing(
            f"Model package {name} brings no reference pictures, so nobody can tell whether it gives the "
            "same numbers on this device. It is not used; ask who built it for one with them."
        )
    parity = read_parity(folder, expected_sha256)
    for picture in parity.pictures:
        raw = _run(detector, _read_picture(folder / FOLDER / picture.file, picture))
        for place in picture.places:
            problem = _difference(place, raw, parity)
            if problem is not None:
                raise ParityFailed(
                    f"Model package {name} gives other numbers on this device ({platform.machine()}, "
                    f"onnxruntime {onnxruntime.__version__}) than where it was built ({picture.file}, place "
                    f"{place.index}: {problem}). It is not used, the one before stays active. Tell who built "
                    "it."
                )


def read_parity(folder: Path, expected_sha256: str) -> Parity:
    """What a package's builder got.

    Raises:
        ParityPicturesMissing: The file is missing, or not the one that the manifest names.
    """
    path = folder / FOLDER / EXPECTED_FILE
    text = _read(path, expected_sha256)
    try:
        return Parity.model_validate(json.loads(text))
    except (ValueError, ValidationError, RecursionError) as error:
        raise ParityPicturesMissing(f"{path} says nothing that can be compared: {error}") from error


def whole(picture: Picture) -> Region:
    """The whole of a picture, taken as the item."""
    height, width = picture.shape[:2]
    return Region(Box(0, 0, width, height), 0.0, "whole", np.zeros((0, 0), np.uint8), found=False)


def _difference(place: ParityPlace, raw: Floats, parity: Parity) -> str | None:
    expected = np.asarray(place.values, np.float32)
    if raw.shape[0] != len(expected) or place.index >= raw.shape[1]:
        return f"{raw.shape[0]} by {raw.shape[1]} numbers, {len(expected)} expected there"
    apart = np.abs(raw[:, place.index] - expected)
    box, score = float(apart[:4].max()), float(apart[4:].max())
    if box > parity.box_tolerance_px:
        return f"a box is {box:.3g} px off, {parity.box_tolerance_px:g} are allowed"
    if score > parity.score_tolerance:
        return f"a score is {score:.3g} off, {parity.score_tolerance:g} are allowed"
    return None


def _run(detector: OnnxDetector, picture: Picture) -> Floats:
    """The network's raw output for a whole square picture, by the code that judges returns."""
    try:
        return detector.infer(detector.prepare(picture, whole(picture))[1])
    except VisionError as error:
        raise ParityFailed(f"The network fails on a reference picture: {error}") from error


def _read_picture(path: Path, picture: ParityPicture) -> Picture:
    try:
        return decode_picture(_read(path, picture.sha256))
    except VisionError as error:
        raise ParityPicturesMissing(f"{path} can't be decoded: {error}") from error


def _read(path: Path, sha256: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ParityPicturesMissing(
            f"{path} can't be read ({error.strerror}): copy the package again from who built it."
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ParityPicturesMissing(
            f"{path} is not the file that the package names: copy the package again from who built it."
        )
    return data
