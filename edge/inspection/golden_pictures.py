"""Golden pictures of this station: intact units of each product, what returned units are compared with.

    DATA/golden/SKU/VIEW/SHA256.jpg

A picture is named by its digest and appears under that name only when all of it is on the disk: a crash
leaves the set with the picture or without it, never with half of one. The SKU is written so that it can be a
folder's name.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from edge.inspection.evidence import storage_error
from sync.folders import make_folder, put_file, sync_folder
from vision.errors import GoldenRefused

MOST = 30
_VIEW = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class GoldenPictures:
    """The pictures of one product from one camera."""

    sku: str
    view: str
    paths: tuple[Path, ...]


GOLDEN_FOLDER = "golden"
"""Within the station's data folder."""


class GoldenStore:
    """The golden pictures below the station's data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[GoldenPictures]:
        """Every product and view that has pictures, by SKU."""
        found = []
        for place in sorted(self.folder.glob("*/*/")) if self.folder.is_dir() else []:
            try:
                pictures = self.of(unquote(place.parent.name), place.name)
            except GoldenRefused:  # a folder that is none of ours
                continue
            if pictures.paths:
                found.append(pictures)
        return found

    def of(self, sku: str, view: str) -> GoldenPictures:
        """The pictures of one product from one camera; half-written ones of a crash are not among them."""
        place = self._place(sku, view)
        paths = sorted(path for path in place.glob("*.jpg") if _SHA256.fullmatch(path.stem))
        return GoldenPictures(sku, view, tuple(paths))

    def add(self, sku: str, view: str, pictures: dict[str, bytes]) -> list[Path]:
        """Keep pictures; the same one again changes nothing. Returns where they lie.

        Args:
            sku: The merchant's code of the product.
            view: Name of the camera.
            pictures: Bytes by what people call them, for messages.

        Raises:
            GoldenRefused: The SKU or the view can't be kept, or there would be too many pictures.
            StorageFull, StorageReadOnly: They can't be written; the set is as before, or has some of them.
        """
        place = self._place(sku, view)
        known = {path.stem for path in self.of(sku, view).paths}
        wanted = {hashlib.sha256(data).hexdigest(): data for data in pictures.values()}
        if len(known | set(wanted)) > MOST:
            raise GoldenRefused(
                f"{sku} has {len(known)} pictures of view {view}; {MOST} are the most. Remove some first.",
                "too_many",
            )
        try:
            make_folder(place)
            for digest, data in wanted.items():
                put_file(place / f"{digest}.jpg", data)
        except OSError as error:
            raise storage_error(error, place) from error
        return [place / f"{digest}.jpg" for digest in wanted]

    def remove(self, sku: str, view: str, digest: str) -> Path:
        """Take one picture out, by the beginning of its digest.

        Raises:
            GoldenRefused: No picture, or several, begin so.
        """
        found = [path for path in self.of(sku, view).paths if digest and path.stem.startswith(digest)]
        if len(found) != 1:
            raise GoldenRefused(
                f"{len(found)} pictures of {sku}, view {view}, begin with {digest!r}; name one.", "name"
            )
        try:
            found[0].unlink()
            sync_folder(found[0].parent)
        except OSError as error:
            raise storage_error(error, found[0]) from error
        return found[0]

    def _place(self, sku: str, view: str) -> Path:
        name = quote(sku, safe=" ")
        if not sku.strip() or set(name) <= {"."} or len(name) > _LONGEST_NAME:
            raise GoldenRefused(f"{sku!r} is no SKU that pictures can be kept for.", "name")
        if not _VIEW.fullmatch(view):
            raise GoldenRefused(f"{view!r} is no camera's name: letters, digits, _ and - only.", "name")
        return self.folder / name / view
