"""Waits until everything is settled, then compares: the driver's journal with the OMS's own database.

The station is not asked what it believes. What counts is what it showed as saved (the journal) and what the
OMS has booked (its ledger).
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.lab.station_client import StationClient

POLL_S = 0.1
INSPECTED = "darkstore.return.inspected.v1"
CORRECTED = "darkstore.return.corrected.v1"


@dataclass(frozen=True, slots=True)
class Applied:
    """What the OMS's ledger says of one station."""

    inspections: Counter[str]  # how often each inspection's movements were applied
    corrected: frozenset[str]  # inspections that a correction took back
    states: dict[str, str]  # inspection → applied, rejected, or an exception
    rejected: int
    events: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The comparison.

    Attributes:
        owed: What the station still owes when the waiting ended.
        confirmed: Inspections that the station showed as saved, by the driver's journal.
        applied: Of them, those that the OMS has applied.
        lost: Shown as saved, and not applied.
        applied_twice: Applied more than once, or undone and not taken back.
        unknown: Applied, and never shown as saved.
        rejected: Refused by the OMS.
    """

    owed: int
    confirmed: int
    applied: int
    lost: tuple[str, ...]
    applied_twice: tuple[str, ...]
    unknown: tuple[str, ...]
    rejected: int

    @property
    def good(self) -> bool:
        """Whether nothing is lost, doubled or left over."""
        return not (self.owed or self.lost or self.applied_twice or self.rejected)


def wait_until_settled(
    client: StationClient,
    *,
    timeout_s: float,
    on_progress: Callable[[int], None] = lambda _: None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Wait until the station owes nothing more; returns what it still owes when the time is over."""
    deadline = monotonic() + timeout_s
    while True:
        connection: dict[str, Any] = client.get("/api/state")["connection"]
        owed = int(connection["owed"])
        on_progress(owed)
        if owed == 0 or monotonic() > deadline:
            return owed
        sleep(POLL_S)


def read_ledger(oms_folder: Path, site: str, station: str) -> Applied:
    """Read the OMS's database, which stays open in its own process."""
    uri = f"{(oms_folder / 'oms.db').absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=10.0)) as ledger:
        rows = ledger.execute(
            "SELECT type, status, exception, inspection_id, corrected_by, movements FROM events "
            "WHERE site = ? AND station = ?",
            (site, station),
        ).fetchall()
    applied: Counter[str] = Counter()
    corrected: set[str] = set()
    states: dict[str, str] = {}
    for kind, status, exception, inspection_id, corrected_by, movements in rows:
        if kind == INSPECTED and inspection_id:
            states[inspection_id] = exception or status
            if status == "applied":
                applied[inspection_id] += 1
            if corrected_by:
                corrected.add(inspection_id)
        elif (
            kind == CORRECTED
            and inspection_id
            and status == "applied"
            and json.loads(movements or "[]") == []
        ):
            corrected.add(inspection_id)
    rejected = sum(1 for row in rows if row[1] == "rejected")
    return Applied(applied, frozenset(corrected), states, rejected, len(rows))


def compare(journal: Iterable[dict[str, Any]], applied: Applied, owed: int) -> Reconciliation:
    """Compare what was shown as saved with what was applied.

    Args:
        journal: The driver's entries.
        applied: The OMS's ledger.
        owed: What the station still owes.
    """
    entries = list(journal)
    saved = [str(entry["inspection_id"]) for entry in entries if entry["kind"] == "saved"]
    undone = [str(entry["inspection_id"]) for entry in entries if entry["kind"] == "undone"]
    lost = [one for one in saved if applied.inspections[one] == 0]
    twice = [one for one, times in applied.inspections.items() if times > 1]
    twice += [one for one in undone if one not in applied.corrected]
    unknown = [one for one in applied.inspections if one not in set(saved)]
    return Reconciliation(
        owed=owed,
        confirmed=len(saved),
        applied=len(saved) - len(lost),
        lost=tuple(lost),
        applied_twice=tuple(twice),
        unknown=tuple(unknown),
        rejected=applied.rejected,
    )
