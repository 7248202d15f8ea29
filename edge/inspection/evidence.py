"""The pictures that an inspection was judged on, kept as files beside the database.

A picture is on the disk, with its directory entry, before the transaction that names it: so a saved
inspection always has its pictures, and a picture without an inspection is a left-over of a crash that
start-up sweeps away. File names carry the inspection and the view; the digest in the database says whether a
file is still what was judged.
"""

import errno
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.errors import EvidenceMissing, StorageFull, StorageReadOnly
from sync.folders import make_folder, sync_folder


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored picture.

    Attributes:
        view: The camera's view.
        path: Relative to the pictures folder.
        sha256: Digest of the file's bytes, in hex.
        size: Bytes.
    """

    view: str
    path: str
    sha256: str
    size: int


class PictureStore:
    """Writes and reads pictures under one folder, a sub-folder a day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._certain: set[Path] = set()
        self._make_folder(folder)

    def save(self, inspection_id: str, pictures: Mapping[str, bytes], taken_on: datetime) -> list[Evidence]:
        """Write the pictures of one inspection and force them and their directory entries to the disk.

        Raises:
            StorageFull: No space is left; nothing of this inspection stays behind.
            StorageReadOnly: The folder can't be written.
        """
        day = self.folder / f"{taken_on:%Y-%m-%d}"
        saved: list[Evidence] = []
        try:
            self._make_folder(day)
            for view, jpeg in pictures.items():
                path = day / f"{inspection_id}-{view}.jpg"
                _write_through(path, jpeg)
                digest = hashlib.sha256(jpeg).hexdigest()
                saved.append(Evidence(view, str(path.relative_to(self.folder)), digest, len(jpeg)))
            if pictures:
                sync_folder(day)
        except OSError as error:
            for view in pictures:
                with suppress(OSError):  # a disk that takes nothing lets go of nothing either
                    (day / f"{inspection_id}-{view}.jpg").unlink()
            raise storage_error(error, self.folder) from error
        return saved

    def read(self, evidence: Evidence) -> bytes:
        """Read a picture back.

        Raises:
            EvidenceMissing: The file is gone or its bytes changed since it was judged.
        """
        path = self.folder / evidence.path
        try:
            jpeg = path.read_bytes()
        except OSError as error:
            raise EvidenceMissing(f"picture {evidence.path} can't be read: {error.strerror}") from error
        if hashlib.sha256(jpeg).hexdigest() != evidence.sha256:
            raise EvidenceMissing(
                f"picture {evidence.path} is not the one that was judged: its digest differs"
            )
        return jpeg

    def sweep(self, known: set[str], aside: Path) -> list[str]:
        """Move pictures that no inspection names out of the way; returns their paths.

        A crash before the commit leaves such pictures, and so does a database that was restored from a backup
        or
        salvaged: then they are evidence, so nothing is deleted here.
        """
        swept = []
        for path in self.folder.glob("*/*.jpg"):
            relative = path.relative_to(self.folder)
            if str(relative) not in known:
                (aside / relative.parent).mkdir(parents=True, exist_ok=True)
                path.replace(aside / relative)
                swept.append(str(relative))
        return swept

    def _make_folder(self, folder: Path) -> None:
        """A folder whose name is on the disk; asked of the disk once a run."""
        if folder in self._certain and folder.is_dir():
            return
        try:
            make_folder(folder)
            self._certain.add(folder)
        except OSError as error:
            raise storage_error(error, folder) from error


def storage_error(
    error: OSError,
    folder: Path,
    *,
    meaning: str = "the item in hand is not saved",
    again: str = "accept again",
) -> StorageFull | StorageReadOnly:
    """Turn an operating-system error on the data folder into the station's own words.

    Args:
        error: What the system said.
        folder: What could not be written.
        meaning: What that means for what was under way.
        again: What to do once the cause is gone.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"no space is left for {folder}: {meaning}; free space, then {again}")
    return StorageReadOnly(
        f"{folder} can't be written ({error.strerror}): {meaning}; "
        f"make it writable for the station's user, then {again}"
    )


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
