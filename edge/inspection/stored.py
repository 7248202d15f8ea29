"""Stored inspections with their evidence, for whoever judges them again: a replay, or a trial."""

import json
from collections.abc import Iterator

from edge.errors import EvidenceMissing
from edge.grading.decision import Grade
from edge.grading.observation import Observation
from edge.grading.policy import PolicyPack
from edge.inspection.evidence import Evidence, PictureStore
from edge.inspection.judging import Judge
from edge.inspection.observing import seen_findings, seen_views
from edge.inspection.records import EvidenceRecord, InspectionRecord, PolicyPackRecord, SecondLookRecord
from edge.inspection.references import ReferenceStore
from edge.inspection.saved import JudgedView, SavedInspection
from edge.inspection.store import InspectionStore
from sync.database import Database
from vision.findings import DefectKind


class StoredInspections:
    """Reads what was stored; writes nothing."""

    def __init__(
        self, database: Database, store: InspectionStore, pictures: PictureStore, references: ReferenceStore
    ) -> None:
        self._database = database
        self._store = store
        self._pictures = pictures
        self._references = references

    def ids(self) -> list[str]:
        """Every stored inspection, oldest first."""
        query = InspectionRecord.select(InspectionRecord.inspection_id).order_by(InspectionRecord.saved_at)
        return [str(row.inspection_id) for row in self._database.run(query)]

    def get(self, inspection_id: str) -> SavedInspection | None:
        """One inspection; None where there is none of that id."""
        return self._store.inspection(inspection_id)

    def newest(self, limit: int) -> Iterator[SavedInspection]:
        """The newest inspections, newest first."""
        for inspection_id in list(reversed(self.ids()))[:limit]:
            saved = self.get(inspection_id)
            if saved is not None:
                yield saved

    def policy(self, saved: SavedInspection) -> PolicyPack | None:
        """The very pack that decided it; None where it is not kept here."""
        query = PolicyPackRecord.select().where(PolicyPackRecord.sha256 == saved.decision.policy_version)
        rows = list(self._database.run(query))
        return PolicyPack.model_validate_json(rows[0].text) if rows else None

    def pictures(self, saved: SavedInspection) -> dict[str, bytes]:
        """Its pictures as stored, JPEG bytes by view.

        Raises:
            EvidenceMissing: One was removed for space, is gone, or is not the one that was stored.
        """
        found = {}
        for row in self._rows(saved):
            if row.shed_at is not None:
                raise EvidenceMissing(
                    f"picture {row.path} was removed for space after the OMS had confirmed it"
                )
            found[row.view] = self._pictures.read(Evidence(row.view, row.path, row.sha256, row.size))
        return found

    def seen_again(self, saved: SavedInspection, judge: Judge) -> tuple[JudgedView, ...]:
        """Its views, judged anew from the stored pictures.

        Raises:
            EvidenceMissing: A picture is missing, or one that it was compared with.
        """
        names = {view.view for view in saved.views}
        pictures = {view: jpeg for view, jpeg in self.pictures(saved).items() if view in names}
        references = {
            row.view: (row.reference_sha256, self._references.read(row.reference_sha256))
            for row in self._rows(saved)
            if row.reference_sha256 is not None and row.view in names
        }
        compare = judge.comparing_again(saved.views)
        seen = judge.see(pictures, references, compare) if pictures else None
        again = {view.view: view for view in seen.views} if seen is not None else {}
        return tuple(again.get(view.view, view) for view in saved.views)

    def references(self, saved: SavedInspection) -> dict[str, bytes]:
        """The empty-station pictures that its views were compared with, by view.

        Raises:
            EvidenceMissing: One of them is gone.
        """
        return {
            row.view: self._references.read(row.reference_sha256)
            for row in self._rows(saved)
            if row.reference_sha256 is not None
        }

    def second_look(self, inspection_id: str) -> tuple[Grade, frozenset[DefectKind]] | None:
        """The grade and the kinds of defect that a second look gave; None where there was none."""
        query = SecondLookRecord.select().where(SecondLookRecord.inspection_id == inspection_id)
        rows = list(self._database.run(query))
        if not rows:
            return None
        return Grade(rows[0].grade), frozenset(DefectKind(kind) for kind in json.loads(rows[0].kinds))

    def _rows(self, saved: SavedInspection) -> list[EvidenceRecord]:
        query = EvidenceRecord.select().where(EvidenceRecord.inspection_id == saved.inspection_id)
        return list(self._database.run(query))


def observed_again(observation: Observation, views: tuple[JudgedView, ...]) -> Observation:
    """The same observation with other views."""
    return observation.model_copy(update={"views": seen_views(views), "findings": seen_findings(views)})
