"""A folder of pictures as a camera: photographs for a trial, or a camera that drops files into a folder.

JPEGs pass as they are; other kinds of picture are decoded here and encoded once, as for any camera that gives
pixels.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.cameras.driver import RawPicture
from hardware.cameras.pace import Pace
from hardware.errors import CameraLost, CameraNotFound, PictureRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})
_OTHER_SUFFIXES = frozenset({".png", ".bmp", ".webp", ".tif", ".tiff"})
_END_OF_JPEG = b"\xff\xd9"
_LARGEST_FILE = 128 * 1024 * 1024


class FolderCamera:
    """Gives a folder's pictures.

    Args:
        folder: Where they are.
        order: `cycle`: one after the other by name, for ever, each stamped as if filmed now. `newest`: only
            the file that came in last, once, stamped with a time not later than its coming.
        seconds_each: How long `cycle` shows each.
        pictures_per_second: How often `cycle` gives the shown picture, and `newest` looks.
        delay_ms: Milliseconds between exposure and the file's appearance.
        monotonic_ns: Clock of the stamps.
        wall_ns: Clock of the files' times, nanoseconds since 1970.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        folder: str,
        order: str = "cycle",
        seconds_each: float = 1.0,
        pictures_per_second: float = 10.0,
        delay_ms: float = 0.0,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = Path(folder)
        self._newest_only = order == "newest"
        self._shows_each = max(1, round(seconds_each * pictures_per_second))
        self._delay_ns = int(delay_ms * 1e6)
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._pace = Pace(pictures_per_second, monotonic_ns=monotonic_ns, sleep=sleep)
        self._shown: Iterator[RawPicture] = iter(())
        self._seen: tuple[Path, int, int] | None = None
        self._looked_at_ns: int | None = None

    def open(self) -> None:
        """Checks that the folder is there and, to cycle, has pictures.

        Raises:
            CameraNotFound: No folder, or nothing in it to cycle through.
        """
        if not self._folder.is_dir():
            raise CameraNotFound(
                f"There is no picture folder {self._folder}. Create it or correct 'folder' in the camera's "
                f"settings."
            )
        if not self._newest_only and not self._files():
            raise CameraNotFound(
                f"The picture folder {self._folder} has no pictures. Put some in (.jpg, .png, ...) or choose "
                f"another."
            )
        self._seen = None
        self._looked_at_ns = None
        self._shown = self._cycle()

    def read(self) -> RawPicture:
        """The next picture: at the set pace, or when a new file has come in.

        Raises:
            CameraLost: The folder is gone, or has no pictures left to cycle through.
            PictureRefused: A file can't be read as a picture.
        """
        if self._newest_only:
            return self._wait_for_newest()
        try:
            return next(self._shown)
        except StopIteration:
            self._shown = self._cycle()
            raise CameraLost(
                f"The picture folder {self._folder} is empty or gone. Put pictures in."
            ) from None
        except PictureRefused:
            self._shown = self._cycle(after=self._seen[0] if self._seen else None)
            raise

    def close(self) -> None:
        """Nothing is held."""
        self._shown = iter(())

    def _cycle(self, after: Path | None = None) -> Iterator[RawPicture]:
        files = self._files()
        if after is not None:
            files = [file for file in files if file > after] or files
        while files:
            for file in files:
                self._seen = (file, 0, 0)
                try:
                    jpeg, bgr = _load(file)
                except FileNotFoundError:
                    continue  # deleted since the folder was listed
                for _ in range(self._shows_each):
                    taken_at_ns = self._pace.wait()
                    yield RawPicture(taken_at_ns, jpeg, bgr)
            files = self._files()

    def _wait_for_newest(self) -> RawPicture:
        while True:
            self._pace.wait()
            looked_before_ns, self._looked_at_ns = self._looked_at_ns, self._monotonic_ns()
            newest = self._newest()
            if newest is None or newest == self._seen:
                continue
            file, changed_ns, _ = newest
            try:
                jpeg, bgr = _load(file)
            except FileNotFoundError:
                continue
            except PictureRefused:
                self._seen = newest
                raise
            if jpeg is not None and not jpeg.rstrip(b"\0").endswith(_END_OF_JPEG):
                continue  # still being written
            self._seen = newest
            return RawPicture(self._taken_at(changed_ns, looked_before_ns), jpeg, bgr)

    def _taken_at(self, changed_ns: int, looked_before_ns: int | None) -> int:
        """A time not later than the file's coming, by its own date and by when it wasn't there yet.

        The file's date alone would do were it not for wall clocks that jump.
        """
        now_ns = self._monotonic_ns()
        by_date_ns = now_ns - (self._wall_ns() - changed_ns)
        not_there_ns = now_ns if looked_before_ns is None else looked_before_ns
        return max(min(by_date_ns, not_there_ns) - self._delay_ns, 1)

    def _newest(self) -> tuple[Path, int, int] | None:
        newest: tuple[Path, int, int] | None = None
        for file in self._files():
            try:
                stat = file.stat()
            except FileNotFoundError:
                continue
            if newest is None or (stat.st_mtime_ns, file) > (newest[1], newest[0]):
                newest = (file, stat.st_mtime_ns, stat.st_size)
        return newest

    def _files(self) -> list[Path]:
        known = _JPEG_SUFFIXES | _OTHER_SUFFIXES
        try:
            return sorted(
                path
                for path in self._folder.iterdir()
                if path.suffix.lower() in known and path.name[0] != "."
            )
        except FileNotFoundError as error:
            raise CameraLost(f"The picture folder {self._folder} is gone. Put it back.") from error


def _load(file: Path) -> "tuple[bytes | None, NDArray[np.uint8] | None]":
    size = file.stat().st_size
    if size == 0 or size > _LARGEST_FILE:
        raise PictureRefused(f"{file} is empty or over {_LARGEST_FILE} bytes and was passed over.")
    data = file.read_bytes()
    if file.suffix.lower() in _JPEG_SUFFIXES:
        return data, None
    import cv2
    import numpy as np

    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise PictureRefused(f"{file} can't be read as a picture and was passed over.")
    return None, pixels.astype(np.uint8, copy=False)
