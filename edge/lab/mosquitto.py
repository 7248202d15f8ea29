"""Debian's Mosquitto for the lab: a broker of its own on the loopback, stopped, killed and started at will.

It keeps its port and its folder over a restart, so that clients find it again, and, where it is durable, what
it kept. It dies with the driver.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.lab.errors import MosquittoMissing, ProgramEnded, ProgramSilent
from edge.lab.ports import free_port, is_listening
from edge.lab.processes import SOURCES

HOST = "127.0.0.1"
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.02
LOG_TAIL_BYTES = 2000

FAST = """\
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages 0
persistence false
"""
"""Nothing that slows it down: what it holds is gone with it."""

DURABLE = """\
set_tcp_nodelay true
max_inflight_messages 1000
max_queued_messages 100000
persistence true
persistence_location {folder}/
autosave_interval 30
"""
"""As `deploy/mosquitto.conf`: sessions and what waits for them survive a restart."""


def find_mosquitto() -> str | None:
    """Where it is installed; Debian keeps it outside of an ordinary user's path."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")


def listener(port: int) -> str:
    """The settings of a broker for anybody on this machine, at that port."""
    own_user = "user root\n" if os.geteuid() == 0 else ""  # else it could not write into our folder
    return f"listener {port} {HOST}\nallow_anonymous true\n{own_user}"


class Mosquitto:
    """One broker.

    Args:
        folder: Takes its configuration, its log and what it keeps.
        configuration: Everything but the listener; `{folder}` stands for the folder.
        port: Where it listens; None takes a free one.

    Raises:
        MosquittoMissing: It is not installed.
    """

    def __init__(self, folder: Path, configuration: str = FAST, *, port: int | None = None) -> None:
        program = find_mosquitto()
        if program is None:
            raise MosquittoMissing
        self._program = program
        self.host, self.port = HOST, port or free_port()
        self.log = folder / "mosquitto.log"
        self._file = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._file.write_text(listener(self.port) + configuration.format(folder=folder), encoding="utf-8")

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def url(self) -> str:
        """As our commands take it."""
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> Self:
        """Start it, or start it again, and wait until it accepts connections.

        Raises:
            ProgramEnded, ProgramSilent: It did not come up.
        """
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH", "")]))
        wrapper = [sys.executable, "-P", "-m", "edge.lab.child_program", str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*wrapper, self._program, "-c", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": path},
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not is_listening(self.host, self.port):
            if self._process.poll() is not None:
                raise ProgramEnded("mosquitto", self._process.returncode, self.log, self._tail())
            if time.monotonic() > deadline:
                self.kill()
                raise ProgramSilent("mosquitto", START_TIMEOUT_S, self.log, self._tail())
            time.sleep(POLL_S)
        return self

    def stop(self) -> None:
        """Ask it to end: it writes down what it keeps."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tail(self) -> str:
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace")
