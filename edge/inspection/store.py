"""Saving: the inspection, its evidence, the audit entry and the events owed to the OMS, in one transaction.

Either all of it is on the disk or none of it. What the page shows as *Saved* has passed through here.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from edge.clock import ClockReading
from edge.inspection.evidence import Evidence
from edge.inspection.records import (
    AuditRecord,
    EvidenceRecord,
    InspectionRecord,
    PolicyPackRecord,
    ReceivedReturnRecord,
    UnreadScanRecord,
)
from edge.inspection.saved import SavedInspection
from edge.inspection.saved_rows import received_unit, row_of
from edge.inspection.session import OpenReturn
from edge.returns.expected import ExpectedReturn, Reference
from edge.returns.received import ReceivedUnit
from sync.contract.messages.wire import WireModel
from sync.database import Database
from sync.envelope import OutgoingEvent
from sync.outbox import Outbox

LIVE_STATES = ("SAVED", "RESOLVED", "CORRECTED")
"""States of inspections that count as received; an undone one does not."""


class InspectionStore:
    """Writes what the desk does, and reads back what the desk must know."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self.database = database
        self._outbox = outbox

    # --- returns -------------------------------------------------------------------------------------------

    def open_return(self, return_id: str) -> OpenReturn | None:
        """A return that was received here before, with its units; None if it never was."""
        rows = list(
            self.database.run(
                ReceivedReturnRecord.select().where(ReceivedReturnRecord.return_id == return_id)
            )
        )
        if not rows:
            return None
        kept = json.loads(rows[0].body)
        return OpenReturn(
            expected=ExpectedReturn.model_validate(kept["expected"]),
            reference=Reference.model_validate(kept["reference"]),
            received_at=rows[0].received_at,
            closings=int(kept["closings"]),
            units=tuple(self.units(return_id)),
        )

    def units(self, return_id: str) -> list[ReceivedUnit]:
        """What was received on a return, in order of time, undone inspections left out."""
        rows = self.database.run(
            InspectionRecord.select()
            .where(InspectionRecord.return_id == return_id, InspectionRecord.state.in_(LIVE_STATES))
            .order_by(InspectionRecord.saved_at, InspectionRecord.inspection_id)
        )
        return [received_unit(SavedInspection.model_validate_json(row.body)) for row in rows]

    def blind_return(self, reference: Reference) -> str | None:
        """The id under which an unknown number was received blind before."""
        rows = self.database.run(
            ReceivedReturnRecord.select(ReceivedReturnRecord.return_id)
            .where(ReceivedReturnRecord.reference == reference.value, ReceivedReturnRecord.blind)
            .order_by(ReceivedReturnRecord.received_at.desc())
            .limit(1)
        )
        return next((str(row.return_id) for row in rows), None)

    def unfinished(self) -> list[tuple[str, datetime]]:
        """Returns that are not closed, with the time of their last unit (or of their arrival)."""
        rows = self.database.sql(
            "SELECT r.return_id, coalesce("
            "(SELECT max(saved_at) FROM inspection i WHERE i.return_id = r.return_id), "
            "r.received_at) FROM received_return r WHERE r.status <> 'CLOSED' ORDER BY r.received_at"
        )
        return [(str(return_id), datetime.fromisoformat(str(at))) for return_id, at in rows]

    def save_arrival(
        self, opened: OpenReturn, message: WireModel, clock: ClockReading, who: str | None
    ) -> None:
        """A return has arrived: remember it and tell the OMS."""
        with self.database.write():
            self._put_return(opened, "OPEN", who, None)
            self._owe(message, opened.return_id, clock)
            self._audit(
                clock, who, "return.received", opened.return_id, {"reference": opened.reference.value}
            )

    def save_closing(
        self,
        opened: OpenReturn,
        messages: Iterable[WireModel],
        clock: ClockReading,
        who: str | None,
        how: str,
    ) -> OpenReturn:
        """The bag is empty, or its time is over; gives the return as it stands now."""
        closed = opened.model_copy(update={"closings": opened.closings + 1})
        with self.database.write():
            self._put_return(closed, "CLOSED", who, clock.now)
            for message in messages:
                self._owe(message, opened.return_id, clock)
            self._audit(clock, who, "return.closed", opened.return_id, {"how": how, "round": closed.closings})
        return closed

    # --- inspections ---------------------------------------------------------------------------------------

    def save_inspection(
        self,
        saved: SavedInspection,
        message: Callable[[], WireModel],
        evidence: Sequence[Evidence],
        clock: ClockReading,
        *,
        policy_text: str,
        also: Callable[[SavedInspection], None] = lambda _: None,
    ) -> SavedInspection:
        """The commit that *Saved* stands for.

        Args:
            saved: The inspection, its `message_id` still empty.
            message: The event for the OMS.
            evidence: Pictures that are already on the disk.
            clock: The time of saving.
            policy_text: The policy pack as it was read, kept once per version.
            also: Written in the same transaction (a hold).

        Returns:
            The inspection with the event's id.
        """
        with self.database.write():
            message_id = self._owe(message(), saved.return_id, clock)
            saved = saved.model_copy(update={"message_id": message_id})
            self.database.run(InspectionRecord.insert(**row_of(saved)))
            views = {view.view: view for view in saved.views}
            for each in evidence:
                view = views[each.view]
                self.database.run(
                    EvidenceRecord.insert(
                        inspection_id=saved.inspection_id,
                        view=each.view,
                        path=each.path,
                        sha256=each.sha256,
                        size=each.size,
                        width=view.width,
                        height=view.height,
                        reference_sha256=view.reference_sha256,
                    )
                )
            self._keep_policy(saved, policy_text, clock)
            self.database.run(
                ReceivedReturnRecord.update(status="PARTIAL", closed_at=None).where(
                    ReceivedReturnRecord.return_id == saved.return_id
                )
            )
            also(saved)
            self._audit(
                clock,
                saved.saved_by,
                "inspection.saved",
                saved.inspection_id,
                {"disposition": saved.confirmed.disposition.value, "message_id": message_id},
            )
        return saved

    def save_change(
        self,
        changed: SavedInspection,
        message: WireModel,
        clock: ClockReading,
        *,
        action: str,
        who: str | None,
        also: Callable[[], None] = lambda: None,
        put_away_place: str | None = None,
    ) -> SavedInspection:
        """An undo, the end of a hold, a put-away: a new event about a unit that was saved before."""
        with self.database.write():
            message_id = self._owe(message, changed.return_id, clock)
            changed = changed.model_copy(update={"message_id": message_id})
            self.database.run(
                InspectionRecord.update(
                    state=changed.state,
                    message_id=message_id,
                    body=changed.model_dump_json(),
                    disposition=changed.confirmed.disposition.value,
                    place_id=changed.confirmed.place_id,
                    **({"put_away_place": put_away_place} if put_away_place is not None else {}),
                ).where(InspectionRecord.inspection_id == changed.inspection_id)
            )
            also()
            self._audit(clock, who, action, changed.inspection_id, {"message_id": message_id})
        return changed

    def inspection(self, inspection_id: str) -> SavedInspection | None:
        """One saved inspection."""
        rows = list(
            self.database.run(
                InspectionRecord.select(InspectionRecord.body).where(
                    InspectionRecord.inspection_id == inspection_id
                )
            )
        )
        return SavedInspection.model_validate_json(rows[0].body) if rows else None

    def newest_time(self) -> datetime | None:
        """The newest wall time in the records; a clock behind it was set back."""
        rows = self.database.sql("SELECT max(at) FROM audit WHERE clock_ok = 1")
        return datetime.fromisoformat(str(rows[0][0])) if rows and rows[0][0] else None

    def keep_unread(self, text: str, reason: str, scanner: str, at: datetime) -> None:
        """Keep a code that meant nothing, cut to a sane length, for whoever sets up the site's patterns."""
        with self.database.write():
            self.database.run(UnreadScanRecord.insert(at=at, scanner=scanner, text=text[:512], reason=reason))

    # --- inside the transactions
    # -----------------------------------------------------------------------------

    def _owe(self, message: WireModel, return_id: str, clock: ClockReading) -> str:
        event_type = str(message.EVENT_TYPE)  # type: ignore[attr-defined]
        event = OutgoingEvent(type=event_type, subject=return_id, data=message.to_data(), clock_ok=clock.ok)
        return str(self._outbox.append(event).message_id)

    def _put_return(
        self, opened: OpenReturn, status: str, who: str | None, closed_at: datetime | None
    ) -> None:
        body = json.dumps(
            {
                "expected": opened.expected.model_dump(mode="json"),
                "reference": opened.reference.model_dump(mode="json"),
                "closings": opened.closings,
            },
            ensure_ascii=False,
        )
        self.database.run(
            ReceivedReturnRecord.insert(
                return_id=opened.return_id,
                reference=opened.reference.value,
                blind=opened.expected.blind,
                status=status,
                body=body,
                received_at=opened.received_at,
                received_by=who,
                closed_at=closed_at,
            ).on_conflict(
                conflict_target=[ReceivedReturnRecord.return_id],
                update={
                    ReceivedReturnRecord.status: status,
                    ReceivedReturnRecord.body: body,
                    ReceivedReturnRecord.closed_at: closed_at,
                },
            )
        )

    def _keep_policy(self, saved: SavedInspection, text: str, clock: ClockReading) -> None:
        self.database.run(
            PolicyPackRecord.insert(
                sha256=saved.decision.policy_version,
                name=saved.decision.policy,
                text=text,
                first_used_at=clock.now,
            ).on_conflict_ignore()
        )

    def _audit(
        self, clock: ClockReading, who: str | None, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        self.database.run(
            AuditRecord.insert(
                at=clock.now,
                clock_ok=clock.ok,
                who=who,
                action=action,
                subject=subject,
                detail=json.dumps(detail, ensure_ascii=False),
            )
        )
