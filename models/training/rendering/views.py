"""The two cameras' pictures of the station, empty or with an item on its mat."""

from functools import lru_cache

import cv2
import numpy as np

from models.training.rendering.crushing import crush
from models.training.rendering.items import RenderedItem
from models.training.rendering.layer import Layer
from models.training.rendering.spec import HEIGHT, WIDTH, Picture, Plane, RenderedView, StationLook, View
from models.training.rendering.station import backdrop, cast_shadow, pour_puddle
from vision.findings import Box, DefectKind

NOISE_SLACK = 128
"""Pixels by which the sheet of noise is larger than a picture."""

LEAST_VISIBLE_PX = 120
LEAST_SIDE_PX = 11
"""A defect of fewer marked pixels, or narrower in the full picture, counts as not seen by this camera."""


def render_view(item: RenderedItem, view: View | str, station: StationLook, seed: int) -> RenderedView:
    """What one camera sees of the item; `seed` stands for the moment: the sensor's noise, glare.

    Raises:
        ValueError: `view` is neither `top` nor `front`.
    """
    view = View(view)
    layer = Layer.empty()
    item.body.draw(layer, view)
    for blow in item.crushes:
        crush(layer, item.body, view, blow)
    ground = backdrop(view, station).astype(np.float32)
    cast_shadow(ground, view, item.body.footprint(), item.body.height())
    marks = np.zeros((HEIGHT, WIDTH), np.uint8)
    for outline, number in item.puddles:
        pour_puddle(ground, marks, view, outline, number)
    spilled = marks > 0
    _composite(ground, layer, station)
    solid = layer.alpha > 127
    marks[solid] = layer.marks[solid]
    rng = np.random.default_rng([seed, list(View).index(view), 7])
    if item.spec.distractors > 1:
        _glare(ground, solid, rng)
    if item.spec.blurred:
        soft = cv2.GaussianBlur(cv2.resize(ground, None, fx=0.5, fy=0.5), (0, 0), 8)
        ground = np.asarray(cv2.resize(soft, (WIDTH, HEIGHT)), np.float32)
    mask = ((solid | spilled) * 255).astype(np.uint8)
    return RenderedView(_sensed(ground, station, rng), _boxes(item, marks), _bounds(mask), mask)


def render_empty(view: View | str, station: StationLook, seed: int = 0) -> Picture:
    """The station's reference picture: nothing on the mat."""
    view = View(view)
    rng = np.random.default_rng([seed, list(View).index(view), 8])
    return _sensed(backdrop(view, station).astype(np.float32), station, rng)


def encode_jpeg(bgr: Picture, quality: int = 90) -> bytes:
    """The picture as the camera would hand it over."""
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {bgr.shape} and type {bgr.dtype} cannot be encoded as JPEG")
    return encoded.tobytes()


def _composite(ground: Plane, layer: Layer, station: StationLook) -> None:
    x, y, width, height = cv2.boundingRect(layer.alpha)
    here = (slice(y, y + height), slice(x, x + width))
    weight = (layer.alpha[here].astype(np.float32) / 255)[:, :, None]
    warm = (
        np.array([1 - 0.06 * station.warmth, 1.0, 1 + 0.06 * station.warmth], np.float32) * station.brightness
    )
    ground[here] = ground[here] * (1 - weight) + layer.colour[here] * warm * weight


def _glare(
    ground: Plane, solid: np.ndarray[tuple[int, int], np.dtype[np.bool_]], rng: np.random.Generator
) -> None:
    """A lamp's reflection on the pack: looks like a worn patch, is none."""
    rows, columns = np.nonzero(solid)
    if len(rows) == 0:
        return
    pick = int(rng.integers(len(rows)))
    small = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32)
    at = (int(columns[pick] // 4), int(rows[pick] // 4))
    axes = (int(rng.uniform(10, 40)), int(rng.uniform(3, 12)))
    cv2.ellipse(small, at, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 4), (WIDTH, HEIGHT))
    shine = np.asarray(soft * solid * rng.uniform(40, 130), np.float32)
    np.add(ground, shine[:, :, None], out=ground)


def _sensed(ground: Plane, station: StationLook, rng: np.random.Generator) -> Picture:
    """The sensor's view: noise added, clipped to eight bits."""
    y, x = (int(value) for value in rng.integers(0, NOISE_SLACK, 2))
    noise = _noise()[y : y + HEIGHT, x : x + WIDTH]
    return np.asarray(cv2.convertScaleAbs(cv2.scaleAdd(noise, station.noise * 0.8, ground)), np.uint8)


@lru_cache(maxsize=1)
def _noise() -> Plane:
    """A sheet of noise, fine in luminance and coarser in colour, of which each picture shows another part.

    Drawing it anew would take half of a picture's time.
    """
    rng = np.random.default_rng(41)
    height, width = HEIGHT + NOISE_SLACK, WIDTH + NOISE_SLACK
    blotches = rng.standard_normal((height // 4, width // 4, 3), dtype=np.float32)
    grain = rng.standard_normal((height, width), dtype=np.float32)
    noise = np.asarray(cv2.resize(blotches, (width, height)), np.float32) + grain[:, :, None]
    noise.setflags(write=False)
    return noise


def _boxes(item: RenderedItem, marks: Picture) -> list[tuple[DefectKind, Box]]:
    found = []
    for number, kind in item.kinds.items():
        where = (marks == number).astype(np.uint8)
        box = _bounds(where)
        if int(np.count_nonzero(where)) >= LEAST_VISIBLE_PX and min(box.width, box.height) >= LEAST_SIDE_PX:
            found.append((kind, box))
    return found


def _bounds(mask: Picture) -> Box:
    x, y, width, height = cv2.boundingRect(mask)
    return Box(float(x), float(y), float(width), float(height))
