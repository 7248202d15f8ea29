"""How far this station's records once reached, kept outside the database.

A database that lost its write-ahead log, or was put back from a copy, is whole: nothing in it says that there
was more. So a small file beside it names, for each run of the station, the last sequence that was committed.
It is written after each commit without waiting for the disk: a process that is killed loses nothing of it; a
power cut may leave it behind the database, never ahead of it. If it is ahead at the start, the database went
back, and the events in between are named as lost.

>>> line(Mark("000012-9f3ac1", "2026-11-22T06:00:00.000000Z", 41))[:46]
b'000012-9f3ac1                                 '
>>> parse(line(Mark("000012-9f3ac1", "2026-11-22T06:00:00.000000Z", 41))).sequence
41
"""

import logging
import os
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.database import Database
from sync.epochs import is_epoch
from sync.folders import sync_folder
from sync.outbox import Outbox, OutboxChange

logger = logging.getLogger(__name__)

KEPT = 64  # runs
LINE = 128  # bytes; in one sector, so that it is written whole or not at all
EPOCHS = "SELECT epoch, started_at, last_sequence FROM epochs ORDER BY counter DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class Mark:
    """One run: its epoch, when it began (as the database writes times), and its last sequence."""

    epoch: str
    started_at: str
    sequence: int


def line(mark: Mark) -> bytes:
    """A mark as it is written: fixed width, with its own checksum."""
    text = f"{mark.epoch:<46}{mark.started_at:<40}{mark.sequence:>20}"
    return f"{text} {zlib.crc32(text.encode()):08x}".ljust(LINE - 1).encode() + b"\n"


def parse(written: bytes) -> Mark | None:
    """The mark of a line; None where it is damaged."""
    text, _, checksum = written.decode("ascii", "replace").rstrip().rpartition(" ")
    if checksum != f"{zlib.crc32(text.encode()):08x}":
        return None
    epoch, started_at, sequence = text[:46].strip(), text[46:86].strip(), text[86:].strip()
    return Mark(epoch, started_at, int(sequence)) if is_epoch(epoch) else None


class HighWater:
    """The file of one station.

    Args:
        path: Beside the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._offset = 0
        self._mark = Mark("", "", 0)

    def read(self) -> list[Mark]:
        """All marks that can be read, oldest first."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return []
        lines = [content[start : start + LINE] for start in range(0, len(content), LINE)]
        return [mark for mark in (parse(one) for one in lines) if mark is not None]

    def follow(self, outbox: Outbox) -> None:
        """Begin a line for the present run, and raise it with each commit.

        A disk that takes no file at all costs this witness, not the work.
        """
        marks = [Mark(*row) for row in reversed(outbox.database.sql(EPOCHS, (KEPT,)))]
        try:
            self._write(marks)
        except OSError as error:
            logger.warning(
                "%s can't be written (%s): a database that goes back would not be noticed", self.path, error
            )
            return
        self._mark, self._offset = marks[-1], LINE * (len(marks) - 1)
        outbox.subscribe(self._changed)

    def close(self) -> None:
        """Flush and let go of the file."""
        with self._lock:
            if self._descriptor is not None:
                with suppress(OSError):
                    os.fsync(self._descriptor)
                os.close(self._descriptor)
                self._descriptor = None

    def _changed(self, change: OutboxChange) -> None:
        if change.sequence is None:
            return
        with self._lock:
            if self._descriptor is None or change.sequence <= self._mark.sequence:
                return
            self._mark = Mark(self._mark.epoch, self._mark.started_at, change.sequence)
            with suppress(OSError):
                os.pwrite(self._descriptor, line(self._mark), self._offset)

    def _write(self, marks: list[Mark]) -> None:
        new = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            os.write(descriptor, b"".join(line(mark) for mark in marks))
            os.fsync(descriptor)
            new.replace(self.path)
            sync_folder(self.path.parent)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor


def name_what_went_back(database: Database, marks: Iterable[Mark]) -> list[tuple[str, int, int]]:
    """Write down as lost what the marks know and the database doesn't; gives (epoch, first, last)."""
    found: list[tuple[str, int, int]] = []
    with database.write():
        for mark in marks:
            rows = database.sql("SELECT last_sequence FROM epochs WHERE epoch = ?", (mark.epoch,))
            last = rows[0][0] if rows else 0
            if mark.sequence <= last:
                continue
            if rows:
                database.sql(
                    "UPDATE epochs SET last_sequence = ? WHERE epoch = ?", (mark.sequence, mark.epoch)
                )
            else:
                database.sql(
                    "INSERT INTO epochs (epoch, counter, started_at, last_sequence, removed_to) "
                    "VALUES (?, ?, ?, ?, 0)",
                    (mark.epoch, int(mark.epoch.partition("-")[0]), mark.started_at, mark.sequence),
                )
            database.sql(
                "INSERT OR REPLACE INTO lost_sequences (epoch, first, last) VALUES (?, ?, ?)",
                (mark.epoch, last + 1, mark.sequence),
            )
            found.append((mark.epoch, last + 1, mark.sequence))
    return found
