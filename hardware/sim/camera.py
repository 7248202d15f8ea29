"""A simulated camera: shows what lies in a scene folder, at a camera's pace, and fails as cameras fail.

It reads `VIEW.jpg` when its inode or date changes and gives the same bytes 30 times a second, without
encoding anything, so that two of them cost a small machine next to nothing. With `VIEW.1.jpg`, `VIEW.2.jpg`,
... it gives the variants in turn: the same scene with another noise, as a real sensor would.

A file `fault` in the folder holds one word, or a view and a word, a line each:

    lost        the camera is unplugged: opening and reading fail
    hang        read() never returns
    freeze      the picture stays as it is whatever happens to the scene
    stale       old pictures with their old times, as from a buffer
    garbage     bytes that are no picture
    front lost  the same for one view

The stamp is taken before the scene is looked at: what a picture shows is never older than its time.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from hardware.cameras.driver import RawPicture
from hardware.cameras.pace import Pace
from hardware.errors import CameraLost, CameraNotFound

FAULTS = ("lost", "hang", "freeze", "stale", "garbage")
_GARBAGE = bytes(range(256)) * 16
_MOST_VARIANTS = 16
_LONG_S = 3600.0


class SimulatedCamera:
    """One view of a scene folder.

    Args:
        scene: The scene's folder.
        view: Which picture of it.
        pictures_per_second: Rate.
        monotonic_ns: Clock of the stamps.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        scene: str,
        view: str,
        pictures_per_second: float = 30.0,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._scene = Path(scene)
        self._view = view
        self._pace = Pace(pictures_per_second, monotonic_ns=monotonic_ns, sleep=sleep)
        self._sleep = sleep
        self._files: dict[str, _WatchedFile] = {}
        self._turn = 0
        self._frozen: bytes | None = None
        self._last_ns = 0

    def open(self) -> None:
        """Looks for the scene.

        Raises:
            CameraNotFound: The scene isn't there, or the camera is simulated as unplugged.
        """
        if self._fault() == "lost":
            raise CameraNotFound(
                f"The simulated camera '{self._view}' is unplugged (fault 'lost'). Clear the fault."
            )
        self._picture()

    def read(self) -> RawPicture:
        """The scene as it is at the next tick.

        Raises:
            CameraLost: The camera is simulated as unplugged.
            CameraNotFound: The scene's picture is gone.
        """
        taken_at_ns = self._pace.wait()
        fault = self._fault()
        if fault == "lost":
            raise CameraLost(
                f"The simulated camera '{self._view}' was unplugged (fault 'lost'). Clear the fault."
            )
        while fault == "hang":
            self._sleep(_LONG_S)
        if fault == "garbage":
            return RawPicture(taken_at_ns, jpeg=_GARBAGE)
        if fault == "stale" and self._last_ns:
            taken_at_ns = self._last_ns
        self._last_ns = taken_at_ns
        if fault == "freeze":
            self._frozen = self._frozen or self._picture()
            return RawPicture(taken_at_ns, jpeg=self._frozen)
        self._frozen = None
        return RawPicture(taken_at_ns, jpeg=self._picture())

    def close(self) -> None:
        """Forgets the scene."""
        self._files.clear()
        self._frozen = None

    def _picture(self) -> bytes:
        first = self._current(f"{self._view}.jpg")
        if first is None:
            raise CameraNotFound(
                f"The scene {self._scene} has no picture '{self._view}.jpg'. Put one there with SceneWriter."
            )
        pictures = [first]
        for number in range(1, _MOST_VARIANTS):
            variant = self._current(f"{self._view}.{number}.jpg")
            if variant is None:
                break
            pictures.append(variant)
        self._turn += 1
        return pictures[self._turn % len(pictures)]

    def _current(self, name: str) -> bytes | None:
        watched = self._files.get(name)
        if watched is None:
            watched = self._files[name] = _WatchedFile(self._scene / name)
        return watched.current()

    def _fault(self) -> str | None:
        name = "fault"
        data = self._current(name)
        if data is None:
            return None
        for line in data.decode("ascii", "replace").splitlines():
            words = line.split()
            if words and words[-1] in FAULTS and (len(words) == 1 or words[0] == self._view):
                return words[-1]
        return None


class _WatchedFile:
    """A small file's content, read again only when it was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)
        self._state: tuple[int, int, int] | None = None
        self._content: bytes | None = None

    def current(self) -> bytes | None:
        try:
            stat = os.stat(self._path)  # noqa: PTH116 - thirty times a second, without a Path each
            state = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if state != self._state:
                with open(self._path, "rb") as file:  # noqa: PTH123
                    self._content = file.read()
                self._state = state
        except FileNotFoundError:
            self._state = self._content = None
        return self._content
