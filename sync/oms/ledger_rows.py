"""How the book's values stand in the ledger's tables: the statements, and the rows to and fro."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from sync.contract.messages import ExpectedComponent, Movement
from sync.fields import parse_utc, utc_text
from sync.oms.book import Arrival, EventRow, Held, Inspected, Posting, SubjectKey
from sync.oms.counting import Component, Line
from sync.oms.holdings import Holding

_MOVEMENTS = TypeAdapter(tuple[Movement, ...])
_HOLDINGS = TypeAdapter(tuple[Holding, ...])
_movements_json = _MOVEMENTS.serializer.to_json  # the adapter's own way costs as much again
_holdings_json = _HOLDINGS.serializer.to_json
_WAITING = TypeAdapter(dict[str, int])
_COMPONENTS = TypeAdapter(tuple[ExpectedComponent, ...])

# Each list of keys is bound as one JSON array, so that the statements are constant. Each asks by the first
# columns of a key, so that a batch costs the same whatever the ledger has grown to.
EVENTS_BY_ID = """
    SELECT id, site, station, epoch, sequence, subject, type, status, exception, reason, field, inspection_id,
           movements, corrected_by, replaced_by
    FROM events WHERE id IN (SELECT value FROM json_each(?))
"""
EVENTS_AT = """
    SELECT sequence, id FROM events
    WHERE site = ? AND station = ? AND epoch = ? AND sequence IN (SELECT value FROM json_each(?))
"""
LOST_AMONG = """
    SELECT wanted.value FROM json_each(?) AS wanted JOIN lost_sequences
    ON wanted.value BETWEEN lost_sequences.first AND lost_sequences.last
    WHERE site = ? AND station = ? AND epoch = ?
"""
INSERT_EVENT = """
    INSERT INTO events (id, site, station, epoch, sequence, subject, type, status, exception, reason, field,
                        inspection_id, movements, corrected_by, replaced_by, payload, answered_at)
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
"""
AMEND_EVENT = "UPDATE events SET exception = ?, reason = ?, corrected_by = ?, replaced_by = ? WHERE id = ?"

INSERT_POSTING = """
    INSERT INTO postings (event_id, entry, site, item, lot, account, place, quantity, unit)
    VALUES (?,?,?,?,?,?,?,?,?)
"""
BALANCES_OF_ITEMS = """
    SELECT site, item, account, unit, quantity FROM balances
    WHERE site IN (SELECT value FROM json_each(?)) AND item IN (SELECT value FROM json_each(?))
"""
PUT_BALANCE = """
    INSERT INTO balances (site, item, account, unit, quantity) VALUES (?,?,?,?,?)
    ON CONFLICT DO UPDATE SET quantity = excluded.quantity
"""

INSPECTIONS_BY_ID = """
    SELECT inspection_id, site, return_id, line_id, counts_return, counts_line, item, unit_kind, unit_value,
           quantity, unit, excess, active, holdings, component
    FROM inspections WHERE inspection_id IN (SELECT value FROM json_each(?))
"""
INSPECTIONS_OF_RETURNS = """
    SELECT inspection_id, site, return_id, line_id, counts_return, counts_line, item, unit_kind, unit_value,
           quantity, unit, excess, active, holdings, component
    FROM inspections WHERE counts_return IN (SELECT value FROM json_each(?))
"""
PUT_INSPECTION = """
    INSERT OR REPLACE INTO inspections
        (inspection_id, site, return_id, line_id, counts_return, counts_line, item, unit_kind, unit_value,
         quantity, unit, excess, active, holdings, component)
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
"""

HELD_SUBJECTS = """
    SELECT site, station, subject, event_id, epoch, sequence, why, waiting
    FROM held_subjects
    WHERE site IN (SELECT value FROM json_each(?)) AND station IN (SELECT value FROM json_each(?))
        AND subject IN (SELECT value FROM json_each(?))
"""
PUT_HELD = """
    INSERT OR REPLACE INTO held_subjects (site, station, subject, event_id, epoch, sequence, why, waiting)
    VALUES (?,?,?,?,?,?,?,?)
"""
DELETE_HELD = "DELETE FROM held_subjects WHERE site = ? AND station = ? AND subject = ?"

ARRIVALS_BY_ID = """
    SELECT return_id, site, reference_kind, reference_value, provisional, matched, received_at
    FROM arrivals WHERE return_id IN (SELECT value FROM json_each(?))
"""
PUT_ARRIVAL = """
    INSERT OR REPLACE INTO arrivals
        (return_id, site, reference_kind, reference_value, provisional, matched, received_at)
    VALUES (?,?,?,?,?,?,?)
"""

LINES_OF_RETURNS = """
    SELECT return_id, line_id, item, gtin, quantity, unit, components
    FROM expected_lines WHERE return_id IN (SELECT value FROM json_each(?))
"""
REFERENCES_BY_VALUE = """
    SELECT kind, value, return_id FROM expected_references
    WHERE kind IN (SELECT value FROM json_each(?)) AND value IN (SELECT value FROM json_each(?))
"""
SKUS_BY_GTIN = "SELECT gtin, sku FROM products WHERE gtin IN (SELECT value FROM json_each(?))"


def event_row(event: EventRow) -> tuple[Any, ...]:
    """An answered event."""
    movements = _movements_json(event.movements, exclude_none=True).decode() if event.movements else None
    return (
        event.id,
        event.site,
        event.station,
        event.epoch,
        event.sequence,
        event.subject,
        event.type,
        event.status,
        event.exception,
        event.reason,
        event.field,
        event.inspection_id,
        movements,
        event.corrected_by,
        event.replaced_by,
    )


def event_of(row: Sequence[Any]) -> EventRow:
    """An answered event."""
    movements = _MOVEMENTS.validate_json(row[12]) if row[12] else ()
    fields: list[Any] = [*row[:12], movements, *row[13:15]]
    return EventRow(*fields)


def inspection_row(one: Inspected) -> tuple[Any, ...]:
    """An inspected unit."""
    return (
        one.inspection_id,
        one.site,
        one.return_id,
        one.line_id,
        one.counts_return,
        one.counts_line,
        one.item,
        one.unit_kind,
        one.unit_value,
        f"{one.quantity:f}",
        one.unit,
        f"{one.excess:f}",
        int(one.active),
        _holdings_json(one.holdings).decode(),
        one.component,
    )


def inspection_of(row: Sequence[Any]) -> Inspected:
    """An inspected unit."""
    quantity, unit, excess, active, holdings, component = row[9:]
    parts: list[Any] = [
        *row[:9],
        Decimal(quantity),
        unit,
        Decimal(excess),
        bool(active),
        _holdings(holdings),
        component,
    ]
    return Inspected(*parts)


@lru_cache(maxsize=4096)
def _holdings(text: str) -> tuple[Holding, ...]:
    """Parsed once for units that stand alike: most of a day's do, and what is parsed never changes."""
    return _HOLDINGS.validate_json(text)


def arrival_row(one: Arrival) -> tuple[Any, ...]:
    """A return that came in."""
    return (
        one.return_id,
        one.site,
        one.reference_kind,
        one.reference_value,
        int(one.provisional),
        one.matched,
        utc_text(one.received_at),
    )


def arrival_of(row: Sequence[Any]) -> Arrival:
    """A return that came in."""
    return Arrival(row[0], row[1], row[2], row[3], bool(row[4]), row[5], parse_utc(row[6]))


def posting_row(one: Posting) -> tuple[Any, ...]:
    """One side of a movement."""
    quantity = f"{one.quantity:f}"
    return one.event_id, one.entry, one.site, one.item, one.lot, one.account, one.place, quantity, one.unit


def held_row(key: SubjectKey, held: Held) -> tuple[Any, ...]:
    """A return that waits."""
    waiting = _WAITING.dump_json(held.waiting).decode()
    return *key, held.event_id, held.epoch, held.sequence, held.why, waiting


def held_of(row: Sequence[Any]) -> tuple[SubjectKey, Held]:
    """A return that waits."""
    waiting = _WAITING.validate_json(row[7])
    return (row[0], row[1], row[2]), Held(row[3], row[4], row[5], row[6], waiting)


def line_of(row: Sequence[Any]) -> tuple[str, Line]:
    """A line of an expected return, with the return."""
    parts = tuple(
        Component(one.sku, one.gtin, one.quantity.value, one.quantity.unit)
        for one in (_COMPONENTS.validate_json(row[6]) if row[6] else ())
    )
    return row[0], Line(row[1], row[2], row[3], Decimal(row[4]), row[5], parts)


def components_text(components: Sequence[ExpectedComponent]) -> str | None:
    """The components of an expected bundle; None where the line is no bundle."""
    return _COMPONENTS.dump_json(tuple(components), exclude_none=True).decode() if components else None
