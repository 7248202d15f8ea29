"""Saved against applied: the lab's own journal beside the OMS's own ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sync.database import Database
from sync.oms.ledger import LEDGER_FILE, MIGRATIONS
from sync.oms.reconcile import Saved, reconcile


@dataclass(frozen=True, slots=True)
class Books:
    """What the comparison says.

    Attributes:
        events: Answered events in the ledger.
        saved: Inspections that were saved at stations.
        applied: Of them, those that were applied.
        lost: Inspections saved and not applied, and events missing from the sequence of an epoch.
        applied_twice: Inspections whose goods were booked more than once; articles that don't balance.
        rejected: Events that the OMS refused.
        exceptions: Answers that a person would have to look into, by kind.
    """

    events: int
    saved: int
    applied: int
    lost: tuple[str, ...]
    applied_twice: tuple[str, ...]
    rejected: int
    exceptions: dict[str, int]

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, nothing refused."""
        return not (self.lost or self.applied_twice or self.rejected)


def compare_books(oms_folder: Path, saved: Iterable[str]) -> Books:
    """Read the ledger and compare.

    Args:
        oms_folder: The receiver's data folder.
        saved: Ids of all inspections that were saved.
    """
    journal = [Saved(one, None, None) for one in saved]
    ledger = Database.open(oms_folder / LEDGER_FILE, [MIGRATIONS], now=lambda: datetime.now(UTC))
    try:
        by_journal, by_sequence = reconcile(ledger, journal), reconcile(ledger)
        events = int(ledger.sql("SELECT count(*) FROM events")[0][0])
    finally:
        ledger.close()
    twice = set(by_journal.applied_twice) | set(by_journal.unknown_to_journal)
    return Books(
        events=events,
        saved=len(journal),
        applied=by_journal.applied,
        lost=tuple(sorted({*by_journal.lost, *by_sequence.lost})),
        applied_twice=tuple(sorted(twice)),
        rejected=len(by_journal.rejected),
        exceptions=by_journal.exceptions,
    )
