"""What a start finds of the station's records: whole, or damaged and salvaged, or gone back in time.

The station claims health only over records of which it has reason to believe that they are whole:

- the file is there where there was one before, and SQLite's integrity check passes;
- every event that was ever committed is there, known as lost, or let go after its time;
- the database reaches as far as its high-water marks, which are kept outside of it;
- where the station was stopped in order, the file is bit by bit the one that it left.

What fails is salvaged or named, and said: to the staff as a task, on the status page as a warning, and to
the OMS in the birth. The rest goes on.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync.database import Database, MigrationSet
from sync.errors import DatabaseDamaged
from sync.high_water import HighWater, name_what_went_back
from sync.salvage import SalvageReport, salvage
from sync.sealing import SealState, break_seal, check_seal, seal
from sync.wholeness import require_present, require_whole

logger = logging.getLogger(__name__)

MARKS_FILE = "station.mark"


@dataclass(frozen=True, slots=True)
class Waking:
    """What was found.

    Attributes:
        salvaged: The damage, and what was saved.
        went_back: Epoch with the sequences (first, last) that the records once had and have no more.
        altered: The file was changed while no station was at work; what in it, nobody can say.
    """

    salvaged: SalvageReport | None = None
    went_back: tuple[tuple[str, int, int], ...] = ()
    altered: bool = False

    @property
    def trouble(self) -> str | None:
        """The worst of it as a word: `salvaged`, `went_back`, `altered`; None where all is well."""
        if self.salvaged is not None:
            return "salvaged"
        if self.went_back:
            return "went_back"
        return "altered" if self.altered else None

    @property
    def lost_events(self) -> int:
        """How many events are gone from the records."""
        salvaged = self.salvaged.lost_events if self.salvaged is not None else ()
        return sum(last - first + 1 for _, first, last in (*salvaged, *self.went_back))


def wake(
    path: Path, migrations: Sequence[MigrationSet], *, now: Callable[[], datetime]
) -> tuple[Database, Waking]:
    """Look at the records before anything is written to them, make them fit for work, and open them.

    Raises:
        DatabaseTooNew, DatabaseUnwritable, MigrationFailed: They can't be opened at all; nothing was changed.
    """
    marks = HighWater(path.with_name(MARKS_FILE)).read()
    sealed = check_seal(path)
    report = None
    try:
        require_present(path, expected=bool(marks))
        database = _open_whole(path, migrations, now)
    except DatabaseDamaged as error:
        logger.error("%s", error)  # noqa: TRY400 - the sentence is meant for people; a traceback says nothing
        report = salvage(path, migrations, now=now)
        database = Database.open(path, migrations, now=now)
    break_seal(path)
    went_back = tuple(name_what_went_back(database, marks))
    altered = sealed is SealState.BROKEN and report is None
    if altered:
        logger.error("%s was changed while no station was at work", path)
    if went_back:
        logger.error("%s is an older copy of the records: %s are gone", path, went_back)
    return database, Waking(report, went_back, altered)


def seal_quietly(path: Path) -> None:
    """After an orderly stop; a disk that takes nothing leaves the records without a seal."""
    try:
        seal(path)
    except OSError as error:
        logger.warning("%s could not be sealed: %s", path, error)


@contextmanager
def unsealed(path: Path) -> Iterator[None]:
    """For commands that write while the station is stopped: what was whole before is whole afterwards."""
    whole = check_seal(path) is SealState.WHOLE
    if whole:
        break_seal(path)
    yield
    if whole:
        seal_quietly(path)


def _open_whole(path: Path, migrations: Sequence[MigrationSet], now: Callable[[], datetime]) -> Database:
    database = Database.open(path, migrations, now=now)
    try:
        require_whole(database, migrations)
    except BaseException:
        database.close()
        raise
    return database
