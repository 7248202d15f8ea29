"""A contact sheet of the pictures that were judged worst, to see what fails."""

from pathlib import Path

import cv2
import numpy as np

from models.errors import EvaluationRefused
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Evaluation
from vision.picture import Picture, encode_jpeg, reduced

_TILE = 240
_COLUMNS = 6
_TEXT = 34


def write_sheet(result: Evaluation, target: Path, reader: PictureReader) -> int:
    """Write the worst errors as one JPEG; says how many it shows, and writes nothing for none.

    Raises:
        EvaluationRefused: The file can't be written.
    """
    tiles = []
    for one in result.errors:
        picture = reader.read(one.path)
        if picture is not None:
            tiles.append(_tile(picture, f"{one.truth} > {one.said} {one.score:.2f}", one.path.name))
    if not tiles:
        return 0
    shown = len(tiles)
    while len(tiles) % _COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[start : start + _COLUMNS]) for start in range(0, len(tiles), _COLUMNS)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode_jpeg(np.asarray(np.vstack(rows), np.uint8), quality=85))
    except OSError as error:
        raise EvaluationRefused(f"{target} can't be written: {error.strerror}.") from error
    return shown


def _tile(picture: Picture, *lines: str) -> Picture:
    small = reduced(picture, _TILE)
    tile = np.zeros((_TILE + _TEXT, _TILE, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    for number, line in enumerate(lines):
        place = (2, _TILE + 14 + 15 * number)
        cv2.putText(tile, line[:38], place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1)
    return tile
