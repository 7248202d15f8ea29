"""Folders and names that survive a power cut.

A file that was forced to the disk is still lost if its *name* was not: the name lies in the folder, and the
folder must be forced too; so must the folder's own name in the folder above it.
"""

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk.

    Raises:
        OSError: The folder can't be read, or the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_file(path: Path, data: bytes) -> None:
    """Write a file whole, or not at all: beside its place, forced to the disk, then moved there.

    Raises:
        OSError: It can't be written; what was there stands.
    """
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, so that a power cut leaves them there.

    The name of a folder that is there already is forced too: a crash may have come between the making and
    the forcing. Where the system refuses that, the folder was made by somebody else, long ago.

    Raises:
        OSError: It can't be made.
    """
    if folder.is_dir():
        with suppress(OSError):
            sync_folder(folder.parent)
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
