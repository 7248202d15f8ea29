"""What the station owes at each moment: whatever it had shown or published by then.

What was told is known from the trace; what belongs to it (which event, with which bytes, which pictures) from
the station's own records as they stood at the end of the recording.
"""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.lab.powercut.operations import Mark, Told

KIND = {
    Told.SAVED: "inspected",
    Told.UNDONE: "corrected",
    Told.RESOLVED: "resolved",
    Told.ARRIVED: "received",
    Told.CLOSED: "closed",
}
"""Which event stands for what was told; it is the last but one part of the event's type."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it was committed; no recovery may change it."""

    message_id: str
    epoch: str
    sequence: int
    kind: str
    about: frozenset[str]
    sha256: str


@dataclass(frozen=True, slots=True)
class Truth:
    """The station's records at the end of the recording.

    Attributes:
        events: By message id, in the order of their commits.
        pictures: The (path, digest) of each inspection's pictures.
        holds: The inspection of each hold.
        put_away: Inspections whose unit's bin is on record; one in the bin that was proposed needs none.
    """

    events: dict[str, Event]
    pictures: dict[str, frozenset[tuple[str, str]]]
    holds: dict[str, str]
    put_away: frozenset[str]

    @classmethod
    def read(cls, data: Path) -> "Truth":
        """Read the records of a data folder that no station works on; a copy is read, nothing is changed."""
        with tempfile.TemporaryDirectory(prefix="darkstore-truth-") as name:
            for file in data.glob("station.db*"):
                shutil.copy2(file, name)
            with closing(sqlite3.connect(Path(name) / "station.db")) as database:
                return cls(_events(database), _pictures(database), _holds(database), _put_away(database))


@dataclass(frozen=True, slots=True)
class Owed:
    """What must be there after a cut.

    Attributes:
        events: By message id, whole.
        inspections: With all their pictures.
        undone: Inspections that were taken back.
        put_away: Inspections whose unit lies in its bin.
    """

    events: frozenset[str] = frozenset()
    inspections: frozenset[str] = frozenset()
    undone: frozenset[str] = frozenset()
    put_away: frozenset[str] = frozenset()


def owed_after(marks: Iterable[Mark], truth: Truth) -> list[tuple[int, Owed]]:
    """What is owed from each mark on: (its place, everything owed then), in order.

    Raises:
        ValueError: The station told something of which its records know nothing.
    """
    events: set[str] = set()
    inspections: dict[Told, set[str]] = {told: set() for told in Told}
    times: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for mark in marks:
        about = truth.holds.get(mark.key, mark.key) if mark.told is Told.RESOLVED else mark.key
        inspections[mark.told].add(about)
        if mark.told is Told.PUBLISHED:
            if mark.key not in truth.events:
                raise ValueError(f"event {mark.key} was published, and the records don't know it")
            events.add(mark.key)
        elif mark.told in KIND:
            kind = KIND[mark.told]
            events.add(_event_of(truth, kind, about, times[kind, about]))
            times[kind, about] += 1
        owed = Owed(
            frozenset(events),
            frozenset(inspections[Told.SAVED]),
            frozenset(inspections[Told.UNDONE]),
            frozenset(inspections[Told.PUT_AWAY]) & truth.put_away,
        )
        found.append((mark.at, owed))
    return found


def _event_of(truth: Truth, kind: str, about: str, number: int) -> str:
    matching = [one.message_id for one in truth.events.values() if one.kind == kind and about in one.about]
    if number >= len(matching):
        raise ValueError(f"{about} was shown as {kind}, and the records hold no such event")
    return matching[number]


def _events(database: sqlite3.Connection) -> dict[str, Event]:
    rows = database.execute(
        "SELECT o.message_id, o.epoch, o.sequence, o.type, o.subject, p.envelope FROM outbox o "
        "JOIN outbox_payloads p ON p.position = o.position ORDER BY o.position"
    )
    events = {}
    for message_id, epoch, sequence, kind, subject, envelope in rows:
        data = json.loads(envelope)["data"]
        about = frozenset({subject, str(data.get("inspection_id", ""))})
        digest = hashlib.sha256(envelope).hexdigest()
        events[message_id] = Event(message_id, epoch, sequence, kind.split(".")[-2], about, digest)
    return events


def _pictures(database: sqlite3.Connection) -> dict[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {
        inspection_id: set() for (inspection_id,) in database.execute("SELECT inspection_id FROM inspection")
    }
    for inspection_id, path, sha256 in database.execute("SELECT inspection_id, path, sha256 FROM evidence"):
        found[inspection_id].add((path, sha256))
    return {inspection_id: frozenset(pictures) for inspection_id, pictures in found.items()}


def _holds(database: sqlite3.Connection) -> dict[str, str]:
    return dict(database.execute("SELECT hold_id, inspection_id FROM hold"))


def _put_away(database: sqlite3.Connection) -> frozenset[str]:
    rows = database.execute("SELECT inspection_id FROM inspection WHERE put_away_place IS NOT NULL")
    return frozenset(inspection_id for (inspection_id,) in rows)
