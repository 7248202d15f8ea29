"""A hold always has a way out: a reason, a place, an owner and a deadline.

It ends by a decision of the owner's, or by the policy at the deadline: goods that spoil are scrapped, all
others go one step up (a later deadline, a higher owner, a task), so that nothing is forgotten in a cage.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from edge.returns.catalogue import StorageClass
from edge.returns.places import PlaceKind
from edge.returns.values import FrozenValue


class HoldReason(StrEnum):
    """Why a unit waits for a decision."""

    SERIAL_DIFFERS = "serial_differs"
    SERIAL_MISSING = "serial_missing"
    RECALLED = "recalled"
    LOT_UNKNOWN = "lot_unknown"
    WRONG_PRODUCT = "wrong_product"
    EXCESS = "excess"
    UNKNOWN_PRODUCT = "unknown_product"
    DATE_MISSING = "date_missing"
    CLOCK_WRONG = "clock_wrong"
    COLD_CHAIN_UNKNOWN = "cold_chain_unknown"
    BLIND = "blind"
    CANCELLED_RETURN = "cancelled_return"
    NOT_JUDGED = "not_judged"  # no usable picture or no model where the policy wants one
    WEIGHT_DIFFERS = "weight_differs"
    BUNDLE_INCOMPLETE = "bundle_incomplete"
    UNLIKE_GOLDEN = "unlike_golden"  # differs from the intact units that the site has shown
    POLICY = "policy"  # the policy's table says hold
    SET_ASIDE = "set_aside"  # the staff set it aside


class HoldOwner(StrEnum):
    """Who must decide."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"

    @property
    def one_up(self) -> "HoldOwner":
        """Who decides when this owner has let the deadline pass."""
        return HoldOwner.MANAGER if self is not HoldOwner.STAFF else HoldOwner.SUPERVISOR


Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 90)]


class HoldTerms(FrozenValue):
    """The policy's words on holds.

    Attributes:
        deadline_minutes: How long an ambient unit may wait.
        deadline_minutes_cold: How long a chilled or frozen unit may wait in a cold place.
        deadline_minutes_by_reason: Other times for some reasons; a cold unit still never waits longer than
            the cold time.
        supervisor_reasons: Holds that a supervisor must end; the staff end the others.
    """

    deadline_minutes: Minutes
    deadline_minutes_cold: Minutes
    deadline_minutes_by_reason: dict[HoldReason, Minutes] = Field(default_factory=dict)
    supervisor_reasons: tuple[HoldReason, ...] = ()


class HoldPlan(FrozenValue):
    """One hold as it begins."""

    reason: HoldReason
    place_kind: PlaceKind = PlaceKind.QUARANTINE
    storage_class: StorageClass
    owner: HoldOwner
    deadline: AwareDatetime


class HoldOutcome(StrEnum):
    """What the deadline brings."""

    WAIT = "wait"  # the deadline is still ahead
    SCRAP = "scrap"  # spoilt
    ESCALATE = "escalate"  # `one_up` of the owner, and a new deadline


def plan_hold(reason: HoldReason, storage: StorageClass, terms: HoldTerms, now: datetime) -> HoldPlan:
    """The hold that begins now (UTC)."""
    minutes = terms.deadline_minutes_by_reason.get(reason, terms.deadline_minutes)
    if storage.is_cold:
        minutes = min(minutes, terms.deadline_minutes_cold)
    owner = HoldOwner.SUPERVISOR if reason in terms.supervisor_reasons else HoldOwner.STAFF
    return HoldPlan(
        reason=reason, storage_class=storage, owner=owner, deadline=now + timedelta(minutes=minutes)
    )


def at_deadline(plan: HoldPlan, now: datetime, *, clock_ok: bool) -> HoldOutcome:
    """What the policy does with a hold that nobody has ended.

    With a clock that is not known to be right nothing is scrapped: a wrong year must not empty the cold
    store.
    """
    if now < plan.deadline:
        return HoldOutcome.WAIT
    if plan.storage_class.is_cold and clock_ok:
        return HoldOutcome.SCRAP
    return HoldOutcome.ESCALATE


def escalated(plan: HoldPlan, terms: HoldTerms, now: datetime) -> HoldPlan:
    """The same hold one step up, with a new deadline."""
    renewed = plan_hold(plan.reason, plan.storage_class, terms, now)
    return renewed.model_copy(update={"owner": plan.owner.one_up})
