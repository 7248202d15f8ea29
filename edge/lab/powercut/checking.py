"""The station's own start-up on a state, and an independent look at what it made of it.

The start-up is what `darkstore run` does before it serves: lock, integrity check, schema, a new epoch, sweep,
the desk restored. The checker then reads the records with plain SQL and the pictures from the disk.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from edge.bootstrap import DATABASE_FILE, open_station
from edge.lab.powercut.obligations import Owed, Truth
from edge.settings import Settings
from sync.contract.messages import Birth

ALARMS = ("salvaged", "went_back", "altered")


def recover(settings: Settings) -> Birth:
    """Start the station on a folder, without serving, and stop it; gives the birth that it would publish.

    Raises:
        Exception: Whatever the start-up raises; a cut must not lead there.
    """
    with open_station(settings, serving=False) as station:
        return Birth.model_validate_json(station.delivery.presence.birth().payload)


def violations(
    data: Path, birth: Birth, owed: Owed, truth: Truth, sha256: Callable[[Path], str]
) -> list[str]:
    """What is wrong with a recovered folder; one sentence each, none if all is well.

    Args:
        data: The station's data folder after the recovery.
        birth: What the station would tell the OMS of itself.
        owed: What must be there.
        truth: What belongs to it.
        sha256: Gives a file's digest.
    """
    if (data / "damaged").exists():
        return ["the cut left a database that fails its integrity check"]
    with closing(sqlite3.connect(data / DATABASE_FILE)) as database:
        return [
            *_damage(database),
            *_false_alarms(database, birth),
            *_events(database, owed, truth),
            *_inspections(database, owed, truth, data / "pictures", sha256),
            *_sequences(database, birth),
        ]


def _damage(database: sqlite3.Connection) -> Iterator[str]:
    for (finding,) in database.execute("PRAGMA integrity_check"):
        if finding != "ok":
            yield f"the recovered database is damaged: {finding}"
    for row in database.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} refers to nothing"


def _false_alarms(database: sqlite3.Connection, birth: Birth) -> Iterator[str]:
    """A mere power cut loses nothing and alters nothing, so nobody may be told that it did."""
    marks = ", ".join("?" * len(ALARMS))
    query = f"SELECT kind FROM task WHERE kind IN ({marks})"  # noqa: S608 - our own words
    for (kind,) in database.execute(query, ALARMS):
        yield f"the start raises a false alarm: {kind}"
    for one in birth.epochs:
        if one.lost:
            yield f"the birth names events of epoch {one.epoch} as lost"


def _events(database: sqlite3.Connection, owed: Owed, truth: Truth) -> Iterator[str]:
    found = {
        message_id: (epoch, sequence, hashlib.sha256(envelope or b"").hexdigest())
        for message_id, epoch, sequence, envelope in database.execute(
            "SELECT o.message_id, o.epoch, o.sequence, p.envelope FROM outbox o "
            "LEFT JOIN outbox_payloads p ON p.position = o.position"
        )
    }
    for message_id in sorted(owed.events):
        event = truth.events[message_id]
        if message_id not in found:
            yield f"event {message_id} ({event.kind}) was told of and is gone"
    for message_id, is_now in found.items():
        event = truth.events[message_id]
        if is_now != (event.epoch, event.sequence, event.sha256):
            yield f"event {message_id} ({event.kind}) is not as it was committed"


def _inspections(
    database: sqlite3.Connection, owed: Owed, truth: Truth, pictures: Path, sha256: Callable[[Path], str]
) -> Iterator[str]:
    present = {
        inspection_id: (state, place, known)
        for inspection_id, state, place, known in database.execute(
            "SELECT i.inspection_id, i.state, i.put_away_place, o.message_id FROM inspection i "
            "LEFT JOIN outbox o ON o.message_id = i.message_id"
        )
    }
    for inspection_id in sorted(owed.inspections - present.keys()):
        yield f"inspection {inspection_id} was shown as saved and is gone"
    for inspection_id in sorted(owed.undone & present.keys()):
        if present[inspection_id][0] != "UNDONE":
            yield f"inspection {inspection_id} was shown as undone and is not"
    for inspection_id in sorted(owed.put_away & present.keys()):
        if present[inspection_id][1] is None:
            yield f"inspection {inspection_id} was shown as put away and is not"
    for inspection_id, (_, _, known) in present.items():
        if known is None:
            yield f"inspection {inspection_id} has lost its event"
        for path, digest in sorted(truth.pictures[inspection_id]):
            file = pictures / path
            if not file.is_file():
                yield f"picture {path} of a saved inspection is gone"
            elif sha256(file) != digest:
                yield f"picture {path} of a saved inspection is not the one that was judged"


def _sequences(database: sqlite3.Connection, birth: Birth) -> Iterator[str]:
    named = {one.epoch: one for one in birth.epochs}
    if birth.epoch not in named:
        yield "the birth does not name its own epoch"
    rows = database.execute("SELECT epoch, last_sequence, removed_to FROM epochs").fetchall()
    for epoch, last, removed in rows:
        if epoch not in named or named[epoch].last != last:
            yield f"the birth does not say where epoch {epoch} ended"
            continue
        lost = {sequence for gap in named[epoch].lost for sequence in range(gap.first, gap.last + 1)}
        kept = {
            sequence
            for (sequence,) in database.execute("SELECT sequence FROM outbox WHERE epoch = ?", (epoch,))
        }
        holes = set(range(removed + 1, last + 1)) - kept - lost
        if holes:
            yield f"epoch {epoch} has holes that the birth does not name: {sorted(holes)[:5]}"
        if kept - set(range(1, last + 1)):
            yield f"epoch {epoch} holds events behind its end"
