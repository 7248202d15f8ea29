"""A return received blind is matched as soon as the OMS learns which return it was.

The station let the staff finish it without knowing its lines. Once the expected return arrives here, its
units are counted against the lines like any other; what turns out to be too many leaves sellable stock, and
the event is marked, so that the station is told at its next birth.
"""

from dataclasses import replace

from sync.contract.messages import AnswerException, StockState
from sync.oms.book import Arrival, Book, Inspected
from sync.oms.counting import excess_of, line_for
from sync.oms.holdings import Holding, Transfer
from sync.oms.ledger import Ledger

UNMATCHED = """
    SELECT DISTINCT arrivals.return_id, expected_references.return_id
    FROM arrivals INDEXED BY arrivals_unmatched JOIN expected_references
        ON expected_references.kind = arrivals.reference_kind
        AND expected_references.value = arrivals.reference_value
    WHERE arrivals.provisional = 1 AND arrivals.matched IS NULL
"""


def match_blind_returns(ledger: Ledger) -> list[str]:
    """Matches every blind return whose reference is known by now, in one transaction.

    Returns:
        The ids of the returns that were matched, as the stations named them.
    """
    with ledger.database.write():
        candidates: dict[str, list[str]] = {}
        for blind, known in ledger.database.sql(UNMATCHED):
            candidates.setdefault(blind, []).append(known)
        found = {blind: known[0] for blind, known in candidates.items() if len(known) == 1}
        if not found:
            return []
        book = Book()
        ledger.load_arrivals(book, found)
        ledger.load_inspections_of(book, [*found, *found.values()])
        ledger.load_lines(book, found.values())
        units = book.inspections.values()
        ledger.load_balances(
            book, {held.item for one in units for held in one.holdings}, {one.site for one in units}
        )
        over = [one for blind, known in found.items() for one in _match(book.arrivals[blind], known, book)]
        ledger.save(book)
        for inspection_id, reason in over:
            ledger.mark_over_received(inspection_id, AnswerException.OVER_RECEIVED.value, reason)
    return sorted(found)


def _match(arrival: Arrival, known: str, book: Book) -> list[tuple[str, str]]:
    """Counts the units of one blind return against the lines; returns those that are too many."""
    book.put_arrival(replace(arrival, matched=known))
    lines = book.lines.get(known, {})
    too_many = []
    for one in book.counted(arrival.return_id):
        taken = [other.taken for other in book.counted(known)]
        spot = line_for(lines, one.item, None, one.unit, taken)
        line, component = spot or (None, None)
        line_id = line.line_id if line else None
        of_line = [unit for unit in taken if unit.line_id == line_id]
        excess = max(one.excess, excess_of(line, component, one.quantity, one.unit, of_line))
        holdings = one.holdings
        if excess > one.excess:
            holdings, transfers = _keep_out(one)
            book.post(f"matched:{one.inspection_id}", one.site, transfers)
            reason = f"{excess} {one.unit} of {one.item} are more than return {known} expects."
            too_many.append((one.inspection_id, reason))
        book.put_inspection(
            one._replace(
                counts_return=known,
                counts_line=line_id,
                component=component,
                excess=excess,
                holdings=holdings,
            )
        )
    return too_many


def _keep_out(one: Inspected) -> tuple[tuple[Holding, ...], list[Transfer]]:
    """Takes a unit out of sellable stock, wherever it stands."""
    holdings, transfers = [], []
    for holding in one.holdings:
        out = replace(holding, kept_out=True)
        holdings.append(out)
        if holding.account != out.account:
            transfers.append(
                Transfer(
                    holding.item,
                    holding.lot,
                    holding.account,
                    StockState.QUARANTINE,
                    holding.place,
                    holding.place,
                    holding.quantity,
                    holding.unit,
                )
            )
    return tuple(holdings), transfers
