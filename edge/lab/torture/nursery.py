"""Where the chain's processes are born: one Python that has imported everything, and forks.

A station takes seconds to import and a fraction of one to start. A torture starts hundreds of them, so it
imports once. What is forked is a process of its own in every respect that matters here: own memory, own
files, own pid to be killed by. All end with the nursery, and the nursery with the driver.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from edge.lab.errors import ProgramEnded
from edge.lab.processes import SOURCES

TAIL_LINES = 12


class Nursery:
    """Starts processes by forking a prepared one.

    Args:
        log: File for what the nursery itself says.
    """

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._output: IO[bytes] = log.open("ab")
        self._asking = threading.Lock()
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge.lab.torture.nursery_process", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        )

    def start(self, name: str, entry: str, arguments: Sequence[str], log: Path) -> "Grown":
        """Fork a process.

        Args:
            name: What people call it.
            entry: `module:function`, called with the arguments; or `exec` for a program of the system.
            arguments: For it.
            log: File that takes what it prints; added to.

        Raises:
            ProgramEnded: The nursery is gone.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        pid = int(self._ask({"entry": entry, "arguments": list(arguments), "log": str(log)}))
        return Grown(self, name, pid, log)

    def reap(self, pid: int) -> None:
        """Let the kernel forget an ended process."""
        self._ask({"reap": pid})

    def stop(self) -> None:
        """End the nursery and everything that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10.0)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._output.close()

    def _ask(self, question: dict[str, object]) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - made with pipes
        assert stdout is not None  # noqa: S101
        try:
            with self._asking:
                stdin.write(json.dumps(question) + "\n")
                stdin.flush()
                answer = stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            raise ProgramEnded("the nursery", self._process.poll(), self._log, tail(self._log))
        return answer.strip()


class Grown:
    """A process that the nursery started.

    Args:
        nursery: Its parent.
        name: What people call it.
        pid: Its process id; its own until it is reaped, so a signal never meets a stranger.
        log: What it prints.
    """

    def __init__(self, nursery: Nursery, name: str, pid: int, log: Path) -> None:
        self.name, self.pid, self.log = name, pid, log
        self._nursery = nursery
        self._handle = os.pidfd_open(pid)
        self._over = False
        self._forgetting = threading.Lock()

    def alive(self) -> bool:
        """Whether it runs."""
        return not self._over and not self._ended(0.0)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._signal(signal.SIGKILL)
        self._ended(10.0)
        self._forget()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask it to end, then make it."""
        self._signal(signal.SIGTERM)
        if not self._ended(timeout_s):
            self._signal(signal.SIGKILL)
            self._ended(10.0)
        self._forget()

    def require_alive(self) -> None:
        """Make sure that it runs.

        Raises:
            ProgramEnded: It does not; with the end of its log.
        """
        if not self.alive():
            raise ProgramEnded(self.name, None, self.log, tail(self.log))

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            signal.pidfd_send_signal(self._handle, number)

    def _ended(self, timeout_s: float) -> bool:
        if self._over:
            return True
        try:
            return bool(select.select([self._handle], [], [], timeout_s)[0])
        except (OSError, ValueError):  # another thread has just seen its end
            return True

    def _forget(self) -> None:
        with self._forgetting:
            if not self._over:
                self._over = True
                os.close(self._handle)
                self._nursery.reap(self.pid)


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-TAIL_LINES:])
