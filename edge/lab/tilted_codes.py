"""Draws printed codes, turned and leaning, onto photographs: what a camera above a table sees of them.

No public set has codes that are tilted by known angles, so they are drawn: a white label with a real code, of
the size that a camera 40 cm above the table sees, projected in perspective, lit unevenly, blurred, noisy,
and compressed. Equal seeds draw equal pictures. Each has its code's text beside it, so that
`darkstore barcode eval` can measure on them.

| folder | turned in the plane | leaning out of it |
|---|---|---|
| `turned` | 30–60°, from any side | – |
| `leaning` | up to 8° | 30–60°, towards any side |
| `both` | 30–60°, from any side | 30–60°, towards any side |
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from edge.lab.errors import PicturesUnusable
from edge.returns.gtin import check_digit
from vision.picture import Picture

Matrix = npt.NDArray[np.float64]

KINDS = ("turned", "leaning", "both")
_SIZE = (1280, 720)
_SYMBOLOGIES = ("EAN13", "EAN13", "EAN13", "UPCA", "EAN8")
_PAYLOADS = {"EAN13": 12, "UPCA": 11, "EAN8": 7}
_DRAWN_MODULE = 8  # pixels, before projection
_DISTANCE = 4.0  # of the camera, in label widths
_LEAST_MODULE = 1.8  # pixels across a module, after leaning


@dataclass(frozen=True, slots=True)
class TiltedCode:
    """One drawn picture.

    Attributes:
        kind: `turned`, `leaning` or `both`.
        text: The code's text.
        picture: BGR.
    """

    kind: str
    text: str
    picture: Picture


def photographs_below(folder: Path) -> list[Path]:
    """Every photograph in a folder and its sub-folders, in the order of their names.

    Raises:
        PicturesUnusable: There are none.
    """
    found = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}
    )
    if not found:
        raise PicturesUnusable(f"There are no photographs in {folder}. Name a folder with some.")
    return found


def draw_tilted(photographs: Sequence[Path], per_kind: int, seed: int) -> Iterator[TiltedCode]:
    """So many pictures of each kind, on photographs chosen by the seed."""
    for number, kind in enumerate(KINDS):
        for count in range(per_kind):
            random = np.random.default_rng((seed, number, count))
            background = cv2.imread(str(photographs[int(random.integers(len(photographs)))]))
            if background is None:
                background = np.full((*_SIZE[::-1], 3), 128, np.uint8)
            yield _drawn(kind, np.asarray(background, np.uint8), random)


def _drawn(kind: str, background: Picture, random: np.random.Generator) -> TiltedCode:
    symbology = _SYMBOLOGIES[int(random.integers(len(_SYMBOLOGIES)))]
    payload = "".join(str(digit) for digit in random.integers(0, 10, _PAYLOADS[symbology]))
    text = payload + check_digit(payload)
    scene = _filled(background)
    label, modules = _label(symbology, text, random)
    turn = _any_side(random) if kind in {"turned", "both"} else float(random.uniform(-8, 8))
    lean = float(random.uniform(30, 60)) if kind in {"leaning", "both"} else 0.0
    towards = float(random.uniform(0, 360))
    quad = _projected(label.shape[1], label.shape[0], turn, lean, towards)
    foreshortened = float(np.linalg.norm(quad[1] - quad[0])) / label.shape[1]
    module_px = max(float(random.uniform(2.0, 3.2)), _LEAST_MODULE / max(foreshortened, 0.4))
    quad = quad * (module_px * modules / label.shape[1])
    low, high = quad.min(axis=0), quad.max(axis=0)
    room = np.maximum(np.array(_SIZE) - (high - low) - 20, 1)
    quad = quad - low + 10 + random.uniform(0, 1, 2) * room
    return TiltedCode(kind, text, _photographed(scene, label, quad.astype(np.float32), random))


def _filled(background: Picture) -> Picture:
    """The photograph, cut and scaled to a camera's frame."""
    height, width = background.shape[:2]
    scale = max(_SIZE[0] / width, _SIZE[1] / height)
    large = cv2.resize(background, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (large.shape[0] - _SIZE[1]) // 2, (large.shape[1] - _SIZE[0]) // 2
    return np.asarray(large[max(top, 0) :, max(left, 0) :][: _SIZE[1], : _SIZE[0]], np.uint8)


def _label(symbology: str, text: str, random: np.random.Generator) -> tuple[Picture, int]:
    """A white label with the code and its digits; and how many modules wide it is."""
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
    bars = np.array(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))[:1]
    wide = np.repeat(np.repeat(bars, round(random.uniform(40, 65)) * _DRAWN_MODULE, 0), _DRAWN_MODULE, 1)
    quiet = 11 * _DRAWN_MODULE
    below = 12 * _DRAWN_MODULE
    label = np.pad(wide, ((4 * _DRAWN_MODULE, below), (quiet, quiet)), constant_values=255)
    place = (quiet, label.shape[0] - 3 * _DRAWN_MODULE)
    cv2.putText(label, text, place, cv2.FONT_HERSHEY_SIMPLEX, 2.2, 20, 5, cv2.LINE_AA)
    return label, label.shape[1] // _DRAWN_MODULE


def _any_side(random: np.random.Generator) -> float:
    return float(random.uniform(30, 60)) + 90.0 * int(random.integers(4))


def _projected(width: float, height: float, turn: float, lean: float, towards: float) -> Matrix:
    """Where the label's corners are seen, around the origin, for a camera straight above."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [width / 2, height / 2, 1]
    turned = corners @ _about_z(turn).T
    axis = _about_z(towards)
    angle = np.radians(lean)
    about_x = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    leaning = turned @ (axis @ about_x @ axis.T).T
    distance = _DISTANCE * width
    return np.asarray(leaning[:, :2] * (distance / (distance + leaning[:, 2:])), np.float64)


def _about_z(degrees: float) -> Matrix:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _photographed(
    scene: Picture, label: Picture, quad: npt.NDArray[np.float32], random: np.random.Generator
) -> Picture:
    height, width = label.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # drawn at twice the size and averaged down, as a sensor averages over its pixels
    turn = cv2.getPerspectiveTransform(corners, quad * 2)
    size = (_SIZE[0] * 2, _SIZE[1] * 2)
    shrunk = cv2.GaussianBlur(label, (0, 0), 1.2)
    drawn = cv2.warpPerspective(shrunk, turn, size, flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.full_like(label, 255), turn, size, flags=cv2.INTER_LINEAR)
    drawn, cover = (cv2.resize(part, _SIZE, interpolation=cv2.INTER_AREA) for part in (drawn, cover))
    share = cover.astype(np.float32)[..., None] / 255
    paper = float(random.uniform(0.55, 0.95))
    ink = float(random.uniform(0.06, 0.2))
    printed = (ink + drawn.astype(np.float32) / 255 * (paper - ink))[..., None] * 255
    left, right = (float(light) for light in random.uniform(0.75, 1.1, 2))
    across = np.linspace(left, right, _SIZE[0], dtype=np.float32)[None, :, None]
    lit = (scene.astype(np.float32) * (1 - share) + printed * share) * across
    seen = cv2.GaussianBlur(lit, (0, 0), float(random.uniform(0.4, 1.0)))
    seen = seen + random.normal(0, float(random.uniform(1.5, 5)), seen.shape)
    done, data = cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not done:
        raise PicturesUnusable("A drawn picture couldn't be encoded.")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
