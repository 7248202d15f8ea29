"""A video file as a camera: played again and again at its own speed, each picture stamped as if live."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hardware.cameras.driver import RawPicture
from hardware.cameras.pace import Pace
from hardware.errors import CameraError, CameraLost, CameraNotFound

_USUAL_RATE = 25.0
_HIGHEST_RATE = 240.0


class VideoFileCamera:
    """Plays a video file.

    Args:
        file: The video.
        pictures_per_second: Speed; None takes the file's own.
        monotonic_ns: Clock of the stamps.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        file: str,
        pictures_per_second: float | None = None,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file = Path(file)
        self._rate = pictures_per_second
        self._monotonic_ns = monotonic_ns
        self._sleep = sleep
        self._video: Any = None
        self._pace = Pace(_USUAL_RATE, monotonic_ns=monotonic_ns, sleep=sleep)

    def open(self) -> None:
        """Opens the file.

        Raises:
            CameraNotFound: There is no such file.
            CameraError: It isn't a video that OpenCV can read.
        """
        if not self._file.is_file():
            raise CameraNotFound(
                f"There is no video file {self._file}. Correct 'file' in the camera's settings."
            )
        self._video = cv2.VideoCapture(str(self._file))
        if not self._video.isOpened():
            self.close()
            raise CameraError(
                f"{self._file} isn't a video that OpenCV can read. Convert it, for example to MJPEG."
            )
        own_rate = float(self._video.get(cv2.CAP_PROP_FPS))
        rate = self._rate or (own_rate if 0 < own_rate <= _HIGHEST_RATE else _USUAL_RATE)
        self._pace = Pace(rate, monotonic_ns=self._monotonic_ns, sleep=self._sleep)

    def read(self) -> RawPicture:
        """The next picture when it is due; after the last comes the first.

        Raises:
            CameraLost: Not even the first picture can be read any more.
        """
        if self._video is None:
            raise CameraLost(f"The video file {self._file} isn't open. Open it first.")
        taken_at_ns = self._pace.wait()
        done, pixels = self._video.read()
        if not done:
            self._video.release()
            self._video.open(str(self._file))
            done, pixels = self._video.read()
        if not done or pixels is None:
            raise CameraLost(
                f"The video file {self._file} can't be read any more. Check that it is there and whole."
            )
        return RawPicture(taken_at_ns, bgr=pixels.astype(np.uint8, copy=False))

    def close(self) -> None:
        """Closes the file."""
        if self._video is not None:
            self._video.release()
            self._video = None
