"""Judging stored inspections again, from the stored pictures, with the stored policy and the same model.

The same evidence must give the same findings (to 1e-4), grade, disposition and rules; where it doesn't, the
result says what changed. This is what makes an old decision explainable and a new model comparable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.errors import EvidenceMissing
from edge.grading.decision import Decision
from edge.grading.observation import Observation
from edge.grading.policy import PolicyPack
from edge.inspection.evidence import Evidence, PictureStore
from edge.inspection.judging import Judge, propose
from edge.inspection.observing import seen_findings, seen_views
from edge.inspection.records import EvidenceRecord, InspectionRecord, PolicyPackRecord
from edge.inspection.references import ReferenceStore
from edge.inspection.saved import JudgedView, ModelUsed, SavedInspection
from edge.inspection.store import InspectionStore
from sync.database import Database

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

    def __init__(
        self,
        database: Database,
        store: InspectionStore,
        pictures: PictureStore,
        references: ReferenceStore,
        judge: Judge,
        model: ModelUsed | None,
    ) -> None:
        self._database = database
        self._store = store
        self._pictures = pictures
        self._references = references
        self._judge = judge
        self._model = model

    def inspection_ids(self) -> list[str]:
        """Every stored inspection, oldest first."""
        query = InspectionRecord.select(InspectionRecord.inspection_id).order_by(InspectionRecord.saved_at)
        return [str(row.inspection_id) for row in self._database.run(query)]

    def replay(self, inspection_id: str) -> Replayed:
        """Judge one inspection again."""
        saved = self._store.inspection(inspection_id)
        if saved is None:
            return Replayed(inspection_id, ("there is no such inspection",))
        policy = self._policy(saved)
        if policy is None:
            return Replayed(inspection_id, ("its policy pack is not kept here",))
        if saved.model is not None and saved.model != self._model:
            now = f"{self._model.name}-{self._model.version}" if self._model else "none"
            return Replayed(
                inspection_id,
                (f"it was judged by {saved.model.name}-{saved.model.version}, now {now} is active",),
            )
        try:
            views = self._views(saved)
        except EvidenceMissing as error:
            return Replayed(inspection_id, (str(error),))
        observation = _seen_again(saved.observation, views)
        again = propose(observation, policy)
        return Replayed(
            inspection_id, (*_view_differences(saved.views, views), *_differences(saved.decision, again))
        )

    def _views(self, saved: SavedInspection) -> tuple[JudgedView, ...]:
        rows = {
            row.view: row
            for row in self._database.run(
                EvidenceRecord.select().where(EvidenceRecord.inspection_id == saved.inspection_id)
            )
        }
        pictures, references = {}, {}
        for view in saved.views:
            row = rows.get(view.view)
            if row is None:
                continue
            if row.shed_at is not None:
                raise EvidenceMissing(
                    f"picture {row.path} was removed for space after the OMS had confirmed it"
                )
            pictures[view.view] = self._pictures.read(Evidence(row.view, row.path, row.sha256, row.size))
            if row.reference_sha256 is not None:
                references[view.view] = (row.reference_sha256, self._references.read(row.reference_sha256))
        seen = self._judge.see(pictures, references) if pictures else None
        again = {view.view: view for view in seen.views} if seen is not None else {}
        return tuple(again.get(view.view, view) for view in saved.views)

    def _policy(self, saved: SavedInspection) -> PolicyPack | None:
        query = PolicyPackRecord.select().where(PolicyPackRecord.sha256 == saved.decision.policy_version)
        rows = list(self._database.run(query))
        return PolicyPack.model_validate_json(rows[0].text) if rows else None


def _seen_again(observation: Observation, views: Sequence[JudgedView]) -> Observation:
    return observation.model_copy(update={"views": seen_views(views), "findings": seen_findings(views)})


def _view_differences(before: Sequence[JudgedView], after: Sequence[JudgedView]) -> list[str]:
    found = []
    for old, new in zip(before, after, strict=True):
        if old.quality != new.quality:
            found.append(f"{old.view}: picture was {old.quality}, is {new.quality}")
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


def _differences(before: Decision, after: Decision) -> list[str]:
    looks: tuple[tuple[str, Callable[[Decision], object]], ...] = (
        ("grade", lambda decision: decision.grade),
        ("disposition", lambda decision: decision.disposition.value),
        ("rules", lambda decision: [rule.code for rule in decision.rules]),
    )
    return [
        f"{name} was {look(before)}, is {look(after)}" for name, look in looks if look(before) != look(after)
    ]
