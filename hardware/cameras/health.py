"""How a camera is doing, as the staff and the health page see it."""

from dataclasses import dataclass
from enum import StrEnum


class CameraState(StrEnum):
    """The life of a camera.

    starting → live ⇄ stalled → lost, and back to live from each when a picture arrives.
    """

    STARTING = "starting"
    """Its process was started for the first time; no picture yet."""
    LIVE = "live"
    """Pictures come."""
    STALLED = "stalled"
    """Pictures came and stopped; its process is being restarted, which mostly helps within a second."""
    LOST = "lost"
    """A restart didn't help. It is tried again, ever more rarely; work goes on without it."""


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """One camera's condition.

    Attributes:
        state: Where it is in its life.
        last_frame_age_s: Seconds since its newest picture was taken; None before the first.
        restarts: How often its process was started again.
        last_error: Why it last failed, in words; None if it never did. Kept after recovery.
        pid: Process id, None while there is none.
    """

    state: CameraState
    last_frame_age_s: float | None
    restarts: int
    last_error: str | None
    pid: int | None = None
