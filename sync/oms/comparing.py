"""Digests of what was answered, per epoch and thousand sequences: the OMS's side of a reconciliation.

The station's digest covers the events that it holds as answered; ours is taken over the same stretch. Where
they differ, the station is asked for that block by name, and what is missing here is asked for again.
Whatever was found is told to the station, so that its staff can see it.

Doubling shows in no digest, because an id is held once however often its goods were booked. So each stretch
is looked through for inspections that took more out of `RETURNING` than there is of them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sync.contract.messages import (
    Command,
    Compared,
    ReconcileCommand,
    ReconciliationRequest,
    ResendCommand,
    SequenceRange,
    SettledState,
)
from sync.database import Database
from sync.oms.book import EpochKey

NAMED_AT_MOST = 100
RANGES_AT_MOST = 500

HELD = (
    "SELECT sequence, id, status FROM events "
    "WHERE site = ? AND station = ? AND epoch = ? AND sequence BETWEEN ? AND ? ORDER BY sequence"
)
LOST = "SELECT first, last FROM lost_sequences WHERE site = ? AND station = ? AND epoch = ?"
TAKEN_TOO_OFTEN = """
SELECT group_concat(DISTINCT e.id), -sum(CAST(p.quantity AS REAL)) AS taken
FROM events e
JOIN postings p ON p.event_id = e.id AND p.account = 'RETURNING'
JOIN inspections i ON i.inspection_id = e.inspection_id
WHERE e.site = ? AND e.station = ? AND e.epoch = ? AND e.sequence BETWEEN ? AND ?
GROUP BY e.inspection_id
HAVING taken > 0.000001 + (SELECT total(CAST(json_extract(value, '$.quantity') AS REAL)) FROM
json_each(i.holdings)) ORDER BY min(e.sequence)
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a station's request leads to.

    Attributes:
        commands: To be sent to the station.
        tell_again: Events whose recorded answer the station doesn't have right.
        missing: Sequences that the station holds as answered and that are not here.
        foreign: Sequences at which station and OMS hold different events.
        differing: Blocks to be compared by name.
        doubled: Events whose goods are booked more often than they came in.
    """

    commands: list[Command] = field(default_factory=list)
    tell_again: list[str] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def told(self, request: ReconciliationRequest) -> Compared:
        """The same for the station."""
        return Compared(
            request=request.id,
            count=sum(block.count for block in request.blocks) + len(request.events or ()),
            differing=tuple(self.differing),
            missing=named(self.missing),
            foreign=named(self.foreign),
            doubled=tuple(self.doubled[:NAMED_AT_MOST]),
        )


def digest(lines: list[tuple[int, str, str]]) -> str:
    r"""SHA-256 over `"{sequence} {id} {state}\n"` of each event.

    >>> digest([])[:8]
    'e3b0c442'
    """
    text = "".join(f"{sequence} {event_id} {state}\n" for sequence, event_id, state in lines)
    return hashlib.sha256(text.encode()).hexdigest()


class Comparing:
    """Answers reconciliation requests.

    Args:
        database: The ledger's.
        new_id: Gives ids of commands.
    """

    def __init__(self, database: Database, *, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    def held(self, key: EpochKey, first: int, last: int) -> list[tuple[int, str, str]]:
        """Our answered events of a stretch: sequence, id, state."""
        return [(row[0], row[1], _state(row[2])) for row in self._database.sql(HELD, (*key, first, last))]

    def compare(self, site: str, station: str, request: ReconciliationRequest) -> Comparison:
        """What differs, and what to do about it."""
        key = (site, station, request.epoch)
        found = Comparison()
        lost = self._database.sql(LOST, key)
        for block in request.blocks:
            ours = self._comparable(key, block.first, block.last, lost)
            if (len(ours), digest(ours)) != (block.count, block.sha256):
                found.differing.append(block.block)
                found.commands.append(
                    Command(ReconcileCommand(id=self._new_id(), epoch=request.epoch, block=block.block))
                )
            for ids, _ in self._database.sql(TAKEN_TOO_OFTEN, (*key, block.first, block.last)):
                found.doubled.extend(ids.split(","))
        if request.events:
            self._by_name(key, request, found)
        return found

    def _comparable(
        self, key: EpochKey, first: int, last: int, lost: list[tuple[int, ...]]
    ) -> list[tuple[int, str, str]]:
        """What the station can know of: it has lost the others for good, and says so in its birth."""
        held = self.held(key, first, last)
        if not lost:
            return held
        return [one for one in held if not any(low <= one[0] <= high for low, high in lost)]

    def _by_name(self, key: EpochKey, request: ReconciliationRequest, found: Comparison) -> None:
        events = request.events or ()
        ours = {
            sequence: (event_id, state)
            for sequence, event_id, state in self.held(key, events[0].sequence, events[-1].sequence)
        }
        for event in events:
            here = ours.get(event.sequence)
            if here is None:
                found.missing.append(event.sequence)
            elif here[0] != event.id:
                found.foreign.append(event.sequence)
            elif here[1] != event.state:
                found.tell_again.append(event.id)
        found.commands.extend(
            Command(ResendCommand(id=self._new_id(), epoch=request.epoch, first=first, last=last))
            for first, last in ranges(found.missing)
        )


def named(sequences: list[int]) -> tuple[SequenceRange, ...]:
    """Neighbouring numbers together, as many as a message may carry."""
    return tuple(SequenceRange(first=first, last=last) for first, last in ranges(sequences)[:RANGES_AT_MOST])


def ranges(sequences: list[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers together.

    >>> ranges([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    found: list[tuple[int, int]] = []
    for sequence in sorted(sequences):
        if found and found[-1][1] == sequence - 1:
            found[-1] = (found[-1][0], sequence)
        else:
            found.append((sequence, sequence))
    return found


def _state(status: str) -> str:
    return SettledState.REJECTED.value if status == "rejected" else SettledState.SETTLED.value
