"""A USB camera through Video4Linux.

**Never tried on a real camera**: the machines on which this was written have none. It is tested against a
hand-written stand-in for OpenCV's capture. Read `docs/hardware.md` before the first use.

The camera is asked for Motion-JPEG and OpenCV is told not to convert, so that the camera's own JPEG passes
untouched and costs no decoding. Where the camera has no Motion-JPEG, OpenCV converts to pixels, which are
encoded once.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hardware.cameras.driver import RawPicture
from hardware.cameras.taken_at import TakenAt
from hardware.errors import CameraError, CameraLost, CameraNotFound

_MOTION_JPEG = cv2.VideoWriter.fourcc("M", "J", "P", "G")
_OLDEST_STAMP_NS = 5_000_000_000
_BUFFERS = 3  # one being copied, one being filled, one between: a longer queue only holds older pictures


def _open_capture(device: str) -> Any:
    return cv2.VideoCapture(device, cv2.CAP_V4L2)


class V4l2Camera:
    """One USB camera.

    Args:
        device: Device file.
        width: Pixels asked for; a camera that can't gives its nearest.
        height: Pixels asked for.
        pictures_per_second: Rate asked for.
        own_jpeg: Take the camera's own JPEG where it has one.
        delay_ms: Milliseconds between exposure and delivery, for kernels that don't stamp pictures.
        open_capture: Opens OpenCV's capture; injected for tests.
        monotonic_ns: Clock of the stamps.
    """

    def __init__(
        self,
        device: str,
        width: int = 1920,
        height: int = 1080,
        pictures_per_second: float = 30.0,
        own_jpeg: bool = True,
        delay_ms: float = 60.0,
        *,
        open_capture: Callable[[str], Any] = _open_capture,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._device = Path(device)
        self._width = width
        self._height = height
        self._rate = pictures_per_second
        self._own_jpeg = own_jpeg
        self._delay_ns = int(delay_ms * 1e6)
        self._open_capture = open_capture
        self._monotonic_ns = monotonic_ns
        self._capture: Any = None
        self._times = TakenAt(self._delay_ns)

    def open(self) -> None:
        """Opens the device and asks for size, rate and Motion-JPEG.

        Raises:
            CameraNotFound: There is no such device.
            CameraError: It can't be opened, mostly because another program holds it or rights are missing.
        """
        if not self._device.exists():
            raise CameraNotFound(
                f"There is no camera at {self._device}. Plug it in, or correct 'device' in the camera's "
                f"settings ('ls /dev/v4l/by-id' lists what is plugged in)."
            )
        capture = self._open_capture(str(self._device.resolve()))
        if not capture.isOpened():
            capture.release()
            raise CameraError(
                f"The camera at {self._device} can't be opened. Another program may hold it, or the "
                f"station's user isn't in the group 'video'."
            )
        if self._own_jpeg:
            capture.set(cv2.CAP_PROP_FOURCC, _MOTION_JPEG)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._height)
        capture.set(cv2.CAP_PROP_FPS, self._rate)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, _BUFFERS)
        if self._own_jpeg and int(capture.get(cv2.CAP_PROP_FOURCC)) == _MOTION_JPEG:
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        self._capture = capture
        self._times = TakenAt(self._delay_ns)

    def read(self) -> RawPicture:
        """Waits for the next picture; the kernel driver may hang, and then so does this.

        Raises:
            CameraLost: The camera was unplugged or stopped answering.
        """
        if self._capture is None:
            raise CameraLost(f"The camera at {self._device} isn't open. Open it first.")
        began_ns = self._monotonic_ns()
        done, picture = self._capture.read()
        ended_ns = self._monotonic_ns()
        if not done or picture is None or picture.size == 0:
            raise CameraLost(
                f"The camera at {self._device} stopped giving pictures. Check its plug and cable."
            )
        taken_at_ns = self._times.of_read(began_ns=began_ns, ended_ns=ended_ns)
        stamp_ns = self._kernel_stamp_ns(ended_ns)
        if stamp_ns is not None:
            taken_at_ns = stamp_ns
        # Unconverted Motion-JPEG comes as a single row of bytes; converted pictures have three channels.
        if picture.ndim < 3 or picture.shape[2] == 1:
            return RawPicture(taken_at_ns, jpeg=picture.tobytes())
        return RawPicture(taken_at_ns, bgr=picture.astype(np.uint8, copy=False))

    def close(self) -> None:
        """Releases the device."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _kernel_stamp_ns(self, now_ns: int) -> int | None:
        """The kernel's own stamp, if it is on the monotonic clock and plausible."""
        stamp_ns = int(float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) * 1e6)
        return stamp_ns if 0 < now_ns - stamp_ns < _OLDEST_STAMP_NS else None
