"""Print for surfaces other than the main panel: sides and tops of cartons, wrap-around labels, lids."""

import cv2
import numpy as np

from models.training.rendering.artwork import (
    INK,
    Palette,
    nutrition_table,
    paint_brand,
    place_code,
    price_print,
    text_block,
    veg_mark,
)
from models.training.rendering.lettering import write_fitted
from models.training.rendering.spec import CodeKind, ItemSpec, Picture
from models.training.rendering.surface import Surface


def paint_side(spec: ItemSpec, width: int, height: int) -> Surface:
    """A carton's narrow side: directions above, nutrition below."""
    palette = Palette.of(spec.colours)
    rng = np.random.default_rng([spec.colours, 31])
    side = np.empty((height, width, 3), np.uint8)
    side[:] = palette.base
    inner = side[height // 12 : -height // 24, width // 12 : -width // 12]
    inner[:] = palette.pale
    room = inner.shape[1] - 16
    text_block(inner, (8, 8, room, int(inner.shape[0] * 0.4)), rng, 13, "Directions")
    nutrition_table(inner, (8, int(inner.shape[0] * 0.52), room, int(inner.shape[0] * 0.4)), rng)
    return Surface.of(side)


def paint_lid(spec: ItemSpec, width: int, height: int) -> Surface:
    """A carton's top: brand and batch print, and the barcode too where it is a small DataMatrix."""
    palette = Palette.of(spec.colours)
    lid = np.empty((height, width, 3), np.uint8)
    lid[:] = palette.base
    ink = palette.deep if palette.light_print else (245, 247, 248)
    write_fitted(lid, spec.brand, (10, 8, int(width * 0.55), int(height * 0.5)), ink, 800)
    plate = lid[height // 10 : -height // 10, int(width * 0.62) : -10]
    plate[:] = palette.pale
    price_print(plate, spec, (8, 4, plate.shape[1] - 12, plate.shape[0] - 8))
    cv2.line(lid, (0, height - 3), (width, height - 3), palette.deep, 1)
    return Surface.of(lid)


def paint_wrap(spec: ItemSpec, width: int, height: int) -> tuple[Picture, tuple[int, int, int, int] | None]:
    """The half of a wrap-around label that faces the camera: brand, and beside it the barcode, bars level."""
    palette = Palette.of(spec.colours)
    rng = np.random.default_rng([spec.colours, 37])
    label = np.empty((height, width, 3), np.uint8)
    label[:] = palette.base
    # level bars may bend round the pack; a matrix must face the camera
    left, right = int(width * 0.15), int(width * (0.66 if spec.code is CodeKind.DATAMATRIX else 0.86))
    probe = label.copy()
    code = place_code(probe, spec, (right, height - 8), upright=True)
    split = code[0] - 8 if code else right
    split = max(split, int(width * 0.5))
    paint_brand(label[: int(height * 0.62), left - 16 : split], spec, palette, rng)
    label[:, split:] = palette.pale
    cv2.rectangle(label, (0, int(height * 0.62)), (split, height), palette.pale, -1)
    text_block(label, (left, int(height * 0.64), split - left - 8, int(height * 0.16)), rng, 12)
    price_print(label, spec, (left, int(height * 0.82), split - left - 40, int(height * 0.17)))
    veg_mark(label, (split - 34, int(height * 0.84)), 26)
    for y in (0, height - 7):
        cv2.rectangle(label, (0, y), (width, y + 6), palette.accent, -1)
    if code is None:
        return label, None
    code = place_code(label, spec, (right, height - 8), upright=True)
    return label, code


def paint_pouch(spec: ItemSpec, width: int, height: int) -> Surface:
    """The face of a pillow pouch between its two crimped seals."""
    palette = Palette.of(spec.colours)
    rng = np.random.default_rng([spec.colours, 41])
    face = np.empty((height, width, 3), np.uint8)
    face[:] = palette.base
    margin = max(10, width // 18)
    code = place_code(face, spec, (width - margin * 2, height - int(height * 0.12)))
    lower = code[1] - 10 if code else int(height * 0.66)
    lower = min(lower, int(height * 0.66))
    paint_brand(face[int(height * 0.08) : lower], spec, palette, rng)
    plate = (margin, lower + 4, width - margin, height - int(height * 0.1))
    cv2.rectangle(face, plate[:2], plate[2:], palette.pale, -1)
    code = place_code(face, spec, (width - margin * 2, height - int(height * 0.12)))
    right = code[0] if code else width - margin * 2
    price_print(face, spec, (margin + 8, lower + 12, right - margin - 16, int((plate[3] - lower) * 0.6)))
    veg_mark(face, (margin + 10, plate[3] - 40), 28)
    return Surface.of(face, code, gloss=0.7)


def price_sticker(surface: Surface, rng: np.random.Generator) -> None:
    """A shop's price sticker somewhere on the print: no damage, though it hides some print."""
    width, height = int(rng.uniform(70, 110)), int(rng.uniform(40, 60))
    if surface.width < width * 2 or surface.height < height * 2:
        return
    for _ in range(8):
        x = int(rng.uniform(4, surface.width - width - 4))
        y = int(rng.uniform(4, surface.height - height - 4))
        if not _meets(surface.keep_out, (x, y, width, height)):
            break
    else:
        return
    paint = [(80, 220, 250), (240, 240, 240), (90, 160, 250)][int(rng.integers(0, 3))]
    cv2.rectangle(surface.colour, (x, y), (x + width, y + height), paint, -1)
    write_fitted(surface.colour, f"₹{rng.integers(20, 500)}", (x + 4, y + 4, width - 8, height - 8), INK, 700)
    cv2.rectangle(surface.relief, (x, y), (x + width, y + height), 1.2, 2)


def _meets(first: tuple[int, int, int, int] | None, second: tuple[int, int, int, int]) -> bool:
    if first is None:
        return False
    return not (
        first[0] + first[2] < second[0]
        or second[0] + second[2] < first[0]
        or first[1] + first[3] < second[1]
        or second[1] + second[3] < first[1]
    )
