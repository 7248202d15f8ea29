"""Text on packs: real letters where OpenCV brings fonts (5 and later), drawn strokes elsewhere."""

from typing import Any

import cv2

from models.training.rendering.spec import Picture

Colour = tuple[int, int, int]

_faces: dict[str, Any] = {}


def _face(name: str) -> Any:
    if not hasattr(cv2, "FontFace"):
        return None
    if name not in _faces:
        _faces[name] = cv2.FontFace(name)
    return _faces[name]


def text_width(text: str, size: int, weight: int = 400, face: str = "sans") -> int:
    """Width in pixels that `text` takes at a letter size of `size` pixels."""
    font = _face(face)
    if font is None:
        scale = size / 30.0
        return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1 + weight // 400)[0][0])
    return int(cv2.getTextSize((4000, 4000), text, (0, 0), font, size, weight)[2])


def write(
    picture: Picture,
    text: str,
    at: tuple[int, int],
    size: int,
    colour: Colour,
    weight: int = 400,
    face: str = "sans",
) -> None:
    """Write one line with its baseline's left end at `at`, in place."""
    font = _face(face)
    if font is None:
        plain = text.replace("₹", "Rs ")
        thickness = 1 + weight // 400
        cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size / 30.0, colour, thickness, cv2.LINE_AA)
        return
    cv2.putText(picture, text, at, colour, font, size, weight)


def write_fitted(
    picture: Picture,
    text: str,
    box: tuple[int, int, int, int],
    colour: Colour,
    weight: int,
    face: str = "sans",
) -> int:
    """Write one line as large as fits into `box` (x, y, width, height), centred; returns the size used."""
    x, y, width, height = box
    size = max(6, int(height * 0.9))
    needed = text_width(text, size, weight, face)
    if needed > width:
        size = max(6, int(size * width / needed))
        needed = text_width(text, size, weight, face)
    baseline = y + (height + int(size * 0.72)) // 2
    write(picture, text, (x + max(0, (width - needed) // 2), baseline), size, colour, weight, face)
    return size
