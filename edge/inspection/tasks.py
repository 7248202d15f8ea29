"""Things the staff must do because the OMS refused a message or found something odd.

Find, move, recount, repair.
"""

import json
from collections.abc import Callable

from edge.clock import ClockReading
from edge.inspection.records import InspectionRecord, TaskRecord
from sync.database import Database


class TaskStore:
    """Tasks in the database."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    def add(
        self,
        kind: str,
        code: str,
        params: dict[str, str | int | float],
        clock: ClockReading,
        *,
        message_id: str | None = None,
        inspection_id: str | None = None,
        owner: str = "staff",
    ) -> None:
        """Add a task, once for each message and kind; joins the caller's transaction."""
        if message_id is not None and self._exists(kind, message_id):
            return
        place = ""
        if message_id is not None and inspection_id is None:
            rows = list(
                self._database.run(
                    InspectionRecord.select(
                        InspectionRecord.inspection_id, InspectionRecord.place_id, InspectionRecord.name
                    ).where(InspectionRecord.message_id == message_id)
                )
            )
            if rows:
                inspection_id, place = rows[0].inspection_id, rows[0].place_id
                params = {**params, "item": rows[0].name, "place": place}
        self._database.run(
            TaskRecord.insert(
                task_id=self._new_id(),
                kind=kind,
                message_id=message_id,
                inspection_id=inspection_id,
                code=code,
                params=json.dumps({"item": "", "place": "", **params}, ensure_ascii=False),
                place=place,
                owner=owner,
                state="OPEN",
                created_at=clock.now,
            )
        )

    def finish(self, task_id: str, clock: ClockReading, by: str | None) -> bool:
        """Mark a task as done; False where there is no such open task."""
        changed = self._database.run(
            TaskRecord.update(state="DONE", done_at=clock.now, done_by=by).where(
                TaskRecord.task_id == task_id, TaskRecord.state == "OPEN"
            )
        )
        return int(changed) > 0

    def _exists(self, kind: str, message_id: str) -> bool:
        query = TaskRecord.select(TaskRecord.task_id).where(
            TaskRecord.kind == kind, TaskRecord.message_id == message_id
        )
        return bool(list(self._database.run(query.limit(1))))
