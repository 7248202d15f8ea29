"""The drawn station's two cameras: where they stand and how they project millimetres onto pixels.

World, in millimetres: x to the right, y away from the front camera, z up from the mat; items are put at the
origin.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.training.rendering.spec import HEIGHT, WIDTH, View

Points: TypeAlias = npt.NDArray[np.float64]
"""One point a row (or a single point): millimetres in the world, or pixels on the screen."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera.

    Attributes:
        eye: Its place.
        rows: Its right, down and forward directions, one a row.
        focal: Focal length in pixels.
    """

    eye: Points
    rows: Points
    focal: float

    def project(self, points: Points) -> Points:
        """Screen positions of world points, N x 3 to N x 2."""
        seen = (np.asarray(points, float) - self.eye) @ self.rows.T
        return np.asarray(seen[:, :2] / seen[:, 2:3] * self.focal + np.array([WIDTH / 2, HEIGHT / 2]))

    def scale_at(self, point: tuple[float, float, float]) -> float:
        """Pixels a millimetre at a world point."""
        return float(self.focal / ((np.array(point) - self.eye) @ self.rows[2]))

    def faces(self, centre: Points, normal: Points) -> bool:
        """Whether a face with this centre and outward normal is seen from its front."""
        return bool((self.eye - centre) @ normal > 0)


def _looking(
    eye: tuple[float, float, float],
    target: tuple[float, float, float],
    up: tuple[float, float, float],
    focal: float,
) -> Camera:
    forward = np.array(target, float) - np.array(eye, float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.array(up, float))
    right /= np.linalg.norm(right)
    return Camera(np.array(eye, float), np.stack([right, np.cross(forward, right), forward]), focal)


FRONT_TILT = 0.33
"""Angle in radians at which the front camera looks down on the mat."""

CAMERAS = {
    View.FRONT: _looking(
        (0, -1000 * np.cos(FRONT_TILT), 76 + 1000 * np.sin(FRONT_TILT)), (0, 0, 76), (0, 0, 1), 4150.0
    ),
    View.TOP: _looking((0, -90, 1090), (0, 0, 40), (0, 1, 0), 3900.0),
}
