"""A disk that can be filled: a small file system in memory, where this user may mount one."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

SIZE_MB = 32
KIB = 1024


class SmallDisk:
    """A mounted tmpfs.

    Args:
        place: Where it is mounted; made here.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast = place / "ballast"
        self.mounted = False

    def mount(self) -> bool:
        """Mount it; False where this user may not."""
        self.place.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            done = subprocess.run(
                [
                    _program("mount"),
                    "-t",
                    "tmpfs",
                    "-o",
                    f"size={SIZE_MB}m,mode=0700",
                    "tmpfs",
                    str(self.place),
                ],
                capture_output=True,
                check=False,
            )
            self.mounted = done.returncode == 0
        return self.mounted

    def fill(self, spare_bytes: int) -> None:
        """Leave so much room and no more; the kernel then says that the disk is full."""
        block = b"\0" * (64 * KIB)
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            with contextlib.suppress(OSError):
                while os.write(file, block):
                    pass
            with contextlib.suppress(OSError):
                while os.write(file, block[: 4 * KIB]):
                    pass
            size = os.fstat(file).st_size
            os.ftruncate(file, max(0, size - spare_bytes))
        finally:
            os.close(file)

    def empty(self) -> None:
        """Room again."""
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """Give the memory back."""
        if self.mounted:
            subprocess.run([_program("umount"), "-l", str(self.place)], capture_output=True, check=False)
            self.mounted = False


def _program(name: str) -> str:
    return shutil.which(name) or f"/bin/{name}"
