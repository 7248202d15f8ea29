"""The through-mark of each epoch: every sequence up to it has a final answer, or was reported lost.

What lies beyond a gap is remembered in memory, as stretches, and read again from the ledger after a restart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.database import Database
from sync.oms.book import EpochKey
from sync.oms.sequence_ranges import Stretch, gaps, merged, reach, with_numbers

BEYOND = """
    SELECT min(sequence), max(sequence) FROM (
        SELECT sequence, sequence - row_number() OVER (ORDER BY sequence) AS stretch FROM events
        WHERE site = ? AND station = ? AND epoch = ? AND sequence > ?
    ) GROUP BY stretch ORDER BY 1
"""


@dataclass
class _Mark:
    through: int = 0
    through_id: str | None = None
    beyond: list[Stretch] = field(default_factory=list)
    lost: list[Stretch] = field(default_factory=list)

    def covered(self) -> list[Stretch]:
        """What lies beyond the mark and needs no waiting for."""
        return merged([*self.beyond, *self.lost])


@dataclass(frozen=True, slots=True)
class Through:
    """A mark as it is told to the station."""

    through: int
    through_id: str | None


class Marks:
    """Keeps the marks. `advance` inside the batch's transaction, `keep` after its commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[EpochKey, _Mark] = {}
        self._next: dict[EpochKey, _Mark] = {}

    def advance(self, key: EpochKey, answered: Iterable[int]) -> Through:
        """Takes in sequences that have just got a final answer, and writes the mark."""
        before = self._read(key)
        mark = _Mark(before.through, before.through_id, with_numbers(before.beyond, answered), before.lost)
        reached = reach(mark.through, mark.covered())
        if reached > mark.through:
            mark.beyond = [stretch for stretch in mark.beyond if stretch[0] > reached]
            mark.through, mark.through_id = self._named(key, reached, mark)
            self._database.sql(
                "INSERT INTO marks (site, station, epoch, through, through_id) VALUES (?,?,?,?,?) "
                "ON CONFLICT DO UPDATE SET through = excluded.through, through_id = excluded.through_id",
                (*key, mark.through, mark.through_id),
            )
        self._next[key] = mark
        return Through(mark.through, mark.through_id)

    def through(self, key: EpochKey) -> Through:
        """Where the mark stands."""
        mark = self._read(key)
        return Through(mark.through, mark.through_id)

    def keep(self) -> None:
        """The transaction was committed: what it advanced now holds."""
        self._known.update(self._next)
        self._next.clear()

    def drop(self) -> None:
        """The transaction was undone: so is what it advanced."""
        self._next.clear()

    def forget(self, key: EpochKey) -> None:
        """Reads the epoch anew next time, because a birth said that sequences are lost."""
        self._known.pop(key, None)
        self._next.pop(key, None)

    def lower(self, key: EpochKey, below: int) -> None:
        """Inside a transaction: an event below the mark is missing, and the mark must not vouch for it.

        Else the answers to other events would settle it at the station before it has come again.
        """
        mark = self._read(key)
        if mark.through < below:
            return
        through, through_id = self._named(key, below - 1, _Mark())
        self._database.sql(
            "UPDATE marks SET through = ?, through_id = ? WHERE site = ? AND station = ? AND epoch = ?",
            (through, through_id, *key),
        )
        self.forget(key)

    def missing(self, key: EpochKey, last: int, limit: int) -> list[tuple[int, int]]:
        """The first gaps up to `last`, as (from, to)."""
        mark = self._read(key)
        return gaps(mark.through, last, mark.covered())[:limit]

    def _read(self, key: EpochKey) -> _Mark:
        if key in self._next:
            return self._next[key]
        if key not in self._known:
            self._known[key] = self._load(key)
        return self._known[key]

    def _load(self, key: EpochKey) -> _Mark:
        mark = _Mark()
        for through, through_id in self._database.sql(
            "SELECT through, through_id FROM marks WHERE site = ? AND station = ? AND epoch = ?", key
        ):
            mark.through, mark.through_id = through, through_id
        mark.beyond = [(row[0], row[1]) for row in self._database.sql(BEYOND, (*key, mark.through))]
        mark.lost = [
            (row[0], row[1])
            for row in self._database.sql(
                "SELECT first, last FROM lost_sequences WHERE site = ? AND station = ? AND epoch = ?", key
            )
        ]
        return mark

    def _named(self, key: EpochKey, reached: int, mark: _Mark) -> tuple[int, str | None]:
        """The last answered event up to `reached`: a lost one has no id to name the mark by."""
        for sequence, event_id in self._database.sql(
            "SELECT sequence, id FROM events WHERE site = ? AND station = ? AND epoch = ? AND sequence <= ? "
            "ORDER BY sequence DESC LIMIT 1",
            (*key, reached),
        ):
            return sequence, event_id
        return mark.through, mark.through_id
