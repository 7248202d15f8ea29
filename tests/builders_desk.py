"""A desk on a real database with hand-written cameras and eyes, so that tests say what lies on the table."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from edge.bootstrap import EDGE_MIGRATIONS
from edge.clock import ClockReading
from edge.grading.policy_loading import PolicyShelf, load_policies
from edge.ids import new_id
from edge.inspection.assembly import AssembledDesk, assemble_desk
from edge.inspection.calibrating import CalibrationBook
from edge.inspection.comparing import GoldenComparer
from edge.inspection.desk import Desk
from edge.inspection.judging import Eyes
from edge.inspection.saved import ModelUsed
from edge.returns.catalogue import Product
from edge.returns.expected import ExpectedReturn
from edge.returns.places import Place, PlaceKind
from edge.settings import Settings
from hardware.cameras.frame import Frame
from hardware.scanners.scan import Scan
from sync.database import Database
from sync.outbox import Outbox
from sync.records import SYNC_MIGRATIONS
from sync.topics import StationIdentity
from vision.errors import PictureTruncated
from vision.findings import Box, DefectKind, Finding
from vision.photograph import Photograph
from vision.quality import Quality, QualityVerdict
from vision.view_inspector import Meanwhile, ViewInspection

SITE = "blr-01"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
MODEL = ModelUsed(name="damage", version="0.0.1", sha256="0" * 64)


@dataclass
class Table:
    """What lies under the cameras: pictures of each view, and what eyes would see in them."""

    pictures: dict[str, bytes | None] = field(default_factory=lambda: {"top": b"top-1", "front": b"front-1"})
    findings: dict[bytes, tuple[Finding, ...]] = field(default_factory=dict)
    quality: dict[bytes, QualityVerdict] = field(default_factory=dict)
    unreadable: set[bytes] = field(default_factory=set)

    def put(self, name: str, *findings: Finding, quality: QualityVerdict = QualityVerdict.OK) -> None:
        """Another item: its pictures are called after it; a finding is seen on its own view."""
        for view in self.pictures:
            jpeg = f"{view}-{name}".encode()
            self.pictures[view] = jpeg
            self.findings[jpeg] = tuple(found for found in findings if found.view == view)
            self.quality[jpeg] = quality

    def fresh(self, after_ns: int, timeout_s: float) -> dict[str, Frame | None]:
        """As the camera bank does."""
        del timeout_s
        return {
            view: None if jpeg is None else Frame(view, jpeg, after_ns + 1, 1, 1920, 1080)
            for view, jpeg in self.pictures.items()
        }

    def inspect(
        self, view: str, jpeg: bytes, reference: bytes | None = None, *, meanwhile: Meanwhile | None = None
    ) -> ViewInspection:
        """As the view inspector does."""
        del reference, meanwhile
        if jpeg in self.unreadable:
            raise PictureTruncated("the end is missing")
        return ViewInspection(
            view=view,
            quality=Quality(self.quality.get(jpeg, QualityVerdict.OK), {}),
            region=Box(100, 100, 800, 600),
            region_confidence=0.9,
            findings=self.findings.get(jpeg, ()),
            width=1920,
            height=1080,
            detector_ran=True,
            timings_ms={"model": 1.0},
            photograph=Photograph(jpeg, np.zeros((2, 2, 3), np.uint8), 2, 2),
        )

    def inspect_all(
        self,
        frames: Mapping[str, bytes],
        references: Mapping[str, bytes] | None = None,
        *,
        meanwhile: Meanwhile | None = None,
    ) -> dict[str, ViewInspection]:
        """As the view inspector does."""
        del references, meanwhile
        return {view: self.inspect(view, jpeg) for view, jpeg in frames.items()}


class TestClock:
    """Wall time that a test moves, over the real monotonic clock."""

    __test__ = False

    def __init__(self) -> None:
        self.time = NOW
        self.right = True
        self._ns = 0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """A little later each time, so that order shows."""
        with self._lock:
            self.time += timedelta(milliseconds=1)
            return self.time

    def monotonic_ns(self) -> int:
        """Counts up."""
        with self._lock:
            self._ns += 1_000_000
            return self._ns

    def reading(self) -> ClockReading:
        """As the test says."""
        return ClockReading(self.now(), ok=self.right, reason=None if self.right else "before_release")


@dataclass
class DeskUnderTest:
    """A desk with everything that a test wants to touch."""

    parts: AssembledDesk
    table: Table
    clock: TestClock
    database: Database
    outbox: Outbox
    book: CalibrationBook

    @property
    def desk(self) -> Desk:
        """As shown."""
        return self.parts.workflow.desk

    def scan(self, text: str, symbology: str | None = None) -> Desk:
        """The scanner reads a code."""
        return self.parts.workflow.scan(Scan(text, "counter", self.clock.monotonic_ns(), symbology))

    def answer(self, value: str) -> Desk:
        """Answer whatever is asked."""
        assert self.desk.question is not None, self.desk.notice
        return self.parts.workflow.answer(self.desk.question.question_id, value)

    def accept(self) -> Desk:
        """Accept the proposal."""
        assert self.desk.proposal is not None, self.desk
        return self.parts.workflow.accept(self.desk.proposal.inspection_id)

    def override(self, **changes: Any) -> Desk:
        """Change the proposal."""
        assert self.desk.proposal is not None, self.desk
        values = {"grade": None, "disposition": None, "reason_code": "other", "badge": None, **changes}
        return self.parts.workflow.override(self.desk.proposal.inspection_id, **values)

    def knows(self, *known: ExpectedReturn | Product | Place) -> None:
        """Fill the local copy as the OMS's streams would."""
        copy = self.parts.copy
        with self.database.write():
            for each in known:
                if isinstance(each, ExpectedReturn):
                    copy._put_return(each)
                elif isinstance(each, Product):
                    copy._put_product(each)
                else:
                    self.database.sql(
                        "INSERT INTO place (place_id, body) VALUES (?, ?)",
                        (each.place_id, each.model_dump_json()),
                    )

    def events(self, event_type: str = "") -> list[dict[str, Any]]:
        """What the OMS is owed, in order: each envelope as JSON."""
        rows = self.database.sql("SELECT message_id FROM outbox ORDER BY position")
        envelopes = [json.loads(self.outbox.get(row[0]).envelope) for row in rows]
        return [each for each in envelopes if event_type in each["type"]]


def a_seen(kind: DefectKind = DefectKind.DEFORMATION, **changes: Any) -> Finding:
    """A clear defect of some size on the top view."""
    values = {"kind": kind, "box": Box(200, 200, 300, 200), "score": 0.9, "extent": 0.2, "view": "top"}
    return Finding(**{**values, **changes})


def the_places() -> list[Place]:
    """One ambient place of each kind, and a cold one for quarantine and restock."""
    places = [
        Place(place_id=f"BIN-{kind.value.upper().replace('_', '-')}", label=f"{kind.value} shelf", kind=kind)
        for kind in PlaceKind
    ]
    places.extend(
        Place(
            place_id=f"BIN-{kind.value.upper()}-{storage.upper()}",
            label=f"{kind.value} {storage}",
            kind=kind,
            storage_class=storage,
        )
        for kind in (PlaceKind.RESTOCK, PlaceKind.QUARANTINE)
        for storage in ("chilled", "frozen")
    )
    return places


@contextmanager
def a_desk(
    folder: Path,
    *,
    clock: TestClock | None = None,
    table: Table | None = None,
    policies: PolicyShelf | None = None,
    model: ModelUsed = MODEL,
    eyes: Eyes | None = None,
    golden: GoldenComparer | None = None,
) -> Iterator[DeskUnderTest]:
    """A desk on its own folder; opening it again on the same folder is a restart.

    `eyes` are the table's, which see what the test says, unless real ones are given.
    """
    settings = Settings.model_validate(
        {
            "station": {"site": SITE, "station": "desk-1", "data_dir": folder},
            "staff": {"supervisors": ["STAFF-BOSS"]},
            "storage": {"reserve_mb": 0, "stop_mb": 0},
        }
    )
    clock = clock or TestClock()
    table = table or Table()
    database = Database.open(folder / "station.db", [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    outbox = Outbox(
        database, settings.outbox, identity=StationIdentity(SITE, "desk-1"), now=clock.now, new_id=new_id
    )
    outbox.begin_epoch()
    policies = policies or load_policies()
    book = CalibrationBook(database, policies, model, clock)
    parts = assemble_desk(
        settings,
        database,
        outbox,
        cameras=table,
        eyes=eyes or table,
        policies=policies,
        model=model,
        clock=clock,
        threshold=book.threshold,
        golden=golden,
    )
    parts.drafts.start()
    desk = DeskUnderTest(parts, table, clock, database, outbox, book)
    if not database.sql("SELECT 1 FROM place LIMIT 1"):
        desk.knows(*the_places())
    try:
        yield desk
    finally:
        parts.drafts.stop()
        database.close()
