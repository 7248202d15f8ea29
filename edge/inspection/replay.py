"""Judging stored inspections again, from the stored pictures, with the stored policy and the same model.

The same evidence must give the same findings (to 1e-4), grade, disposition and rules; where it doesn't, the
result says what changed. This is what makes an old decision explainable and a new model comparable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.errors import EvidenceMissing
from edge.grading.decision import Decision
from edge.inspection.judging import Judge, propose
from edge.inspection.saved import JudgedView, ModelUsed
from edge.inspection.stored import StoredInspections, observed_again

TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one inspection judged again."""

    inspection_id: str
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether everything came out the same."""
        return not self.differences


class Replayer:
    """Judges stored inspections again; writes nothing."""

    def __init__(self, stored: StoredInspections, judge: Judge, model: ModelUsed | None) -> None:
        self.stored = stored
        self._judge = judge
        self._model = model

    def inspection_ids(self) -> list[str]:
        """Every stored inspection, oldest first."""
        return self.stored.ids()

    def replay(self, inspection_id: str) -> Replayed:
        """Judge one inspection again."""
        saved = self.stored.get(inspection_id)
        if saved is None:
            return Replayed(inspection_id, ("there is no such inspection",))
        policy = self.stored.policy(saved)
        if policy is None:
            return Replayed(inspection_id, ("its policy pack is not kept here",))
        if saved.model is not None and saved.model != self._model:
            now = f"{self._model.name}-{self._model.version}" if self._model else "none"
            return Replayed(
                inspection_id,
                (f"it was judged by {saved.model.name}-{saved.model.version}, now {now} is active",),
            )
        try:
            views = self.stored.seen_again(saved, self._judge)
        except EvidenceMissing as error:
            return Replayed(inspection_id, (str(error),))
        again = propose(observed_again(saved.observation, views), policy)
        return Replayed(
            inspection_id, (*_view_differences(saved.views, views), *_differences(saved.decision, again))
        )


def _view_differences(before: Sequence[JudgedView], after: Sequence[JudgedView]) -> list[str]:
    found = []
    for old, new in zip(before, after, strict=True):
        if old.quality != new.quality:
            found.append(f"{old.view}: picture was {old.quality}, is {new.quality}")
        found.extend(_golden_differences(old, new))
        if len(old.findings) != len(new.findings):
            found.append(f"{old.view}: {len(old.findings)} findings, now {len(new.findings)}")
            continue
        for number, (one, two) in enumerate(zip(old.findings, new.findings, strict=True), start=1):
            figures = ("x", "y", "width", "height")
            moved = max(abs(getattr(one.box, name) - getattr(two.box, name)) for name in figures)
            apart = max(moved, abs(one.score - two.score), abs(one.extent - two.extent))
            if one.kind is not two.kind or apart > TOLERANCE:
                found.append(
                    f"{old.view}: finding {number} was {one.kind} {one.score:.4f}, "
                    f"is {two.kind} {two.score:.4f}"
                )
    return found


def _golden_differences(old: JudgedView, new: JudgedView) -> list[str]:
    before, after = old.golden, new.golden
    if before is None or after is None:
        return [] if before is after else [f"{old.view}: was compared with golden pictures, is not"]
    same = (before.verdict, before.looks_like) == (after.verdict, after.looks_like)
    if same and abs(before.score - after.score) <= TOLERANCE:
        return []
    changed = "" if before.method == after.method else "; the comparison's program has changed since"
    was, now = f"{before.verdict} {before.score:.4f}", f"{after.verdict} {after.score:.4f}"
    return [f"{old.view}: beside golden pictures it was {was}, is {now}{changed}"]


def _differences(before: Decision, after: Decision) -> list[str]:
    looks: tuple[tuple[str, Callable[[Decision], object]], ...] = (
        ("grade", lambda decision: decision.grade),
        ("disposition", lambda decision: decision.disposition.value),
        ("rules", lambda decision: [rule.code for rule in decision.rules]),
    )
    return [
        f"{name} was {look(before)}, is {look(after)}" for name, look in looks if look(before) != look(after)
    ]
