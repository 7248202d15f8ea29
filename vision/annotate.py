"""Draws findings into a copy of a picture, for the staff's page and for `darkstore inspect --annotate`."""

from collections.abc import Sequence

import cv2

from vision.findings import Box, DefectKind, Finding
from vision.picture import Picture

_ITEM_COLOUR = (200, 200, 200)  # BGR
# Told apart by hue and by lightness, so that colour-blind staff are served too; the label names the kind.
_COLOURS: dict[DefectKind, tuple[int, int, int]] = {
    DefectKind.DEFORMATION: (0, 165, 255),
    DefectKind.PENETRATION: (60, 20, 220),
    DefectKind.OPENING: (219, 112, 147),
    DefectKind.BREAKAGE: (0, 0, 139),
    DefectKind.SPILLAGE: (42, 90, 165),
    DefectKind.SUPERFICIAL: (0, 230, 230),
    DefectKind.MISSING_PART: (180, 105, 255),
    DefectKind.WRONG_ITEM: (255, 80, 40),
    DefectKind.UNLIKE: (200, 200, 0),
}


def annotate(picture: Picture, findings: Sequence[Finding], item: Box | None = None) -> Picture:
    """Return a copy of a BGR picture with the item's box and each finding's box, kind and score drawn in."""
    drawn = picture.copy()
    thickness = max(1, round(max(picture.shape[:2]) / 500))
    if item is not None:
        _rectangle(drawn, item, _ITEM_COLOUR, max(1, thickness // 2))
    for finding in findings:
        colour = _COLOURS[finding.kind]
        _rectangle(drawn, finding.box, colour, thickness)
        _label(drawn, finding.box, f"{finding.kind.value} {finding.score:.2f}", colour, thickness)
    return drawn


def _rectangle(picture: Picture, box: Box, colour: tuple[int, int, int], thickness: int) -> None:
    first = (round(box.x), round(box.y))
    last = (round(box.x + box.width), round(box.y + box.height))
    cv2.rectangle(picture, first, last, colour, thickness, cv2.LINE_AA)


def _label(picture: Picture, box: Box, text: str, colour: tuple[int, int, int], thickness: int) -> None:
    """Write `text` on a filled bar above the box, or within it where there is no room above."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, thickness * 0.35
    (width, height), below = cv2.getTextSize(text, font, scale, max(1, thickness // 2))
    left = max(0, min(round(box.x), picture.shape[1] - width))
    bottom = round(box.y) if box.y > height + below + 2 else round(box.y) + height + below + 2
    cv2.rectangle(picture, (left, bottom - height - below), (left + width, bottom), colour, cv2.FILLED)
    ink = (0, 0, 0) if sum(colour) > 330 else (255, 255, 255)
    origin = (left, bottom - below // 2 - 1)
    cv2.putText(picture, text, origin, font, scale, ink, max(1, thickness // 2), cv2.LINE_AA)
