"""Cans and bottles: bodies of revolution with a wrap-around label, standing or lying, with a lid or cap."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.rendering.camera import CAMERAS, FRONT_TILT, Points
from models.training.rendering.layer import Layer
from models.training.rendering.spec import PX_PER_MM, Picture, Plane, View
from models.training.rendering.surface import Surface

Profile = tuple[tuple[float, float], ...]
"""(height, radius) in millimetres, from the base up."""


@dataclass(slots=True)
class RoundPack:
    """A can or bottle.

    Attributes:
        profile: Its outline.
        face: Print of the half that is turned to the camera: half the girth wide, the height high.
        rear: Print of the other half.
        lid: What is seen on its end from above, a square holding a disc.
        yaw: When lying, the axis's direction on the mat; 0 points right.
        lying: On its side rather than standing.
        shine: 0 matt paper to 1 metal or glass.
    """

    profile: Profile
    face: Surface
    rear: Surface
    lid: Surface
    yaw: float
    lying: bool
    shine: float

    @property
    def tall(self) -> float:
        """Height from base to top in millimetres."""
        return self.profile[-1][0]

    @property
    def widest(self) -> float:
        """Largest radius in millimetres."""
        return max(radius for _, radius in self.profile)

    def footprint(self) -> Points:
        """Outline on the mat at z = 0."""
        radius = self.profile[0][1]
        if not self.lying:
            turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
            return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.zeros(40)], 1)
        half, thick = self.tall / 2, radius * 0.75
        corners = np.array([(-half, -thick), (half, -thick), (half, thick), (-half, thick)])
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.stack(
            [
                corners[:, 0] * cos - corners[:, 1] * sin,
                corners[:, 0] * sin + corners[:, 1] * cos,
                np.zeros(4),
            ],
            1,
        )

    def height(self) -> float:
        """Height above the mat in millimetres."""
        return 2 * self.widest if self.lying else self.tall

    def draw(self, layer: Layer, view: View) -> None:
        """Draw the pack as this camera sees it."""
        camera = CAMERAS[view]
        if self.lying:
            middle = (0.0, 0.0, self.widest)
            along = np.array([[0, 0, self.widest], [np.cos(self.yaw), np.sin(self.yaw), self.widest]], float)
            screen = camera.project(along)
            direction = screen[1] - screen[0]
            angle = float(np.arctan2(direction[0], -direction[1]))
            scale = camera.scale_at(middle)
            squeeze = float(np.linalg.norm(direction)) / scale
            self._draw_side(layer, screen[0], scale, angle, 0.0, squeeze, quarter=view is View.FRONT)
        elif view is View.FRONT:
            foot = camera.project(np.array([[0, 0, 0]], float))[0]
            scale = camera.scale_at((0, 0, self.tall / 2))
            self._draw_side(layer, foot, scale, 0.0, FRONT_TILT, 1.0, quarter=False)
        else:
            self._draw_from_above(layer)

    def _draw_side(
        self,
        layer: Layer,
        anchor: Points,
        scale: float,
        angle: float,
        tilt: float,
        squeeze: float,
        quarter: bool,
    ) -> None:
        """Wrap the print round the body; `anchor` is the foot when standing, the middle when lying."""
        if tilt:
            side = int(scale * self.widest) + 4
            x0, x1 = int(anchor[0]) - side, int(anchor[0]) + side
            y0, y1 = int(anchor[1]) - int(scale * self.tall) - side, int(anchor[1]) + side
        else:
            reach = int(scale * (self.tall / 2 + self.widest))
            x0, x1 = int(anchor[0]) - reach, int(anchor[0]) + reach
            y0, y1 = int(anchor[1]) - reach, int(anchor[1]) + reach
        py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        px, py = (px - np.float32(anchor[0])) / scale, (py - np.float32(anchor[1])) / scale
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        across = px * cos + py * sin
        along = (px * sin - py * cos) / np.float32(squeeze)
        if not tilt:
            along = along + np.float32(self.tall / 2)
        radii = self._radius_table()
        height = along / np.float32(np.cos(tilt))
        for _ in range(16 if tilt else 0):  # half steps: full ones swing to and fro at the shoulder
            radius = radii[np.clip(height * 4, 0, len(radii) - 1).astype(np.int32)]
            depth = np.sqrt(np.maximum(radius**2 - across**2, 0))
            found = (along + depth * np.float32(np.sin(tilt))) / np.float32(np.cos(tilt))
            height = height + np.float32(0.4) * (found - height)
        radius = radii[np.clip(height * 4, 0, len(radii) - 1).astype(np.int32)]
        inside = np.clip((radius - np.abs(across)) * scale + 0.5, 0, 1)
        inside *= np.clip(height * scale + 0.5, 0, 1) * np.clip(
            (np.float32(self.tall) - height) * scale + 0.5, 0, 1
        )
        theta = np.arcsin(np.clip(across / np.maximum(radius, 0.1), -1, 1))
        colour, marks = self._wrapped(theta, height, quarter)
        lit = colour.astype(np.float32) * self._light(theta)[:, :, None] + self._streaks(theta)[:, :, None]
        shown = np.clip(lit, 0, 255).astype(np.uint8)
        layer.lay(shown, (inside * 255).astype(np.uint8), marks, x0, y0)
        if tilt:
            self._draw_end(layer, anchor, scale, tilt)

    def _radius_table(self) -> Plane:
        heights, radii = zip(*self.profile, strict=True)
        steps = np.arange(0, self.tall + 0.5, 0.25)
        return np.asarray(np.interp(steps, heights, radii), np.float32)

    def _wrapped(self, theta: Plane, height: Plane, quarter: bool) -> tuple[Picture, Picture]:
        """Colour and marks at each pixel; a quarter turn shows half of the face and half of the rear."""
        light = (-0.6, -0.5)
        girth = np.concatenate([self.face.shaded(light), self.rear.shaded(light)], axis=1)
        marks = np.concatenate([self.face.marks, self.rear.marks], axis=1)
        half = self.face.width
        turn = theta / np.pi + 0.5 + (0.5 if quarter else 0.0)
        at_x = (turn * half).astype(np.float32)
        at_y = np.float32(self.face.height) - height * np.float32(PX_PER_MM)
        colour = cv2.remap(girth, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        number = cv2.remap(marks, at_x, at_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(colour, np.uint8), np.asarray(number, np.uint8)

    def _light(self, theta: Plane) -> Plane:
        lamp = np.maximum(0, np.cos(theta + 0.55))
        edge = 1 - 0.25 * np.abs(theta / 1.571) ** 6
        light: Plane = ((0.40 + 0.68 * lamp) * edge).astype(np.float32)
        return light

    def _streaks(self, theta: Plane) -> Plane:
        main = np.exp(-(((theta + 0.72) / (0.05 + 0.1 * (1 - self.shine))) ** 2))
        back = np.exp(-(((theta - 1.05) / 0.06) ** 2))
        return np.asarray((main * 85 + back * 35) * (0.25 + 0.75 * self.shine), np.float32)

    def _draw_end(self, layer: Layer, foot: Points, scale: float, tilt: float) -> None:
        """The lid or cap seen at a slant on top of a standing pack."""
        radius = self.profile[-1][1] * scale
        centre = (float(foot[0]), float(foot[1] - self.tall * scale * np.cos(tilt)))
        flat = radius * np.sin(tilt)
        quad = np.array([(-radius, -flat), (radius, -flat), (radius, flat), (-radius, flat)]) + centre
        layer.fold_on(self.lid, quad, (-0.6, -0.5), 1.0)

    def _draw_from_above(self, layer: Layer) -> None:
        """Rings from the base up, as the top camera's slight slant shows them, then the lid."""
        camera = CAMERAS[View.TOP]
        rows = self.face.colour.mean(axis=1)
        radii = self._radius_table()
        ring = Layer.empty()
        for height in np.arange(0.0, self.tall, 1.0):
            middle = camera.project(np.array([[0, 0, height]], float))[0]
            size = float(radii[int(height * 4)]) * camera.scale_at((0, 0, height))
            slope = float(
                radii[min(len(radii) - 1, int(height * 4) + 4)] - radii[max(0, int(height * 4) - 4)]
            )
            shade = 0.5 + 0.45 * min(1.0, max(0.0, -slope) * 0.6)
            paint = rows[min(len(rows) - 1, int((self.tall - height) * PX_PER_MM))] * shade
            at = (round(float(middle[0]) * 8), round(float(middle[1]) * 8))
            cv2.circle(ring.colour, at, round(size * 8), paint.tolist(), -1, cv2.LINE_AA, shift=3)
            cv2.circle(ring.alpha, at, round(size * 8), 255, -1, cv2.LINE_AA, shift=3)
        layer.lay(ring.colour, ring.alpha, ring.marks, 0, 0)
        radius = self.profile[-1][1]
        turn = self.yaw + np.array([2.356, 0.785, -0.785, -2.356])
        quad = np.stack([np.cos(turn), np.sin(turn), np.zeros(4)], 1) * radius * np.sqrt(2) + [
            0,
            0,
            self.tall,
        ]
        layer.fold_on(self.lid, camera.project(quad), (-0.6, -0.5), 1.04)
