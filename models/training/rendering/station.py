"""The inspection station without an item: laminate table, rubber mat, backboard, a lamp's uneven light."""

from functools import lru_cache

import cv2
import numpy as np

from models.training.rendering.camera import CAMERAS, Points
from models.training.rendering.spec import HEIGHT, WIDTH, Picture, Plane, StationLook, View
from models.training.rendering.surface import mottle

MATS = ((92, 98, 94), (104, 96, 84), (84, 88, 96), (120, 118, 112), (96, 108, 90), (134, 130, 126))
TABLES = ((166, 178, 188), (128, 146, 168), (186, 188, 190), (146, 150, 154))
BOARDS = ((206, 208, 206), (190, 196, 200), (212, 206, 196), (176, 180, 184))
BACKBOARD_Y = 190.0
MAT_HALF = (300.0, 215.0)


@lru_cache(maxsize=2 * 12)
def backdrop(view: View, look: StationLook) -> Picture:
    """The empty station in this view, before the sensor adds its noise. Treat as read-only."""
    rng = np.random.default_rng([look.seed, 101, list(View).index(view)])
    shared = np.random.default_rng([look.seed, 102])
    mat = np.array(MATS[int(shared.integers(len(MATS)))], np.float32)
    table = np.array(TABLES[int(shared.integers(len(TABLES)))], np.float32)
    board = np.array(BOARDS[int(shared.integers(len(BOARDS)))], np.float32)
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    picture[:] = table * (1 + 0.02 * mottle((HEIGHT, WIDTH), rng, 4, 14))[:, :, None]
    _lay_mat(picture, view, mat, rng, bool(shared.uniform() < 0.5))
    if view is View.FRONT:
        _stand_board(picture, board, rng)
    picture *= _lamp(view, look)[:, :, None]
    picture *= np.array([1 - 0.06 * look.warmth, 1.0, 1 + 0.06 * look.warmth], np.float32) * look.brightness
    result = np.clip(picture, 0, 255).astype(np.uint8)
    result.setflags(write=False)
    return result


def _lay_mat(picture: Plane, view: View, mat: Plane, rng: np.random.Generator, ruled: bool) -> None:
    camera = CAMERAS[view]
    w, d = MAT_HALF
    outline = camera.project(np.array([(-w, -d, 0), (w, -d, 0), (w, d, 0), (-w, d, 0)], float))
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 8).astype(np.int32)], 255, cv2.LINE_AA, shift=3)
    grain = rng.standard_normal(picture.shape[:2]).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 1.2) * 5.5 + mottle(picture.shape[:2], rng, 5, 30) * 1.8
    weight = (mask.astype(np.float32) / 255)[:, :, None]
    surface = np.empty_like(picture)
    surface[:] = mat + grain[:, :, None]
    if ruled:
        for offset in np.arange(-w + 20, w, 40):
            _rule(surface, camera.project(np.array([(offset, -d + 12, 0), (offset, d - 12, 0)], float)), mat)
        for offset in np.arange(-d + 15, d, 40):
            _rule(surface, camera.project(np.array([(-w + 12, offset, 0), (w - 12, offset, 0)], float)), mat)
    for _ in range(int(rng.integers(2, 6))):
        start = rng.uniform((0, 0), (WIDTH, HEIGHT))
        end = start + rng.normal(0, 90, 2)
        cv2.line(surface, _at(start), _at(end), (mat + 12).tolist(), 1, cv2.LINE_AA)
    picture[:] = picture * (1 - weight) + surface * weight


def _rule(surface: Plane, ends: Points, mat: Plane) -> None:
    cv2.line(surface, _at(ends[0]), _at(ends[1]), (mat + 16).tolist(), 2, cv2.LINE_AA)


def _at(point: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[int, int]:
    return int(np.clip(point[0], -9999, 9999)), int(np.clip(point[1], -9999, 9999))


def _stand_board(picture: Plane, board: Plane, rng: np.random.Generator) -> None:
    foot = CAMERAS[View.FRONT].project(np.array([(-400, BACKBOARD_Y, 0), (400, BACKBOARD_Y, 0)], float))
    line = int(foot[:, 1].mean())
    if line <= 2:
        return
    wall = board * (1 + 0.015 * mottle((line, WIDTH), rng, 4, 16))[:, :, None]
    fade = np.linspace(0.94, 1.03, line)[::-1, None, None]
    picture[:line] = wall * fade
    for depth, strength in ((22, 0.16), (6, 0.3)):
        for step in range(depth):
            row = min(HEIGHT - 1, line + step)
            picture[row] *= 1 - strength * (1 - step / depth)


def _lamp(view: View, look: StationLook) -> Plane:
    rng = np.random.default_rng([look.seed, 103, list(View).index(view)])
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    middle = (WIDTH * rng.uniform(0.3, 0.6), HEIGHT * rng.uniform(0.25, 0.5))
    distance = np.hypot((x - middle[0]) / WIDTH, (y - middle[1]) / WIDTH)
    return np.asarray(1.1 - 0.55 * distance**1.5 - 0.1 * distance, np.float32)


def cast_shadow(picture: Plane, view: View, footprint: Points, height: float) -> None:
    """Darken the mat where the pack keeps the lamp away: a soft long shadow and a dark line of contact."""
    camera = CAMERAS[view]
    drift = np.array([height * 0.32, height * 0.22, 0.0])
    long = np.concatenate([footprint, footprint + drift])
    for points, blur, strength in ((long, 26.0, 0.36), (footprint * [1.02, 1.02, 1], 7.0, 0.5)):
        hull = cv2.convexHull(camera.project(points).astype(np.float32))[:, 0]
        low = np.clip(hull.min(axis=0) - 90, 0, [WIDTH - 1, HEIGHT - 1]).astype(int)
        high = np.clip(hull.max(axis=0) + 90, 1, [WIDTH, HEIGHT]).astype(int)
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        if mask.size == 0:
            continue
        cv2.fillConvexPoly(mask, np.round(hull - low).astype(np.int32), 255)
        soft = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(soft, (0, 0), blur / 4)
        soft = cv2.resize(soft, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)
        picture[low[1] : high[1], low[0] : high[0]] *= (
            1 - (soft.astype(np.float32) / 255 * strength)[:, :, None]
        )


def pour_puddle(picture: Plane, marks: Picture, view: View, outline: Points, number: int) -> None:
    """Wet the mat inside `outline`: darker, with the lamp's glint."""
    shape = CAMERAS[view].project(outline)
    mask = np.zeros(marks.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(shape).astype(np.int32)], 255, cv2.LINE_AA)
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0 or height == 0:
        return
    here = (slice(max(0, y - 8), y + height + 8), slice(max(0, x - 8), x + width + 8))
    soft = cv2.GaussianBlur(mask[here], (0, 0), 2).astype(np.float32) / 255
    edge = np.clip(soft - cv2.GaussianBlur(mask[here], (0, 0), 6).astype(np.float32) / 255, 0, 1)
    rng = np.random.default_rng(number)
    gloss = np.clip(mottle(soft.shape[:2], rng, 3, 9) - 0.7, 0, 1) * soft * 70
    picture[here] = picture[here] * (1 - soft[:, :, None] * np.array([0.62, 0.5, 0.42], np.float32))
    picture[here] += (edge * 60 + gloss)[:, :, None]
    marks[here][mask[here] > 127] = number
