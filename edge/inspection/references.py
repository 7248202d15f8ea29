"""Pictures of the empty station, one a view: what the item is told from.

A reference is kept for ever under its digest, because replay compares with the very one that was used.
"""

import hashlib
import re
from pathlib import Path

from edge.errors import EvidenceMissing
from edge.inspection.evidence import storage_error
from sync.folders import make_folder, put_file

_VIEW = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReferenceStore:
    """The empty-station pictures of this station."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            make_folder(folder)
        except OSError as error:
            raise storage_error(error, folder) from error
        self._current: dict[str, tuple[str, bytes]] = {}
        for pointer in sorted(folder.glob("*.current")):
            digest = pointer.read_text(encoding="ascii", errors="replace").strip()
            if _SHA256.fullmatch(digest) and (folder / f"{digest}.jpg").is_file():
                self._current[pointer.stem] = (digest, self.read(digest))

    def current(self) -> dict[str, tuple[str, bytes]]:
        """Digest and JPEG bytes of each view's present reference."""
        return dict(self._current)

    def put(self, view: str, jpeg: bytes) -> str:
        """Make a picture the view's reference; returns its digest.

        Raises:
            ValueError: The view's name can't be a file's name.
            StorageFull, StorageReadOnly: The picture can't be kept; the present reference stays.
        """
        if not _VIEW.fullmatch(view):
            raise ValueError(f"view {view!r} is no name of a camera")
        digest = hashlib.sha256(jpeg).hexdigest()
        try:
            put_file(self.folder / f"{digest}.jpg", jpeg)
            put_file(self.folder / f"{view}.current", digest.encode())
        except OSError as error:
            raise storage_error(error, self.folder) from error
        self._current[view] = (digest, jpeg)
        return digest

    def read(self, digest: str) -> bytes:
        """A reference by its digest.

        Raises:
            EvidenceMissing: It is gone or damaged.
        """
        path = self.folder / f"{digest}.jpg"
        try:
            jpeg = path.read_bytes()
        except OSError as error:
            raise EvidenceMissing(f"the empty-station picture {digest[:12]} can't be read") from error
        if hashlib.sha256(jpeg).hexdigest() != digest:
            raise EvidenceMissing(f"the empty-station picture {digest[:12]} is damaged: its digest differs")
        return jpeg
