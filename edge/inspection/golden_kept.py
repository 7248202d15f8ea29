"""Golden pictures that an inspection was compared with, kept for ever: replay compares with the very same.

    DATA/golden-kept/SHA256.json    one set: the digests of its pictures
    DATA/golden-kept/SHA256.jpg     one picture, in however many sets it is

The site may add pictures to a product and take others away; what was compared once stays here.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from edge.errors import EvidenceMissing
from edge.inspection.evidence import storage_error
from sync.folders import make_folder, put_file

_SHA256 = re.compile(r"[0-9a-f]{64}")


def set_digest(pictures: Iterable[str]) -> str:
    """The name of a set of pictures, whatever their order.

    >>> set_digest(["b", "a"]) == set_digest(["a", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(pictures)).encode()).hexdigest()


class KeptGolden:
    """Sets of golden pictures by their digests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, sku: str, view: str, pictures: Mapping[str, bytes]) -> str:
        """Keep a set; returns its digest. A set that is kept already costs nothing.

        Args:
            sku: Whose it is, for people who look into the folder.
            view: The camera.
            pictures: JPEG bytes by digest.

        Raises:
            StorageFull, StorageReadOnly: It can't be kept.
        """
        digest = set_digest(pictures)
        try:
            if not (self.folder / f"{digest}.json").is_file():
                make_folder(self.folder)
                for name, jpeg in pictures.items():
                    if not (self.folder / f"{name}.jpg").is_file():
                        put_file(self.folder / f"{name}.jpg", jpeg)
                said = {"sku": sku, "view": view, "pictures": sorted(pictures)}
                put_file(self.folder / f"{digest}.json", json.dumps(said, indent=1).encode())
        except OSError as error:
            raise storage_error(
                error, self.folder, meaning="golden pictures are not compared", again="scan the next unit"
            ) from error
        return digest

    def read(self, digest: str) -> dict[str, bytes]:
        """A set's pictures by their digests.

        Raises:
            EvidenceMissing: It is gone or damaged.
        """
        try:
            said = json.loads((self.folder / f"{digest}.json").read_text(encoding="utf-8"))
            names = [str(name) for name in said["pictures"]]
            pictures = {name: self._picture(name) for name in names}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceMissing(f"the golden pictures {digest[:12]} can't be read") from error
        if set_digest(names) != digest:
            raise EvidenceMissing(f"the golden pictures {digest[:12]} are damaged: the list was changed")
        return pictures

    def _picture(self, name: str) -> bytes:
        if not _SHA256.fullmatch(name):
            raise ValueError(name)
        jpeg = (self.folder / f"{name}.jpg").read_bytes()
        if hashlib.sha256(jpeg).hexdigest() != name:
            raise EvidenceMissing(f"the golden picture {name[:12]} is damaged: its digest differs")
        return jpeg
