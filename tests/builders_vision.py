"""Scenes, pictures and model packages for the vision tests, drawn and built here."""

import hashlib
import json
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.parity import write_parity
from models.signing import make_key, sign_package
from vision.detector import DetectorClass, DetectorSpec, OnnxDetector
from vision.findings import Box, DefectKind
from vision.picture import Picture, encode_jpeg
from vision.settings import DetectorSettings

DATA = Path(__file__).parent / "data" / "vision"
WIDTH, HEIGHT = 1920, 1080
ITEM = Box(700, 300, 520, 460)


def an_empty_station(seed: int = 1) -> Picture:
    """A grey mat with a lamp's gradient, a table edge and sensor noise."""
    rng = np.random.default_rng(seed)
    across = np.linspace(0.85, 1.1, WIDTH)[None, :, None]
    mat = np.full((HEIGHT, WIDTH, 3), (95, 100, 105), np.float64) * across
    mat[: HEIGHT // 4] *= 1.35
    mat += rng.normal(0, 2, mat.shape)
    return np.clip(mat, 0, 255).astype(np.uint8)


def put_item(station: Picture, box: Box = ITEM, seed: int = 3) -> Picture:
    """A printed carton with a soft shadow on the station."""
    x, y, width, height = (round(value) for value in (box.x, box.y, box.width, box.height))
    shade = np.ones(station.shape[:2], np.float32)
    shade[y + 30 : y + height + 40, x + 30 : x + width + 60] = 0.72
    scene = station * cv2.GaussianBlur(shade, (0, 0), 30)[..., None]
    rng = np.random.default_rng(seed)
    scene[y : y + height, x : x + width] = (60, 130, 210)
    for _ in range(14):
        left, top = x + int(rng.integers(0, width - 90)), y + int(rng.integers(0, height - 50))
        colour = rng.integers(0, 255, 3)
        scene[top : top + int(rng.integers(8, 50)), left : left + int(rng.integers(20, 90))] = colour
    return np.clip(scene, 0, 255).astype(np.uint8)


def a_golden_unit(
    seed: int, *, stained: bool = False, colour: tuple[int, int, int] = (40, 40, 200), print_: str = "TEA"
) -> Picture:
    """A printed pack on a grey table at 1280 x 960, a little moved and lit differently each time."""
    generator = np.random.default_rng(seed)
    picture = np.full((960, 1280, 3), 120, np.uint8)
    x, y = (int(value) for value in generator.integers(-24, 25, 2))
    cv2.rectangle(picture, (360 + x, 280 + y), (920 + x, 680 + y), colour, -1)
    cv2.rectangle(picture, (400 + x, 320 + y), (600 + x, 440 + y), (230, 230, 230), -1)
    cv2.circle(picture, (780 + x, 480 + y), 96, (220, 200, 60), -1)
    cv2.putText(picture, print_, (420 + x, 640 + y), cv2.FONT_HERSHEY_SIMPLEX, 4, (250, 250, 250), 9)
    for line in range(6):
        where = (700 + x, 320 + y + 18 * line)
        cv2.putText(picture, f"{print_} {line}", where, cv2.FONT_HERSHEY_PLAIN, 1, (250, 250, 250), 1)
    if stained:
        cv2.circle(picture, STAIN_IN_GOLDEN_UNIT, 52, (20, 60, 70), -1)
    lit = picture * generator.uniform(0.95, 1.05) + generator.normal(0, 2.5, picture.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


STAIN_IN_GOLDEN_UNIT = (520, 540)
"""Centre of the stain, pixels of the picture."""


def a_jpeg(picture: Picture) -> bytes:
    """The picture as a camera would give it."""
    return encode_jpeg(picture, 85)


def a_png(width: int, height: int, depth: int = 8, colour: int = 2, pixels: bytes | None = None) -> bytes:
    """A PNG that claims a size; without pixels it holds none at all."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(pixels if pixels is not None else b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def tiny_weights() -> bytes:
    """The committed ONNX file that boxes whatever is red (tear) or blue (stain)."""
    return (DATA / "tiny_detector.onnx").read_bytes()


def a_spec(**changes: Any) -> DetectorSpec:
    """What the tiny detector takes and gives."""
    values: dict[str, Any] = {
        "input_name": "images",
        "input_size": 64,
        "colour_order": "RGB",
        "output_name": "output0",
        "classes": (
            DetectorClass("red", DefectKind.PENETRATION, 0.3),
            DetectorClass("blue", DefectKind.SPILLAGE, 0.3),
        ),
    }
    return DetectorSpec(**(values | changes))


def a_manifest(weights: bytes, **changes: Any) -> dict[str, Any]:
    """A manifest of the tiny detector, as a dictionary to be spoilt."""
    return {
        "name": "damage",
        "version": "1.0.0",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "input": {"size": 64},
        "classes": [
            {"name": "red", "kind": "penetration", "threshold": 0.3},
            {"name": "blue", "kind": "spillage", "threshold": 0.3},
        ],
        "weights_licence": "Apache-2.0",
    } | changes


def a_key(folder: Path) -> Path:
    """Key files for signing packages, made once in a folder; the public one is the file named `….pub`."""
    private = folder / "signer.key"
    if not private.exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_key(private)
    return private


def a_parity(folder: Path) -> str:
    """Reference pictures for the tiny detector, put into a package's folder; the digest of their numbers."""
    picture = np.full((64, 64, 3), 114, np.uint8)
    picture[10:30, 20:50] = (0, 0, 255)
    detector = OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())
    return write_parity(folder, detector, {"red": picture})


def a_package(parent: Path, weights: bytes | None = None, **changes: Any) -> Path:
    """A package's folder, with the manifest's name unless `folder` says otherwise; `key` signs it."""
    data = tiny_weights() if weights is None else weights
    folder_name, key = changes.pop("folder", None), changes.pop("key", None)
    manifest = a_manifest(data, **changes)
    folder = parent / (folder_name or f"{manifest['name']}-{manifest['version']}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    manifest.setdefault("parity_sha256", a_parity(folder))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "model.onnx").write_bytes(data)
    (folder / "CARD.md").write_text("# A tiny detector\n", encoding="utf-8")
    if key is not None:
        sign_package(folder, key)
    return folder
