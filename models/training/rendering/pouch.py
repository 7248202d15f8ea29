"""A flexible pouch lying on the mat: crimped seals, bulging middle, wrinkles."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.rendering.camera import CAMERAS, Points
from models.training.rendering.damage import wrinkle
from models.training.rendering.labels import paint_pouch
from models.training.rendering.layer import Layer
from models.training.rendering.spec import PX_PER_MM, ItemSpec, Values, View
from models.training.rendering.surface import Surface, mottle


@dataclass(slots=True)
class Pouch:
    """A pouch of `size` (width, length in millimetres), turned by `yaw`, bulging to `thick` millimetres."""

    size: tuple[float, float]
    yaw: float
    thick: float
    face: Surface

    def corners(self, z: float) -> Points:
        """World corners of the face at height z: top left, top right, bottom right, bottom left."""
        w, h = self.size[0] / 2, self.size[1] / 2
        flat = np.array([(-w, h), (w, h), (w, -h), (-w, -h)])
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.stack(
            [flat[:, 0] * cos - flat[:, 1] * sin, flat[:, 0] * sin + flat[:, 1] * cos, np.full(4, z)], 1
        )

    def footprint(self) -> Points:
        """Outline on the mat at z = 0."""
        return self.corners(0.0) * [0.9, 0.92, 0]

    def height(self) -> float:
        """Height above the mat in millimetres."""
        return self.thick

    def draw(self, layer: Layer, view: View) -> None:
        """Draw the pouch; from the front its bulge is raised over its dark underside."""
        camera = CAMERAS[view]
        if view is View.TOP:
            layer.fold_on(self.face, camera.project(self.corners(self.thick * 0.4)), (-0.65, -0.55), 1.02)
            return
        low = Layer.empty()
        low.fold_on(self.face, camera.project(self.corners(2.0)), (-0.65, -0.55), 1.0)
        bulge = Surface.of(np.repeat(_bulge(self.face)[:, :, None], 3, axis=2))
        lift = Layer.empty()
        lift.fold_on(bulge, camera.project(self.corners(2.0)), (0.0, 0.0), 1.0)
        highest = self.thick * camera.scale_at((0, 0, 10)) * 0.94
        left, top, width, height = cv2.boundingRect(low.alpha)
        up = min(top, int(highest) + 2)
        here = (slice(top - up, top + height), slice(left, left + width))
        rise = lift.colour[here][:, :, 0].astype(np.float32) / 255 * highest
        dark = cv2.convertScaleAbs(low.colour[here], alpha=0.42)
        x, source_y = _seen_through(rise, highest)
        colour = cv2.remap(low.colour[here], x, source_y, cv2.INTER_LINEAR)
        alpha = cv2.remap(low.alpha[here], x, source_y, cv2.INTER_LINEAR)
        marks = cv2.remap(low.marks[here], x, source_y, cv2.INTER_NEAREST)
        layer.lay(dark, low.alpha[here], np.zeros_like(low.marks[here]), left, top - up)
        layer.lay(
            np.asarray(colour, np.uint8),
            np.asarray(alpha, np.uint8),
            np.asarray(marks, np.uint8),
            left,
            top - up,
        )


def _seen_through(rise: Values, highest: float) -> tuple[Values, Values]:
    """For each target pixel the source pixel that is seen there when each source is raised by `rise` pixels.

    Where the near slope hides what lies behind it, the nearest source wins: the one lowest in the picture.
    """
    y, x = np.mgrid[0 : rise.shape[0], 0 : rise.shape[1]].astype(np.float32)
    steps = 40
    found = np.zeros_like(rise)
    open_ = np.ones(rise.shape, bool)
    for step in range(steps, 0, -1):
        lifted = np.float32(highest * step / steps)
        hit = open_ & (cv2.remap(rise, x, y + lifted, cv2.INTER_LINEAR) >= lifted)
        found[hit] = lifted
        open_ &= ~hit
    for halving in range(1, 5):
        tried = found + np.float32(highest / steps / 2**halving) * (found > 0)
        found = np.where(cv2.remap(rise, x, y + tried, cv2.INTER_LINEAR) >= tried, tried, found).astype(
            np.float32
        )
    return x, (y + found).astype(np.float32)


def _bulge(face: Surface) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    y = np.linspace(-1, 1, face.height)[:, None]
    x = np.linspace(-1, 1, face.width)[None, :]
    swell = np.clip(1 - (np.abs(y) / 0.92) ** 2.6, 0, 1) * np.clip(1 - np.abs(x) ** 3.0, 0, 1)
    return (swell**0.85 * 255).astype(np.uint8)


def build_pouch(spec: ItemSpec, rng: np.random.Generator) -> Pouch:
    """The product's pouch as it lands on the mat: never flat, never twice the same wrinkles."""
    product = np.random.default_rng([spec.colours, 9])
    size = (float(product.uniform(128, 150)), float(product.uniform(172, 205)))
    wide, high = round(size[0] * PX_PER_MM), round(size[1] * PX_PER_MM)
    face = paint_pouch(spec, wide, high)
    seal = round(high * 0.06)
    y = np.arange(seal, dtype=np.float32)
    crimp = (np.sin(y / seal * np.pi * 10) * 1.6)[:, None]
    face.relief[:seal] += crimp
    face.relief[-seal:] += crimp
    bulge = _bulge(face).astype(np.float32) / 255
    face.relief += cv2.GaussianBlur(bulge, (0, 0), 9) * 46
    face.relief += mottle((high, wide), rng, 7, 16) * 2.2
    for _ in range(int(rng.integers(3, 8))):
        wrinkle(
            face, (rng.uniform(0.05, 0.95) * wide, rng.uniform(0.05, 0.95) * high), rng.uniform(40, 110), rng
        )
    if face.keep_out:
        x0, y0, w, h = face.keep_out
        pad = 18
        calm = np.ones((high, wide), np.float32)
        calm[max(0, y0 - pad) : y0 + h + pad, max(0, x0 - pad) : x0 + w + pad] = 0.35
        face.relief *= cv2.GaussianBlur(calm, (0, 0), 8)
    _outline(face, seal, rng)
    return Pouch(size, float(rng.uniform(-0.35, 0.35)), float(product.uniform(22, 34)), face)


def _outline(face: Surface, seal: int, rng: np.random.Generator) -> None:
    """Cut the outline: serrated ends, sides drawn in by the filling."""
    face.alpha[:] = 0
    rows = np.linspace(0, 1, 60)
    drawn = 0.022 * np.sin(rows * np.pi) + 0.006 * np.cumsum(rng.normal(0, 0.4, 60)).clip(-2, 2)
    left = np.stack([(0.008 + drawn) * face.width, rows * face.height], 1)
    right = np.stack([(0.992 - drawn) * face.width, rows * face.height], 1)[::-1]
    cv2.fillPoly(face.alpha, [np.concatenate([left, right]).astype(np.int32)], 255, cv2.LINE_AA)
    tooth = max(6, seal // 4)
    for x in range(0, face.width, tooth):
        cut = np.array([(x, -1), (x + tooth, -1), (x + tooth // 2, tooth // 2)])
        cv2.fillPoly(face.alpha, [cut], 0)
        cv2.fillPoly(face.alpha, [np.stack([cut[:, 0], face.height - cut[:, 1]], 1)], 0)


def cut_open(pouch: Pouch, number: int, rng: np.random.Generator) -> None:
    """Cut or rip the top seal off: a ragged edge, the dark inside, pale inner film."""
    face = pouch.face
    depth = face.height * rng.uniform(0.07, 0.12)
    along = np.linspace(0, face.width, 30)
    slope = rng.uniform(-0.05, 0.05)
    reach = rng.uniform(0.55, 1.0) * face.width
    edge = depth + slope * (along - face.width / 2) + rng.normal(0, face.height * 0.005, 30)
    edge = np.where(along < reach, edge, edge * 0.15)
    outline = np.concatenate([np.stack([along, edge], 1), [[face.width, -2], [0, -2]]]).astype(np.int32)
    removed = np.zeros_like(face.alpha)
    cv2.fillPoly(removed, [outline], 255)
    gape = cv2.dilate(removed, np.ones((int(face.height * 0.055), 5), np.uint8))
    mouth = (gape > 0) & (removed == 0)
    lip = cv2.dilate(removed, np.ones((7, 7), np.uint8)) > 0
    face.colour[mouth] = (34, 36, 40)
    face.colour[lip & mouth] = (214, 218, 222)
    rim = (cv2.dilate(gape, np.ones((7, 3), np.uint8)) > 0) & (gape == 0)
    face.colour[rim] = (206, 212, 218)
    face.alpha[removed > 0] = 0
    face.mark(cv2.dilate(gape, np.ones((7, 3), np.uint8)), number)
