"""Waits until what the OMS publishes has reached the station's local copy."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress

from edge.lab.demo_folder import DemoFolder
from edge.lab.errors import ProgramSilent
from edge.lab.running_parts import RunningParts
from edge.lab.shift.plan import Shift

TIMEOUT_S = 30.0
POLL_S = 0.05


class StationCopy:
    """Looks into the station's database, read-only.

    Args:
        folder: The demo's data folder.
        parts: Its running parts.
    """

    def __init__(self, folder: DemoFolder, parts: RunningParts) -> None:
        self._uri = f"{(folder.station / 'data' / 'station.db').as_uri()}?mode=ro"
        self._parts = parts

    def wait_for_announcements(self, shift: Shift) -> None:
        """Wait for the expected returns and the places.

        Raises:
            ProgramSilent: They did not arrive in time.
            ProgramEnded: A program ended meanwhile.
        """
        announced = sum(1 for plan in shift.returns if plan.expected is not None)
        self._wait(
            lambda: self._count("expected_return") >= announced and self._count("place") > 0,
            "The OMS's announcements",
        )

    def wait_for_cancellations(self, shift: Shift) -> None:
        """Wait until the cancelled returns are known as such.

        Raises:
            ProgramSilent: The cancellations did not arrive in time.
            ProgramEnded: A program ended meanwhile.
        """
        cancelled = sum(1 for plan in shift.returns if plan.cancelled)
        self._wait(
            lambda: self._count("expected_return WHERE upper(state) = 'CANCELLED'") >= cancelled,
            "The OMS's cancellations",
        )

    def _wait(self, arrived: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            for program in self._parts.programs.values():
                program.require_alive()
            with suppress(sqlite3.Error):
                if arrived():
                    return
            time.sleep(POLL_S)
        station = self._parts.programs["station"]
        raise ProgramSilent(what, TIMEOUT_S, station.log, station.tail())

    def _count(self, table: str) -> int:
        with closing(sqlite3.connect(self._uri, uri=True, timeout=2.0)) as file:
            return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
