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

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

INSPECTED = "darkstore.return.inspected.v1"
CLOSED = "darkstore.return.closed.v1"

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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        kind: `lost`, `applied_twice`, `order_violations`, `stock`, `unknown`, `rejected`.
        what: In a sentence.
        inspection_id: Whose.
        return_id: Which return's.
    """

    kind: str
    what: str
    inspection_id: str | None = None
    return_id: str | None = None


MAY_HEAL = frozenset({"lost", "stock"})
KINDS = ("lost", "applied_twice", "order_violations", "stock", "unknown", "rejected")
NOT_PROMISED = "reordered_by_oms_restore"
"""Counted and told, but no failure: an OMS that was put back to an old copy takes in what it forgot when it
has noticed; an event of the same return that was committed since may have come before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison.

    Attributes:
        findings: What is wrong.
        not_promised: What is told, and is no failure.
        saved: Inspections that were shown as saved.
        events: Events in the ledger.
    """

    findings: tuple[Finding, ...]
    not_promised: tuple[Finding, ...]
    saved: int
    events: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def may_heal(self) -> bool:
        """Whether something is wrong that is right once everything has arrived, and nothing else is."""
        return bool(self.findings) and all(one.kind in MAY_HEAL for one in self.findings)

    def counts(self) -> dict[str, int]:
        """How many of each kind, zeros included."""
        found = Counter(one.kind for one in self.findings)
        return {kind: found[kind] for kind in KINDS}


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    station: str
    epoch: str
    sequence: int
    subject: str
    type: str
    status: str
    reason: str | None
    inspection_id: str | None
    place: int | None


@dataclass(slots=True)
class _Shown:
    """What the driver's journal says."""

    saved: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    closed: set[tuple[str, str]] = field(default_factory=set)  # (station, return)
    epochs: dict[str, tuple[str, int]] = field(default_factory=dict)  # run: (desk, which of its runs)
    forgotten: dict[str, int] = field(default_factory=dict)  # event: which restored backup lacked it last


def check(journal: Path, ledger: Path) -> Verdict:
    """Compare; the OMS may be at work meanwhile.

    Args:
        journal: The driver's.
        ledger: The OMS's database file.
    """
    shown = _read_journal(journal)
    with closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as books:
        books.execute("BEGIN")
        events = _read_events(books)
        postings = books.execute(
            "SELECT e.inspection_id, p.item, p.account, p.quantity FROM postings p "
            "LEFT JOIN events e ON e.id = p.event_id"
        ).fetchall()
        balances = books.execute("SELECT item, account, quantity FROM balances").fetchall()
    findings = [
        *_lost(shown, events),
        *_unknown(shown, events),
        *_rejected(events),
        *_order(shown, events),
        *_stock(shown, events, postings, balances),
    ]
    told = tuple(one for one in findings if one.kind == NOT_PROMISED)
    wrong = tuple(one for one in findings if one.kind != NOT_PROMISED)
    return Verdict(wrong, told, len(shown.saved), len(events))


def read_lines(journal: Path) -> list[dict[str, Any]]:
    """The journal's whole lines; a torn last one was never acted upon."""
    lines = journal.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def _read_journal(path: Path) -> _Shown:
    shown, restores = _Shown(), 0
    for line in read_lines(path):
        kind = line["kind"]
        if kind == "saved":
            shown.saved[line["inspection_id"]] = line
        elif kind == "undone":
            shown.undone.add(line["inspection_id"])
        elif kind == "closed":
            shown.closed.add((line["station"], line["return_id"]))
        elif kind == "started":
            shown.epochs.setdefault(line["epoch"], (line["desk"], len(shown.epochs)))
        elif kind == "oms_restored":
            restores += 1
            shown.forgotten.update((one, restores) for one in line["forgotten"])
    return shown


def _read_events(books: sqlite3.Connection) -> list[_Event]:
    rows = books.execute(
        "SELECT e.id, e.station, e.epoch, e.sequence, e.subject, e.type, e.status, e.reason, "
        "e.inspection_id, o.place FROM events e LEFT JOIN torture_order o ON o.id = e.id"
    )
    return [_Event(*row) for row in rows]


def _lost(shown: _Shown, events: Iterable[_Event]) -> Iterable[Finding]:
    applied = [one for one in events if one.status == "applied"]
    inspected = {one.inspection_id for one in applied if one.type == INSPECTED}
    taken_back = Counter(one.inspection_id for one in applied if one.type.endswith("corrected.v1"))
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


def _unknown(shown: _Shown, events: Iterable[_Event]) -> Iterable[Finding]:
    for one in events:
        if one.inspection_id is None or one.status != "applied":
            continue
        if one.inspection_id not in shown.saved:
            yield Finding(
                "unknown", "It is applied, and was never shown as saved.", one.inspection_id, one.subject
            )
        if one.type.endswith("corrected.v1") and one.inspection_id not in shown.undone:
            yield Finding("unknown", "It was never shown as taken back.", one.inspection_id, one.subject)


def _rejected(events: Iterable[_Event]) -> Iterable[Finding]:
    for one in events:
        if one.status != "applied":
            yield Finding(
                "rejected", f"{one.type} was rejected: {one.reason}", one.inspection_id, one.subject
            )


def _order(shown: _Shown, events: Iterable[_Event]) -> Iterable[Finding]:
    """Per desk and return: the order of application is the order of commits.

    Committed later is what has a higher sequence in the same run of the desk's station, or comes from a run
    that began later. A run that no desk has shown can't have committed anything. Two devices that go by one
    name are two desks: nothing orders what they commit at the same time.
    """
    of_return: dict[tuple[str, str], list[tuple[_Event, tuple[int, int]]]] = defaultdict(list)
    for one in events:
        if one.status != "applied":
            continue
        if one.epoch not in shown.epochs:
            what = f"{one.type} comes from a run of {one.station} that no desk has shown."
            yield Finding("unknown", what, one.inspection_id, one.subject)
            continue
        desk, run = shown.epochs[one.epoch]
        of_return[desk, one.subject].append((one, (run, one.sequence)))
    for (desk, return_id), found in sorted(of_return.items()):
        found.sort(key=lambda one: one[0].place or 0)
        furthest, newest = found[0]
        for one, committed in found[1:]:
            if committed > newest:
                furthest, newest = one, committed
                continue
            # What an OMS forgot can come only after it has noticed; what it never forgot has no excuse.
            late = shown.forgotten.get(one.id, 0) > shown.forgotten.get(furthest.id, 0)
            yield Finding(
                "reordered_by_oms_restore" if late else "order_violations",
                f"{desk}: {_named(one)} was applied after {_named(furthest)}, but committed before.",
                one.inspection_id,
                return_id,
            )


def _named(event: _Event) -> str:
    return f"{event.type.split('.')[-2]} {event.epoch}:{event.sequence}"


def _stock(
    shown: _Shown,
    events: Iterable[_Event],
    postings: Iterable[tuple[str | None, str, str, str]],
    balances: Iterable[tuple[str, str, str]],
) -> Iterable[Finding]:
    of_inspection: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    out: dict[str | None, Decimal] = defaultdict(Decimal)
    for inspection_id, item, account, posted in postings:
        of_inspection[inspection_id][account] += Decimal(posted)
        booked[item, account] += Decimal(posted)
        if account == RETURNING and Decimal(posted) < 0:
            out[inspection_id] -= Decimal(posted)
    kept_out = _kept_out(shown, events)
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
    yield from _accounts(wanted, booked, balances)


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


def _kept_out(shown: _Shown, events: Iterable[_Event]) -> set[str]:
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
