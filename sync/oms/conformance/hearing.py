"""What a station concludes from the answers that it hears, exactly as a real one would.

Of each message the lines count first, then the through-mark; an event has the answer that came first. A mark
settles the rows of its epoch up to it, and only where the event at the mark has the id that the mark names.
A delivery that is repeated is answered by a line alone, because a mark says nothing about it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sync.contract.errors import MessageInvalid
from sync.contract.messages import (
    Acks,
    AnswerStatus,
    OmsState,
    RebirthCommand,
    ReconcileCommand,
    ResendCommand,
)
from sync.contract.validation import parse
from sync.oms.conformance.events import Event


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one delivery.

    Attributes:
        by_mark: No line told it: a through-mark covered it.
    """

    status: AnswerStatus
    exception: str | None = None
    reason: str | None = None
    field: str | None = None
    not_before: datetime | None = None
    by_mark: bool = False

    def __str__(self) -> str:
        parts = [f"`{self.status}`"]
        if self.by_mark:
            parts.append("by a through-mark")
        if self.exception:
            parts.append(f"with `{self.exception}`")
        if self.field:
            parts.append(f"naming the field {self.field}")
        if self.reason:
            parts.append(f"({self.reason})")
        return " ".join(parts)


@dataclass(slots=True)
class Heard:
    """What came besides answers."""

    commands: list[ResendCommand | RebirthCommand | ReconcileCommand] = field(default_factory=list)
    states: list[OmsState] = field(default_factory=list)
    streams: list[tuple[str, bytes]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


class Hearing:
    """The answers that one station heard; filled by its connection's thread, waited for by the rule's."""

    def __init__(self, wait_for: Callable[[Callable[[], bool], float], bool]) -> None:
        self._wait_for = wait_for
        self._lock = threading.Lock()
        self._acks: list[Acks] = []
        self._sent: dict[tuple[str, int], str] = {}
        self.unreadable: list[str] = []
        self.largest = 0

    def sending(self, event: Event) -> int:
        """Notes that an event is sent now; returns the place from which what is heard may answer it."""
        with self._lock:
            self._sent.setdefault((event.epoch, event.sequence), event.id)
            return len(self._acks)

    def heard(self, payload: bytes) -> None:
        """Takes in a message of the station's `acks`."""
        self.largest = max(self.largest, len(payload))
        try:
            acks = parse(Acks, payload)
        except MessageInvalid as error:
            self.unreadable.append(str(error))
            return
        with self._lock:
            self._acks.append(acks)

    def answer(self, event: Event, since: int, timeout_s: float, *, repeated: bool = False) -> Told | None:
        """The first answer to a delivery; None if there is none in time."""
        scanned, told = since, None

        def found() -> bool:
            nonlocal scanned, told
            for acks in self.since(scanned):
                scanned += 1
                told = told or self._told(acks, event, repeated=repeated)
            return told is not None

        self._wait_for(found, timeout_s)
        return told

    def lines(self, event: Event, since: int = 0) -> list[Told]:
        """All lines about an event."""
        return [told for acks in self.since(since) if (told := _line(acks, event)) is not None]

    def since(self, place: int) -> list[Acks]:
        """What was heard from a place on."""
        with self._lock:
            return self._acks[place:]

    def through(self, epoch: str) -> list[tuple[int, str | None]]:
        """The through-marks of an epoch, in the order in which they came."""
        return [(one.through, one.through_id) for one in self.since(0) if one.epoch == epoch and one.through]

    def _told(self, acks: Acks, event: Event, *, repeated: bool) -> Told | None:
        line = _line(acks, event)
        if line is not None or repeated or acks.epoch != event.epoch or acks.through < event.sequence:
            return line
        if self._sent.get((acks.epoch, acks.through)) == acks.through_id:
            return Told(AnswerStatus.APPLIED, by_mark=True)
        return None


def _line(acks: Acks, event: Event) -> Told | None:
    for line in acks.results:
        if line.id == event.id:
            return Told(line.status, line.exception, line.reason, line.field, line.not_before)
    return None
