"""Reading the pictures of a measurement, and finding the item on each, once."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.evaluation.folders import LabelledPicture
from models.evaluation.hiding import Hider
from vision.errors import PictureRefused
from vision.findings import Box
from vision.golden.views import ItemView, item_view
from vision.picture import Picture, decode_picture
from vision.settings import PictureSettings

logger = logging.getLogger(__name__)


Light = Callable[[Picture, Path], Picture]
"""Shows a picture in another light; the path tells it from others."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A labelled picture and its item."""

    labelled: LabelledPicture
    view: ItemView


class PictureReader:
    """Reads pictures; those that can't be read are noted and left out."""

    def __init__(self, settings: PictureSettings | None = None) -> None:
        self._settings = settings or PictureSettings()
        self.refused: list[tuple[Path, str]] = []
        self._places: dict[Path, Box | None] = {}

    def read(self, path: Path) -> Picture | None:
        """A picture, or None where it can't be read."""
        try:
            return decode_picture(path.read_bytes(), self._settings)
        except (PictureRefused, OSError) as error:
            if path not in {known for known, _ in self.refused}:
                self.refused.append((path, str(error)))
            return None

    def see(
        self, pictures: Iterable[LabelledPicture], hide: Hider | None = None, light: Light | None = None
    ) -> list[Seen]:
        """The items on the pictures; with `hide`, the item is covered and the whole picture is taken instead.

        Without the item there is nothing to tell from the surroundings: the method then sees all of them.
        With `light`, they are found and shown in another light.
        """
        seen = []
        for labelled in pictures:
            picture = self.read(labelled.path)
            if picture is None:
                continue
            if light is not None:
                view = item_view(light(picture, labelled.path))
            elif hide is not None:
                covered = hide(picture, self._place(labelled.path, picture))
                view = item_view(covered, _everything(covered), confidence=0.0)
            else:
                view = item_view(picture)
                self._places[labelled.path] = view.box if view.confidence > 0 else None
            seen.append(Seen(labelled, view))
        return seen

    def _place(self, path: Path, picture: Picture) -> Box | None:
        """The item's box, looked for once a picture."""
        if path not in self._places:
            view = item_view(picture)
            self._places[path] = view.box if view.confidence > 0 else None
        return self._places[path]


def _everything(picture: Picture) -> Picture:
    return np.full(picture.shape[:2], 255, np.uint8)
