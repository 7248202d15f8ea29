"""Does each unit stand where its desk said, exactly once?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from edge.lab.torture.books import INSPECTED, Books, Event, Shown
from edge.lab.torture.findings import Finding

ACCOUNT = {
    "RESTOCK": "AVAILABLE",
    "RESTOCK_MARKDOWN": "MARKDOWN",
    "REFURBISH": "REPAIR",
    "RETURN_TO_VENDOR": "VENDOR_RETURN",
    "LIQUIDATE": "LIQUIDATION",
    "DONATE": "DONATION",
    "SCRAP": "SCRAP",
    "HOLD_FOR_REVIEW": "QUARANTINE",
    "HAND_BACK": "HAND_BACK",
    "TRANSFER": "TRANSFER",
}
"""Where a disposition puts goods, as the contract has it."""

SELLABLE = frozenset({"AVAILABLE", "MARKDOWN"})
KEPT_OUT = "QUARANTINE"
RETURNING = "RETURNING"


def find_stock(shown: Shown, books: Books) -> Iterable[Finding]:
    """Units and articles whose goods are not where they must be."""
    of_inspection: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    out: dict[str | None, Decimal] = defaultdict(Decimal)
    for inspection_id, item, account, posted in books.postings:
        of_inspection[inspection_id][account] += Decimal(posted)
        booked[item, account] += Decimal(posted)
        if account == RETURNING and Decimal(posted) < 0:
            out[inspection_id] -= Decimal(posted)
    kept_out = _kept_out(shown, books.events)
    wanted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for inspection_id, line in shown.saved.items():
        quantity = Decimal(line["quantity"])
        if out[inspection_id] > quantity:
            what = f"{out[inspection_id]} of {line['serial']} left RETURNING, {quantity} was inspected."
            yield Finding("applied_twice", what, inspection_id, line["return_id"])
        account = ACCOUNT[line["disposition"]]
        if inspection_id in kept_out and account in SELLABLE:
            account = KEPT_OUT
        stands = {} if inspection_id in shown.undone else {RETURNING: -quantity, account: quantity}
        found = {name: value for name, value in of_inspection[inspection_id].items() if value}
        if found and found != stands:
            what = (
                f"{line['serial']} ({line['disposition']}) stands in {_plain(found)}, not {_plain(stands)}."
            )
            yield Finding("stock", what, inspection_id, line["return_id"])
        for name, value in stands.items():
            wanted[line["sku"], name] += value
    yield from _accounts(wanted, booked, books.balances)


def _accounts(
    wanted: Mapping[tuple[str, str], Decimal],
    booked: Mapping[tuple[str, str], Decimal],
    balances: Iterable[tuple[str, str, str]],
) -> Iterable[Finding]:
    """The articles' accounts: what the journal adds up to, the postings, and the balances all agree."""
    balance = {(item, account): Decimal(quantity) for item, account, quantity in balances}
    for item, account in sorted({*wanted, *booked, *balance}):
        key = (item, account)
        figures = wanted.get(key, Decimal(0)), booked.get(key, Decimal(0)), balance.get(key, Decimal(0))
        if len(set(figures)) > 1:
            shown, posted, stands = figures
            what = f"{item} in {account}: {shown} by the journal, {posted} posted, {stands} in the balance."
            yield Finding("stock", what)


def _kept_out(shown: Shown, events: Iterable[Event]) -> set[str]:
    """Inspections of a unit that another inspection, applied earlier, had taken in already."""
    places = {
        one.inspection_id: one.place or 0
        for one in events
        if one.type == INSPECTED and one.status == "applied"
    }
    of_unit: dict[tuple[str, str], list[str]] = defaultdict(list)
    for inspection_id, line in shown.saved.items():
        if inspection_id in places:
            of_unit[line["return_id"], line["serial"]].append(inspection_id)
    found: set[str] = set()
    for inspections in of_unit.values():
        inspections.sort(key=lambda one: places[one])
        found.update(inspections[1:])
    return found


def _plain(accounts: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(accounts.items())) or "nothing"
