"""Units that wait for a decision, as they are kept.

Begun with the inspection, ended by a person or the deadline.
"""

from collections.abc import Callable
from datetime import datetime

from edge.clock import ClockReading
from edge.inspection.records import HoldRecord
from edge.inspection.saved import SavedInspection
from edge.returns.catalogue import StorageClass
from edge.returns.holds import HoldOwner, HoldPlan, HoldReason
from edge.returns.values import FrozenValue
from sync.database import Database


class KeptHold(FrozenValue):
    """One hold."""

    hold_id: str
    inspection_id: str
    plan: HoldPlan
    place_id: str
    opened_at: datetime


class HoldStore:
    """Holds in the database; every change joins the transaction of the event that tells the OMS."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    def begin(self, saved: SavedInspection, plan: HoldPlan, clock: ClockReading) -> str:
        """A hold begins."""
        hold_id = self._new_id()
        self._database.run(
            HoldRecord.insert(
                hold_id=hold_id,
                inspection_id=saved.inspection_id,
                reason=plan.reason.value,
                place_id=saved.confirmed.place_id,
                owner=plan.owner.value,
                storage_class=plan.storage_class.value,
                deadline=plan.deadline,
                state="OPEN",
                opened_at=clock.now,
            )
        )
        return hold_id

    def open_holds(self) -> list[KeptHold]:
        """Holds that nobody has ended, the nearest deadline first."""
        rows = self._database.run(
            HoldRecord.select().where(HoldRecord.state == "OPEN").order_by(HoldRecord.deadline)
        )
        return [_kept(row) for row in rows]

    def get(self, hold_id: str) -> KeptHold | None:
        """One open hold."""
        return next((hold for hold in self.open_holds() if hold.hold_id == hold_id), None)

    def of_inspection(self, inspection_id: str) -> KeptHold | None:
        """The open hold of an inspection."""
        return next((hold for hold in self.open_holds() if hold.inspection_id == inspection_id), None)

    def end(self, hold_id: str, at: datetime, by: str | None) -> None:
        """The hold has ended."""
        self._database.run(
            HoldRecord.update(state="RESOLVED", resolved_at=at, resolved_by=by).where(
                HoldRecord.hold_id == hold_id
            )
        )

    def escalate(self, hold_id: str, plan: HoldPlan) -> None:
        """The deadline has passed: one step up, with a new deadline."""
        self._database.run(
            HoldRecord.update(owner=plan.owner.value, deadline=plan.deadline).where(
                HoldRecord.hold_id == hold_id
            )
        )


def _kept(row: HoldRecord) -> KeptHold:
    plan = HoldPlan(
        reason=HoldReason(row.reason),
        storage_class=StorageClass(row.storage_class),
        owner=HoldOwner(row.owner),
        deadline=row.deadline,
    )
    return KeptHold(
        hold_id=row.hold_id,
        inspection_id=row.inspection_id,
        plan=plan,
        place_id=row.place_id,
        opened_at=row.opened_at,
    )
