"""One writer: the data folder is locked while a station runs on it, and a second start is refused."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.errors import StationLocked
from edge.inspection.evidence import storage_error
from sync.folders import make_folder

LOCK_FILE = "station.lock"


class DataFolderLock:
    """Holds the folder for this process; the kernel lets go of it however the process ends.

    Raises:
        StationLocked: Another process has it.
        StorageFull, StorageReadOnly: The folder can't be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            make_folder(folder)
            self._descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise storage_error(error, folder, meaning="nothing was started", again="start again") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StationLocked(
                f"{folder} is in use by another station process (pid {holder}): two writers would lose "
                "the order of events. Use the running station, or stop it first."
            ) from error
        with suppress(OSError):  # only a hint for people; a full disk is told by who needs the room
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let go."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
