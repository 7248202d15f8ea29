"""Room that only the outbox may use: a file that takes it while there is enough, and gives it back when not.

Other programs may fill the disk to the last byte. The answers of the OMS must be written down even then, or
nothing that is owed would ever be settled. So a part of the disk is taken beforehand; when nothing else is
left, it is given back, and taken again once there is room.
"""

import os
from pathlib import Path


class QueueReserve:
    """The file.

    Args:
        path: In the data folder.
        size: Bytes; 0 for none.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self.size = size

    @property
    def held(self) -> bool:
        """Whether the room is taken."""
        try:
            return self.size > 0 and self._path.stat().st_size >= self.size
        except OSError:
            return False

    def give_back(self) -> bool:
        """Let the outbox have the room; False where it had been given back before."""
        held = self._path.exists()
        self._path.unlink(missing_ok=True)
        return held

    def take(self) -> None:
        """Take the room; without success on a disk that lacks it."""
        if self.held or self.size == 0:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        except OSError:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
