"""Programs of ours that are played together: broker, OMS receiver, station, each with a log of its own.

A child dies with the driver, also when the driver is killed (`edge/lab/child.py`). Each wait has an end.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from edge.lab.errors import ProgramEnded, ProgramSilent

SOURCES = Path(__file__).resolve().parent.parent.parent
POLL_S = 0.02
LOG_TAIL_LINES = 12


class Program:
    """One `darkstore …` command in a process of its own.

    Args:
        name: What people call it.
        arguments: What stands after `darkstore`.
        log: File that takes what it prints; added to.
        environment: Variables on top of ours.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.arguments = list(arguments)
        self.log = log
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; it runs from the same sources as we do."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("ab")
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH", "")]))
        # -P: what happens to lie in the working folder is not imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge.lab.child", str(os.getpid()), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **self._environment},
        )

    def wait_ready(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until `ready` says so.

        Raises:
            ProgramEnded: It ended instead; with the end of its log.
            ProgramSilent: It was not ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise ProgramSilent(self.name, timeout_s, self.log, self.tail())
            time.sleep(POLL_S)

    def stop(self, timeout_s: float = 10.0) -> int | None:
        """Ask it to end, then make it; returns its exit status."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._ended()

    def kill(self) -> int | None:
        """SIGKILL, as a power cut would."""
        if self._process is None:
            return None
        self._process.kill()
        return self._ended()

    def require_alive(self) -> None:
        """Make sure that it runs.

        Raises:
            ProgramEnded: It does not; with the end of its log.
        """
        if not self.alive():
            code = None if self._process is None else self._process.returncode
            raise ProgramEnded(self.name, code, self.log, self.tail())

    def alive(self) -> bool:
        """Whether it runs."""
        return self.pid is not None

    def tail(self) -> str:
        """The last lines of its log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _ended(self) -> int | None:
        assert self._process is not None  # noqa: S101 - both callers have seen it
        status = self._process.wait(10.0)
        if self._output is not None:
            self._output.close()
        return status
