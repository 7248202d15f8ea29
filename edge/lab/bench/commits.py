"""Durable commits a second: one event each, against bare sqlite3 with the same pragmas and the same bytes."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sync.database import PRAGMAS
from sync.envelope import OutgoingEvent
from sync.outbox import Outbox


def own_commits_a_second(outbox: Outbox, events: Sequence[OutgoingEvent]) -> tuple[float, list[float]]:
    """Append each event in a transaction of its own; commits a second, and milliseconds of each."""
    took = []
    began = time.perf_counter()
    for event in events:
        started = time.perf_counter()
        with outbox.database.write():
            outbox.append(event)
        took.append((time.perf_counter() - started) * 1e3)
    return len(events) / (time.perf_counter() - began), took


def bare_commits_a_second(path: Path, payload: bytes, count: int) -> float:
    """The floor: one row with the same bytes, one transaction each."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for name, value in PRAGMAS:
            file.execute(f"PRAGMA {name} = {value}")
        file.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, subject TEXT, payload BLOB)")
        began = time.perf_counter()
        for number in range(count):
            file.execute("BEGIN IMMEDIATE")
            file.execute("INSERT INTO floor (subject, payload) VALUES (?, ?)", (f"R-{number}", payload))
            file.execute("COMMIT")
        return count / (time.perf_counter() - began)
