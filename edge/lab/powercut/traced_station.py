"""The real station, started like any other program of the lab, with strace writing down what it does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from edge.lab.demo_folder import DemoFolder
from edge.lab.powercut.errors import StraceRefused
from edge.lab.powercut.weakened import Weakening
from edge.lab.processes import SOURCES, Program
from edge.lab.running_parts import RunningParts

START_TIMEOUT_S = 180.0  # strace stops the station at each of thousands of files that it opens
STOP_TIMEOUT_S = 60.0


class TracedProgram(Program):
    """A `darkstore` command under strace; what is asked of it is asked of the station, not of strace.

    Args:
        arguments: What stands after `darkstore`.
        log: File that takes what it prints.
        trace: File that takes what strace saw.
        weakening: A safeguard to take away.
    """

    def __init__(self, arguments: list[str], log: Path, trace: Path, weakening: Weakening) -> None:
        super().__init__("station", arguments, log)
        self._trace = trace
        self._weakening = weakening

    def start(self) -> None:
        """Start strace, which starts the station from the same sources as we run from."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("ab")
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH", "")]))
        launcher = [sys.executable, "-P", "-m", "edge.lab.powercut.traced", str(os.getpid())]
        self._process = subprocess.Popen(
            [*launcher, str(self._trace), self._weakening.value, *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        )

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int | None:
        """Ask the station to end, and wait until strace has written all of it down."""
        if self._process is None:
            return None
        for station in self._station():
            station.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return self.kill()
        return self._ended()

    def kill(self) -> int | None:
        """SIGKILL to the station: what it did until then is in the trace."""
        if self._process is None:
            return None
        for station in self._station():
            station.kill()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._ended()

    def _station(self) -> list[psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return []
        return psutil.Process(self._process.pid).children()


class TracedParts(RunningParts):
    """Broker, OMS receiver and wire as in the demo, and a station that is recorded.

    Args:
        folder: The demo's data folder.
        traces: Folder for `run-1.strace`, `run-2.strace`, … one for each start of the station.
        weakening: A safeguard to take away.
    """

    def __init__(self, folder: DemoFolder, traces: Path, weakening: Weakening) -> None:
        super().__init__(folder)
        self._traces = traces
        self._weakening = weakening
        self._runs = 0

    @property
    def runs(self) -> int:
        """How often the station was started."""
        return self._runs

    def start_station(self) -> None:
        """Start the station, or start it again, under strace.

        Raises:
            StraceRefused: It was not written down.
        """
        self._runs += 1
        trace = self._traces / f"run-{self._runs}.strace"
        folder = self._folder
        if self._runs == 1:
            shutil.copytree(folder.station, self._traces / "before")
        arguments = ["run", "--config", str(folder.station_config)]
        station = TracedProgram(arguments, folder.logs / "station.log", trace, self._weakening)
        self.programs["station"] = station
        station.start()
        station.wait_ready(self.client.is_up, START_TIMEOUT_S)
        if not trace.exists() or trace.stat().st_size == 0:
            raise StraceRefused(station.tail() or "its trace is empty")
