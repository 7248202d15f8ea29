"""Waits until everything is settled, then compares: the driver's journal with the OMS's own database.

The station is not asked what it believes. What counts is what it showed as saved (the journal) and what the
OMS has booked (its ledger): that every inspection was applied once, and where its stock ended.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.lab.station_client import StationClient
from edge.lab.where_stock_ended import Accounts, ended_in, misplaced
from sync.database import Database
from sync.oms.ledger import LEDGER_FILE, MIGRATIONS
from sync.oms.reconcile import Report, Saved, reconcile

POLL_S = 0.1
INSPECTED = "darkstore.return.inspected.v1"


@dataclass(frozen=True, slots=True)
class Booked:
    """What the OMS's ledger says.

    Attributes:
        applied: How often each inspection was applied.
        taken_back: Inspections that an undo took back.
        answers: The OMS's last word on each inspection: applied, rejected, or an exception.
        report: The OMS's own comparison of its books with what was shown as saved.
        ended: Where the stock of each inspection ended, by the OMS's postings.
    """

    applied: Counter[str]
    taken_back: frozenset[str]
    answers: dict[str, str]
    report: Report
    ended: Mapping[str, Accounts]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The comparison.

    Attributes:
        owed: What the station still owes when the waiting ended.
        confirmed: Inspections that the station showed as saved, by the driver's journal.
        applied: Of them, those that the OMS has applied.
        lost: Shown as saved, and not applied.
        applied_twice: Applied more than once, undone and not taken back, or books that do not balance.
        unknown: Applied, and never shown as saved.
        rejected: Refused by the OMS and not repaired.
        misplaced: Applied, but the stock is not where the station showed it: each with a sentence.
    """

    owed: int
    confirmed: int
    applied: int
    lost: tuple[str, ...]
    applied_twice: tuple[str, ...]
    unknown: tuple[str, ...]
    rejected: tuple[str, ...]
    misplaced: Mapping[str, str]

    @property
    def good(self) -> bool:
        """Whether nothing is lost, doubled, left over or in the wrong account."""
        return not (
            self.owed or self.lost or self.applied_twice or self.unknown or self.rejected or self.misplaced
        )


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


def read_ledger(oms_folder: Path, journal: Iterable[dict[str, Any]]) -> Booked:
    """Read the OMS's database, whether its own process is still at work on it or not.

    Args:
        oms_folder: The receiver's data folder.
        journal: The driver's entries.
    """
    shown = [Saved(str(one["inspection_id"]), None, INSPECTED) for one in journal if one["kind"] == "saved"]
    ledger = Database.open(oms_folder / LEDGER_FILE, [MIGRATIONS], now=lambda: datetime.now(UTC))
    try:
        with ledger.read():
            events = ledger.sql(
                "SELECT inspection_id, status, exception FROM events WHERE type = ?", (INSPECTED,)
            )
            inactive = ledger.sql("SELECT inspection_id FROM inspections WHERE active = 0")
            ended = ended_in(ledger)
        report = reconcile(ledger, shown)
    finally:
        ledger.close()
    return Booked(
        applied=Counter(str(one) for one, status, _ in events if status == "applied"),
        taken_back=frozenset(str(row[0]) for row in inactive),
        answers={str(one): str(exception or status) for one, status, exception in events},
        report=report,
        ended=ended,
    )


def compare(journal: Iterable[dict[str, Any]], booked: Booked, owed: int) -> Reconciliation:
    """Compare what was shown as saved with what was applied, by our own count and by the OMS's.

    Args:
        journal: The driver's entries.
        booked: The OMS's ledger.
        owed: What the station still owes.
    """
    entries = list(journal)
    saved = [str(entry["inspection_id"]) for entry in entries if entry["kind"] == "saved"]
    undone = [str(entry["inspection_id"]) for entry in entries if entry["kind"] == "undone"]
    lost = {one for one in saved if booked.applied[one] == 0} | set(booked.report.lost)
    twice = {one for one, times in booked.applied.items() if times > 1} | set(booked.report.applied_twice)
    twice |= {one for one in undone if one not in booked.taken_back}
    unknown = {one for one in booked.applied if one not in set(saved)} | set(booked.report.unknown_to_journal)
    return Reconciliation(
        owed=owed,
        confirmed=len(saved),
        applied=sum(1 for one in saved if booked.applied[one] > 0),
        lost=tuple(sorted(lost)),
        applied_twice=tuple(sorted(twice)),
        unknown=tuple(sorted(unknown)),
        rejected=booked.report.rejected,
        misplaced=misplaced(
            (one for one in entries if str(one.get("inspection_id")) not in lost), booked.ended
        ),
    )
