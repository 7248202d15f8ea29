"""What the station remembers, for the pages: today's work, holds, tasks, pictures.

Reading changes nothing.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from edge.errors import EvidenceMissing
from edge.grading.decision import Disposition
from edge.grading.override import Role, check_override
from edge.inspection.desk import Message
from edge.inspection.desk_state import DeskState
from edge.inspection.evidence import Evidence, PictureStore
from edge.inspection.holds import HoldStore, KeptHold
from edge.inspection.presenting import findings_on_desk, item_on_desk, view_on_desk
from edge.inspection.records import EvidenceRecord, TaskRecord
from edge.inspection.saved import SavedInspection
from edge.inspection.store import InspectionStore
from edge.inspection.summaries import (
    HoldSummary,
    InspectionDetail,
    InspectionSummary,
    MovementSummary,
    OmsState,
    TaskSummary,
)
from edge.inspection.todays_work import read_one, read_since
from sync.database import Database

_KIND_OF_TASK = {
    "rejected": "repair",
    "over_received": "recount",
    "shortfall": "find",
    "count_differs": "recount",
    "hold_escalated": "find",
    "exception": "repair",
}


class Journal:
    """The read side of the station."""

    def __init__(
        self,
        database: Database,
        store: InspectionStore,
        holds: HoldStore,
        pictures: PictureStore,
        state: DeskState,
        *,
        now: Callable[[], datetime],
        utc_offset_minutes: int,
    ) -> None:
        self._database = database
        self._store = store
        self._holds = holds
        self._pictures = pictures
        self._state = state
        self._now = now
        self._offset = timedelta(minutes=utc_offset_minutes)

    def today(
        self, *, limit: int | None = None, before: str | None = None, states: Sequence[OmsState] = ()
    ) -> list[InspectionSummary]:
        """Inspections of the site's present day, newest first.

        Args:
            limit: How many at most; None for all.
            before: Only those saved before this inspection.
            states: Only those of which the OMS knows this much; empty for all.
        """
        since = self.start_of_day()
        return read_since(self._database, since, limit=limit, before=before, states=states)

    def start_of_day(self) -> datetime:
        """Midnight of the site's calendar day, UTC."""
        local = self._now().astimezone(UTC) + self._offset
        return local.replace(hour=0, minute=0, second=0, microsecond=0) - self._offset

    def counts(self) -> tuple[int, int, int, int]:
        """Inspections and returns of today, open holds, open tasks."""
        since = self.start_of_day().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        row = self._database.sql(
            "SELECT (SELECT count(*) FROM inspection WHERE saved_at >= ? AND state <> 'UNDONE'), "
            "(SELECT count(*) FROM received_return WHERE received_at >= ?), "
            "(SELECT count(*) FROM hold WHERE state = 'OPEN'), "
            "(SELECT count(*) FROM task WHERE state = 'OPEN')",
            (since, since),
        )[0]
        return int(row[0]), int(row[1]), int(row[2]), int(row[3])

    def get(self, inspection_id: str) -> InspectionDetail | None:
        """One saved inspection with everything that led to it."""
        saved = self._store.inspection(inspection_id)
        summary = read_one(self._database, inspection_id)
        opened = self._store.open_return(saved.return_id) if saved is not None else None
        if saved is None or summary is None or opened is None:
            return None
        override = saved.confirmed.override
        return InspectionDetail(
            summary=summary,
            item=item_on_desk(saved.item, opened),
            views=[view_on_desk(inspection_id, view) for view in saved.views],
            findings=findings_on_desk(saved.decision.findings, saved.views),
            reasons=[Message(rule.code, dict(rule.params)) for rule in saved.decision.rules],
            movements=[
                MovementSummary(
                    from_state=str(each["from_state"]),
                    to_state=str(each["to_state"]),
                    to_place=_label(saved, str(each.get("to_place", ""))),
                    quantity=f"{each['quantity']['value']} {each['quantity']['unit']}",
                )
                for each in saved.movements
            ],
            model_version=f"{saved.model.name}-{saved.model.version}" if saved.model else "",
            policy_version=f"{saved.decision.policy}@{saved.decision.policy_version[:12]}",
            decided_by=(override.by or "") if override is not None else "station",
            reason_code=override.reason_code if override is not None else None,
        )

    def holds(self) -> list[HoldSummary]:
        """Units that wait for a decision, the nearest deadline first."""
        return [
            self._hold(hold_id=hold.hold_id, saved=saved, hold=hold)
            for hold in self._holds.open_holds()
            if (saved := self._store.inspection(hold.inspection_id)) is not None
        ]

    def tasks(self) -> list[TaskSummary]:
        """Tasks that are not done, oldest first."""
        rows = self._database.run(
            TaskRecord.select().where(TaskRecord.state == "OPEN").order_by(TaskRecord.created_at)
        )
        return [self._task(row) for row in rows]

    def _task(self, row: TaskRecord) -> TaskSummary:
        """A task in the words of the desk: the return by its number as scanned, the place by its label."""
        params = json.loads(row.params)
        place = row.place or None
        saved = self._store.inspection(row.inspection_id) if row.inspection_id else None
        opened = self._store.open_return(str(params.get("return", "")))
        if opened is not None:
            params["return"] = opened.reference.value
        if saved is not None and place is not None:
            place = _label(saved, place)
            params["place"] = place
        return TaskSummary(
            task_id=row.task_id,
            kind=_KIND_OF_TASK.get(row.kind, "repair"),
            message=Message(row.code, params),
            what_next=Message(f"{row.code}.next", params),
            place_label=place,
            owner=row.owner,
            created_at=row.created_at,
            inspection_id=row.inspection_id,
            message_id=row.message_id,
        )

    def picture(self, inspection_id: str, view: str) -> bytes | None:
        """The JPEG of a view, of the unit on the desk or of a saved one; None if there is none."""
        item, proposal = self._state.item, self._state.proposal
        if proposal is not None and item is not None and item.inspection_id == inspection_id:
            return proposal.judged.seen.pictures.get(view)
        kept = self.evidence(inspection_id).get(view)
        if kept is None:
            return None
        try:
            return self._pictures.read(kept)
        except EvidenceMissing:
            return None

    def evidence(self, inspection_id: str) -> dict[str, Evidence]:
        """The stored pictures of an inspection, by view."""
        rows = self._database.run(
            EvidenceRecord.select().where(
                EvidenceRecord.inspection_id == inspection_id, EvidenceRecord.shed_at.is_null()
            )
        )
        return {row.view: Evidence(row.view, row.path, row.sha256, row.size) for row in rows}

    def _hold(self, *, hold_id: str, saved: SavedInspection, hold: KeptHold) -> HoldSummary:
        choices = [each for each in Disposition if each is not Disposition.HOLD_FOR_REVIEW]
        free = [each for each in choices if self._may(saved, each, Role.STAFF)]
        supervised = [
            each for each in choices if each not in free and self._may(saved, each, Role.SUPERVISOR)
        ]
        if hold.plan.owner.value != "staff":
            free, supervised = [], free + supervised
        return HoldSummary(
            hold_id=hold_id,
            inspection_id=saved.inspection_id,
            name=saved.item.name,
            reason=Message(f"hold.{hold.plan.reason.value}"),
            place_label=saved.confirmed.place_label,
            owner=hold.plan.owner.value,
            since=hold.opened_at,
            deadline=hold.plan.deadline,
            storage=hold.plan.storage_class.value,
            quantity=str(saved.item.quantity),
            grade=saved.confirmed.grade.value if saved.confirmed.grade is not None else None,
            allowed=[each.value for each in free],
            allowed_with_supervisor=[each.value for each in supervised],
        )

    def _may(self, saved: SavedInspection, disposition: Disposition, role: Role) -> bool:
        return check_override(saved.decision, disposition, role, resolving_hold=True).allowed


def _label(saved: SavedInspection, place: str) -> str:
    """What stands on the unit's place; another place by its code."""
    return saved.confirmed.place_label if place == saved.confirmed.place_id else place
