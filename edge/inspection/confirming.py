"""Confirm and commit: accept, change or set aside, then one transaction, then *Saved*.

Anyone may choose a safer disposition; one nearer to sale needs a supervisor's badge; what a hard rule forbids
nobody may choose. The pictures are on the disk before the transaction that names them.
"""

from collections.abc import Collection
from datetime import UTC

from edge.clock import Clock, ClockReading
from edge.errors import WorkflowRefused
from edge.grading.decision import Decision, Disposition, Grade
from edge.grading.observation import SealState
from edge.grading.override import OverrideReason, Role, Verdict, check_override, overridden
from edge.grading.policy import PolicyPack
from edge.inspection import outgoing
from edge.inspection.desk import Level, Message
from edge.inspection.desk_state import DeskState, Proposal
from edge.inspection.evidence import PictureStore
from edge.inspection.holds import HoldStore
from edge.inspection.judging import propose
from edge.inspection.saved import Confirmed, ModelUsed, OverrideMade, SavedInspection
from edge.inspection.saved_rows import received_unit
from edge.inspection.session import ItemInHand, OpenReturn
from edge.inspection.store import InspectionStore
from edge.returns.catalogue import StorageClass
from edge.returns.holds import HoldPlan, HoldReason, plan_hold
from edge.returns.places import Place, PlaceKind, choose_place
from edge.returns.store import LocalCopy


class Staff:
    """Who may do what, by badge."""

    def __init__(self, supervisors: Collection[str]) -> None:
        self._supervisors = frozenset(supervisors)

    def role_of(self, badge: str | None) -> Role:
        """A supervisor's badge makes a supervisor; everybody else is staff."""
        return Role.SUPERVISOR if badge is not None and badge in self._supervisors else Role.STAFF


class Confirming:
    """Turns a proposal into a saved inspection."""

    def __init__(
        self,
        state: DeskState,
        store: InspectionStore,
        pictures: PictureStore,
        copy: LocalCopy,
        holds: HoldStore,
        staff: Staff,
        clock: Clock,
        *,
        software: str,
        model: ModelUsed | None,
    ) -> None:
        self._state = state
        self._store = store
        self._pictures = pictures
        self._copy = copy
        self._holds = holds
        self._staff = staff
        self._clock = clock
        self._software = software
        self._model = model

    def place_for(self, kind: PlaceKind, storage: StorageClass, category: str) -> Place:
        """Where goods of a kind go; a site without such a place is told the purpose instead of a bin."""
        found = choose_place(self._copy.places(), kind, storage, category)
        return found or Place(
            place_id=f"NO-PLACE-{kind.value}", label=kind.value, kind=kind, storage_class=storage
        )

    def accept(self, item: ItemInHand, opened: OpenReturn, proposal: Proposal) -> None:
        """Save the proposal as it stands."""
        self._save(item, opened, proposal, proposal.judged.decision, None)

    def override(
        self,
        item: ItemInHand,
        opened: OpenReturn,
        proposal: Proposal,
        *,
        grade: Grade | None,
        disposition: Disposition | None,
        reason_code: str,
        badge: str | None,
    ) -> None:
        """Save another grade or disposition.

        Raises:
            WorkflowRefused: A hard rule forbids it, a supervisor's badge is needed, or the reason is none of
                the codes.
        """
        reason = _reason(reason_code)
        judged = proposal.judged
        if reason is OverrideReason.SEAL_BROKEN:
            proposal = _with_seal_broken(proposal)
            judged = proposal.judged
        acting = badge or self._state.badge
        changed = overridden(
            judged.decision,
            judged.observation,
            proposal.policy,
            grade=grade,
            disposition=disposition,
            reason=reason,
        )
        answer = check_override(judged.decision, changed.disposition, self._staff.role_of(acting))
        if not answer.allowed:
            raise _refused(answer.verdict, changed.disposition)
        made = OverrideMade(
            reason_code=reason.value,
            by=self._state.badge or acting,
            supervisor=acting if self._staff.role_of(acting) is Role.SUPERVISOR else None,
        )
        self._save(item, opened, proposal, changed, made)

    def set_aside(self, item: ItemInHand, opened: OpenReturn, proposal: Proposal, reason_code: str) -> None:
        """Save as a hold: someone decides later."""
        held = overridden(
            proposal.judged.decision,
            proposal.judged.observation,
            proposal.policy,
            grade=None,
            disposition=Disposition.HOLD_FOR_REVIEW,
            reason=OverrideReason.OTHER,
        )
        made = OverrideMade(reason_code=f"set_aside.{reason_code}"[:60], by=self._state.badge)
        self._save(item, opened, proposal, held, made)

    def _save(
        self,
        item: ItemInHand,
        opened: OpenReturn,
        proposal: Proposal,
        confirmed: Decision,
        override: OverrideMade | None,
    ) -> None:
        clock = self._clock.reading()
        place = self.place_for(
            confirmed.place_kind, confirmed.storage_class, proposal.judged.observation.category
        )
        hold = self._hold(confirmed, proposal.policy, clock)
        saved = SavedInspection(
            inspection_id=item.inspection_id,
            return_id=opened.return_id,
            reference=opened.reference,
            item=item,
            views=proposal.judged.seen.views,
            observation=proposal.judged.observation,
            decision=proposal.judged.decision,
            confirmed=Confirmed(
                grade=confirmed.grade,
                disposition=confirmed.disposition,
                to_state=confirmed.to_state,
                place_id=place.place_id,
                place_label=place.label,
                override=override,
            ),
            model=self._model if proposal.judged.seen.pictures else None,
            decided_ms=round(proposal.decided_ms, 3),
            saved_at=clock.now.astimezone(UTC),
            saved_by=self._state.badge,
        )
        saved = saved.model_copy(
            update={"movements": (outgoing.movement(saved).model_dump(mode="json", exclude_none=True),)}
        )
        evidence = self._pictures.save(item.inspection_id, proposal.judged.seen.pictures, clock.now)

        def hold_it(committed: SavedInspection) -> None:
            if hold is not None:
                self._holds.begin(committed, hold, clock)

        saved = self._store.save_inspection(
            saved,
            lambda: outgoing.inspected(saved, opened, software=self._software, evidence=evidence, hold=hold),
            evidence,
            clock,
            policy_text=proposal.policy.model_dump_json(),
            also=hold_it,
        )
        state = self._state
        state.opened = opened.model_copy(update={"units": (*opened.units, received_unit(saved))})
        state.clear_item()
        state.blocked = False
        state.last_saved = saved
        state.say(
            Level.SUCCESS,
            "notice.saved",
            {"item": item.name, "place": place.label, "disposition": confirmed.disposition.value},
            then="next.put_away",
        )

    def _hold(self, confirmed: Decision, policy: PolicyPack, clock: ClockReading) -> HoldPlan | None:
        if confirmed.disposition is not Disposition.HOLD_FOR_REVIEW:
            return None
        reason = confirmed.hold_reason or HoldReason.SET_ASIDE
        return plan_hold(reason, confirmed.storage_class, policy.holds, clock.now)


def _with_seal_broken(proposal: Proposal) -> Proposal:
    """The person says that the pack is opened: what the rules say of an opened pack then holds."""
    judged = proposal.judged
    observation = judged.observation.model_copy(update={"seal": SealState.OPENED})
    decision = propose(observation, proposal.policy)
    rejudged = type(judged)(judged.seen, observation, decision)
    return Proposal(rejudged, proposal.policy, proposal.place, proposal.decided_ms)


def _reason(code: str) -> OverrideReason:
    try:
        return OverrideReason(code)
    except ValueError as error:
        raise WorkflowRefused(Message("refused.reason")) from error


def _refused(verdict: Verdict, wanted: Disposition) -> WorkflowRefused:
    params: dict[str, str | int | float] = {"disposition": wanted.value}
    return WorkflowRefused(
        Message(f"refused.override.{verdict.value}", params),
        Message(f"next.override.{verdict.value}", params),
    )
