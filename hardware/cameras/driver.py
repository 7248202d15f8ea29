"""What a camera driver is: something that opens, gives one picture after another, and closes.

A driver runs alone in a process of its own and may block in `read()` for ever: whoever supervises it looks at
the age of the newest picture and kills the process. So a driver needs no time-outs, threads or locks. It owes
three things:

- **The time at which the picture was taken**, not read. Where the device doesn't say, a time that is
  certainly not later (see `hardware.cameras.taken_at`). The station grades nothing that was taken before the
  scan.
- **The camera's own JPEG where it gives one**, untouched, because the model judges exactly the bytes that are
  stored.
- **An error when the camera is gone**, never an old picture.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RawPicture(NamedTuple):
    """A picture as a driver gives it: either a JPEG or pixels.

    Attributes:
        taken_at_ns: `CLOCK_MONOTONIC` nanoseconds, not later than the moment at which the picture was taken.
        jpeg: The camera's own JPEG, or None.
        bgr: Pixels, height x width x 3, uint8, blue-green-red, where the camera gives no JPEG; else None.
    """

    taken_at_ns: int
    jpeg: bytes | None = None
    bgr: "NDArray[np.uint8] | None" = None


class CameraDriver(Protocol):
    """One camera. Constructed with plain values from its settings; does nothing before `open()`."""

    def open(self) -> None:
        """Takes hold of the device.

        Raises:
            CameraNotFound: There is no such device, file or folder.
            CameraError: It is there but can't be used.
        """

    def read(self) -> RawPicture:
        """Waits for the next picture, for as long as it takes.

        Raises:
            PictureRefused: This picture is unusable; call again for the next.
            CameraLost: The camera is gone; close and open again.
        """

    def close(self) -> None:
        """Lets go of the device. Safe to call twice, and before `open()`."""
