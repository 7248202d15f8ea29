"""What the pictures show, in the words of the returns desk.

A *detection* is the raw output of a model; a *finding* is a visible defect of the item, with its kind, where
it is in the full picture, and how sure the model was. Findings never carry a grade: the policy grades, the
model does not.
"""

from dataclasses import dataclass
from enum import StrEnum


class DefectKind(StrEnum):
    """The kinds of visible defect that a returns desk tells apart."""

    DEFORMATION = "deformation"  # dent, crush
    PENETRATION = "penetration"  # tear, hole
    OPENING = "opening"  # seal or cap opened
    BREAKAGE = "breakage"
    SPILLAGE = "spillage"  # leak, stain
    SUPERFICIAL = "superficial"  # scratch, scuff, label damage
    MISSING_PART = "missing_part"
    WRONG_ITEM = "wrong_item"
    UNLIKE = "unlike"  # differs from the intact units that were shown; not told how


DAMAGE: tuple[DefectKind, ...] = tuple(
    kind for kind in DefectKind if kind not in (DefectKind.WRONG_ITEM, DefectKind.UNLIKE)
)
"""Kinds that name a damage: what a detector can be taught, and what makes a grade."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in full-picture pixels; `x`, `y` is the top-left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Finding:
    """One visible defect on one view.

    Attributes:
        kind: What sort of defect.
        box: Where, in pixels of the full picture as stored.
        score: Raw confidence of the signal that found it, 0 to 1. Not a probability until calibrated.
        extent: Area of the defect's box as a share of the item's box, 0 to 1.
        view: Name of the camera's view, such as `top`.
        source: Which signal found it: `detector`, `golden`, `person`.
    """

    kind: DefectKind
    box: Box
    score: float
    extent: float
    view: str
    source: str = "detector"
