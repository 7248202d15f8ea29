"""Drawn training pictures: random products, damage and light, cut out as the station cuts them out."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import cv2
import numpy as np

from models.training.recipe import Crops
from models.training.rendering import (
    CodeKind,
    ItemSpec,
    Shape,
    StationLook,
    View,
    render_empty,
    render_item,
    render_view,
)
from models.training.rendering.items import POSSIBLE
from models.training.rendering.spec import Picture, RenderedView
from vision.crop import Crop, crop_item
from vision.findings import Box, DefectKind
from vision.localisation import EmptyStation, Localiser, Region
from vision.settings import DetectorSettings, LocalisationSettings

NAMES = (
    "MASALA CRISPS", "MANGO PULP", "ATTA", "TOOR DAL", "GREEN TEA", "FACE WASH", "SHAMPOO", "COCONUT OIL",
    "MUESLI", "TOMATO PUREE", "BASMATI", "RUSK", "JAGGERY", "PANEER", "COLA", "SWEET CORN", "CHICKPEAS",
    "HAND WASH", "HONEY", "PEANUT BUTTER", "FLOOR CLEANER", "SOAP", "COOKIES", "NOODLES", "COFFEE", "SUGAR",
    "POHA", "GHEE", "PICKLE", "JAM",
)  # fmt: skip
LINES = (
    "Family pack",
    "Classic",
    "No added sugar",
    "With turmeric",
    "Extra fresh",
    "Daily care",
    "Stone ground",
    "Spicy",
    "Mild",
    "Value pack",
)
LEAST_BOX_PX = 5.0
LEAST_KEPT_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Sample:
    """One training picture: the square the network sees and the boxes in it, in square pixels."""

    square: Picture
    boxes: list[tuple[DefectKind, Box]] = field(default_factory=list)


def example_gtin(number: int) -> str:
    """An EAN-13 under the GS1 India prefix with its check digit.

    >>> example_gtin(1)
    '8900000000012'
    """
    body = f"890{number % 10**9:09d}"
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(body))
    return body + str(-total % 10)


def random_spec(rng: np.random.Generator, product: int, intact_share: float) -> ItemSpec:
    """Any pack in any state that it can be in."""
    shape = Shape(rng.choice(list(Shape), p=[0.36, 0.22, 0.22, 0.2]))
    defects: list[DefectKind] = []
    if rng.uniform() >= intact_share:
        possible = sorted(POSSIBLE[shape])
        odds = np.array([_RARITY.get(kind, 1.0) for kind in possible])
        count = min(len(possible), int(rng.choice([1, 2, 3], p=[0.55, 0.32, 0.13])))
        defects = [
            DefectKind(kind) for kind in rng.choice(possible, count, replace=False, p=odds / odds.sum())
        ]
        if rng.uniform() < 0.25:
            extra = [kind for kind in defects if kind not in {DefectKind.OPENING, DefectKind.MISSING_PART}]
            defects += extra[:1]
    ends_matter = {DefectKind.OPENING, DefectKind.MISSING_PART} & set(defects)
    lying = (
        shape is not Shape.POUCH and not (shape is Shape.CAN and ends_matter) and bool(rng.uniform() < 0.35)
    )
    return ItemSpec(
        shape=shape,
        brand=str(rng.choice(NAMES)),
        gtin=example_gtin(product),
        subtitle=str(rng.choice(LINES)),
        lot=f"L{rng.integers(1000, 9999)}{chr(int(rng.integers(65, 91)))}",
        expiry=date(2027, 1, 1) + timedelta(days=int(rng.integers(0, 700))),
        mrp=f"{rng.integers(10, 900)}.00",
        net=f"{rng.integers(1, 20) * 50} g",
        colours=product,
        defects=tuple(defects),
        severity=float(rng.uniform(0.1, 1.0)),
        code=CodeKind(rng.choice(list(CodeKind), p=[0.5, 0.3, 0.2])),
        lying=lying,
        distractors=int(rng.integers(0, 4)),
        keep_code_clear=bool(rng.uniform() < 0.5),
    )


_RARITY = {
    DefectKind.BREAKAGE: 5.0,
    DefectKind.PENETRATION: 1.7,
    DefectKind.MISSING_PART: 0.6,
    DefectKind.SUPERFICIAL: 1.3,
    DefectKind.DEFORMATION: 1.2,
    DefectKind.OPENING: 1.2,
}


LOOKS = 12
"""Different stations in one family of pictures; few, because each one's empty picture is kept."""


def random_look(rng: np.random.Generator, family: int) -> StationLook:
    """One of the family's stations: mats, lamps and sensors differ."""
    chosen = int(rng.integers(LOOKS))
    fixed = np.random.default_rng([family, chosen, 17])
    return StationLook(
        seed=int(fixed.integers(1 << 30)),
        brightness=float(fixed.uniform(0.72, 1.12)),
        noise=float(fixed.choice([1.0, 2.0, 4.0])),
        warmth=float(fixed.uniform(-0.9, 0.9)),
    )


class Drawer:
    """Draws samples one after the other; the same number gives the same sample, always."""

    def __init__(self, seed: int, size: int, crops: Crops, intact_share: float) -> None:
        """Draw squares of `size` pixels from the family of pictures that `seed` stands for."""
        self._seed = seed
        self._size = size
        self._crops = crops
        self._intact_share = intact_share
        self._localiser = Localiser(LocalisationSettings())
        self._margin = DetectorSettings().margin
        self._empties: dict[tuple[View, StationLook], EmptyStation] = {}

    def pair(self, number: int) -> list[Sample]:
        """Both views of item `number`."""
        rng = np.random.default_rng([self._seed, number])
        product = int(rng.integers(1, 100_000)) + self._seed % 97 * 100_000
        item = render_item(random_spec(rng, product, self._intact_share), rng)
        look = random_look(rng, self._seed)
        return [self._sample(render_view(item, view, look, number), view, look, rng) for view in View]

    def _sample(
        self, view_picture: RenderedView, view: View, look: StationLook, rng: np.random.Generator
    ) -> Sample:
        quality = int(rng.integers(60, 96))
        _, encoded = cv2.imencode(".jpg", view_picture.bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        seen = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
        way = str(
            rng.choice(
                ["masked", "localised", "open"],
                p=[self._crops.masked, self._crops.localised, self._crops.open],
            )
        )
        region = _true_region(view_picture, rng)
        if way == "localised":
            region = self._located(seen, view, look, region)
        crop = crop_item(seen, region, self._size, margin=self._margin, mask_background=way != "open")
        return Sample(crop.square, boxes_in(crop, view_picture.boxes, self._size))

    def _located(self, seen: Picture, view: View, look: StationLook, otherwise: Region) -> Region:
        key = (view, look)
        if key not in self._empties:
            self._empties[key] = self._localiser.prepare(render_empty(view, look))
        region = self._localiser.locate(seen, self._empties[key])
        return region if region.found else otherwise


def _true_region(view_picture: RenderedView, rng: np.random.Generator) -> Region:
    box = view_picture.item_box
    slack = 0.05 * max(box.width, box.height)
    left, top, right, bottom = rng.uniform(-0.3, 1.0, 4) * slack
    loose = Box(
        max(0.0, box.x - left), max(0.0, box.y - top), box.width + left + right, box.height + top + bottom
    )
    small = cv2.resize(view_picture.item_mask, (320, 180), interpolation=cv2.INTER_AREA)
    return Region(loose, 1.0, "reference", (small > 60).astype(np.uint8) * 255, found=True)


def boxes_in(crop: Crop, boxes: list[tuple[DefectKind, Box]], size: int) -> list[tuple[DefectKind, Box]]:
    """Full-picture boxes in the square's pixels; what the crop hardly shows is dropped."""
    inside = []
    for kind, box in boxes:
        x0 = (box.x - crop.left) * crop.scale + crop.pad_x
        y0 = (box.y - crop.top) * crop.scale + crop.pad_y
        x1, y1 = x0 + box.width * crop.scale, y0 + box.height * crop.scale
        cut = [min(max(value, 0.0), float(size)) for value in (x0, y0, x1, y1)]
        kept = Box(cut[0], cut[1], cut[2] - cut[0], cut[3] - cut[1])
        if min(kept.width, kept.height) >= LEAST_BOX_PX and kept.area >= LEAST_KEPT_SHARE * (x1 - x0) * (
            y1 - y0
        ):
            inside.append((kind, kept))
    return inside
