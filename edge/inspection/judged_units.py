"""Past inspections as calibration and drift look at them: what the station thought, what a person said.

A person's word counts as a label only where the person had to decide whatever the station thought: because it
asked, or in a second look. Overrides of proposals that did not ask are known damage, but no fair sample: of
the accepted ones nobody knows whether anyone looked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from edge.grading.calibration import LabelledReturn
from edge.grading.decision import Disposition, Grade
from edge.grading.labels import HARMFUL, Alone, alone
from edge.grading.observation import SealState
from edge.grading.override import OverrideReason
from edge.grading.policy_loading import PolicyShelf
from edge.inspection.saved import JudgedView, ModelUsed, SavedInspection
from edge.returns.holds import HoldReason
from sync.database import Database
from sync.fields import utc_text

MOST_UNITS = 10_000
"""The newest so many are looked at."""

_AT_ONCE = 50  # a tenth of a second's work on a small device


class ReadingStopped(Exception):
    """The station stops; what was read so far is of no use."""


SAYS_DAMAGED = frozenset(
    {OverrideReason.DAMAGE_NOT_SEEN, OverrideReason.SMELL_OR_LEAK, OverrideReason.PARTS_MISSING}
)
"""Reasons that speak of damage even where the person left the grade as it was."""

SET_ASIDE = "set_aside."
DOUBTED = frozenset({"set_aside.condition_unclear", "set_aside.hazard", "set_aside.needs_supervisor"})
"""Set aside because of the condition: counted as harmful, since nobody called it sound."""


@dataclass(frozen=True, slots=True)
class JudgedUnit:
    """One unit that was judged by its pictures.

    Attributes:
        policy: Name of the pack that serves its category.
        alone: How the station would handle it alone.
        asked: A person had to decide.
        word: What a person said of its condition; None where nobody had to and nobody did.
        label: A fair sample of the truth; None where it is none.
        pictures: Figures of its usable pictures, by view and measure.
    """

    inspection_id: str
    policy: str
    saved_at: datetime
    alone: Alone
    asked: bool
    word: Grade | None
    label: LabelledReturn | None
    pictures: dict[str, float] = field(default_factory=dict)

    @property
    def found_worse(self) -> bool:
        """A person said C or D of what looked sound."""
        return self.alone.sound and self.word in HARMFUL


def judged_units(
    database: Database,
    policies: PolicyShelf,
    model: ModelUsed,
    *,
    since: datetime | None = None,
    rest: Callable[[], bool] = lambda: False,
) -> Iterator[JudgedUnit]:
    """Units that this very model judged, the newest first.

    Args:
        database: The station's.
        policies: The packs as they are now.
        model: Whose units.
        since: Only those saved from then on; None for all, up to `MOST_UNITS`.
        rest: Called now and then, to leave the processor to the desk; True: the station stops.

    Raises:
        ReadingStopped: `rest` said so.
    """
    below, looked_at = "~", 0  # behind every id
    while looked_at < MOST_UNITS:
        rows = database.sql(
            "SELECT i.inspection_id, i.body, s.grade "
            "FROM inspection i LEFT JOIN second_look s USING (inspection_id) "
            "WHERE i.inspection_id < ? AND i.model = ? AND i.state <> 'UNDONE' AND i.saved_at >= ? "
            "ORDER BY i.inspection_id DESC LIMIT ?",
            (below, f"{model.name}-{model.version}", utc_text(since) if since is not None else "", _AT_ONCE),
        )
        if not rows:
            return
        if rest():
            raise ReadingStopped
        below, looked_at = str(rows[-1][0]), looked_at + len(rows)
        for _, body, second in rows:
            saved = SavedInspection.model_validate_json(str(body))
            unit = judged_unit(saved, policies, Grade(second) if second is not None else None)
            if unit is not None and saved.model == model:
                yield unit


def judged_unit(saved: SavedInspection, policies: PolicyShelf, second: Grade | None) -> JudgedUnit | None:
    """One inspection as a judged unit; None where no picture was judged.

    Args:
        saved: The inspection.
        policies: The packs as they are now.
        second: The grade of a second look, where there was one.
    """
    seen = saved.observation
    if _reason(saved) == OverrideReason.SEAL_BROKEN.value:
        # The broken seal is the person's word; what the station thought was thought without it.
        seen = seen.model_copy(update={"seal": SealState.UNKNOWN})
    policy = policies.of_category(seen.category)
    by_itself = alone(seen, policy)
    if by_itself is None:
        return None
    asked = saved.decision.needs_person
    word = _worse(_word(saved), second)
    fair = (asked or second is not None) and word is not None and seen.clock_ok
    return JudgedUnit(
        inspection_id=saved.inspection_id,
        policy=policy.name,
        saved_at=saved.saved_at,
        alone=by_itself,
        asked=asked,
        word=word,
        label=by_itself.label(word) if fair and word is not None else None,
        pictures={name: value for view in saved.views for name, value in _figures(view)},
    )


def waits_for_a_look(saved: SavedInspection) -> bool:
    """Whether it was put aside for what differs from intact units: nobody has said yet what that is."""
    held = saved.confirmed.disposition is Disposition.HOLD_FOR_REVIEW
    return held and saved.decision.hold_reason is HoldReason.UNLIKE_GOLDEN


def _word(saved: SavedInspection) -> Grade | None:
    """What the person at the desk said of the condition."""
    reason, confirmed = _reason(saved), saved.confirmed.grade
    if reason is None and waits_for_a_look(saved):
        return None
    if reason is None:
        return confirmed if saved.decision.needs_person else None
    if reason.startswith(SET_ASIDE):
        return Grade.D if reason in DOUBTED else None
    if confirmed is saved.decision.grade and reason in SAYS_DAMAGED:
        return _worse(confirmed, Grade.C)
    return confirmed


def _reason(saved: SavedInspection) -> str | None:
    return saved.confirmed.override.reason_code if saved.confirmed.override is not None else None


def _worse(one: Grade | None, other: Grade | None) -> Grade | None:
    return one.worse_of(other) if one is not None and other is not None else one or other


def _figures(view: JudgedView) -> Iterator[tuple[str, float]]:
    if not view.usable:
        return
    for name, value in view.measures.items():
        yield f"{view.view}.{name}", value
    if view.item_box is not None and view.width and view.height:
        share = view.item_box.width * view.item_box.height / (view.width * view.height)
        yield f"{view.view}.item", round(share, 4)
