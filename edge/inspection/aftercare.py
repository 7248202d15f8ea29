"""What happens to a unit after it was saved: undo, the end of a hold, put-away, tasks and deadlines.

Nothing is ever edited: each of these is a new event that names the one before it.
"""

from edge.clock import Clock
from edge.errors import WorkflowRefused
from edge.grading.decision import Disposition, place_kind_of, state_of
from edge.grading.override import Role, check_override
from edge.grading.policy_loading import PolicyShelf
from edge.inspection import outgoing
from edge.inspection.confirming import Confirming, Staff
from edge.inspection.desk import Level, Message
from edge.inspection.desk_state import DeskState
from edge.inspection.holds import HoldStore, KeptHold
from edge.inspection.saved import Confirmed, OverrideMade, SavedInspection
from edge.inspection.store import InspectionStore
from edge.inspection.tasks import TaskStore
from edge.returns.holds import HoldOutcome, at_deadline, escalated
from edge.returns.places import Place
from edge.returns.store import LocalCopy


class Aftercare:
    """Corrections and ends of holds."""

    def __init__(
        self,
        state: DeskState,
        store: InspectionStore,
        holds: HoldStore,
        tasks: TaskStore,
        copy: LocalCopy,
        policies: PolicyShelf,
        confirming: Confirming,
        staff: Staff,
        clock: Clock,
    ) -> None:
        self._state = state
        self._store = store
        self._holds = holds
        self._tasks = tasks
        self._copy = copy
        self._policies = policies
        self._confirming = confirming
        self._staff = staff
        self._clock = clock

    def undo(self, inspection_id: str) -> None:
        """Take a saved inspection back.

        Its movements are reversed by a new event, the unit may be scanned again.
        """
        saved = self._require(inspection_id)
        if saved.state != "SAVED":
            raise WorkflowRefused(
                Message("refused.not_undoable", {"item": saved.item.name}), Message("next.ask")
            )
        clock, badge = self._clock.reading(), self._state.badge
        message = outgoing.undone(saved, reason_code="undo_at_desk", at=clock.now, by=badge)
        hold = self._holds.of_inspection(inspection_id)

        def end_hold() -> None:
            if hold is not None:
                self._holds.end(hold.hold_id, clock.now, badge)

        changed = self._store.save_change(
            saved.model_copy(update={"state": "UNDONE", "movements": ()}),
            message,
            clock,
            action="inspection.undone",
            who=badge,
            also=end_hold,
        )
        state = self._state
        if state.opened is not None and state.opened.return_id == saved.return_id:
            left = tuple(unit for unit in state.opened.units if unit.inspection_id != inspection_id)
            state.opened = state.opened.model_copy(update={"units": left})
        if state.last_saved is not None and state.last_saved.inspection_id == inspection_id:
            state.last_saved = changed
        state.say(Level.SUCCESS, "notice.undone", {"item": saved.item.name}, then="next.scan_item")

    def resolve_hold(
        self, hold_id: str, disposition: Disposition, reason_code: str, badge: str | None
    ) -> None:
        """End a hold by a decision; the owner that the policy names must make it."""
        hold = self._holds.get(hold_id)
        if hold is None:
            raise WorkflowRefused(Message("refused.no_hold"), Message("next.look_again"))
        saved = self._require(hold.inspection_id)
        acting = badge or self._state.badge
        role = self._staff.role_of(acting)
        if hold.plan.owner.value != "staff" and role is not Role.SUPERVISOR:
            raise WorkflowRefused(Message("refused.hold_owner", {"owner": hold.plan.owner.value}))
        answer = check_override(saved.decision, disposition, role, resolving_hold=True)
        if not answer.allowed or disposition is Disposition.HOLD_FOR_REVIEW:
            verdict = answer.verdict.value if not answer.allowed else "forbidden"
            raise WorkflowRefused(
                Message(f"refused.override.{verdict}", {"disposition": disposition.value}),
                Message(f"next.override.{verdict}", {"disposition": disposition.value}),
            )
        supervisor = acting if role is Role.SUPERVISOR else None
        self._end(
            hold, saved, disposition, reason_code, by=self._state.badge or acting, supervisor=supervisor
        )
        self._state.say(Level.SUCCESS, "notice.hold_resolved", {"item": saved.item.name})

    def put_away(self, inspection_id: str, place_code: str) -> None:
        """The bin was scanned: the unit lies in its place."""
        place = self._copy.place(place_code.strip())
        if place is None:
            raise WorkflowRefused(Message("refused.no_such_place", {"place": place_code[:40]}))
        saved = self._require(inspection_id)
        params: dict[str, str | int | float] = {"item": saved.item.name, "place": place.label}
        if saved.state == "UNDONE":
            raise WorkflowRefused(Message("refused.not_undoable", {"item": saved.item.name}))
        if place.kind is not place_kind_of(saved.confirmed.disposition):
            raise WorkflowRefused(
                Message("refused.wrong_place", {**params, "right": saved.confirmed.place_label}),
                Message("next.right_place", {**params, "right": saved.confirmed.place_label}),
            )
        waiting = saved.confirmed.to_state is not state_of(saved.confirmed.disposition)
        if place.place_id == saved.confirmed.place_id and not waiting:
            self._state.say(Level.SUCCESS, "notice.put_away", params)
            return
        clock, badge = self._clock.reading(), self._state.badge
        message = outgoing.put_away(saved, place.place_id, at=clock.now, by=badge)
        confirmed = saved.confirmed.model_copy(
            update={
                "place_id": place.place_id,
                "place_label": place.label,
                "to_state": state_of(saved.confirmed.disposition),
            }
        )
        changed = saved.model_copy(
            update={
                "confirmed": confirmed,
                "movements": tuple(
                    each.model_dump(mode="json", exclude_none=True) for each in message.movements
                ),
            }
        )
        self._store.save_change(
            changed, message, clock, action="inspection.put_away", who=badge, put_away_place=place.place_id
        )
        self._state.say(Level.SUCCESS, "notice.put_away", params)

    def place_named(self, text: str) -> Place | None:
        """The place whose code was scanned, if it is one."""
        return self._copy.place(text.strip())

    def finish_task(self, task_id: str) -> None:
        """The staff have done what a task asked for."""
        with self._store.database.write():
            done = self._tasks.finish(task_id, self._clock.reading(), self._state.badge)
        if not done:
            raise WorkflowRefused(Message("refused.no_task"), Message("next.look_again"))

    def mind_deadlines(self) -> None:
        """Holds that nobody ended in time: spoilt goods are scrapped, others go one step up."""
        clock = self._clock.reading()
        for hold in self._holds.open_holds():
            outcome = at_deadline(hold.plan, clock.now, clock_ok=clock.ok)
            if outcome is HoldOutcome.WAIT:
                return  # the nearest deadline comes first
            saved = self._require(hold.inspection_id)
            if outcome is HoldOutcome.SCRAP:
                self._end(
                    hold, saved, Disposition.SCRAP, "deadline", by=None, supervisor=None, by_deadline=True
                )
                continue
            category = saved.observation.category
            plan = escalated(hold.plan, self._policies.of_category(category).holds, clock.now)
            with self._store.database.write():
                self._holds.escalate(hold.hold_id, plan)
                self._tasks.add(
                    "hold_escalated",
                    "task.hold_escalated",
                    {
                        "item": saved.item.name,
                        "owner": plan.owner.value,
                        "place": saved.confirmed.place_label,
                    },
                    clock,
                    inspection_id=saved.inspection_id,
                    owner=plan.owner.value,
                )

    def _end(
        self,
        hold: KeptHold,
        saved: SavedInspection,
        disposition: Disposition,
        reason_code: str,
        *,
        by: str | None,
        supervisor: str | None,
        by_deadline: bool = False,
    ) -> None:
        clock = self._clock.reading()
        place = self._confirming.place_for(
            place_kind_of(disposition), saved.decision.storage_class, saved.observation.category
        )
        ending = Confirmed(
            grade=saved.confirmed.grade,
            disposition=disposition,
            to_state=state_of(disposition),
            place_id=place.place_id,
            place_label=place.label,
            override=OverrideMade(reason_code=reason_code[:60] or "resolved", by=by, supervisor=supervisor),
        )
        message = outgoing.resolved(
            saved,
            ending,
            reason_code=reason_code,
            by_deadline=by_deadline,
            at=clock.now,
            by=by,
            supervisor=supervisor,
        )
        changed = saved.model_copy(
            update={
                "state": "RESOLVED",
                "confirmed": ending,
                "movements": tuple(
                    each.model_dump(mode="json", exclude_none=True) for each in message.movements
                ),
            }
        )
        self._store.save_change(
            changed,
            message,
            clock,
            action="hold.resolved",
            who=by,
            also=lambda: self._holds.end(hold.hold_id, clock.now, by),
        )

    def _require(self, inspection_id: str) -> SavedInspection:
        saved = self._store.inspection(inspection_id)
        if saved is None:
            raise WorkflowRefused(Message("refused.no_inspection"), Message("next.look_again"))
        return saved
