"""What another model or another policy would have made of the returns of the past days.

The stored pictures are shown to the other model, or the stored observation is put before the other policy;
the rest stays as it was. What changes is a *flip*: another grade or another disposition, and so another
movement of stock. Nothing is written and nothing is moved.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.errors import EvidenceMissing
from edge.grading.decision import Decision, Disposition, Grade, StockState, nearness
from edge.grading.observation import ModelState
from edge.grading.policy import PolicyPack
from edge.inspection.judging import Judge, propose
from edge.inspection.saved import JudgedView, SavedInspection
from edge.inspection.stored import StoredInspections, observed_again


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was, or would be, proposed."""

    grade: Grade | None
    disposition: Disposition
    to_state: StockState
    needs_person: bool
    rules: tuple[str, ...]

    @classmethod
    def of(cls, decision: Decision) -> "Verdict":
        """The parts of a decision that a person compares."""
        return cls(
            decision.grade,
            decision.disposition,
            decision.to_state,
            decision.needs_person,
            tuple(rule.code for rule in decision.rules),
        )


@dataclass(frozen=True, slots=True)
class Flip:
    """One inspection that would have come out otherwise.

    Attributes:
        item: SKU or GTIN.
        before: As it was proposed then.
        after: As it would be proposed now.
        confirmed: What the person at the desk made of the first.
        views: The pictures with what would be found on them.
    """

    inspection_id: str
    return_id: str
    item: str
    before: Verdict
    after: Verdict
    confirmed: Disposition
    views: tuple[JudgedView, ...] = field(repr=False)

    @property
    def nearer_to_sale(self) -> bool:
        """Whether the goods would come nearer to people than before: the flips to look at first."""
        return nearness(self.after.disposition) > nearness(self.before.disposition)

    @property
    def person_agrees(self) -> bool:
        """Whether the person then chose what would be proposed now."""
        return self.confirmed is self.after.disposition


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome.

    Attributes:
        looked_at: Inspections that could be judged again.
        asked_then: Of them, those for which a person had to decide.
        asked_now: Those for which a person would have to.
        flips: Those that came out otherwise, the ones nearer to sale first.
        skipped: Why the others could not, and how many.
    """

    looked_at: int
    asked_then: int
    asked_now: int
    flips: tuple[Flip, ...]
    skipped: dict[str, int]


def try_model(stored: StoredInspections, judge: Judge, limit: int) -> Trial:
    """Show the newest inspections to another model, each under the policy that decided it.

    Args:
        stored: The station's inspections.
        judge: With the other model.
        limit: So many inspections at most, newest first.
    """
    return _collect(_with_model(saved, stored, judge) for saved in stored.newest(limit))


def try_policy(stored: StoredInspections, pack: PolicyPack, limit: int) -> Trial:
    """Put the newest inspections before another version of the policy pack that decided them.

    Args:
        stored: The station's inspections.
        pack: In place of the pack of the same name.
        limit: So many inspections at most, newest first.
    """
    return _collect(_with_policy(saved, pack) for saved in stored.newest(limit))


_Judged = tuple[SavedInspection, Decision, tuple[JudgedView, ...]]


def _with_model(saved: SavedInspection, stored: StoredInspections, judge: Judge) -> _Judged | str:
    if not saved.views:
        return "no pictures were taken"
    policy = stored.policy(saved)
    if policy is None:
        return "the policy pack is not kept here"
    try:
        views = stored.seen_again(saved, judge)
    except EvidenceMissing:
        return "pictures were removed for space or are gone"
    observation = observed_again(saved.observation, views)
    if saved.model != judge.model:
        # What was tested of one model says nothing of another.
        observation = observation.model_copy(update={"model": ModelState(present=judge.model is not None)})
    return saved, propose(observation, policy), views


def _with_policy(saved: SavedInspection, pack: PolicyPack) -> _Judged | str:
    if saved.decision.policy != pack.name:
        return f"decided by another pack than {pack.name}"
    return saved, propose(saved.observation, pack), saved.views


def _collect(judged: Iterable[_Judged | str]) -> Trial:
    asked, skipped, flips = list[tuple[bool, bool]](), Counter[str](), list[Flip]()
    for one in judged:
        if isinstance(one, str):
            skipped[one] += 1
            continue
        saved, decision, _ = one
        asked.append((saved.decision.needs_person, decision.needs_person))
        flips.extend(_flip(*one))
    flips.sort(key=lambda flip: not flip.nearer_to_sale)
    then, now = (sum(each[when] for each in asked) for when in (0, 1))
    return Trial(len(asked), then, now, tuple(flips), dict(skipped))


def _flip(saved: SavedInspection, decision: Decision, views: tuple[JudgedView, ...]) -> Iterator[Flip]:
    before, after = Verdict.of(saved.decision), Verdict.of(decision)
    if (before.grade, before.disposition) == (after.grade, after.disposition):
        return
    observation = saved.observation
    yield Flip(
        inspection_id=saved.inspection_id,
        return_id=saved.return_id,
        item=observation.sku or observation.gtin14 or "unknown article",
        before=before,
        after=after,
        confirmed=saved.confirmed.disposition,
        views=views,
    )
