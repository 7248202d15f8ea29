"""The print on packs: brand panels, ingredients, nutrition tables, veg mark, price and dates, barcodes."""

import colorsys
from dataclasses import dataclass

import cv2
import numpy as np

from models.training.rendering.codes import QUIET, code_picture
from models.training.rendering.lettering import Colour, text_width, write, write_fitted
from models.training.rendering.spec import CodeKind, ItemSpec, Picture
from models.training.rendering.surface import Rect, Surface

WHITE: Colour = (245, 247, 248)
INK: Colour = (38, 34, 32)
MODULE_PX = {CodeKind.EAN13: 3, CodeKind.DATAMATRIX: 5, CodeKind.NONE: 0}

WORDS = [
    "Wheat flour",
    "Sugar",
    "Edible oil",
    "Salt",
    "Spices",
    "Raising agent",
    "Milk solids",
    "Cocoa",
    "Rice",
    "Lentils",
    "Turmeric",
    "Chilli",
    "Cumin",
    "Emulsifier",
    "Acidity regulator",
    "Natural flavour",
    "Water",
    "Starch",
    "Antioxidant",
    "Vitamin premix",
]
NUTRIENTS = (
    ("Energy", "kcal"),
    ("Protein", "g"),
    ("Carbohydrate", "g"),
    ("Sugars", "g"),
    ("Fat", "g"),
    ("Sodium", "mg"),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one product's print, blue-green-red."""

    base: Colour
    accent: Colour
    deep: Colour
    pale: Colour
    light_print: bool

    @classmethod
    def of(cls, seed: int) -> "Palette":
        """The palette of a product: equal for all its units."""
        rng = np.random.default_rng([seed, 11])
        hue = float(rng.uniform())
        other = (hue + float(rng.choice([0.08, 0.45, 0.55, 0.33]))) % 1.0
        light = bool(rng.uniform() < 0.3)
        base = (
            _bgr(hue, rng.uniform(0.05, 0.2), 0.95)
            if light
            else _bgr(hue, rng.uniform(0.55, 0.9), rng.uniform(0.5, 0.88))
        )
        return cls(
            base=base,
            accent=_bgr(other, rng.uniform(0.6, 0.95), rng.uniform(0.75, 0.97)),
            deep=_bgr(hue, 0.8, 0.32),
            pale=_bgr(hue, 0.08, 0.96),
            light_print=light,
        )


def _bgr(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, float(saturation), float(value))
    return int(blue * 255), int(green * 255), int(red * 255)


def paint_panel(spec: ItemSpec, width: int, height: int, code: bool = True) -> Surface:
    """The panel that faces the camera: brand above, statutory print, price and barcode below."""
    palette = Palette.of(spec.colours)
    rng = np.random.default_rng([spec.colours, 23])
    split = int(height * rng.uniform(0.48, 0.56))
    panel = np.empty((height, width, 3), np.uint8)
    panel[:] = palette.pale
    paint_brand(panel[:split], spec, palette, rng)
    cv2.rectangle(panel, (0, split), (width, split + max(4, height // 80)), palette.accent, -1)
    keep_out = _lower_half(panel, spec, split + height // 50, rng, code)
    return Surface.of(panel, keep_out)


def _lower_half(
    panel: Picture, spec: ItemSpec, top: int, rng: np.random.Generator, code: bool
) -> Rect | None:
    height, width = panel.shape[:2]
    margin = max(8, width // 40)
    keep_out = place_code(panel, spec, (width - margin, height - margin)) if code else None
    left = margin
    code_left = keep_out[0] if keep_out else width - margin
    code_top = keep_out[1] if keep_out else height - margin
    ingredients_height = max(40, code_top - top - margin)
    text_block(panel, (left, top, width - 2 * margin - 46, ingredients_height), rng, 13)
    veg_mark(panel, (width - margin - 34, top + 6), 30)
    price_print(panel, spec, (left, code_top + 4, code_left - left - margin, height - code_top - margin))
    return keep_out


def paint_brand(area: Picture, spec: ItemSpec, palette: Palette, rng: np.random.Generator) -> None:
    """Fill `area` with the brand's ground, decoration, name, subtitle and net quantity."""
    height, width = area.shape[:2]
    ramp = np.linspace(1.08, 0.86, height, dtype=np.float32)[:, None, None]
    area[:] = np.clip(np.array(palette.base, np.float32) * ramp, 0, 255).astype(np.uint8)
    _decorate(area, palette, rng)
    ink = palette.deep if palette.light_print else WHITE
    plate = (int(width * 0.06), int(height * 0.12), int(width * 0.88), int(height * 0.34))
    if rng.uniform() < 0.5:
        _rounded(area, plate, palette.deep)
        ink = WHITE
    face = str(rng.choice(["sans", "sans", "italic"]))
    write_fitted(area, spec.brand, (plate[0] + 8, plate[1], plate[2] - 16, plate[3]), ink, 800, face)
    line = (int(width * 0.1), int(height * 0.5), int(width * 0.8), int(height * 0.12))
    write_fitted(area, spec.subtitle, line, palette.deep if palette.light_print else WHITE, 500)
    size = max(12, height // 16)
    write(
        area,
        f"Net {spec.net}",
        (int(width * 0.07), height - size // 2),
        size,
        palette.deep if palette.light_print else WHITE,
        600,
    )


def _decorate(area: Picture, palette: Palette, rng: np.random.Generator) -> None:
    height, width = area.shape[:2]
    style = int(rng.integers(0, 4))
    centre = (int(width * rng.uniform(0.55, 0.8)), int(height * rng.uniform(0.68, 0.8)))
    radius = int(min(width, height) * rng.uniform(0.2, 0.3))
    if style == 0:
        for ring, paint in ((1.0, palette.accent), (0.78, WHITE), (0.6, palette.deep)):
            cv2.circle(area, centre, int(radius * ring), paint, -1, cv2.LINE_AA)
    elif style == 1:
        along = np.linspace(0, width, 40)
        for step in range(3):
            wave = height * (0.66 + 0.1 * step) + height * 0.05 * np.sin(along / width * 6.3 + step)
            outline = np.concatenate([np.stack([along, wave], 1), [[width, height], [0, height]]])
            cv2.fillPoly(
                area,
                [outline.astype(np.int32)],
                (palette.accent, palette.deep, palette.pale)[step],
                cv2.LINE_AA,
            )
    elif style == 2:
        for _ in range(14):
            spot = (int(rng.uniform(0, width)), int(height * rng.uniform(0.55, 1)))
            axes = (int(radius * rng.uniform(0.2, 0.5)), int(radius * rng.uniform(0.1, 0.2)))
            paint = palette.accent if rng.uniform() < 0.6 else palette.deep
            cv2.ellipse(area, spot, axes, float(rng.uniform(0, 180)), 0, 360, paint, -1, cv2.LINE_AA)
    else:
        for step in range(0, width + height, max(18, width // 12)):
            cv2.line(
                area,
                (step, int(height * 0.6)),
                (step - height // 2, height),
                palette.accent,
                max(3, width // 60),
                cv2.LINE_AA,
            )
    if rng.uniform() < 0.4:
        _burst(area, (int(width * 0.84), int(height * 0.64)), int(min(width, height) * 0.15), palette.accent)


def _burst(area: Picture, centre: tuple[int, int], radius: int, paint: Colour) -> None:
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    reach = np.where(np.arange(32) % 2 == 0, radius, radius * 0.82)
    points = np.stack([centre[0] + reach * np.cos(angles), centre[1] + reach * np.sin(angles)], 1).astype(
        np.int32
    )
    cv2.fillPoly(area, [points], paint, cv2.LINE_AA)
    box = (centre[0] - int(radius * 0.7), centre[1] - radius // 3, int(radius * 1.4), radius * 2 // 3)
    write_fitted(area, "NEW", box, INK, 800)


def _rounded(area: Picture, rect: Rect, paint: Colour) -> None:
    x, y, width, height = rect
    corner = min(height, width) // 5
    cv2.rectangle(area, (x + corner, y), (x + width - corner, y + height), paint, -1)
    cv2.rectangle(area, (x, y + corner), (x + width, y + height - corner), paint, -1)
    for cx, cy in (
        (x + corner, y + corner),
        (x + width - corner, y + corner),
        (x + corner, y + height - corner),
        (x + width - corner, y + height - corner),
    ):
        cv2.circle(area, (cx, cy), corner, paint, -1, cv2.LINE_AA)


def text_block(
    panel: Picture, rect: Rect, rng: np.random.Generator, size: int, title: str = "Ingredients"
) -> None:
    """Fill `rect` with lines of small statutory text below a bold title."""
    x, y, width, height = rect
    write(panel, title, (x, y + size), size, INK, 700)
    baseline = y + size + int(size * 1.35)
    while baseline < y + height:
        line = ""
        while text_width(line, size - 1) < width * 0.86:
            line += f"{rng.choice(WORDS)}, "
        while line and text_width(line, size - 1) > width:
            line = line[:-1]
        write(panel, line, (x, baseline), size - 1, INK, 400)
        baseline += int(size * 1.3)


def nutrition_table(panel: Picture, rect: Rect, rng: np.random.Generator) -> None:
    """A ruled table of nutrients per 100 g."""
    x, y, width, height = rect
    row = max(14, height // (len(NUTRIENTS) + 1))
    size = min(15, row - 3)
    cv2.rectangle(panel, (x, y), (x + width, y + row * (len(NUTRIENTS) + 1)), INK, 1)
    write(panel, "Per 100 g", (x + 4, y + row - 4), size, INK, 700)
    for index, (name, unit) in enumerate(NUTRIENTS, start=1):
        cv2.line(panel, (x, y + row * index), (x + width, y + row * index), INK, 1)
        write(panel, name, (x + 4, y + row * (index + 1) - 4), size, INK)
        amount = f"{rng.uniform(1, 90):.1f} {unit}"
        write(panel, amount, (x + width - text_width(amount, size) - 4, y + row * (index + 1) - 4), size, INK)


def veg_mark(panel: Picture, at: tuple[int, int], size: int) -> None:
    """The green dot in a square that marks vegetarian food in India."""
    x, y = at
    cv2.rectangle(panel, (x, y), (x + size, y + size), WHITE, -1)
    cv2.rectangle(panel, (x, y), (x + size, y + size), (40, 130, 20), max(2, size // 12))
    cv2.circle(panel, (x + size // 2, y + size // 2), size // 3, (40, 130, 20), -1, cv2.LINE_AA)


def price_print(panel: Picture, spec: ItemSpec, rect: Rect) -> None:
    """The block that the batch printer adds: lot, best before, price."""
    x, y, width, height = rect
    lines = [f"LOT {spec.lot}", f"MRP ₹{spec.mrp}", "incl. of all taxes"]
    if spec.expiry:
        lines.insert(1, f"EXP {spec.expiry:%d/%m/%y}")
    size = max(11, min(24, int(height / (len(lines) * 1.25)), int(width / 7)))
    for index, line in enumerate(lines):
        write(panel, line, (x, y + int(size * (1 + index * 1.25))), size, INK, 500)


def place_code(panel: Picture, spec: ItemSpec, corner: tuple[int, int], upright: bool = False) -> Rect | None:
    """Print the barcode with its lower right at `corner`; `upright`: bars level, as on curved packs."""
    code = code_picture(spec, MODULE_PX[spec.code])
    if code is None:
        return None
    if upright:
        shorter = int(code.shape[0] * 0.78) if spec.code is CodeKind.EAN13 else 0
        kept = code[: -MODULE_PX[spec.code] * QUIET[spec.code]] if shorter else code
        code = (
            np.concatenate([kept[:shorter], code[-MODULE_PX[spec.code] * QUIET[spec.code] :]])
            if shorter
            else code
        )
        code = np.ascontiguousarray(np.rot90(code))
    height, width = code.shape[:2]
    x, y = max(0, corner[0] - width), max(0, corner[1] - height)
    height, width = min(height, panel.shape[0] - y), min(width, panel.shape[1] - x)
    panel[y : y + height, x : x + width] = code[:height, :width]
    return (x, y, width, height)
