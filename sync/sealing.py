"""Whether the database file is the one that an orderly stop left behind.

SQLite checks how its pages hang together, not what is written in them: a flipped bit in the middle of a text
passes every integrity check. So an orderly stop writes down the digest of the whole file, and the next start
compares. After a crash there is no seal, and nothing is claimed by it.
"""

import hashlib
import os
from enum import StrEnum
from pathlib import Path

from sync.folders import sync_folder

CHUNK = 1024 * 1024


class SealState(StrEnum):
    """What the seal says."""

    ABSENT = "absent"  # the station was killed, or never stopped here before
    WHOLE = "whole"
    BROKEN = "broken"  # the file changed while no station was at work


def seal(path: Path) -> None:
    """Write the digest of a closed database beside it; nothing where a log shows that it is not closed.

    Raises:
        OSError: It can't be written; the next start then finds no seal.
    """
    if not path.exists() or _log_of(path):
        return
    target = _seal_of(path)
    new = target.with_name(target.name + ".new")
    with new.open("w", encoding="ascii") as file:
        file.write(_digest(path) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # SQLite has removed its log, and a power cut may bring it back: not beside a seal that denies it.
    sync_folder(path.parent)
    new.replace(target)


def check_seal(path: Path) -> SealState:
    """Compare the file with its seal."""
    try:
        sealed = _seal_of(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return SealState.ABSENT
    if not path.exists() or _log_of(path) or _digest(path) != sealed:
        return SealState.BROKEN
    return SealState.WHOLE


def break_seal(path: Path) -> None:
    """Before anything is written: from now on the seal says nothing, also after a power cut."""
    sealed = _seal_of(path)
    if sealed.exists():
        sealed.unlink()
        sync_folder(path.parent)


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + ".seal")


def _log_of(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
