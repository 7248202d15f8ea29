"""One comparison with the OMS, from the question to the verdict, as the staff may see it.

A comparison takes several messages: digests go out, the OMS says what it found, blocks that differ go out by
name, the OMS says which of their events it lacks and asks for them. What is missing is sent again, and then
compared once more. Nothing here is written down: a station compares again soon after each start.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.contract.messages import Compared, SequenceRange

PATIENCE_S = 30.0
"""So long without a word of the OMS, and a comparison is given up as unanswered."""


class ComparisonState(StrEnum):
    """Where the present comparison stands."""

    NEVER = "never"  # none since the station started
    DUE = "due"  # as soon as the OMS is there
    RUNNING = "running"
    DONE = "done"
    UNANSWERED = "unanswered"  # the OMS went away, or doesn't tell what it finds


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sequences of an epoch, both ends included."""

    epoch: str
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known now.

    Attributes:
        state: Of the present comparison; the rest tells of the last one that ended.
        finished_at: When the last one ended with a verdict; None for never.
        compared: Events that both sides looked at.
        missing: Held as answered here, and not at the OMS; sent again.
        foreign: Different events at the same place; people must look.
        doubled: Message ids whose goods the OMS has booked more often than they came in.
        resent: Events that were sent again after the comparison before.
        forgotten: Held by the OMS, and not in this station's records: they went back to an older copy.
    """

    state: ComparisonState = ComparisonState.NEVER
    finished_at: datetime | None = None
    compared: int = 0
    missing: tuple[Stretch, ...] = ()
    foreign: tuple[Stretch, ...] = ()
    doubled: tuple[str, ...] = ()
    resent: int = 0
    forgotten: tuple[Stretch, ...] = ()


@dataclass
class _Round:
    pending: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    """Requests without an answer; of a block by name, which one."""
    unnamed: set[tuple[str, int]] = field(default_factory=set)
    named: set[tuple[str, int]] = field(default_factory=set)
    all_sent: bool = False
    heard: float = 0.0
    compared: int = 0
    missing: list[Stretch] = field(default_factory=list)
    foreign: list[Stretch] = field(default_factory=list)
    doubled: dict[str, None] = field(default_factory=dict)


class ComparisonRounds:
    """Follows comparisons; every method may be called from any thread.

    Args:
        now: Wall time.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(self, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._round: _Round | None = None
        self._last = Comparison()
        self._waiting: ComparisonState = ComparisonState.NEVER
        self._forgotten: dict[str, tuple[Stretch, ...]] = {}

    def result(self) -> Comparison:
        """What is known now."""
        with self._lock:
            state = ComparisonState.RUNNING if self._round is not None else self._waiting
            forgotten = tuple(one for found in self._forgotten.values() for one in found)
            last = self._last
            return Comparison(
                state,
                last.finished_at,
                last.compared,
                last.missing,
                last.foreign,
                last.doubled,
                last.resent,
                forgotten,
            )

    def due(self) -> None:
        """A comparison was asked for, and waits for the OMS."""
        with self._lock:
            self._waiting = ComparisonState.DUE

    def begin(self) -> None:
        """The questions go out now; one that was under way is given up."""
        with self._lock:
            self._round = _Round(heard=self._monotonic())
            self._waiting = ComparisonState.DONE

    def asked(self, request: str, block: tuple[str, int] | None = None) -> None:
        """A request went out: digests, or the events of one block by name."""
        with self._lock:
            if self._round is None:
                return
            self._round.pending[request] = block
            if block is not None:
                self._round.named.add(block)
                self._round.unnamed.discard(block)

    def all_asked(self) -> None:
        """The last digests are out."""
        with self._lock:
            if self._round is not None:
                self._round.all_sent = True
                self._close_if_answered(self._round)

    def told(self, epoch: str, found: Compared) -> None:
        """The OMS says what it found."""
        with self._lock:
            current = self._round
            if current is None or found.request not in current.pending:
                return
            block = current.pending.pop(found.request)
            current.heard = self._monotonic()
            if block is None:
                current.compared += found.count
                current.unnamed |= {(epoch, one) for one in found.differing} - current.named
            current.missing += _stretches(epoch, found.missing)
            current.foreign += _stretches(epoch, found.foreign)
            current.doubled.update(dict.fromkeys(found.doubled))
            self._close_if_answered(current)

    def forgot(self, epoch: str, ranges: Iterable[SequenceRange]) -> None:
        """The OMS holds events of an epoch that this station doesn't."""
        with self._lock:
            self._forgotten[epoch] = tuple(_stretches(epoch, ranges))

    def give_up_if_silent(self) -> None:
        """Nobody answered for too long."""
        with self._lock:
            if self._round is not None and self._monotonic() - self._round.heard > PATIENCE_S:
                self._round, self._waiting = None, ComparisonState.UNANSWERED

    def gone(self) -> None:
        """The OMS or the way to it is gone: what was asked is not answered any more."""
        with self._lock:
            if self._round is not None:
                self._round, self._waiting = None, ComparisonState.UNANSWERED

    def _close_if_answered(self, current: _Round) -> None:
        if not current.all_sent or current.pending or current.unnamed:
            return
        before = sum(one.size for one in self._last.missing)
        self._last = Comparison(
            state=ComparisonState.DONE,
            finished_at=self._now(),
            compared=current.compared,
            missing=tuple(current.missing),
            foreign=tuple(current.foreign),
            doubled=tuple(current.doubled),
            resent=before,
        )
        self._round = None


def _stretches(epoch: str, ranges: Iterable[SequenceRange]) -> list[Stretch]:
    return [Stretch(epoch, one.first, one.last) for one in ranges]
