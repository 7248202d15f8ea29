"""Durable commits a second: one event each, against bare sqlite3 with the same pragmas and the same bytes."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

from edge.lab.bench.figures import percentile, spread
from sync.database import PRAGMAS
from sync.envelope import OutgoingEvent
from sync.outbox import Outbox

TURN = 50  # commits until it is the other outbox's turn


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


def commits_by_turns(empty: Outbox, full: Outbox, events: Sequence[OutgoingEvent]) -> dict[str, Any]:
    """What a commit costs in an outbox with a backlog, beside one without, in short turns of each.

    Args:
        empty: Owes next to nothing.
        full: Owes the backlog.
        events: Committed to both.
    """
    took: dict[str, list[float]] = {"empty": [], "full": []}
    outboxes = {"empty": empty, "full": full}
    for number, part in enumerate(_parts(events)):
        # Who goes first changes, so that neither always pays for what the other left behind.
        for name in ("empty", "full") if number % 2 else ("full", "empty"):
            took[name] += own_commits_a_second(outboxes[name], part)[1]
            outboxes[name].database.checkpoint()  # as the relay does every few seconds
    return {
        "commits": len(events),
        "empty": {"mean_ms": round(mean(took["empty"]), 2), **spread(took["empty"])},
        "with_backlog": {"mean_ms": round(mean(took["full"]), 2), **spread(took["full"])},
        "with_backlog_against_empty": round(mean(took["full"]) / mean(took["empty"]), 2),
        "with_backlog_against_empty_p50": _ratio(took, 0.5),
        "with_backlog_against_empty_p95": _ratio(took, 0.95),
    }


def _ratio(took: dict[str, list[float]], share: float) -> float:
    return round(percentile(took["full"], share) / percentile(took["empty"], share), 2)


def _parts(events: Sequence[OutgoingEvent]) -> Iterator[list[OutgoingEvent]]:
    left = iter(events)
    while part := list(islice(left, TURN)):
        yield part
