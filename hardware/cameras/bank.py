"""All cameras of a station: one fresh picture from each, and how each is doing.

    with CameraBank({"top": top_settings, "front": front_settings}) as bank:
        frames = bank.fresh(after_ns=scan.scanned_at_ns, timeout_s=0.5)
        if frames["front"] is None:  # lost: the station works on with one camera, degraded
            ...

A picture taken before the scan is never returned by `fresh()`. A camera that is known to be lost costs no
waiting.
"""

import contextlib
import logging
import random as _random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from hardware.cameras.drivers import load_driver
from hardware.cameras.frame import Frame
from hardware.cameras.health import CameraHealth, CameraState
from hardware.cameras.process import CameraProcess
from hardware.cameras.settings import SupervisedCameraSettings
from hardware.cameras.shared_frames import StoredFrame
from hardware.cameras.supervision import Action, Supervision
from hardware.errors import UnknownCamera

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.05
_POLL_S = 0.001  # a look at shared memory costs microseconds; this is what waiting adds to a picture's age
_END_WITHIN_S = 2.0
_NOT_RUNNING = "The cameras aren't started."


class CameraBank:
    """The station's cameras, each in a supervised process of its own.

    Args:
        settings: Each camera's settings by its name.
        monotonic_ns: Clock; must be `CLOCK_MONOTONIC`, which the cameras' processes stamp with.
        random: Gives a number in [0, 1) for the back-off.

    Raises:
        DriverUnavailable: A configured driver can't be loaded here; the station must not start without it.
    """

    def __init__(
        self,
        settings: Mapping[str, SupervisedCameraSettings],
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        random: Callable[[], float] = _random.random,
    ) -> None:
        for name, camera_settings in settings.items():
            load_driver(name, camera_settings.driver)
        self._settings = dict(settings)
        self._monotonic_ns = monotonic_ns
        self._random = random
        self._cameras: dict[str, _SupervisedCamera] = {}
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The configured cameras."""
        return tuple(self._settings)

    def start(self) -> None:
        """Starts the cameras' processes and returns at once; `fresh()` waits for their first pictures."""
        if self._supervisor is not None:
            return
        self._stopping.clear()
        self._cameras = {
            name: _SupervisedCamera(name, settings, self._random) for name, settings in self._settings.items()
        }
        self._supervisor = threading.Thread(target=self._supervise, name="cameras", daemon=True)
        self._supervisor.start()

    def stop(self) -> None:
        """Ends the cameras' processes. Safe to call twice."""
        if self._supervisor is None:
            return
        self._stopping.set()
        self._supervisor.join()
        self._supervisor = None
        cameras, self._cameras = self._cameras, {}
        for camera in cameras.values():
            camera.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def fresh(
        self, after_ns: int, timeout_s: float, cameras: Iterable[str] | None = None
    ) -> dict[str, Frame | None]:
        """One picture from each camera, taken after a moment: the scan.

        All cameras are waited for together.

        Args:
            after_ns: Monotonic nanoseconds; only pictures taken later count.
            timeout_s: Seconds to wait at most.
            cameras: Which cameras; None for all.

        Returns:
            The newest picture of each camera, or None where there was none in time or the camera is lost. A
            lost camera's None comes at once, without using up the time.

        Raises:
            UnknownCamera: A camera isn't configured.
        """
        wanted = self.names if cameras is None else tuple(cameras)
        found: dict[str, Frame | None] = {name: None for name in wanted if self._known(name)}
        waiting = set(found)
        deadline_ns = self._monotonic_ns() + int(timeout_s * 1e9)
        while True:
            for name in tuple(waiting):
                camera = self._cameras.get(name)
                if camera is None:
                    waiting.discard(name)
                    continue
                frame = camera.frame_after(after_ns, self._monotonic_ns())
                if frame is not None:
                    found[name] = frame
                if frame is not None or camera.supervision.state is CameraState.LOST:
                    waiting.discard(name)
            remaining_s = (deadline_ns - self._monotonic_ns()) / 1e9
            if not waiting or remaining_s <= 0:
                return found
            time.sleep(min(_POLL_S, remaining_s))

    def latest(self, camera: str) -> Frame | None:
        """The newest picture whatever its age, for a preview; None if there never was one.

        Raises:
            UnknownCamera: The camera isn't configured.
        """
        self._known(camera)
        supervised = self._cameras.get(camera)
        return None if supervised is None else supervised.frame_after(0, self._monotonic_ns())

    def health(self) -> dict[str, CameraHealth]:
        """How each camera is doing."""
        now_ns = self._monotonic_ns()
        stopped = CameraHealth(CameraState.LOST, None, 0, _NOT_RUNNING)
        cameras = self._cameras
        return {name: cameras[name].health(now_ns) if name in cameras else stopped for name in self._settings}

    def _known(self, camera: str) -> bool:
        if camera not in self._settings:
            raise UnknownCamera(camera, self.names)
        return True

    def _supervise(self) -> None:
        """Starts all processes from one thread that ends after the last of them (see `parent_death`)."""
        cameras = tuple(self._cameras.values())
        try:
            while not self._stopping.is_set():
                for camera in cameras:
                    try:
                        camera.look(self._monotonic_ns())
                    except Exception:  # one camera's trouble must not end the thread that all of them need
                        _log.exception("camera %s: it couldn't be looked after", camera.name)
                self._stopping.wait(_LOOK_EVERY_S)
        finally:
            for camera in cameras:
                camera.process.kill()
            for camera in cameras:
                if not camera.process.wait(_END_WITHIN_S):
                    _log.error("camera %s: its process hangs in the kernel and can't be ended", camera.name)


class _SupervisedCamera:
    """One camera's process and what is thought of it."""

    def __init__(self, name: str, settings: SupervisedCameraSettings, random: Callable[[], float]) -> None:
        self.name = name
        self.process = CameraProcess(name, settings)
        self.supervision = Supervision(settings, random=random)
        self._logged = self.supervision.state

    def look(self, now_ns: int) -> None:
        newest_ns = self.process.frames.newest_taken_at_ns()
        if self.process.pid is not None and self.process.ended():
            self.supervision.ended(now_ns, newest_ns, self.process.reap())
        action = self.supervision.step(now_ns, newest_ns)
        if action is Action.KILL:
            self.process.kill()
        elif action is Action.SPAWN:
            self._spawn(now_ns)
        state = self.supervision.state
        if state is not self._logged:
            self._logged = state
            level = logging.INFO if state is CameraState.LIVE else logging.WARNING
            _log.log(level, "camera %s is %s: %s", self.name, state, self.supervision.last_error or "well")

    def frame_after(self, after_ns: int, now_ns: int) -> Frame | None:
        frames = self.process.frames
        try:
            if not after_ns < frames.newest_taken_at_ns() <= now_ns:
                return None
            stored = frames.newest()
        except ValueError:  # the bank is being stopped and the memory is gone
            return None
        if stored is None or not after_ns < stored.taken_at_ns:
            return None
        return self._frame(stored)

    def health(self, now_ns: int) -> CameraHealth:
        newest_ns = 0
        with contextlib.suppress(ValueError):
            newest_ns = self.process.frames.newest_taken_at_ns()
        age_s = max(now_ns - newest_ns, 0) / 1e9 if newest_ns else None
        judged = self.supervision
        return CameraHealth(judged.state, age_s, judged.restarts, judged.last_error, self.process.pid)

    def close(self) -> None:
        self.process.close()

    def _spawn(self, now_ns: int) -> None:
        try:
            self.process.spawn()
        except OSError as error:
            self.supervision.ended(now_ns, 0, f"The camera's process couldn't be started: {error}.")
        else:
            self.supervision.spawned(now_ns)

    def _frame(self, stored: StoredFrame) -> Frame:
        return Frame(self.name, stored.jpeg, stored.taken_at_ns, stored.number, stored.width, stored.height)
