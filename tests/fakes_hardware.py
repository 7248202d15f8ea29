"""Hand-written stand-ins for devices: cameras, OpenCV's capture, a camera bank, a scanner, a serial line."""

import os
import threading
import time
import tty
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.cameras.driver import RawPicture
from hardware.cameras.frame import Frame
from hardware.cameras.health import CameraHealth, CameraState
from hardware.errors import CameraLost, CameraNotFound, ScannerLost, ScannerNotFound, UnknownCamera
from hardware.scanners.driver import RefusedText, ScannedText


def some_pixels(width: int = 64, height: int = 48, shade: int = 128) -> NDArray[np.uint8]:
    """A picture of one shade, height x width x 3, blue-green-red."""
    return np.full((height, width, 3), shade, np.uint8)


@cache
def a_jpeg(width: int = 64, height: int = 48, shade: int = 128) -> bytes:
    """A whole small JPEG of one shade."""
    done, encoded = cv2.imencode(".jpg", some_pixels(width, height, shade))
    assert done
    return encoded.tobytes()


def shade_of(jpeg: bytes) -> int:
    """The mean shade of a JPEG, to tell pictures apart."""
    return round(float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).mean()))


def open_descriptors() -> set[str]:
    """This process's open descriptors, to see what a test leaves behind."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


class ManualClock:
    """Monotonic nanoseconds that only move when told, or when slept."""

    def __init__(self, now_ns: int = 1_000_000_000_000) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> int:
        self.now_ns += int(seconds * 1e9)
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class FakeCamera:
    """A camera driver that gives a picture each millisecond until it is unplugged."""

    def __init__(self, jpeg: bytes | None = None) -> None:
        self.plugged_in = True
        self._jpeg = jpeg or a_jpeg()
        self._open = False

    def open(self) -> None:
        if not self.plugged_in:
            raise CameraNotFound("The fake camera is unplugged. Plug it in.")
        self._open = True

    def read(self) -> RawPicture:
        if not (self.plugged_in and self._open):
            raise CameraLost("The fake camera was unplugged. Plug it in.")
        time.sleep(0.001)
        return RawPicture(time.monotonic_ns(), jpeg=self._jpeg)

    def close(self) -> None:
        self._open = False


class FakeCapture:
    """As much of OpenCV's VideoCapture as the USB driver uses.

    Args:
        offers_mjpg: Whether the camera has Motion-JPEG.
        stamps: Whether the kernel stamps pictures; a function giving milliseconds, or None.
        wait_s: How long a read waits for its picture.
    """

    def __init__(
        self, *, offers_mjpg: bool = True, stamps: Callable[[], float] | None = None, wait_s: float = 0.003
    ) -> None:
        self.opened = True
        self.gone = False
        self.settings: dict[int, float] = {cv2.CAP_PROP_CONVERT_RGB: 1}
        self.released = 0
        self._offers_mjpg = offers_mjpg
        self._stamps = stamps
        self._wait_s = wait_s

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, key: int, value: float) -> bool:
        if key == cv2.CAP_PROP_FOURCC and not self._offers_mjpg:
            return False
        self.settings[key] = value
        return True

    def get(self, key: int) -> float:
        if key == cv2.CAP_PROP_POS_MSEC:
            return self._stamps() if self._stamps else 0.0
        return float(self.settings.get(key, 0))

    def read(self) -> tuple[bool, Any]:
        time.sleep(self._wait_s)
        if self.gone:
            return False, None
        if self.settings[cv2.CAP_PROP_CONVERT_RGB]:
            return True, some_pixels()
        return True, np.frombuffer(a_jpeg() + bytes(32), np.uint8).reshape(1, -1)

    def release(self) -> None:
        self.released += 1


class FakeCameraBank:
    """What the station asks of a camera bank, answered at once from pictures that the test chooses.

    Args:
        pictures: The JPEG that each camera shows; None for a lost camera.
    """

    def __init__(self, pictures: Mapping[str, bytes | None]) -> None:
        self.pictures = dict(pictures)
        self.asked: list[int] = []
        self._sequence = 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pictures)

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def fresh(
        self, after_ns: int, timeout_s: float, cameras: Iterable[str] | None = None
    ) -> dict[str, Frame | None]:
        del timeout_s
        self.asked.append(after_ns)
        wanted = self.names if cameras is None else tuple(cameras)
        return {name: self._frame(name, max(time.monotonic_ns(), after_ns + 1)) for name in wanted}

    def latest(self, camera: str) -> Frame | None:
        return self._frame(camera, time.monotonic_ns())

    def health(self) -> dict[str, CameraHealth]:
        live = CameraHealth(CameraState.LIVE, 0.01, 0, None, 1)
        lost = CameraHealth(CameraState.LOST, None, 3, "The fake camera is unplugged. Plug it in.", None)
        return {name: live if picture else lost for name, picture in self.pictures.items()}

    def _frame(self, camera: str, taken_at_ns: int) -> Frame | None:
        if camera not in self.pictures:
            raise UnknownCamera(camera, self.names)
        jpeg = self.pictures[camera]
        if jpeg is None:
            return None
        self._sequence += 1
        pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        return Frame(camera, jpeg, taken_at_ns, self._sequence, pixels.shape[1], pixels.shape[0])


class FakeScanner:
    """A scanner driver whose reads the test puts in; may be unplugged."""

    def __init__(self, max_length: int = 10_240) -> None:
        self.plugged_in = True
        self.breaks_with: Exception | None = None
        self.opened = 0
        self._max_length = max_length
        self._reads: deque[ScannedText | RefusedText] = deque()
        self._arrived = threading.Condition()
        self._open = False

    def scan(self, text: str, symbology: str | None = None) -> None:
        with self._arrived:
            if len(text) > self._max_length:
                self._reads.append(RefusedText("scan.too_long", len(text)))
            else:
                self._reads.append(ScannedText(text, symbology))
            self._arrived.notify()

    def unplug(self) -> None:
        with self._arrived:
            self.plugged_in = False
            self._arrived.notify()

    def open(self) -> None:
        if not self.plugged_in:
            raise ScannerNotFound("The fake scanner is unplugged. Plug it in.")
        self.opened += 1
        self._open = True

    def read(self, timeout_s: float) -> ScannedText | RefusedText | None:
        with self._arrived:
            if not self._reads and self.plugged_in and self.breaks_with is None:
                self._arrived.wait(timeout_s)
            if self.breaks_with is not None:
                broken, self.breaks_with = self.breaks_with, None
                raise broken
            if not (self.plugged_in and self._open):
                raise ScannerLost("The fake scanner was unplugged. Plug it in.")
            return self._reads.popleft() if self._reads else None

    def close(self) -> None:
        self._open = False


@dataclass
class PseudoTerminal:
    """A serial line without hardware, under a name that stays the same over replugging."""

    link: Path
    ends: list[int] = field(default_factory=list)

    def plug_in(self) -> None:
        self.ends = list(os.openpty())
        tty.setraw(self.ends[1])
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self.ends[1]))

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for end in self.ends:
            os.close(end)
        self.ends = []

    def send(self, data: bytes) -> None:
        os.write(self.ends[0], data)
