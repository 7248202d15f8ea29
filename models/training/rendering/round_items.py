"""The cans and bottles of a dark store: how tall, which label, which lid; and how they are opened."""

import cv2
import numpy as np

from models.training.rendering.artwork import Palette
from models.training.rendering.labels import paint_wrap
from models.training.rendering.lettering import write_fitted
from models.training.rendering.round_pack import Profile, RoundPack
from models.training.rendering.spec import PX_PER_MM, ItemSpec, Picture
from models.training.rendering.surface import Rect, Surface

METAL = (188, 192, 196)


def _disc(radius: float, paint: tuple[float, float, float] | Picture, gloss: float) -> Surface:
    side = round(2 * radius * PX_PER_MM)
    colour = np.empty((side, side, 3), np.uint8)
    colour[:] = paint
    surface = Surface.of(colour, gloss=gloss)
    surface.alpha[:] = 0
    cv2.circle(surface.alpha, (side * 4, side * 4), side * 4 - 8, 255, -1, cv2.LINE_AA, shift=3)
    return surface


def _rings(surface: Surface, at: tuple[float, ...], depth: float) -> None:
    y, x = np.mgrid[0 : surface.height, 0 : surface.width].astype(np.float32)
    middle = surface.width / 2
    distance = np.hypot(x - middle, y - middle) / middle
    for radius in at:
        surface.relief += (depth * np.exp(-(((distance - radius) / 0.035) ** 2))).astype(np.float32)
    swirl = 1 + 0.07 * np.cos(2 * np.arctan2(y - middle, x - middle) + 0.8)
    surface.colour = np.clip(surface.colour * swirl[:, :, None], 0, 255).astype(np.uint8)


def build_can(spec: ItemSpec, rng: np.random.Generator) -> RoundPack:
    """A food or drinks can with paper label, ring-pull lid."""
    product = np.random.default_rng([spec.colours, 6])
    radius, tall = float(product.uniform(33, 43)), float(product.uniform(112, 132))
    profile: Profile = (
        (0, radius - 1.5), (1.5, radius), (4, radius), (5.5, radius - 1.4),
        (tall - 5.5, radius - 1.4), (tall - 4, radius), (tall - 1, radius), (tall, radius - 1),
    )  # fmt: skip
    wide, high = round(np.pi * radius * PX_PER_MM), round(tall * PX_PER_MM)
    rim = round(6 * PX_PER_MM)
    face, keep_out = _labelled(spec, wide, high, rim, rim, METAL)
    rear = _rear(spec, wide, high, rim, rim, METAL)
    _brushed(face, rim)
    _brushed(rear, rim)
    lid = _disc(radius - 1, METAL, 0.9)
    _rings(lid, (0.93, 0.83, 0.62), 7.0)
    if spec.expiry:
        side = lid.width
        write_fitted(
            lid.colour,
            f"EXP {spec.expiry:%d%m%y} {spec.lot}",
            (side // 4, int(side * 0.66), side // 2, side // 11),
            (60, 50, 50),
            500,
        )
    surface = Surface.of(face, keep_out, gloss=0.5)
    return RoundPack(profile, surface, Surface.of(rear, gloss=0.5), lid, _yaw(spec, rng), spec.lying, 0.55)


def _brushed(body: Picture, rim: int) -> None:
    for rows in (body[:rim], body[-rim:]):
        ramp = 0.8 + 0.35 * np.sin(np.linspace(0, 3 * np.pi, len(rows)))[:, None, None]
        rows[:] = np.clip(rows * ramp, 0, 255)


def ring_pull(lid: Surface) -> None:
    """The tab on an intact lid."""
    side = lid.width
    middle = side // 2
    cv2.ellipse(lid.relief, (middle, middle), (int(side * 0.3), int(side * 0.22)), 0, 0, 360, 2.0, 3)
    for grow, paint in ((1.0, (150, 154, 158)), (0.86, (214, 217, 220))):
        cv2.ellipse(
            lid.colour,
            (middle, int(side * 0.42)),
            (int(side * 0.1 * grow), int(side * 0.17 * grow)),
            0,
            0,
            360,
            paint,
            -1,
            cv2.LINE_AA,
        )
    cv2.ellipse(
        lid.colour,
        (middle, int(side * 0.47)),
        (int(side * 0.052), int(side * 0.07)),
        0,
        0,
        360,
        (96, 98, 102),
        -1,
        cv2.LINE_AA,
    )
    _rivet(lid)


def _rivet(lid: Surface) -> None:
    side = lid.width
    cv2.circle(
        lid.colour, (side // 2, int(side * 0.31)), max(3, side // 30), (120, 122, 126), -1, cv2.LINE_AA
    )
    cv2.circle(
        lid.colour, (side // 2, int(side * 0.31)), max(2, side // 44), (226, 228, 230), -1, cv2.LINE_AA
    )


def lose_ring_pull(lid: Surface, number: int) -> None:
    """The tab is gone: rivet and scored line remain."""
    side = lid.width
    cv2.ellipse(lid.relief, (side // 2, side // 2), (int(side * 0.3), int(side * 0.22)), 0, 0, 360, 2.0, 3)
    _rivet(lid)
    cv2.line(
        lid.colour,
        (int(side * 0.45), int(side * 0.34)),
        (int(side * 0.54), int(side * 0.37)),
        (70, 72, 76),
        2,
        cv2.LINE_AA,
    )
    mask = np.zeros_like(lid.marks)
    cv2.ellipse(mask, (side // 2, int(side * 0.42)), (int(side * 0.12), int(side * 0.19)), 0, 0, 360, 255, -1)
    lid.mark(mask, number)


def open_can(lid: Surface, number: int, rng: np.random.Generator) -> None:
    """The lid is pulled: a dark mouth with a bent, bright edge."""
    side = lid.width
    middle = (side // 2, int(side * rng.uniform(0.5, 0.58)))
    axes = (int(side * rng.uniform(0.26, 0.38)), int(side * rng.uniform(0.2, 0.32)))
    turn = float(rng.uniform(-25, 25))
    cv2.ellipse(
        lid.colour, middle, (axes[0] + 7, axes[1] + 7), turn, 0, 360, (232, 234, 236), -1, cv2.LINE_AA
    )
    cv2.ellipse(lid.colour, middle, axes, turn, 0, 360, (26, 24, 26), -1, cv2.LINE_AA)
    content = (int(middle[0] + side * 0.02), int(middle[1] + side * 0.05))
    paint = [int(value) for value in rng.integers(30, 90, 3)]
    cv2.ellipse(
        lid.colour, content, (int(axes[0] * 0.8), int(axes[1] * 0.72)), turn, 0, 360, paint, -1, cv2.LINE_AA
    )
    curl = (middle[0], middle[1] - axes[1])
    cv2.ellipse(
        lid.colour,
        curl,
        (int(axes[0] * 0.7), max(4, axes[1] // 4)),
        turn,
        0,
        360,
        (205, 208, 212),
        -1,
        cv2.LINE_AA,
    )
    cv2.ellipse(
        lid.colour,
        curl,
        (int(axes[0] * 0.7), max(4, axes[1] // 4)),
        turn,
        0,
        180,
        (110, 112, 118),
        2,
        cv2.LINE_AA,
    )
    mask = np.zeros_like(lid.marks)
    cv2.ellipse(mask, middle, (axes[0] + 7, axes[1] + 7), turn, 0, 360, 255, -1)
    lid.mark(mask, number)


def build_bottle(spec: ItemSpec, rng: np.random.Generator) -> RoundPack:
    """A glass or plastic bottle, filled, labelled, with screw cap."""
    product = np.random.default_rng([spec.colours, 8])
    radius, body = float(product.uniform(30, 37)), float(product.uniform(112, 122))
    neck = float(product.uniform(12, 15))
    shoulder, tall = body + float(product.uniform(18, 30)), body + float(product.uniform(52, 58))
    cap = tall - float(product.uniform(15, 19))
    profile: Profile = (
        (0, radius - 4), (3, radius), (body, radius), ((body + shoulder) / 2, radius * 0.86),
        (shoulder, neck + 3), (cap - 3, neck), (cap - 2, neck + 2), (cap, neck + 2),
        (cap + 0.5, neck + 2.6), (tall - 1, neck + 2.4), (tall, neck + 1.6),
    )  # fmt: skip
    wide, high = round(np.pi * radius * PX_PER_MM), round(tall * PX_PER_MM)
    palette = Palette.of(spec.colours)
    liquid = _liquid(product)
    label_top, label_bottom = round((tall - body + 6) * PX_PER_MM), round(8 * PX_PER_MM)
    face, keep_out = _labelled(spec, wide, high, label_top, label_bottom, liquid)
    rear = _rear(spec, wide, high, label_top, label_bottom, liquid)
    cap_rows = round((tall - cap) * PX_PER_MM)
    fill = round((tall - shoulder * 0.97) * PX_PER_MM)
    for surface in (face, rear):
        air = surface[cap_rows:fill]
        air[:] = np.clip(air.astype(np.float32) * 0.45 + 118, 0, 255)
        surface[fill : fill + 3] = np.clip(surface[fill : fill + 3].astype(np.float32) * 0.6, 0, 255)
        knurl = 0.86 + 0.2 * np.cos(np.arange(wide) / wide * np.pi * 46)
        surface[:cap_rows] = np.clip(np.array(palette.accent, np.float32) * knurl[None, :, None], 0, 255)
        surface[cap_rows - 8 : cap_rows] = np.clip(surface[cap_rows - 8 : cap_rows] * 0.75, 0, 255)
    lid = _disc(neck + 1.6, palette.accent, 0.4)
    _rings(lid, (0.9,), 5.0)
    return RoundPack(
        profile,
        Surface.of(face, keep_out, gloss=0.5),
        Surface.of(rear, gloss=0.5),
        lid,
        _yaw(spec, rng),
        spec.lying,
        0.9,
    )


def open_bottle(bottle: RoundPack, number: int, ring_left: bool) -> None:
    """Take the cap off: threads and a dark mouth show; the tamper ring may have stayed on the neck."""
    cap_foot, cap_top = bottle.profile[-3][0], bottle.profile[-1][0]
    neck = bottle.profile[-6][1]
    lost = round(3 * PX_PER_MM)
    rows = round((cap_top - cap_foot) * PX_PER_MM)
    bottle.profile = (*bottle.profile[:-4], (cap_foot - 1.9, neck - 1.2), (cap_top - 3, neck - 1.2))
    for surface in (bottle.face, bottle.rear):
        thread = surface.colour[lost:rows]
        glassy = np.clip(surface.colour[rows + 12].astype(np.float32) * 0.5 + 96, 0, 255)
        waves = 0.84 + 0.2 * np.cos(np.arange(len(thread)) / 3.6)
        thread[:] = np.clip(glassy[None] * waves[:, None, None], 0, 255)
        if ring_left:
            surface.colour[rows - 8 : rows + 6] = np.clip(
                surface.colour[rows - 8 : rows + 6] * 0.3 + 20, 0, 255
            )
        for name in ("colour", "relief", "marks", "alpha"):
            setattr(surface, name, np.ascontiguousarray(getattr(surface, name)[lost:]))
        surface.marks[: rows - lost + 6] = number
        if surface.keep_out:
            x, y, width, height = surface.keep_out
            surface.keep_out = (x, y - lost, width, height)
    mouth = _disc(neck - 1.2, (176, 184, 182), 0.8)
    side = mouth.width
    cv2.circle(mouth.colour, (side // 2, side // 2), int(side * 0.39), (30, 30, 30), -1, cv2.LINE_AA)
    mouth.marks[:] = number
    bottle.lid = mouth


def _liquid(product: np.random.Generator) -> tuple[int, int, int]:
    table = ((70, 150, 200), (40, 60, 96), (60, 120, 70), (190, 190, 180), (60, 90, 190), (140, 200, 215))
    return table[int(product.integers(0, len(table)))]


def _labelled(
    spec: ItemSpec, wide: int, high: int, above: int, below: int, bare: tuple[int, int, int]
) -> tuple[Picture, Rect | None]:
    body = np.empty((high, wide, 3), np.uint8)
    body[:] = bare
    label, code = paint_wrap(spec, wide, high - above - below)
    body[above : high - below] = label
    return body, (code[0], code[1] + above, code[2], code[3]) if code else None


def _rear(
    spec: ItemSpec, wide: int, high: int, above: int, below: int, bare: tuple[int, int, int]
) -> Picture:
    body = np.empty((high, wide, 3), np.uint8)
    body[:] = bare
    palette = Palette.of(spec.colours)
    body[above : high - below] = palette.pale
    body[above : above + 30] = palette.base
    return body


def _yaw(spec: ItemSpec, rng: np.random.Generator) -> float:
    return float(rng.uniform(-0.3, 0.3)) if spec.lying else float(rng.uniform(-0.8, 0.8))
