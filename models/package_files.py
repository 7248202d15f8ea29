"""Package folders on disk: which there are, and copying them so that a power cut leaves none half made."""

import os
import shutil
from pathlib import Path

from models.errors import ManifestRefused
from models.loading import ModelPackage, open_package
from models.manifest import MANIFEST_FILE, MODEL_FILE
from models.parity import EXPECTED_FILE, read_parity
from models.parity import FOLDER as PARITY_FOLDER
from models.signing import SIGNATURE_FILE

_PARTS = (MANIFEST_FILE, SIGNATURE_FILE, MODEL_FILE, "CARD.md", "LICENSE-WEIGHTS")


def package_folders(parent: Path) -> list[Path]:
    """Folders in `parent` that hold a manifest, by name; none where `parent` doesn't exist."""
    if not parent.is_dir():
        return []
    return sorted(path.parent for path in parent.glob(f"[!.]*/{MANIFEST_FILE}"))


def open_named(folder: Path) -> ModelPackage:
    """Open a package whose folder must bear its name and version.

    Raises:
        ManifestRefused: If the manifest breaks a rule or names another package than the folder does.
    """
    package = open_package(folder)
    if package.package_id != folder.name:
        raise ManifestRefused(
            f"The folder {folder.name!r} holds the manifest of {package.package_id!r}: "
            "give the folder that name."
        )
    return package


def copy_package(package: ModelPackage, target: Path) -> None:
    """Copy a package's own files and nothing else, flushed to the disk; links are not followed.

    Raises:
        OSError: If one can't be read or written.
        ParityPicturesMissing: If its reference pictures aren't those that it names.
    """
    target.mkdir()
    named = _parity_files(package)
    if named:
        (target / PARITY_FOLDER).mkdir()
    for name in (*_PARTS, *named):
        part = package.folder / name
        if not part.is_file() or part.is_symlink():
            continue
        shutil.copyfile(part, target / name)
        flush(target / name)
    if named:
        flush(target / PARITY_FOLDER)
    flush(target)


def _parity_files(package: ModelPackage) -> list[str]:
    """The reference pictures that a package names, as paths in its folder."""
    if package.manifest.parity_sha256 is None:
        return []
    parity = read_parity(package.folder, package.manifest.parity_sha256)
    return [f"{PARITY_FOLDER}/{name}" for name in (EXPECTED_FILE, *(one.file for one in parity.pictures))]


def flush(path: Path) -> None:
    """Wait until a file's contents, or a folder's entries, are on the disk.

    Raises:
        OSError: If the disk says that they aren't.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
