"""The ledger on disk: loads what a batch needs, and writes what it changed in the same transaction.

Lean on purpose: a handful of statements a batch, whatever its size, so that hundreds of stock movements share
one commit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from sync.contract.messages import (
    Movement,
    ReturnCorrected,
    ReturnInspected,
    ReturnReceived,
    ReturnResolved,
    StockPutaway,
)
from sync.database import Database, MigrationSet
from sync.fields import utc_text
from sync.oms import ledger_rows as rows
from sync.oms.book import BalanceKey, Book, EpochKey
from sync.oms.holdings import Transfer
from sync.oms.incoming import Incoming

MIGRATIONS = MigrationSet("oms", Path(__file__).parent / "migrations")
LEDGER_FILE = "oms.db"
SOLD = "SOLD"
"""The account of goods that were sold: the OMS's own movement, not a station's."""

Article = tuple[str | None, str | None]  # SKU, GTIN


class Ledger:
    """The receiver's books.

    Args:
        database: Opened with `MIGRATIONS`.
        now: Wall time, UTC.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self.database = database
        self._now = now

    @classmethod
    def open(cls, folder: Path, *, now: Callable[[], datetime]) -> "Ledger":
        """Opens or creates the ledger in a data folder."""
        return cls(Database.open(folder / LEDGER_FILE, [MIGRATIONS], now=now), now=now)

    # ---- one batch

    def load(self, batch: Sequence[Incoming]) -> Book:
        """Everything that the rules may ask for these events. Call it inside the batch's transaction."""
        book = Book()
        subjects = {one.subject for one in batch}
        self._load_events(book, batch)
        self._load_held(book, batch)
        self.load_arrivals(book, subjects)
        returns = subjects | {one.matched for one in book.arrivals.values() if one.matched}
        self.load_inspections_of(book, returns)
        self._load_inspections(book, _inspection_ids(batch))
        self.load_references(book, _references(batch))
        self.load_lines(book, returns | {one for found in book.references.values() for one in found})
        articles = _articles(batch)
        self._load_skus(book, articles)
        self.load_balances(book, _items(articles, book), _sites(batch, book))
        return book

    def save(self, book: Book) -> None:
        """Writes everything that the batch changed, inside its transaction."""
        many = self.database.sql_many
        at = utc_text(self._now())
        many(
            rows.INSERT_EVENT,
            [(*rows.event_row(event), event.payload, at) for event in book.new_events.values()],
        )
        many(
            rows.AMEND_EVENT,
            [
                (event.exception, event.reason, event.corrected_by, event.replaced_by, event.id)
                for event in (book.events[key] for key in sorted(book.changed_events))
            ],
        )
        many(rows.INSERT_POSTING, [rows.posting_row(posting) for posting in book.postings])
        many(
            rows.PUT_BALANCE,
            [(*key, f"{book.balances[key]:f}") for key in book.changed_balances],
        )
        many(
            rows.PUT_INSPECTION,
            [rows.inspection_row(book.inspections[key]) for key in sorted(book.changed_inspections)],
        )
        many(rows.DELETE_HELD, sorted(key for key in book.changed_held if key not in book.held))
        held = [(key, book.held[key]) for key in sorted(book.changed_held) if key in book.held]
        many(rows.PUT_HELD, [rows.held_row(key, one) for key, one in held])
        many(
            rows.PUT_ARRIVAL, [rows.arrival_row(book.arrivals[key]) for key in sorted(book.changed_arrivals)]
        )

    def quarantine(self, topic: str, reason: str, payload: bytes) -> None:
        """Keeps a message that nobody can be answered for, inside a transaction."""
        self.database.sql(
            "INSERT INTO quarantine (topic, reason, payload, received_at) VALUES (?,?,?,?)",
            (topic[:300], reason[:1000], payload[:16_384], utc_text(self._now())),
        )

    def mark_over_received(self, inspection_id: str, exception: str, reason: str) -> None:
        """Notes on an inspection's event what was found out after it was answered."""
        self.database.sql(
            "UPDATE events SET exception = ?, reason = ? WHERE id = "
            "(SELECT id FROM events WHERE inspection_id = ? AND exception IS NULL ORDER BY sequence LIMIT 1)",
            (exception, reason, inspection_id),
        )

    # ---- the OMS's own movements

    def take(self, site: str, item: str, quantity: Decimal, *, unit: str = "C62", event_id: str) -> None:
        """Books a sale: goods leave `AVAILABLE` for `SOLD`. `event_id` names it, once."""
        with self.database.write():
            book = Book()
            self.load_balances(book, {item}, {site})
            moved = Transfer(item, None, "AVAILABLE", SOLD, None, None, quantity, unit)
            book.post(event_id, site, [moved])
            self.save(book)

    def balances(self, site: str | None = None) -> dict[BalanceKey, Decimal]:
        """All accounts that are not zero: (site, item, account, unit) to quantity."""
        found = {
            (row[0], row[1], row[2], row[3]): Decimal(row[4])
            for row in self.database.sql("SELECT site, item, account, unit, quantity FROM balances")
        }
        return {key: value for key, value in found.items() if value and site in (None, key[0])}

    # ---- loading

    def load_inspections_of(self, book: Book, returns: Iterable[str]) -> None:
        """The inspections that count against these returns."""
        for row in self._many(rows.INSPECTIONS_OF_RETURNS, returns):
            book.inspections.setdefault(row[0], rows.inspection_of(row))

    def load_arrivals(self, book: Book, returns: Iterable[str]) -> None:
        """Returns that came in."""
        for row in self._many(rows.ARRIVALS_BY_ID, returns):
            book.arrivals[row[0]] = rows.arrival_of(row)

    def load_lines(self, book: Book, returns: Iterable[str]) -> None:
        """The lines of expected returns."""
        for row in self._many(rows.LINES_OF_RETURNS, returns):
            return_id, line = rows.line_of(row)
            book.lines.setdefault(return_id, {})[line.line_id] = line

    def load_references(self, book: Book, references: Iterable[tuple[str, str]]) -> None:
        """Which returns are known by these numbers."""
        wanted = set(references)
        kinds, values = {kind for kind, _ in wanted}, {value for _, value in wanted}
        for kind, value, return_id in self._many(rows.REFERENCES_BY_VALUE, kinds, values):
            if (kind, value) in wanted:
                book.references.setdefault((kind, value), []).append(return_id)

    def load_balances(self, book: Book, items: Iterable[str], sites: Iterable[str]) -> None:
        """All accounts of these articles at these sites."""
        for row in self._many(rows.BALANCES_OF_ITEMS, sites, items):
            book.balances[row[0], row[1], row[2], row[3]] = Decimal(row[4])

    def _load_events(self, book: Book, batch: Sequence[Incoming]) -> None:
        wanted = {one.id for one in batch} | {one.replaces for one in batch if one.replaces}
        for one in batch:
            data = one.event.data if one.event else None
            if isinstance(data, ReturnCorrected):
                wanted.add(data.corrects)
            elif isinstance(data, ReturnResolved):
                wanted.add(data.resolves)
        for row in self._many(rows.EVENTS_BY_ID, wanted):
            book.events[row[0]] = rows.event_of(row)
        places: dict[EpochKey, list[int]] = defaultdict(list)
        for one in batch:
            if one.id not in book.events:
                places[one.site, one.station, one.epoch].append(one.sequence)
                if one.previous is not None:
                    places[one.site, one.station, one.previous[0]].append(one.previous[1])
        for key, sequences in places.items():
            wanted_there = _json(sequences)
            for sequence, owner in self.database.sql(rows.EVENTS_AT, (*key, wanted_there)):
                book.sequences[(*key, sequence)] = owner
            for (sequence,) in self.database.sql(rows.LOST_AMONG, (wanted_there, *key)):
                book.lost.add((*key, sequence))

    def _load_inspections(self, book: Book, inspections: Iterable[str]) -> None:
        for row in self._many(rows.INSPECTIONS_BY_ID, inspections):
            book.inspections.setdefault(row[0], rows.inspection_of(row))

    def _load_held(self, book: Book, batch: Sequence[Incoming]) -> None:
        keys = [set(column) for column in zip(*(one.subject_key for one in batch), strict=True)]
        if keys:
            book.held.update(rows.held_of(row) for row in self._many(rows.HELD_SUBJECTS, *keys))

    def _load_skus(self, book: Book, articles: set[Article]) -> None:
        gtins = {gtin for sku, gtin in articles if sku is None and gtin is not None}
        book.skus.update((row[0], row[1]) for row in self._many(rows.SKUS_BY_GTIN, gtins))

    def _many(self, statement: str, *keys: Iterable[str]) -> list[Any]:
        """The rows of these keys; for a key of several columns, of every combination."""
        wanted = [sorted(set(column)) for column in keys]
        return self.database.sql(statement, [_json(column) for column in wanted]) if all(wanted) else []


def _json(keys: list[str] | list[int]) -> str:
    return to_json(keys).decode()


def _inspection_ids(batch: Sequence[Incoming]) -> set[str]:
    found = set()
    for one in batch:
        data = one.event.data if one.event else None
        if isinstance(data, ReturnInspected | ReturnResolved | ReturnCorrected | StockPutaway):
            found.add(data.inspection_id)
    return found


def _references(batch: Sequence[Incoming]) -> set[tuple[str, str]]:
    arrived = (one.event.data for one in batch if one.event is not None)
    return {
        (data.reference.kind.value, data.reference.value)
        for data in arrived
        if isinstance(data, ReturnReceived)
    }


def _articles(batch: Sequence[Incoming]) -> set[Article]:
    found: set[Article] = set()
    for one in batch:
        data = one.event.data if one.event else None
        movements: tuple[Movement, ...] = ()
        if isinstance(data, ReturnInspected):
            found.add((data.sku, data.gtin))
            movements = data.movements
        elif isinstance(data, ReturnCorrected):
            movements = data.reversal + data.movements
        elif isinstance(data, ReturnResolved | StockPutaway):
            movements = data.movements
        for movement in movements:
            found.add((movement.sku, movement.gtin))
    return found


def _sites(batch: Sequence[Incoming], book: Book) -> set[str]:
    """Where this batch may book: where its events come from, and where the units that it moves came in."""
    return {one.site for one in batch} | {one.site for one in book.inspections.values()}


def _items(articles: set[Article], book: Book) -> set[str]:
    held = {holding.item for one in book.inspections.values() for holding in one.holdings}
    return held | {book.item(sku, gtin) for sku, gtin in articles if sku or gtin}
