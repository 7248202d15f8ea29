"""The program of a camera's own process: opens one driver and puts its pictures into shared memory, for ever.

Started by `process.py` as `python -m hardware.cameras.child NAME` with a job on standard input. It ends with
status 0 never, 1 when the camera is gone, 2 when its driver can't be loaded, and leaves the reason in shared
memory. It imports little, so that it stays small.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable

from hardware.cameras.driver import CameraDriver
from hardware.cameras.drivers import build_driver
from hardware.cameras.encoding import PictureEncoder
from hardware.cameras.parent_death import die_with_parent
from hardware.cameras.shared_frames import SharedFrames
from hardware.errors import DriverUnavailable, HardwareError, PictureRefused

CAMERA_GONE = 1
DRIVER_UNAVAILABLE = 2
_REFUSED_PAUSE_S = 0.005


def publish(
    driver: CameraDriver,
    encoder: PictureEncoder,
    frames: SharedFrames,
    *,
    monotonic_ns: Callable[[], int] = time.monotonic_ns,
) -> None:
    """Makes the driver's next picture the newest one.

    Raises:
        PictureRefused: It is unusable, or its time is impossible: not later than the last one's, or in the
            future.
        CameraError: The camera is gone.
    """
    picture = driver.read()
    if picture.taken_at_ns <= frames.newest_taken_at_ns():
        raise PictureRefused(
            "The camera repeats old pictures (their time doesn't advance); they are dropped."
        )
    if picture.taken_at_ns > monotonic_ns():
        raise PictureRefused("The camera gives pictures dated in the future; they are dropped.")
    jpeg, width, height = encoder.encode(picture)
    frames.write(jpeg, picture.taken_at_ns, width, height)


def run(driver: CameraDriver, encoder: PictureEncoder, frames: SharedFrames) -> None:
    """Publishes until the camera is gone, passing over pictures that are unusable.

    Raises:
        CameraError: The camera is gone or never came.
    """
    driver.open()
    try:
        complaint = False
        while True:
            try:
                publish(driver, encoder, frames)
            except PictureRefused as error:
                frames.report(error.message)
                complaint = True
                time.sleep(_REFUSED_PAUSE_S)  # a driver that fails at once shall not take a whole core
                continue
            if complaint:
                frames.report("")
                complaint = False
    finally:
        driver.close()


def main() -> int:
    """Reads the job from standard input and works it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the station, which then ends its cameras
    job = json.load(sys.stdin)
    die_with_parent(job["parent"])
    frames = SharedFrames.attach(job["fd"], job["max_picture_bytes"])
    try:
        driver = build_driver(job["camera"], job["driver"], job["parameters"])
        run(driver, PictureEncoder(job["jpeg_quality"]), frames)
    except DriverUnavailable as error:
        frames.report(error.message)
        return DRIVER_UNAVAILABLE
    except HardwareError as error:
        frames.report(error.message)
    except Exception as error:
        frames.report(f"The camera's driver failed: {type(error).__name__}: {error}")
    return CAMERA_GONE


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # a driver's threads may hang at exit
