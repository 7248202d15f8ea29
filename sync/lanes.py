"""Which owed events leave next.

Three rules:

1. **Order holds per subject, by one at a time.** The next event of a return leaves when the one before it was
   answered for good; so a `retry` or a rejection holds back the later events of that return alone, and no
   other.
2. **Live returns don't stand behind a backlog.** Rows committed since we came online form the live lane,
   older ones the backlog. The live lane goes first; each leaves the other a share of the window. Where a
   live row's subject still has older rows in the backlog, those are pulled forward, in order.
3. **Nothing is held in memory but what is in flight.** Lanes are cursors over the database. A row which the
   cursor passes because its subject is busy is found again through the subject, when that becomes free.

A lane knows no time and no network: the relay tells it what was answered.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sync.owed import Owed

LIVE_RESERVE = 0.1  # share of the window that the backlog leaves to live rows
BACKLOG_RESERVE = 0.25  # share that live rows leave to the backlog
LOOK_AHEAD = 10_000  # rows passed over in one go, at most


class Source(Protocol):
    """Where lanes read; see `sync.owed.OwedRows`."""

    def newest(self) -> int:
        """The last position committed."""

    def after(self, position: int, up_to: int, limit: int) -> list[Owed]:
        """The next owed rows in order."""

    def first_of(self, subject: str) -> Owed | None:
        """A subject's first owed row."""

    def firsts_of(self, subjects: Sequence[str]) -> dict[str, Owed]:
        """The first owed row of each subject that has one."""

    def holds(self) -> dict[str, int]:
        """Held subjects with the first held place."""


@dataclass(slots=True)
class _Lane:
    """A cursor over positions up to `end`, and the page that was read ahead."""

    cursor: int
    end: int
    page: deque[Owed] = field(default_factory=deque)
    answered_ahead: set[int] = field(
        default_factory=set
    )  # positions in the page that need no sending any more
    exhausted: bool = False
    in_flight: int = 0

    def rewind(self, cursor: int) -> None:
        """Read again from `cursor` on."""
        self.cursor, self.exhausted = cursor, False
        self.page.clear()
        self.answered_ahead.clear()


class Lanes:
    """The order in which a connection sends what is owed.

    Args:
        source: The owed rows.
        window: Events that may be unanswered at once.
        page_size: Rows read at once.
    """

    def __init__(self, source: Source, *, window: int, page_size: int) -> None:
        self._source = source
        self._window = window
        self._page_size = page_size
        self.restart()

    def restart(self) -> None:
        """Begin again from the oldest owed row: after a connection was lost, or the OMS came back."""
        newest = self._source.newest()
        self._backlog = _Lane(cursor=0, end=newest, exhausted=newest == 0)
        self._live = _Lane(cursor=newest, end=newest, exhausted=True)
        self._flights: dict[str, tuple[_Lane, Owed]] = {}  # by subject
        self._delayed: set[str] = set()
        self._parked: dict[str, int] = {}  # subject -> last position that was passed over
        self._ready: deque[str] = deque()  # subjects that became free and were passed over
        self._held = self._source.holds()

    @property
    def in_flight(self) -> int:
        """Events sent and not answered."""
        return len(self._flights)

    @property
    def room(self) -> int:
        """Events that may leave now."""
        return self._window - len(self._flights)

    @property
    def hungry(self) -> bool:
        """Whether the look-ahead ended before the window was full: ask again at once."""
        return any(not lane.exhausted and lane.in_flight < self._limit(lane) for lane in self._lanes) and (
            self.room > 0
        )

    def flying(self, subject: str) -> Owed | None:
        """The unanswered event of a subject."""
        flight = self._flights.get(subject)
        return None if flight is None else flight[1]

    def appended(self) -> None:
        """New rows were committed at the end."""
        self._live.exhausted = False

    def reopened(self, position: int) -> None:
        """Rows from `position` on may be owed again, or their subjects free again."""
        self._held = self._source.holds()
        self._backlog.end = max(self._backlog.end, self._live.cursor)
        self._backlog.rewind(min(self._backlog.cursor, position - 1))

    def held_anew(self) -> None:
        """A dead letter holds back what comes after it, or does so no more."""
        self._held = self._source.holds()

    def delay(self, subject: str) -> None:
        """The event in flight comes back: its subject waits until `resume`."""
        flight = self._flights.pop(subject, None)
        if flight is not None:
            lane, row = flight
            lane.in_flight -= 1
            self._park(row)
        self._delayed.add(subject)

    def resume(self, subject: str) -> None:
        """The wait of a delayed subject is over."""
        self._delayed.discard(subject)
        self._free(subject)

    def answered(self, row: Owed) -> None:
        """A row needs no sending any more; its subject's next may go."""
        flight = self._flights.get(row.subject)
        if flight is not None and flight[1].position == row.position:
            del self._flights[row.subject]
            flight[0].in_flight -= 1
        for lane in self._lanes:
            if lane.page and lane.cursor < row.position <= lane.page[-1].position:
                lane.answered_ahead.add(row.position)
        self._delayed.discard(row.subject)
        if row.subject in self._held:
            self.held_anew()
        self._free(row.subject)

    def next(self) -> list[Owed]:
        """The rows that leave now, each counted as in flight from here on."""
        if not self._live.exhausted:
            self._live.end = max(self._live.end, self._source.newest())
        leaving = list(self._from_ready())
        for lane in self._lanes:
            if not lane.exhausted:
                leaving.extend(self._from_lane(lane))
        return leaving

    # -- inside
    # -------------------------------------------------------------------------------------------------

    @property
    def _lanes(self) -> tuple[_Lane, _Lane]:
        return (self._live, self._backlog)

    def _limit(self, lane: _Lane) -> int:
        if lane is self._backlog:
            return max(1, int(self._window * (1 - LIVE_RESERVE)))
        return self._window if self._backlog.exhausted else max(1, int(self._window * (1 - BACKLOG_RESERVE)))

    def _free(self, subject: str) -> None:
        if subject in self._parked and subject not in self._flights and subject not in self._delayed:
            self._ready.append(subject)

    def _from_ready(self) -> Iterator[Owed]:
        subjects: list[str] = []
        while self._ready and len(subjects) < self.room:
            subject = self._ready.popleft()
            if not self._busy(subject) and subject in self._parked:
                subjects.append(subject)
        firsts = self._source.firsts_of(subjects)
        for subject in dict.fromkeys(subjects):
            row = firsts.get(subject)
            if row is None or (row.place == row.position and row.position > self._parked[subject]):
                del self._parked[subject]  # the cursor is yet to come to what follows
            elif self._may_pass(row):
                yield self._launch(row)

    def _from_lane(self, lane: _Lane) -> Iterator[Owed]:
        limit = self._limit(lane)
        for _ in range(LOOK_AHEAD):
            if self.room <= 0 or lane.in_flight >= limit:
                return
            row = self._pull(lane)
            if row is None:
                return
            if row.position in lane.answered_ahead:
                continue
            if self._busy(row.subject):
                self._park(row)
                continue
            if row.subject in self._parked or (lane is self._live and not self._backlog.exhausted):
                first = self._source.first_of(row.subject)
                if first is None:
                    continue
                self._park(row)
                row = first
            if self._may_pass(row):
                yield self._launch(row)
            else:
                self._park(row)

    def _pull(self, lane: _Lane) -> Owed | None:
        if not lane.page:
            lane.answered_ahead.clear()
            lane.page.extend(self._source.after(lane.cursor, lane.end, self._page_size))
            if not lane.page:
                lane.exhausted, lane.cursor = True, lane.end
                return None
        row = lane.page.popleft()
        lane.cursor = row.position
        return row

    def _busy(self, subject: str) -> bool:
        return subject in self._flights or subject in self._delayed

    def _park(self, row: Owed) -> None:
        self._parked[row.subject] = max(row.position, self._parked.get(row.subject, 0))

    def _may_pass(self, row: Owed) -> bool:
        held = self._held.get(row.subject)
        return held is None or row.place <= held

    def _launch(self, row: Owed) -> Owed:
        lane = self._backlog if row.position <= self._backlog.end else self._live
        lane.in_flight += 1
        self._flights[row.subject] = (lane, row)
        return row
