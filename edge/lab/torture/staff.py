"""The people of the store: they work at the desks, and start a station again that died under their hands."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime

from edge.lab.errors import LabError, ProgramEnded, StationUnreachable
from edge.lab.torture.chain import DeskProcess
from edge.lab.torture.desk_driver import DeskDriver, NotShownError
from edge.lab.torture.log import TortureLog
from edge.lab.torture.small_disk import SmallDisk
from edge.lab.torture.waiting import wait_for

PATIENCE_S = 60.0
AGAIN_S = 0.1


class NotSettledError(LabError):
    """A station still owes something after a minute on a good line."""

    code = "lab.not_settled"


class StationDownError(LabError):
    """A station did not come up, or did not stay up."""

    code = "lab.station_down"


class TortureStaff:
    """Everybody.

    Args:
        log: The driver's journal.
        expiry: The date on dated packs.
        disk: The small disk, which they empty where a station can't even start on it.
    """

    def __init__(self, log: TortureLog, expiry: datetime, disk: SmallDisk | None) -> None:
        self._log = log
        self._expiry = expiry
        self._disk = disk
        self._drivers: dict[str, DeskDriver] = {}

    def driver(self, desk: DeskProcess) -> DeskDriver:
        """Who works at this desk."""
        known = self._drivers.get(desk.name)
        if known is None or known.desk is not desk:
            known = self._drivers[desk.name] = DeskDriver(desk, self._log, self._expiry)
        return known

    def bring_up(self, desk: DeskProcess) -> None:
        """Have the station up, and look what it shows.

        Raises:
            StationDownError: It does not stay up.
        """
        deadline = time.monotonic() + PATIENCE_S
        problem: Exception | None = None
        while time.monotonic() < deadline:
            try:
                if not desk.alive():
                    desk.start()
                self.driver(desk).greet()
            except ProgramEnded as error:
                problem = error
                if self._disk is not None:
                    self._disk.empty()
            except (StationUnreachable, NotShownError) as error:
                problem = error
            else:
                return
            time.sleep(AGAIN_S)
        raise StationDownError(f"{desk.name} does not stay up: {problem}") from problem

    def attempt(self, desk: DeskProcess, action: Callable[[], object]) -> bool:
        """Do something at a desk; False where the station refused, failed or died over it."""
        try:
            action()
        except NotShownError:
            return False
        except StationUnreachable:
            self.bring_up(desk)
            return False
        return True

    def inspect(self, desk: DeskProcess, bag: int, unit: int) -> bool:
        """Inspect a unit, again where the station died over it; False where it refuses for now."""
        for _ in range(5):
            try:
                self.driver(desk).inspect(bag, unit)
            except NotShownError as error:
                self._log.write("not_shown", desk=desk.name, bag=bag, unit=unit, why=str(error)[:300])
                return False
            except StationUnreachable:
                self.bring_up(desk)
            else:
                return True
        return False

    def must_inspect(self, desk: DeskProcess, bag: int, unit: int) -> None:
        """Inspect a unit; nothing stands in the way.

        Raises:
            StationDownError: It could not be done.
        """
        if not wait_for(lambda: self.inspect(desk, bag, unit), PATIENCE_S, AGAIN_S):
            raise StationDownError(f"{desk.name} did not save unit {unit} of bag {bag}; its log says why.")

    def wait_for_announcements(self, desks: Iterable[DeskProcess], bag: int) -> None:
        """Wait until every desk knows the bags that the OMS has announced, the last one included.

        Raises:
            StationDownError: One doesn't, in time.
        """
        for desk in desks:
            if not wait_for(lambda desk=desk: self.driver(desk).knows(bag), PATIENCE_S, AGAIN_S):  # type: ignore[misc]
                raise StationDownError(f"{desk.name} does not know what the OMS announced; its log says why.")

    def settle(self, desk: DeskProcess) -> None:
        """Wait until the OMS has answered for everything that the station committed.

        Raises:
            NotSettledError: It has not, in time.
        """
        if not wait_for(lambda: self.owes_nothing(desk), PATIENCE_S):
            raise NotSettledError(f"{desk.name} is not settled: {desk.connection()}")

    def owes_nothing(self, desk: DeskProcess) -> bool:
        """Whether the station says that the OMS has answered for everything, and refused nothing."""
        connection = desk.connection() if desk.alive() else None
        return connection is not None and connection["owed"] == 0 and connection["dead"] == 0
