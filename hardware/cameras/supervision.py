"""When a camera's process is started, and when it is given up: decisions only, no processes.

A blocking `read()` can hang for ever and an open device can be dead without saying so, so nothing that the
driver says is trusted. One thing is: the age of the newest picture.
"""

import random as _random
from collections.abc import Callable
from enum import Enum, auto

from hardware.backoff import Backoff
from hardware.cameras.health import CameraState
from hardware.cameras.settings import SupervisedCameraSettings

_UNKILLABLE_AFTER_NS = 5_000_000_000
_UNKILLABLE = (
    "The camera's process can't be ended: it hangs in the kernel's driver. Unplug the camera and plug it in "
    "again; if that doesn't help, restart the computer."
)


class Action(Enum):
    """What is to be done now."""

    NOTHING = auto()
    SPAWN = auto()
    KILL = auto()


class Supervision:
    """Judges one camera, step by step.

    Call `step()` a few times a second; do what it says; tell `spawned()` and `ended()`.

    Attributes:
        state: Where the camera is in its life.
        restarts: How often its process was started again.
        last_error: Why it last failed.

    Args:
        settings: The camera's limits.
        random: Gives a number in [0, 1) for the back-off.
    """

    def __init__(
        self, settings: SupervisedCameraSettings, *, random: Callable[[], float] = _random.random
    ) -> None:
        self.state = CameraState.STARTING
        self.restarts = 0
        self.last_error: str | None = None
        self._settings = settings
        self._backoff = Backoff(settings.restart_base_s, settings.restart_cap_s, random=random)
        self._stall_ns = None if settings.stall_after_s is None else _ns(settings.stall_after_s)
        self._failures = 0
        self._starts = 0
        self._spawn_at_ns = 0
        self._spawned_ns: int | None = None
        self._live_since_ns: int | None = None
        self._killed_ns: int | None = None
        self._kill_reason: str | None = None
        self._stepped_ns: int | None = None
        self._excused_until_ns = 0

    def step(self, now_ns: int, newest_ns: int) -> Action:
        """Looks at the camera.

        Args:
            now_ns: Monotonic time.
            newest_ns: When the newest picture was taken; 0 if there is none.
        """
        self._excuse_our_own_absence(now_ns)
        if self._spawned_ns is None:
            return Action.SPAWN if now_ns >= self._spawn_at_ns else Action.NOTHING
        if self._killed_ns is not None:
            if now_ns - self._killed_ns > _UNKILLABLE_AFTER_NS:
                self.last_error = _UNKILLABLE
                self.state = CameraState.LOST
            return Action.NOTHING
        if newest_ns > self._spawned_ns:
            return self._judge_pictures(now_ns, newest_ns)
        waited_s = (now_ns - max(self._spawned_ns, self._excused_until_ns)) / 1e9
        if waited_s > self._settings.start_within_s:
            return self._kill(now_ns, f"No picture within {self._settings.start_within_s:g} s of the start.")
        return Action.NOTHING

    def spawned(self, now_ns: int) -> None:
        """The process was started."""
        self._starts += 1
        self.restarts = self._starts - 1
        self._spawned_ns = now_ns
        self._live_since_ns = None
        self._killed_ns = None
        self._kill_reason = None

    def ended(self, now_ns: int, newest_ns: int, reason: str) -> None:
        """The process has ended, by itself or killed; or it couldn't be started.

        Args:
            now_ns: Monotonic time.
            newest_ns: When the newest picture was taken; 0 if there is none.
            reason: Why, as far as the process could say.
        """
        gave_pictures = self._spawned_ns is not None and newest_ns > self._spawned_ns
        if self._steady(now_ns):
            self._failures = 0
        self._failures += 1
        first_failure = self._failures == 1
        self.last_error = " ".join(part for part in (self._kill_reason, reason) if part) or None
        self.state = CameraState.STALLED if gave_pictures and first_failure else CameraState.LOST
        self._spawned_ns = self._live_since_ns = self._killed_ns = self._kill_reason = None
        self._spawn_at_ns = now_ns + _ns(self._backoff.delay_s(self._failures))

    def _judge_pictures(self, now_ns: int, newest_ns: int) -> Action:
        if self._stall_ns is not None and now_ns - max(newest_ns, self._excused_until_ns) > self._stall_ns:
            action = self._kill(now_ns, f"No new picture for {self._settings.stall_after_s:g} s.")
            self.state = CameraState.STALLED if self._failures == 0 else CameraState.LOST
            return action
        if self._live_since_ns is None:
            self._live_since_ns = now_ns
        self.state = CameraState.LIVE
        if self._steady(now_ns):
            self._failures = 0
        return Action.NOTHING

    def _steady(self, now_ns: int) -> bool:
        since = self._live_since_ns
        return since is not None and now_ns - since >= _ns(self._settings.steady_after_s)

    def _kill(self, now_ns: int, reason: str) -> Action:
        self._killed_ns = now_ns
        self._kill_reason = reason
        self.last_error = reason
        return Action.KILL

    def _excuse_our_own_absence(self, now_ns: int) -> None:
        """A station that was stopped or starved for a while has no right to call its cameras stuck."""
        before, self._stepped_ns = self._stepped_ns, now_ns
        if before is not None and self._stall_ns is not None and now_ns - before > self._stall_ns // 2:
            self._excused_until_ns = now_ns


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
