"""A person changes what the station proposed.

Anyone may choose a safer disposition, or wait; one nearer to sale needs a supervisor; what a hard rule
forbids, nobody may choose. Some choices (a unit whose serial differs, a date that nobody read) need a hold to
be resolved first, so that they are never made in passing at the desk. Every change has a coded reason and a
name.
"""

from enum import StrEnum

from edge.grading.decision import Decision, Disposition, FiredRule, Grade, place_kind_of
from edge.grading.disposition import decide, stock_state
from edge.grading.grade import person_grade
from edge.grading.observation import Observation
from edge.grading.policy import PolicyPack
from edge.grading.voice import fired
from edge.returns.holds import HoldReason
from edge.returns.values import FrozenValue


class Role(StrEnum):
    """Who acts at the desk."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"


class OverrideReason(StrEnum):
    """Why somebody changed the proposal; the page's words are `reason.<code>`."""

    DAMAGE_NOT_SEEN = "damage_not_seen"  # by the station
    NO_DAMAGE = "no_damage"  # a finding is wrong
    SEAL_BROKEN = "seal_broken"
    SEAL_INTACT = "seal_intact"
    SMELL_OR_LEAK = "smell_or_leak"
    TOO_WARM = "too_warm"
    DATE_READ = "date_read"
    WRONG_ARTICLE = "wrong_article"
    PARTS_MISSING = "parts_missing"
    VENDOR_AGREED = "vendor_agreed"
    SHELF_FULL = "shelf_full"
    MANAGER_SAID = "manager_said"
    OTHER = "other"


class Verdict(StrEnum):
    """Whether a choice may be made."""

    ALLOWED = "allowed"
    NEEDS_SUPERVISOR = "needs_supervisor"
    NEEDS_RESOLUTION = "needs_resolution"  # set it aside; a supervisor decides when the hold is resolved
    FORBIDDEN = "forbidden"


class OverrideAnswer(FrozenValue):
    """Whether a choice may be made, and the rule that says no.

    Attributes:
        because: The first rule that bars it; None where it is allowed.
    """

    verdict: Verdict
    because: FiredRule | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be made."""
        return self.verdict is Verdict.ALLOWED


def check_override(
    decision: Decision, chosen: Disposition, role: Role, *, resolving_hold: bool = False
) -> OverrideAnswer:
    """Whether a person may choose a disposition in place of the proposed one.

    Args:
        decision: What the station proposed.
        chosen: What the person wants.
        role: Theirs, proven by a badge where it is more than `STAFF`.
        resolving_hold: True where a hold is ended by this choice.
    """
    if chosen in decision.forbidden:
        return OverrideAnswer(verdict=Verdict.FORBIDDEN, because=_first(decision))
    if chosen in decision.allowed:
        return OverrideAnswer(verdict=Verdict.ALLOWED)
    if chosen in decision.allowed_on_resolution and not resolving_hold:
        return OverrideAnswer(verdict=Verdict.NEEDS_RESOLUTION, because=_first(decision))
    if role is Role.SUPERVISOR:
        return OverrideAnswer(verdict=Verdict.ALLOWED)
    return OverrideAnswer(verdict=Verdict.NEEDS_SUPERVISOR, because=fired("nearer_to_sale"))


def check_grade(
    decision: Decision, seen: Observation, policy: PolicyPack, judged: Grade, role: Role
) -> OverrideAnswer:
    """Whether a person may change the grade.

    Always, unless the better grade brings the unit nearer to sale.
    """
    regraded = decide(seen, person_grade(seen, policy, judged), policy)
    return check_override(decision, regraded.disposition, role)


def overridden(
    decision: Decision,
    seen: Observation,
    policy: PolicyPack,
    *,
    grade: Grade | None,
    disposition: Disposition | None,
    reason: OverrideReason,
) -> Decision:
    """The decision as a person changed it: a new grade, a new disposition, or both.

    With a new grade alone the policy's disposition for that grade follows. Whether the choice may be made is
    `check_override`'s word on the *proposed* decision and the new disposition; ask it first.

    Args:
        decision: What the station proposed.
        seen: What it was proposed for.
        policy: The pack of its category.
        grade: The person's grade; None keeps the station's.
        disposition: The person's disposition; None lets the policy say.
        reason: Coded.
    """
    new = decision if grade is None else decide(seen, person_grade(seen, policy, grade), policy)
    chosen = disposition or new.disposition
    kept_reason = new.hold_reason if chosen is new.disposition else HoldReason.SET_ASIDE
    return new.model_copy(
        update={
            "disposition": chosen,
            "to_state": stock_state(chosen, policy),
            "place_kind": place_kind_of(chosen),
            "hold_reason": kept_reason if chosen is Disposition.HOLD_FOR_REVIEW else None,
            "rules": (fired("overridden", reason=reason.value), *new.rules),
            "needs_person": False,
        }
    )


def _first(decision: Decision) -> FiredRule | None:
    return decision.rules[0] if decision.rules else None
