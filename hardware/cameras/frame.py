"""One picture from one camera, with the time at which it was taken.

The station grades only pictures taken after the scan, so the time travels with the picture from the camera's
own process: `time.monotonic_ns()`, which on Linux is the same clock in every process of one boot.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as the camera gave it.

    Attributes:
        camera: Name of the camera (its view), such as `top`.
        jpeg: The picture's bytes: the camera's own JPEG, or encoded once in the camera's process. These very
            bytes are judged, stored and replayed.
        taken_at_ns: Monotonic nanoseconds at which the picture was taken (`CLOCK_MONOTONIC`).
        sequence: Counts the camera's pictures from 1.
        width: Pixels.
        height: Pixels.
    """

    camera: str
    jpeg: bytes
    taken_at_ns: int
    sequence: int
    width: int
    height: int
