"""What is to be drawn, and what was drawn.

An `ItemSpec` says in the words of the returns desk what lies on the mat: which pack, its print, its code, its
defects. A `RenderedView` is the picture of one camera with the truth about it.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vision.findings import Box, DefectKind

Picture: TypeAlias = npt.NDArray[np.uint8]
"""Height x width x 3, blue-green-red, or height x width for masks and labels."""

Plane: TypeAlias = npt.NDArray[np.float32]
"""Height x width of real numbers: a height map, a weight."""

Values: TypeAlias = npt.NDArray[Any]
"""Numbers of any type, as OpenCV gives them back."""

WIDTH, HEIGHT = 1920, 1080
"""Size of every view, as a station's 1080p camera gives it."""

PX_PER_MM = 4.0
"""Print resolution of the packs: close to what the cameras resolve, so that it neither blurs nor flickers."""


class Shape(StrEnum):
    """The packs that a dark store's shelves are full of."""

    CARTON = "carton"
    CAN = "can"
    BOTTLE = "bottle"
    POUCH = "pouch"


class CodeKind(StrEnum):
    """Which barcode is printed on the pack."""

    EAN13 = "ean13"
    DATAMATRIX = "datamatrix"  # GS1 DataMatrix with GTIN, expiry and lot
    NONE = "none"


class View(StrEnum):
    """The two cameras of the drawn station."""

    TOP = "top"
    FRONT = "front"


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One pack to draw.

    Attributes:
        shape: The kind of pack.
        brand: Name printed large.
        gtin: The 13 digits of its EAN-13, check digit included.
        subtitle: Line below the brand, what the product is.
        lot: Batch number, printed and in the DataMatrix.
        expiry: Best-before date, printed and in the DataMatrix; None prints none.
        mrp: Maximum retail price as printed, in rupees.
        net: Net quantity as printed.
        colours: Seed of palette and layout; equal for every unit of a product.
        defects: What is wrong with this unit; empty for an intact one.
        severity: 0 (just visible) to 1 (gross): scales the size of the defects.
        code: Which barcode it bears.
        lying: A can or bottle lies on its side rather than stands.
        blurred: The picture is out of focus, as after a knock against the camera.
        distractors: How many things are added that look like damage and are none: price stickers, glare.
        keep_code_clear: Damage spares the barcode, so that the picture can still be read.
    """

    shape: Shape
    brand: str
    gtin: str
    subtitle: str = "Family pack"
    lot: str = "L0421A"
    expiry: date | None = None
    mrp: str = "120.00"
    net: str = "250 g"
    colours: int = 0
    defects: tuple[DefectKind, ...] = ()
    severity: float = 0.6
    code: CodeKind = CodeKind.EAN13
    lying: bool = False
    blurred: bool = False
    distractors: int = 0
    keep_code_clear: bool = True


@dataclass(frozen=True, slots=True)
class StationLook:
    """How one station looks: its mat, its lamp, its cameras' noise.

    Attributes:
        seed: Chooses mat, wall, lamp position and blemishes of the table.
        brightness: 1 is well lit; 0.3 is too dark to judge.
        noise: Standard deviation of the sensor's noise in grey levels.
        warmth: -1 bluish to 1 yellowish light.
    """

    seed: int = 7
    brightness: float = 1.0
    noise: float = 2.0
    warmth: float = 0.0


@dataclass(frozen=True, slots=True)
class RenderedView:
    """The picture of one camera, and the truth about it.

    Attributes:
        bgr: The picture, 1080 x 1920 x 3.
        boxes: Each visible defect with its box in full-picture pixels.
        item_box: Bounds of the item and of what it spilled.
        item_mask: 255 where the item or its spill is, 0 elsewhere; 1080 x 1920.
    """

    bgr: Picture
    boxes: list[tuple[DefectKind, Box]]
    item_box: Box
    item_mask: Picture = field(repr=False)
