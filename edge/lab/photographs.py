"""Photographs in place of drawn pictures: one sub-folder a class, such as `intact` and `crushed`.

A unit that the shift says is damaged is shown by a photograph of a class whose name does not sound intact,
any other by one whose name does. Photographs carry no barcode of the shift's articles, so codes are typed.
"""

import random
from collections.abc import Mapping
from pathlib import Path

from edge.lab.drawn_pictures import VIEWS, printed_code
from edge.lab.errors import PicturesUnusable
from edge.lab.shift.plan import UnitPlan
from edge.lab.table_scene import Code

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
SOUND = ("none", "intact", "normal", "good", "ok", "closed", "sound", "undamaged")
LONGEST_SIDE = 1920
BLUR_SIGMA = 0.0045  # share of the longer side: enough to hide a scratch


class Photographs:
    """Photographs as pictures of the shift's units.

    Args:
        folder: One sub-folder a class.
        seed: Equal seeds choose equal photographs.

    Raises:
        PicturesUnusable: There are none.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._seed = seed
        self._sound: list[Path] = []
        self._damaged: list[Path] = []
        if not folder.is_dir():
            raise PicturesUnusable(
                f"{folder} is no folder. Give one with a sub-folder of pictures for each class."
            )
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.parent != folder:
                sound = path.parent.name.lower() in SOUND
                (self._sound if sound else self._damaged).append(path)
        if not self._sound and not self._damaged:
            raise PicturesUnusable(
                f"{folder} has no sub-folder with pictures ({', '.join(sorted(SUFFIXES))})."
            )

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._sound) + len(self._damaged)

    def views(self, unit: UnitPlan, *, at_first: bool) -> Mapping[str, bytes]:
        """Two photographs of one class, as JPEG; blurred before the staff put it right."""
        chooser = random.Random(f"{self._seed}/{unit.unit_id}")
        preferred, other = (self._damaged, self._sound) if unit.look.defects else (self._sound, self._damaged)
        first = chooser.choice(preferred or other)
        same_class = [path for path in (preferred or other) if path.parent == first.parent]
        chosen = dict(zip(VIEWS, (first, chooser.choice(same_class)), strict=True))
        blurred = at_first and unit.first_look is not None
        return {view: _as_jpeg(path, blurred=blurred) for view, path in chosen.items()}

    def code(self, unit: UnitPlan) -> Code:
        """What is printed on the article."""
        return printed_code(unit.look)


def _as_jpeg(path: Path, *, blurred: bool) -> bytes:
    """The photograph as a camera would give it: no larger than 1080p, as JPEG.

    Raises:
        PicturesUnusable: It can't be read.
    """
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise PicturesUnusable(f"{path} can't be read as a picture; remove it or name another folder.")
    shrink = LONGEST_SIDE / max(picture.shape[:2])
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    if blurred:
        picture = cv2.GaussianBlur(picture, (0, 0), BLUR_SIGMA * max(picture.shape[:2]))
    done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if not done:
        raise PicturesUnusable(f"{path} can't be written as JPEG; remove it or name another folder.")
    return encoded.tobytes()
