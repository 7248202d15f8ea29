"""A folding carton: six printed faces, flaps that may stand open, a tray that may lack a part."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from models.training.rendering.artwork import Palette, paint_panel
from models.training.rendering.camera import CAMERAS, Points
from models.training.rendering.labels import paint_lid, paint_side
from models.training.rendering.layer import Layer
from models.training.rendering.spec import PX_PER_MM, ItemSpec, Picture, View
from models.training.rendering.surface import Surface, mottle

LIGHT = np.array([-0.42, -0.5, 0.76])
BOARD_INSIDE = (168, 190, 204)


@dataclass(slots=True)
class Carton:
    """A carton of `size` (width, depth, height in millimetres), turned by `yaw`, standing or on its back.

    Attributes:
        size: Width, depth, height in millimetres.
        yaw: Turn about the vertical in radians.
        lying: The main panel faces up.
        faces: The print of each face.
        flaps: Angle above the horizontal of each open flap by its hinge's side; empty when closed.
        opening_mark: Number of the opening, 0 when closed.
    """

    size: tuple[float, float, float]
    yaw: float
    lying: bool
    faces: dict[str, Surface]
    flaps: dict[str, float] = field(default_factory=dict)
    opening_mark: int = 0

    def placed(self, points: Points) -> Points:
        """World places of points given in the carton's own frame."""
        points = np.asarray(points, float)
        if self.lying:
            _, depth, height = self.size
            points = np.stack([points[:, 0], points[:, 2] - height / 2, depth / 2 - points[:, 1]], 1)
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.stack(
            [points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos, points[:, 2]],
            1,
        )

    def corners(self, face: str) -> Points:
        """World corners of a face as seen from outside: top left, top right, bottom right, bottom left."""
        w, d, h = self.size[0] / 2, self.size[1] / 2, self.size[2]
        table = {
            "front": [(-w, -d, h), (w, -d, h), (w, -d, 0), (-w, -d, 0)],
            "back": [(w, d, h), (-w, d, h), (-w, d, 0), (w, d, 0)],
            "right": [(w, -d, h), (w, d, h), (w, d, 0), (w, -d, 0)],
            "left": [(-w, d, h), (-w, -d, h), (-w, -d, 0), (-w, d, 0)],
            "top": [(-w, d, h), (w, d, h), (w, -d, h), (-w, -d, h)],
            "bottom": [(-w, -d, 0), (w, -d, 0), (w, d, 0), (-w, d, 0)],
        }
        return self.placed(np.array(table[face], float))

    def footprint(self) -> Points:
        """Where the carton touches the mat: its outline at z = 0."""
        base = ["front", "back", "left", "right"]
        points = np.concatenate([self.corners(name) for name in base])
        hull = cv2.convexHull(points[points[:, 2] < 1.0][:, :2].astype(np.float32))[:, 0]
        return np.concatenate([hull.astype(float), np.zeros((len(hull), 1))], axis=1)

    def height(self) -> float:
        """Height above the mat in millimetres."""
        return self.size[1] if self.lying else self.size[2]

    def draw(self, layer: Layer, view: View) -> None:
        """Draw the faces that the camera sees, far flaps before and near flaps after them."""
        camera = CAMERAS[view]
        if self.flaps:
            self._draw_flaps(layer, view, behind=True)
        for name in ("bottom", "back", "left", "right", "top", "front"):
            corners = self.corners(name)
            normal = np.cross(corners[1] - corners[0], corners[0] - corners[3])
            normal /= np.linalg.norm(normal)
            if not camera.faces(corners.mean(axis=0), normal):
                continue
            brightness = 0.66 + 0.42 * max(0.0, float(normal @ LIGHT))
            layer.fold_on(self.faces[name], camera.project(corners), (-0.7, -0.55), brightness)
            _edge_light(layer, camera.project(corners))
        if self.flaps:
            self._draw_flaps(layer, view, behind=False)

    def _draw_flaps(self, layer: Layer, view: View, behind: bool) -> None:
        camera = CAMERAS[view]
        top = self.corners("top")
        hinges = {"back": (0, 1), "right": (1, 2), "front": (2, 3), "left": (3, 0)}
        up = np.cross(top[1] - top[0], top[0] - top[3])
        up /= np.linalg.norm(up)
        for side, angle in self.flaps.items():
            if (side == "back") != behind:
                continue
            first, last = (top[index] for index in hinges[side])
            outward = np.cross(last - first, up)
            outward /= np.linalg.norm(outward)
            reach = self.size[1] * (0.85 if side in {"front", "back"} else 0.5)
            edge = (outward * np.cos(angle) + up * np.sin(angle)) * reach
            inset = (last - first) * 0.06
            quad = np.stack([first + edge + inset, last + edge - inset, last, first])
            screen = camera.project(quad)
            if _clockwise(screen) < 0:
                screen = screen[[1, 0, 3, 2]]
            board = Surface.of(
                _board(int(np.linalg.norm(last - first) * PX_PER_MM), int(reach * PX_PER_MM), side)
            )
            board.marks[:] = self.opening_mark
            layer.fold_on(board, screen, (-0.7, -0.5), 0.8 + 0.22 * float(np.cos(angle)))
            _edge_light(layer, screen)


def _clockwise(quad: Points) -> float:
    x, y = quad[:, 0], quad[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _board(width: int, height: int, side: str) -> Picture:
    rng = np.random.default_rng(sum(side.encode()))
    tone = 1.0 + 0.03 * mottle((max(8, height), max(8, width)), rng, 20, 70)
    return np.clip(np.array(BOARD_INSIDE, np.float32) * tone[:, :, None], 0, 255).astype(np.uint8)


def _edge_light(layer: Layer, quad: Points) -> None:
    """Board is thick: light catches its folded edges."""
    low = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 3, 0)
    high = np.ceil(quad.max(axis=0)).astype(int) + 3
    here = (slice(low[1], high[1]), slice(low[0], high[0]))
    if layer.colour[here].size == 0:
        return
    edge = np.zeros(layer.alpha[here].shape, np.uint8)
    cv2.polylines(edge, [np.round((quad - low) * 8).astype(np.int32)], True, 255, 2, cv2.LINE_AA, shift=3)
    weight = (edge.astype(np.float32) / 255 * (layer.alpha[here] > 200) * 0.22)[:, :, None]
    layer.colour[here] = (layer.colour[here] * (1 - weight) + 235 * weight).astype(np.uint8)


def build_carton(spec: ItemSpec, rng: np.random.Generator) -> Carton:
    """The product's carton, fresh from the packing line, put down as a person puts it down."""
    product = np.random.default_rng([spec.colours, 5])
    size = (
        float(product.uniform(118, 150)),
        float(product.uniform(45, 80)),
        float(product.uniform(142, 172)),
    )
    wide, deep, high = (round(length * PX_PER_MM) for length in size)
    palette = Palette.of(spec.colours)
    plain = np.empty((deep, wide, 3), np.uint8)
    plain[:] = palette.base
    faces = {
        "front": paint_panel(spec, wide, high),
        "back": paint_side(spec, wide, high),
        "left": paint_side(spec, deep, high),
        "right": paint_side(spec, deep, high),
        "top": paint_lid(spec, wide, deep),
        "bottom": Surface.of(plain),
    }
    for surface in faces.values():
        grain = 1.0 + 0.012 * mottle((surface.height, surface.width), rng, 30, 120)
        surface.colour = np.clip(surface.colour * grain[:, :, None], 0, 255).astype(np.uint8)
    yaw = float(rng.uniform(-0.32, 0.32)) if not spec.lying else float(rng.uniform(-0.25, 0.25))
    return Carton(size, yaw, spec.lying, faces)


def open_carton(carton: Carton, number: int, rng: np.random.Generator) -> None:
    """Open the lid: the dark inside shows, two to four flaps stand off."""
    top = carton.faces["top"]
    y, x = np.mgrid[0 : top.height, 0 : top.width].astype(np.float32)
    rim = np.minimum(np.minimum(x, top.width - x), np.minimum(y, top.height - y))
    depth = np.clip(1.0 - rim / (top.height * 0.32), 0.08, 1.0) ** 1.6
    shade = (34 + 120 * depth)[:, :, None] * np.array([0.82, 0.93, 1.0], np.float32)
    top.colour[:] = np.clip(shade * (1 + 0.05 * mottle((top.height, top.width), rng))[:, :, None], 0, 255)
    top.relief[:] = 0
    top.mark(np.ones_like(top.marks), number)
    carton.opening_mark = number
    carton.flaps = {"back": float(rng.uniform(0.7, 1.5)), "front": float(rng.uniform(-0.9, 0.6))}
    for side in ("left", "right"):
        if rng.uniform() < 0.75:
            carton.flaps[side] = float(rng.uniform(-0.4, 0.9))


def tray_window(surface: Surface, missing: int | None, number: int, rng: np.random.Generator) -> None:
    """A window above the print with three parts in their wells; the well `missing` is empty."""
    width, height = int(surface.width * 0.86), int(surface.height * 0.27)
    left, top = (surface.width - width) // 2, int(surface.height * 0.22)
    window = surface.colour[top : top + height, left : left + width]
    window[:] = (196, 200, 204)
    cell = width // 3
    paint = [int(value) for value in rng.integers(60, 230, 3)]
    for index in range(3):
        centre = (cell * index + cell // 2, height // 2)
        radius = min(cell, height) // 2 - 8
        cv2.circle(window, centre, radius + 4, (150, 154, 160), -1, cv2.LINE_AA)
        if index == missing:
            cv2.circle(window, centre, radius, (112, 118, 126), -1, cv2.LINE_AA)
            cv2.circle(window, (centre[0] + 3, centre[1] + 4), radius - 6, (136, 141, 148), -1, cv2.LINE_AA)
            mask = np.zeros_like(surface.marks)
            cv2.circle(mask, (left + centre[0], top + centre[1]), radius + 4, 255, -1)
            surface.mark(mask, number)
            continue
        cv2.circle(window, centre, radius, paint, -1, cv2.LINE_AA)
        cv2.circle(
            window, centre, int(radius * 0.72), [min(255, value + 30) for value in paint], -1, cv2.LINE_AA
        )
        glint = (centre[0] - radius // 3, centre[1] - radius // 3)
        cv2.circle(window, glint, max(2, radius // 6), (250, 250, 250), -1, cv2.LINE_AA)
    cv2.rectangle(surface.colour, (left, top), (left + width, top + height), (90, 90, 96), 2)
