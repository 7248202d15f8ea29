"""Where every unit's stock ended: as the station last showed it, against the OMS's own postings.

That an inspection was applied says little if its goods then lie in the wrong account. So the postings of each
inspection are added up, and must have moved what came in to the account of the disposition that the staff saw
last, and nowhere else; after an undo, nowhere at all. The shift brings nothing that nobody expects, so goods
that the OMS keeps out of stock are in the wrong place too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from edge.grading.decision import Disposition, StockState, state_of
from sync.database import Database

Accounts = Mapping[str, Decimal]
"""Account to quantity; what came in stands as a negative quantity of `RETURNING`."""

POSTINGS_OF_INSPECTIONS = """
    SELECT events.inspection_id, postings.account, postings.quantity
    FROM postings JOIN events ON events.id = postings.event_id
    WHERE events.inspection_id IS NOT NULL
    UNION ALL
    SELECT substr(event_id, 9), account, quantity FROM postings WHERE event_id LIKE 'matched:%'
"""


def ended_in(ledger: Database) -> dict[str, Accounts]:
    """What the OMS has booked for each inspection, accounts that are empty again left out."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for inspection_id, account, quantity in ledger.sql(POSTINGS_OF_INSPECTIONS):
        sums[inspection_id][account] += Decimal(quantity)
    return {
        one: {account: quantity for account, quantity in accounts.items() if quantity}
        for one, accounts in sums.items()
    }


def misplaced(journal: Iterable[dict[str, Any]], ended: Mapping[str, Accounts]) -> dict[str, str]:
    """The inspections whose stock is not where the station showed it, each with a sentence.

    Args:
        journal: The driver's entries.
        ended: What the OMS has booked, from `ended_in`.
    """
    shown: dict[str, tuple[str, ...]] = {}
    for entry in journal:
        kind, inspection_id = entry["kind"], str(entry.get("inspection_id"))
        if kind in ("saved", "resolved"):
            shown[inspection_id] = (str(entry["disposition"]),)
        elif kind == "resolving":  # asked for; a kill may have kept the driver from seeing the answer
            shown[inspection_id] = (*shown.get(inspection_id, ()), str(entry["disposition"]))
        elif kind == "undone":
            shown[inspection_id] = ()
    found = {}
    for inspection_id, dispositions in shown.items():
        problem = _problem(dispositions, ended.get(inspection_id, {}))
        if problem is not None:
            found[inspection_id] = problem
    return found


def _problem(dispositions: tuple[str, ...], booked: Accounts) -> str | None:
    there = {account: quantity for account, quantity in booked.items() if account != StockState.RETURNING}
    lies = ", ".join(f"{quantity} in {account}" for account, quantity in sorted(there.items())) or "nothing"
    if not dispositions:
        return f"taken back, but booked is {lies}" if booked else None
    if sum(booked.values(), Decimal(0)) != 0:
        return f"shown as {dispositions[-1]}, but the books do not balance: {dict(booked)}"
    if len(there) == 1 and any(set(there) <= _accounts(each) for each in dispositions):
        return None
    return f"shown as {dispositions[-1]}, but booked is {lies}"


def _accounts(disposition: str) -> set[str]:
    """The accounts in which a disposition's goods may lie; what is sold again may still wait for its bin."""
    account = state_of(Disposition(disposition))
    if account in (StockState.AVAILABLE, StockState.MARKDOWN):
        return {account.value, StockState.AWAITING_PUTAWAY.value}
    return {account.value}
