"""Second looks: a set share of the units is graded by a person who doesn't know what the model said.

Which units is settled by their ids alone, so that neither the station's opinion nor anybody's choice decides.
They are offered when no bag is open and their own return is closed, and judged from the stored pictures. What
the person says is a fair label (`judged_units.py`) and tells how far person and model agree; it moves no
stock.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.clock import Clock
from edge.errors import WorkflowRefused
from edge.grading.decision import Grade
from edge.inspection.desk import Message
from edge.inspection.records import AuditRecord, EvidenceRecord, InspectionRecord, SecondLookRecord
from edge.inspection.saved import SavedInspection
from sync.database import Database
from sync.fields import parse_utc, utc_text
from vision.findings import DefectKind

OFFERED_FOR = timedelta(days=14)
"""Older units are not offered any more."""

LISTED = 50


@dataclass(frozen=True, slots=True)
class WaitingLook:
    """A unit that waits for a second look; nothing here tells what the station thought."""

    inspection_id: str
    name: str
    saved_at: datetime
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the station had said, shown after the person has spoken.

    Attributes:
        kinds: Of the findings that counted.
    """

    grade: Grade | None
    kinds: tuple[str, ...]
    same_grade: bool


@dataclass(frozen=True, slots=True)
class GradeAgreement:
    """How often person and station came to the same grade, for one category of goods.

    Attributes:
        one_off: The grades were neighbours.
        missed: The person said C or D, the station A or B.
    """

    category: str
    looked: int
    same: int
    one_off: int
    missed: int


@dataclass(frozen=True, slots=True)
class KindAgreement:
    """How often person and station saw a kind of defect."""

    kind: str
    both: int
    person_only: int
    station_only: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """All second looks together."""

    looked: int
    by_category: tuple[GradeAgreement, ...] = ()
    by_kind: tuple[KindAgreement, ...] = field(default=())


def is_chosen(inspection_id: str, share: float) -> bool:
    """Whether a unit is among the share: by its id alone, so that anybody can check it.

    >>> is_chosen("0194", 0.0), is_chosen("0194", 1.0)
    (False, True)
    """
    place = int.from_bytes(hashlib.sha256(inspection_id.encode()).digest()[:8], "big")
    return place < share * 2**64


class SecondLooks:
    """Offers units, keeps what people say of them, and compares."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        share: float = 0.0,
        bag_is_open: Callable[[], bool] = lambda: False,
        who: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._bag_is_open = bag_is_open
        self._who = who
        self.share = share

    def waiting(self) -> list[WaitingLook]:
        """Units that wait, oldest first; none while a bag is open."""
        if self.share <= 0 or self._bag_is_open():
            return []
        rows = self._database.sql(
            "SELECT i.inspection_id, i.name, i.saved_at FROM inspection i JOIN received_return r "
            "USING (return_id) LEFT JOIN second_look s USING (inspection_id) "
            "WHERE i.saved_at >= ? AND r.status = 'CLOSED' AND i.state <> 'UNDONE' AND i.model <> '' "
            "AND s.inspection_id IS NULL ORDER BY i.saved_at",
            (utc_text(self._clock.now() - OFFERED_FOR),),
        )
        found = []
        for inspection_id, name, saved_at in rows:
            if not is_chosen(str(inspection_id), self.share):
                continue
            views = self._views(str(inspection_id))
            if views:
                found.append(WaitingLook(str(inspection_id), str(name), parse_utc(str(saved_at)), views))
            if len(found) == LISTED:
                break
        return found

    def look(self, inspection_id: str, grade: Grade, kinds: Collection[DefectKind]) -> Answer:
        """Keep what a person says of a unit's pictures; returns what the station had said.

        Raises:
            WorkflowRefused: A bag is open, or this unit waits for no second look.
        """
        if self._bag_is_open():
            raise WorkflowRefused(Message("refused.second_look_bag"), Message("next.second_look_bag"))
        saved = self._saved(inspection_id)
        if saved is None or inspection_id not in {one.inspection_id for one in self.waiting()}:
            raise WorkflowRefused(Message("refused.second_look_gone"))
        clock, who = self._clock.reading(), self._who()
        named = sorted(kind.value for kind in kinds)
        with self._database.write():
            self._database.run(
                SecondLookRecord.insert(
                    inspection_id=inspection_id,
                    grade=grade.value,
                    kinds=json.dumps(named),
                    looked_at=clock.now,
                    looked_by=who,
                )
            )
            self._database.run(
                AuditRecord.insert(
                    at=clock.now,
                    clock_ok=clock.ok,
                    who=who,
                    action="second_look.given",
                    subject=inspection_id,
                    detail=json.dumps({"grade": grade.value, "kinds": named}),
                )
            )
        said = saved.decision
        return Answer(said.grade, tuple(sorted(station_kinds(saved))), same_grade=said.grade is grade)

    def agreement(self) -> Agreement:
        """How far people and the station agree, by category and by kind of defect."""
        grades: dict[str, list[tuple[Grade, Grade | None]]] = defaultdict(list)
        kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        rows = self._database.sql(
            "SELECT i.body, s.grade, s.kinds FROM second_look s JOIN inspection i USING (inspection_id)"
        )
        for body, grade, listed in rows:
            saved = SavedInspection.model_validate_json(str(body))
            grades[saved.observation.category].append((Grade(grade), saved.decision.grade))
            person, station = set(json.loads(listed)), station_kinds(saved)
            for kind in person | station:
                kinds[kind][0 if kind in person & station else 1 if kind in person else 2] += 1
        return Agreement(
            looked=len(rows),
            by_category=tuple(_agreement(category, pairs) for category, pairs in sorted(grades.items())),
            by_kind=tuple(KindAgreement(kind, *counts) for kind, counts in sorted(kinds.items())),
        )

    def _views(self, inspection_id: str) -> tuple[str, ...]:
        rows = self._database.run(
            EvidenceRecord.select(EvidenceRecord.view)
            .where(EvidenceRecord.inspection_id == inspection_id, EvidenceRecord.shed_at.is_null())
            .order_by(EvidenceRecord.view)
        )
        return tuple(str(row.view) for row in rows)

    def _saved(self, inspection_id: str) -> SavedInspection | None:
        rows = list(
            self._database.run(
                InspectionRecord.select(InspectionRecord.body).where(
                    InspectionRecord.inspection_id == inspection_id
                )
            )
        )
        return SavedInspection.model_validate_json(rows[0].body) if rows else None


def station_kinds(saved: SavedInspection) -> set[str]:
    """Kinds of the findings that counted; that a unit differs from intact ones names no kind."""
    kinds = {one.finding.kind for one in saved.decision.findings if one.counted}
    return {kind.value for kind in kinds if kind is not DefectKind.UNLIKE}


def _agreement(category: str, pairs: list[tuple[Grade, Grade | None]]) -> GradeAgreement:
    order = list(Grade)
    both = [(person, station) for person, station in pairs if station is not None]
    return GradeAgreement(
        category=category,
        looked=len(pairs),
        same=sum(person is station for person, station in both),
        one_off=sum(abs(order.index(person) - order.index(station)) == 1 for person, station in both),
        missed=sum(
            person in (Grade.C, Grade.D) and station in (Grade.A, Grade.B) for person, station in both
        ),
    )
