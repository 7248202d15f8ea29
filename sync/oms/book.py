"""What the rules look at and change while one batch is applied; written to disk as a whole, or not at all.

What is made for each event is a named tuple: it is made in a fraction of the time of a frozen dataclass.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sync.contract.messages import Movement
from sync.oms.counting import Line, Taken
from sync.oms.holdings import Holding, Transfer

SHORTFALL = "SHORTFALL"
"""The account of goods that were moved in the books but were no longer there."""

RETURNING = "RETURNING"

_NOTHING = Decimal(0)

EpochKey = tuple[str, str, str]  # site, station, epoch
SubjectKey = tuple[str, str, str]  # site, station, subject
SequenceKey = tuple[str, str, str, int]  # site, station, epoch, sequence
BalanceKey = tuple[str, str, str, str]  # site, item, account, unit


class EventRow(NamedTuple):
    """An event with a final answer."""

    id: str
    site: str
    station: str
    epoch: str
    sequence: int
    subject: str
    type: str
    status: str  # applied, rejected
    exception: str | None = None
    reason: str | None = None
    field: str | None = None
    inspection_id: str | None = None
    movements: tuple[Movement, ...] = ()
    corrected_by: str | None = None
    replaced_by: str | None = None
    payload: bytes | None = None


NO_RETURN = ""
"""Counts against no return here: a unit of another site is counted where it is sent."""


class Inspected(NamedTuple):
    """An inspected unit as the books know it.

    Attributes:
        line_id: As the station named it.
        counts_return: The return that it counts against; `NO_RETURN` for none.
        counts_line: The line that it counts against, if any.
        component: The component's article, where it is a part of that line's bundle.
        excess: The part of the quantity that nobody expected.
        active: Whether it still stands; an undo takes it back.
    """

    inspection_id: str
    site: str
    return_id: str
    line_id: str | None
    counts_return: str
    counts_line: str | None
    item: str
    unit_kind: str
    unit_value: str | None
    quantity: Decimal
    unit: str
    excess: Decimal
    active: bool
    holdings: tuple[Holding, ...]
    component: str | None = None

    @property
    def taken(self) -> Taken:
        """What it counts for."""
        return Taken(self.counts_line, self.component, self.quantity - self.excess, self.unit)


@dataclass(frozen=True, slots=True)
class Held:
    """A return whose events wait for one of them to be settled."""

    event_id: str
    epoch: str
    sequence: int
    why: str  # retry, rejected
    waiting: dict[str, int]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A return that came in; `matched` is the return that a blind one turned out to be."""

    return_id: str
    site: str
    reference_kind: str
    reference_value: str
    provisional: bool
    matched: str | None
    received_at: datetime


class Posting(NamedTuple):
    """One side of a movement."""

    event_id: str
    entry: int
    site: str
    item: str
    lot: str | None
    account: str
    place: str | None
    quantity: Decimal
    unit: str


@dataclass
class Book:
    """Facts loaded for a batch, and everything that the batch changed."""

    events: dict[str, EventRow] = field(default_factory=dict)
    sequences: dict[SequenceKey, str] = field(default_factory=dict)
    lost: set[SequenceKey] = field(default_factory=set)  # of the places asked for: named as lost by a birth
    held: dict[SubjectKey, Held] = field(default_factory=dict)
    inspections: dict[str, Inspected] = field(default_factory=dict)
    lines: dict[str, dict[str, Line]] = field(default_factory=dict)  # by return; absent: not expected here
    balances: dict[BalanceKey, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    references: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    skus: dict[str, str] = field(default_factory=dict)  # GTIN to SKU

    new_events: dict[str, EventRow] = field(default_factory=dict)
    changed_events: set[str] = field(default_factory=set)
    changed_inspections: set[str] = field(default_factory=set)
    changed_balances: dict[BalanceKey, None] = field(default_factory=dict)  # in their order
    changed_held: set[SubjectKey] = field(default_factory=set)
    changed_arrivals: set[str] = field(default_factory=set)
    postings: list[Posting] = field(default_factory=list)
    _of_return: dict[str, set[str]] | None = None

    def item(self, sku: str | None, gtin: str | None) -> str:
        """The article's name in the books: its SKU where known, else its GTIN."""
        if sku is not None:
            return sku
        return self.skus.get(gtin or "", f"gtin:{gtin}")

    def answered(self, event: EventRow) -> None:
        """Records a final answer."""
        self.events[event.id] = event
        self.sequences[event.site, event.station, event.epoch, event.sequence] = event.id
        self.new_events[event.id] = event

    def amend_event(self, event_id: str, **changes: str) -> None:
        """Notes on an answered event that another one took it back, or repaired it."""
        self.events[event_id] = self.events[event_id]._replace(**changes)  # type: ignore[arg-type]
        if event_id in self.new_events:
            self.new_events[event_id] = self.events[event_id]
        else:
            self.changed_events.add(event_id)

    def put_inspection(self, inspection: Inspected) -> None:
        """Records where the goods of an inspection are now."""
        self.inspections[inspection.inspection_id] = inspection
        self.changed_inspections.add(inspection.inspection_id)
        if self._of_return is not None:
            self._of_return.setdefault(inspection.counts_return, set()).add(inspection.inspection_id)

    def counted(self, return_id: str) -> list[Inspected]:
        """The inspections that count against a return, undone ones left out."""
        if self._of_return is None:
            self._of_return = {}
            for one in self.inspections.values():
                self._of_return.setdefault(one.counts_return, set()).add(one.inspection_id)
        found = (self.inspections[key] for key in sorted(self._of_return.get(return_id, ())))
        return [one for one in found if one.active and one.counts_return == return_id]

    def hold(self, key: SubjectKey, held: Held | None) -> None:
        """Holds a return, or lets it go."""
        if held is None:
            self.held.pop(key, None)
        else:
            self.held[key] = held
        self.changed_held.add(key)

    def put_arrival(self, arrival: Arrival) -> None:
        """Records that a return came in."""
        self.arrivals[arrival.return_id] = arrival
        self.changed_arrivals.add(arrival.return_id)

    def post(self, event_id: str, site: str, transfers: list[Transfer]) -> Decimal:
        """Books transfers, double entry; what is no longer there is booked against `SHORTFALL`.

        Returns:
            The quantity that was short, over all articles.
        """
        short = _NOTHING
        last = self.postings[-1] if self.postings else None
        entry = last.entry if last is not None and last.event_id == event_id else 0
        for moved in transfers:
            there, missing = moved.quantity, _NOTHING
            if moved.from_account != RETURNING:
                balance = self.balances[site, moved.item, moved.from_account, moved.unit]
                there = max(_NOTHING, min(moved.quantity, balance))
                missing = moved.quantity - there
                short += missing
            sides = (
                (moved.from_account, moved.from_place, -there),
                (SHORTFALL, None, -missing),
                (moved.to_account, moved.to_place, moved.quantity),
            )
            for account, place, quantity in sides:
                if quantity:
                    entry += 1
                    self._book(
                        Posting(
                            event_id, entry, site, moved.item, moved.lot, account, place, quantity, moved.unit
                        )
                    )
        return short

    def _book(self, posting: Posting) -> None:
        self.postings.append(posting)
        key = (posting.site, posting.item, posting.account, posting.unit)
        self.balances[key] += posting.quantity
        self.changed_balances[key] = None
