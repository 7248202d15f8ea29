"""Puts an item together: builds the pack, spoils it as described, adds what merely looks like damage."""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from models.training.rendering import damage
from models.training.rendering.camera import Points
from models.training.rendering.carton import Carton, build_carton, open_carton, tray_window
from models.training.rendering.damage import Damage
from models.training.rendering.labels import price_sticker
from models.training.rendering.pouch import Pouch, build_pouch, cut_open
from models.training.rendering.round_items import (
    build_bottle,
    build_can,
    lose_ring_pull,
    open_bottle,
    open_can,
    ring_pull,
)
from models.training.rendering.round_pack import RoundPack
from models.training.rendering.spec import ItemSpec, Shape
from models.training.rendering.surface import Surface, blob
from vision.findings import DAMAGE, DefectKind

Body = Carton | RoundPack | Pouch

POSSIBLE: dict[Shape, frozenset[DefectKind]] = {
    Shape.CARTON: frozenset(DAMAGE) - {DefectKind.BREAKAGE},
    Shape.CAN: frozenset(DAMAGE) - {DefectKind.BREAKAGE},
    Shape.BOTTLE: frozenset(DAMAGE) - {DefectKind.MISSING_PART, DefectKind.PENETRATION},
    Shape.POUCH: frozenset(
        {
            DefectKind.PENETRATION,
            DefectKind.OPENING,
            DefectKind.SPILLAGE,
            DefectKind.SUPERFICIAL,
            DefectKind.DEFORMATION,
        }
    ),
}
"""Which defects a pack can have at all: a pouch does not shatter, a bottle has no tab to lose."""

_BUILDERS: dict[Shape, Callable[[ItemSpec, np.random.Generator], Body]] = {
    Shape.CARTON: build_carton,
    Shape.CAN: build_can,
    Shape.BOTTLE: build_bottle,
    Shape.POUCH: build_pouch,
}
_SURFACE_DAMAGE: dict[DefectKind, tuple[tuple[Damage, float], ...]] = {
    DefectKind.DEFORMATION: ((damage.dent, 0.75), (damage.crease, 0.25)),
    DefectKind.PENETRATION: ((damage.tear, 0.6), (damage.hole, 0.4)),
    DefectKind.SPILLAGE: ((damage.stain, 1.0),),
    DefectKind.SUPERFICIAL: ((damage.scratch, 0.45), (damage.scuff, 0.25), (damage.peeled, 0.3)),
    DefectKind.BREAKAGE: ((damage.crack, 1.0),),
}
_RADIUS_MM = {
    DefectKind.DEFORMATION: (10.0, 26.0),
    DefectKind.PENETRATION: (8.0, 22.0),
    DefectKind.SPILLAGE: (11.0, 30.0),
    DefectKind.SUPERFICIAL: (8.0, 24.0),
    DefectKind.BREAKAGE: (12.0, 26.0),
}


@dataclass(frozen=True, slots=True)
class Crush:
    """A corner or wall pushed in, so that the outline itself changes.

    Attributes:
        at: Where on the pack, world millimetres.
        radius: How far it reaches, millimetres.
        depth: How far the outline gives way, millimetres.
        number: The defect's number.
        seed: Of the folds within it.
    """

    at: tuple[float, float, float]
    radius: float
    depth: float
    number: int
    seed: int


@dataclass(slots=True)
class RenderedItem:
    """A pack ready to be put before the cameras; `kinds` says what each numbered defect is.

    Attributes:
        spec: What was asked for.
        body: The pack with its spoilt surfaces.
        kinds: Kind of each numbered defect.
        crushes: Damage to the outline.
        puddles: Spilled liquid on the mat: outline in world millimetres and number.
    """

    spec: ItemSpec
    body: Body
    kinds: dict[int, DefectKind] = field(default_factory=dict)
    crushes: list[Crush] = field(default_factory=list)
    puddles: list[tuple[Points, int]] = field(default_factory=list)

    def numbered(self, kind: DefectKind) -> int:
        """A number for one more defect of this kind."""
        number = len(self.kinds) + 1
        self.kinds[number] = kind
        return number


def render_item(spec: ItemSpec, rng: np.random.Generator) -> RenderedItem:
    """Build and spoil one unit.

    Raises:
        ValueError: A defect is asked for that this shape cannot have, or the GTIN's check digit is wrong.
    """
    impossible = set(spec.defects) - POSSIBLE[spec.shape]
    if impossible:
        named = ", ".join(sorted(impossible))
        raise ValueError(
            f"a {spec.shape} cannot show {named}; choose from {', '.join(sorted(POSSIBLE[spec.shape]))}"
        )
    item = RenderedItem(spec, _BUILDERS[spec.shape](spec, rng))
    if (
        isinstance(item.body, Carton)
        and DefectKind.MISSING_PART not in spec.defects
        and spec.colours % 7 == 3
    ):
        tray_window(item.body.faces["front"], None, 0, rng)
    if spec.shape is Shape.CAN and not {DefectKind.MISSING_PART, DefectKind.OPENING} & set(spec.defects):
        ring_pull(_end(item))
    for kind in spec.defects:
        _spoil(item, kind, rng)
    for _ in range(spec.distractors):
        price_sticker(_main(item), rng)
    return item


def _main(item: RenderedItem) -> Surface:
    return item.body.faces["front"] if isinstance(item.body, Carton) else item.body.face


def _end(item: RenderedItem) -> Surface:
    if not isinstance(item.body, RoundPack):
        raise TypeError("only cans and bottles have an end")
    return item.body.lid


def _spoil(item: RenderedItem, kind: DefectKind, rng: np.random.Generator) -> None:
    number = item.numbered(kind)
    if kind is DefectKind.OPENING:
        _open(item, number, rng)
        return
    if kind is DefectKind.MISSING_PART:
        if isinstance(item.body, Carton):
            tray_window(item.body.faces["front"], int(rng.integers(0, 3)), number, rng)
        else:
            lose_ring_pull(_end(item), number)
        return
    rigid = not isinstance(item.body, Pouch)
    if kind is DefectKind.DEFORMATION and (not rigid or rng.uniform() < 0.4):
        item.crushes.append(_crush(item, number, rng))
        return
    low, high = _RADIUS_MM[kind]
    radius = (low + (high - low) * item.spec.severity) * rng.uniform(0.75, 1.25) * 4.0
    _on_surface(item, kind, radius, number, rng)
    if kind is DefectKind.SPILLAGE and rng.uniform() < 0.6:
        item.puddles.append((_puddle(item, rng), item.numbered(kind)))


def _on_surface(
    item: RenderedItem, kind: DefectKind, radius: float, number: int, rng: np.random.Generator
) -> None:
    surface = _surface_for(item, rng)
    choices, weights = zip(*_SURFACE_DAMAGE[kind], strict=True)
    act = choices[int(rng.choice(len(choices), p=np.array(weights) / sum(weights)))]
    radius = min(radius, min(surface.width, surface.height) * 0.42)
    act(surface, _spot(surface, radius, item, rng), radius, number, rng)


def _surface_for(item: RenderedItem, rng: np.random.Generator) -> Surface:
    body = item.body
    if isinstance(body, Pouch):
        return body.face
    if isinstance(body, RoundPack):
        return body.face if body.lying or rng.uniform() < 0.78 else body.lid
    side = "right" if body.yaw < 0 else "left"
    names = ["front", "top", side] if not body.lying else ["front", "bottom", side]
    odds = [0.6, 0.25, 0.15] if not body.flaps else [0.8, 0.0, 0.2]
    return body.faces[str(rng.choice(names, p=odds))]


def _spot(
    surface: Surface, radius: float, item: RenderedItem, rng: np.random.Generator
) -> tuple[float, float]:
    """A place for the damage: off the barcode if asked; on a round pack near the middle, where it is seen."""
    curved = isinstance(item.body, RoundPack) and surface is item.body.face
    low, high = (0.24, 0.76) if curved else (0.12, 0.88)
    best = (surface.width * 0.3, surface.height * 0.3)
    for _ in range(24):
        spot = (surface.width * rng.uniform(low, high), surface.height * rng.uniform(0.12, 0.88))
        if not (item.spec.keep_code_clear and _touches(surface, spot, radius * 1.75)):
            return spot
    return best


def _touches(surface: Surface, spot: tuple[float, float], radius: float) -> bool:
    if surface.keep_out is None:
        return False
    x, y, width, height = surface.keep_out
    nearest = (min(max(spot[0], x), x + width), min(max(spot[1], y), y + height))
    return bool(np.hypot(spot[0] - nearest[0], spot[1] - nearest[1]) < radius)


def _open(item: RenderedItem, number: int, rng: np.random.Generator) -> None:
    body = item.body
    if isinstance(body, Carton):
        open_carton(body, number, rng)
    elif isinstance(body, Pouch):
        cut_open(body, number, rng)
    elif item.spec.shape is Shape.CAN:
        open_can(body.lid, number, rng)
    else:
        open_bottle(body, number, bool(rng.uniform() < 0.5))


def _crush(item: RenderedItem, number: int, rng: np.random.Generator) -> Crush:
    body = item.body
    radius = (12 + 14 * item.spec.severity) * rng.uniform(0.8, 1.2)
    if isinstance(body, Carton):
        face = body.corners("front")
        corner = face[int(rng.choice([0, 1]))] if rng.uniform() < 0.6 else face[[0, 1]].mean(axis=0)
    elif isinstance(body, Pouch):
        corner = body.corners(4.0)[int(rng.choice([0, 1]))]
    elif body.lying:
        along = rng.uniform(-0.3, 0.1) * body.tall
        corner = np.array([np.cos(body.yaw) * along, np.sin(body.yaw) * along + body.widest, body.widest])
    else:
        side = float(rng.choice([-1, 1]))
        corner = np.array([side * body.widest, 0, body.tall * rng.uniform(0.25, 0.6)])
    at = (float(corner[0]), float(corner[1]), float(corner[2]))
    return Crush(at, radius, radius * rng.uniform(0.45, 0.7), number, int(rng.integers(1 << 30)))


def _puddle(item: RenderedItem, rng: np.random.Generator) -> Points:
    """Outline of a puddle that runs out from under the pack towards the front camera."""
    outline = item.body.footprint()
    x = rng.uniform(outline[:, 0].min(), outline[:, 0].max()) * 0.8
    y = outline[:, 1].min() - rng.uniform(-4, 12)
    size = rng.uniform(14, 24) * (0.6 + 0.8 * item.spec.severity)
    mask = blob((400, 400), (200, 200), size * 2, rng, 0.4, 1.25)
    contours, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=len)[:, 0].astype(float)
    flat = (largest - 200) / 2 + [x, y]
    return np.concatenate([flat, np.zeros((len(flat), 1))], axis=1)
