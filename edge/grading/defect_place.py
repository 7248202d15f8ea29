"""Where on the item a defect lies: at its edge, where a pack is held together, or on a face.

A dent in the middle of a tin is a blemish; the same dent on its rim or seam may let air in. So a policy pack
may count a defect at the edge as graver than its size alone says.
"""

from enum import StrEnum

from vision.findings import Box

EDGE_SHARE = 0.12
"""Breadth of the border that counts as the edge, as a share of the item box's width or height."""


class DefectPlace(StrEnum):
    """Where on the item a defect lies."""

    EDGE = "edge"  # rim, seam or corner: where a pack is held together
    FACE = "face"


def place_of(defect: Box, item: Box | None) -> DefectPlace | None:
    """The place of a defect: at the edge when the middle of its box lies in the item box's outer border.

    Both are upright boxes, as the pictures give them: a pack that lies askew has a larger box, whose corners
    are table, so fewer of its defects count as lying at the edge. Beyond the item's box is the edge too.

    Args:
        defect: The defect's box.
        item: The item's, in pixels of the same picture; None where no item was found.

    Returns:
        None where nothing can be said: no item was found, or its box is empty.

    >>> tin = Box(100, 100, 400, 600)
    >>> place_of(Box(280, 380, 40, 40), tin)
    <DefectPlace.FACE: 'face'>
    >>> place_of(Box(280, 110, 40, 40), tin)  # on the rim
    <DefectPlace.EDGE: 'edge'>
    >>> place_of(Box(280, 110, 40, 40), None) is None
    True
    """
    if item is None or item.area <= 0:
        return None
    across = (defect.x + defect.width / 2 - item.x) / item.width
    down = (defect.y + defect.height / 2 - item.y) / item.height
    inside = all(EDGE_SHARE <= share <= 1 - EDGE_SHARE for share in (across, down))
    return DefectPlace.FACE if inside else DefectPlace.EDGE
