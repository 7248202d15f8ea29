"""What was shown as *Saved*, against what the OMS has booked; believes neither side.

Reads the driver's journal and the OMS's database file, with its own arithmetic: neither the station's records
nor the OMS's own reconciliation are asked. What must hold:

- each inspection shown as saved is applied (else `lost`), its undo too, and each bag shown as closed;
- its goods left `RETURNING` exactly once (else `applied_twice`), and nothing is applied that nobody was shown
  (`unknown`);
- the events of a return at a station were applied in the order in which they were committed
  (else `order_violations`);
- each unit stands where the desk said (`stock`): the account of its disposition; nowhere, once taken back;
  in quarantine, where the same unit was taken elsewhere before. The articles' accounts hold just that;
- nothing was rejected (`rejected`): no station's event took another's place.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from edge.lab.torture.books import CLOSED, CORRECTED, INSPECTED, Event, Shown, read_books, read_journal
from edge.lab.torture.findings import Finding, Verdict
from edge.lab.torture.order_check import find_order
from edge.lab.torture.stock_check import find_stock


def check(journal: Path, ledger: Path) -> Verdict:
    """Compare; the OMS may be at work meanwhile.

    Args:
        journal: The driver's.
        ledger: The OMS's database file.
    """
    shown, books = read_journal(journal), read_books(ledger)
    findings = (
        *_lost(shown, books.events),
        *_unknown(shown, books.events),
        *_rejected(books.events),
        *find_order(shown, books.events),
        *find_stock(shown, books),
    )
    return Verdict(findings, len(shown.saved), len(books.events))


def _lost(shown: Shown, events: Iterable[Event]) -> Iterable[Finding]:
    applied = [one for one in events if one.status == "applied"]
    inspected = {one.inspection_id for one in applied if one.type == INSPECTED}
    taken_back = Counter(one.inspection_id for one in applied if one.type == CORRECTED)
    closed = {(one.station, one.subject) for one in applied if one.type == CLOSED}
    for inspection_id, line in shown.saved.items():
        if inspection_id not in inspected:
            yield Finding(
                "lost",
                f"{line['serial']} was shown as saved at {line['desk']} and is not applied.",
                inspection_id,
                line["return_id"],
            )
    for inspection_id in sorted(shown.undone):
        if not taken_back[inspection_id]:
            yield Finding("lost", "It was shown as taken back; the OMS wasn't told.", inspection_id)
    for station, return_id in sorted(shown.closed - closed):
        yield Finding(
            "lost", f"{station} showed {return_id} as closed; the OMS wasn't told.", None, return_id
        )


def _unknown(shown: Shown, events: Iterable[Event]) -> Iterable[Finding]:
    for one in events:
        if one.inspection_id is None or one.status != "applied":
            continue
        if one.inspection_id not in shown.saved:
            yield Finding(
                "unknown", "It is applied, and was never shown as saved.", one.inspection_id, one.subject
            )
        if one.type == CORRECTED and one.inspection_id not in shown.undone:
            yield Finding("unknown", "It was never shown as taken back.", one.inspection_id, one.subject)


def _rejected(events: Iterable[Event]) -> Iterable[Finding]:
    for one in events:
        if one.status != "applied":
            yield Finding(
                "rejected", f"{one.type} was rejected: {one.reason}", one.inspection_id, one.subject
            )
