"""Today's inspections page by page, each with what the OMS knows of it: one query, however long the day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from edge.inspection.answers import KNOWN_EXCEPTIONS
from edge.inspection.desk import Message
from edge.inspection.saved import SavedInspection
from edge.inspection.summaries import InspectionSummary, OmsState
from sync.database import Database
from sync.fields import utc_text

_STATES = {
    "PENDING": OmsState.OWED,
    "SENT": OmsState.SENT,
    "SETTLED": OmsState.CONFIRMED,
    "DEAD": OmsState.REJECTED,
}
_OF_THE_OMS = {
    OmsState.OWED: "o.state = 'PENDING'",
    OmsState.SENT: "o.state = 'SENT'",
    OmsState.CONFIRMED: "(o.state IS NULL OR (o.state = 'SETTLED' AND coalesce(o.exception, '') = ''))",
    OmsState.EXCEPTION: "(o.state = 'SETTLED' AND coalesce(o.exception, '') <> '')",
    OmsState.REJECTED: "o.state = 'DEAD'",
}
_SELECT = (
    "SELECT i.body, o.state, o.exception, o.reason "
    "FROM inspection i LEFT JOIN outbox o ON o.message_id = i.message_id "
)


def read_since(
    database: Database,
    since: datetime,
    *,
    limit: int | None,
    before: str | None,
    states: Sequence[OmsState],
) -> list[InspectionSummary]:
    """Inspections saved since a moment, newest first.

    Args:
        database: The station's.
        since: The moment.
        limit: How many at most; None for all.
        before: Only those saved before this inspection; one that is unknown has none before it.
        states: Only those of which the OMS knows this much; empty for all.
    """
    where, params = ["i.saved_at >= ?"], [utc_text(since)]
    if before is not None:
        where.append(
            "(i.saved_at, i.inspection_id) < "
            "(SELECT saved_at, inspection_id FROM inspection WHERE inspection_id = ?)"
        )
        params.append(before)
    if states:
        where.append(f"({' OR '.join(_OF_THE_OMS[state] for state in states)})")
    rows = database.sql(
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY i.saved_at DESC, i.inspection_id DESC LIMIT ?",
        (*params, -1 if limit is None else limit),
    )
    return [_row(row) for row in rows]


def read_one(database: Database, inspection_id: str) -> InspectionSummary | None:
    """One inspection, whenever it was saved."""
    rows = database.sql(f"{_SELECT} WHERE i.inspection_id = ?", (inspection_id,))
    return _row(rows[0]) if rows else None


def _row(row: Sequence[Any]) -> InspectionSummary:
    saved = SavedInspection.model_validate_json(row[0])
    state, note = _oms(row[1], row[2], row[3])
    return InspectionSummary(
        inspection_id=saved.inspection_id,
        saved_at=saved.saved_at,
        return_id=saved.return_id,
        reference=saved.reference.value,
        name=saved.item.name,
        sku=saved.observation.sku,
        quantity=str(saved.item.quantity),
        grade=saved.confirmed.grade.value if saved.confirmed.grade is not None else None,
        disposition=saved.confirmed.disposition.value,
        place_label=saved.confirmed.place_label,
        overridden=saved.confirmed.override is not None,
        corrected=saved.state in ("UNDONE", "CORRECTED"),
        undoable=saved.state == "SAVED",
        decided_ms=saved.decided_ms,
        oms_state=state,
        oms_note=note,
    )


def _oms(state: str | None, exception: str | None, reason: str | None) -> tuple[OmsState, Message | None]:
    if state is None:
        return OmsState.CONFIRMED, None  # answered and older than the outbox keeps
    if state == "SETTLED" and exception:
        told = exception if exception in KNOWN_EXCEPTIONS else "other"
        return OmsState.EXCEPTION, Message(f"oms.exception.{told}", {"reason": str(reason or "")})
    if state == "DEAD":
        return OmsState.REJECTED, Message("oms.rejected", {"reason": str(reason or "")})
    return _STATES[state], None
