"""One camera's process: started, watched, killed. When to do which is decided in `supervision.py`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from hardware.cameras.settings import SupervisedCameraSettings
from hardware.cameras.shared_frames import SharedFrames

_ROOT = Path(__file__).resolve().parents[2]


class CameraProcess:
    """A camera's process and the memory it shares with the station.

    The memory stays the same over restarts: a killed process is waited for before the next one starts, so
    there is never a second writer, and pictures keep counting.

    The thread that calls `spawn()` must outlive the process: the kernel ends the process with that thread.

    Args:
        name: The camera's name.
        settings: Its settings.
    """

    def __init__(self, name: str, settings: SupervisedCameraSettings) -> None:
        self.name = name
        self.frames = SharedFrames.create(name, settings.max_picture_bytes)
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None while there is no process."""
        return None if self._process is None else self._process.pid

    def spawn(self) -> None:
        """Starts the process.

        Raises:
            OSError: The machine has no room for another process.
        """
        job = {
            "camera": self.name,
            "parent": os.getpid(),
            "fd": self.frames.fd,
            "driver": self._settings.driver,
            "parameters": self._settings.parameters(self.name),
            "max_picture_bytes": self._settings.max_picture_bytes,
            "jpeg_quality": self._settings.jpeg_quality,
        }
        self.frames.report("")
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "hardware.cameras.child", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(self.frames.fd,),
            env=_environment(),
            start_new_session=True,  # a terminal's Ctrl-C is for the station
        )
        self._process = process
        if process.stdin is None:
            raise OSError("the camera's process has no standard input")
        with contextlib.suppress(BrokenPipeError), process.stdin:  # it died at once: seen by the next look
            process.stdin.write(json.dumps(job).encode())

    def ended(self) -> bool:
        """Whether there is no process (any more)."""
        return self._process is None or self._process.poll() is not None

    def reap(self) -> str:
        """Forgets a process that has ended and returns why it ended, in words."""
        process, self._process = self._process, None
        reported = self.frames.reported()
        if process is None or reported:
            return reported
        status = process.returncode
        if status is not None and status < 0:
            return f"The camera's process was ended by {_signal_name(-status)}."
        return f"The camera's process ended with status {status} and gave no reason."

    def kill(self) -> None:
        """Ends the process; it may take a moment, or for ever if the kernel driver hangs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the process to end; False if it hasn't in that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """Gives the memory back. The process must have ended."""
        self.frames.close()


def _environment() -> dict[str, str]:
    """The station's environment, with our packages importable and one thread for the child's libraries."""
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        "OPENCV_LOG_LEVEL": "ERROR",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
