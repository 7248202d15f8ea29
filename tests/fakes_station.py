"""A hand-written shift behind the web station: what was done, what is owed, what is plugged in."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from builders_station import NOW, a_detail, a_summary, holds, picture, tasks
from fakes_station_workflow import FakeWorkflow
from fakes_teaching import FakeTeaching

from edge.grading.decision import Grade
from edge.inspection.desk import Message
from edge.inspection.second_looks import Agreement, Answer, GradeAgreement, KindAgreement, WaitingLook
from edge.inspection.summaries import HoldSummary, InspectionDetail, InspectionSummary, OmsState, TaskSummary
from edge.station.services import (
    ComparisonView,
    Connection,
    Counts,
    DeviceState,
    HealthCheck,
    HealthState,
    OutboxRowView,
    StationServices,
    Versions,
)
from edge.station.trust import CalibrationView
from vision.findings import DefectKind


class FakeJournal:
    """Twenty-four inspections of this morning, two holds, two tasks."""

    def __init__(self, workflow: FakeWorkflow) -> None:
        self._workflow = workflow
        self.inspections = [a_summary(number) for number in range(24)]

    def today(
        self, *, limit: int | None = None, before: str | None = None, states: Sequence[OmsState] = ()
    ) -> list[InspectionSummary]:
        ids = [entry.inspection_id for entry in self.inspections]
        start = 0 if before is None else ids.index(before) + 1
        found = [entry for entry in self.inspections[start:] if not states or entry.oms_state in states]
        return found[:limit]

    def get(self, inspection_id: str) -> InspectionDetail | None:
        found = next((entry for entry in self.inspections if entry.inspection_id == inspection_id), None)
        return a_detail(found) if found else None

    def holds(self) -> list[HoldSummary]:
        return [hold for hold in holds() if hold.hold_id not in self._workflow.resolved]

    def tasks(self) -> list[TaskSummary]:
        return [task for task in tasks() if task.task_id not in self._workflow.done_tasks]

    def picture(self, inspection_id: str, view: str) -> bytes | None:
        del inspection_id
        if view not in ("top", "front"):
            return None
        return picture(view)


class FakeDelivery:
    """Three messages owed and one dead letter; tests replace `state`."""

    def __init__(self) -> None:
        self.state = Connection(True, True, 3, 2, 1, NOW - timedelta(minutes=2), False)
        self.retried: list[str] = []
        self.released: list[str] = []
        self.compared = ComparisonView("done", NOW - timedelta(minutes=3), 1204)
        self.comparisons_asked = 0

    def connection(self) -> Connection:
        return self.state

    def rows(self, *, states: Sequence[str] | None, limit: int, before: str | None) -> list[OutboxRowView]:
        del before
        names = ["PENDING", "SENT", "SETTLED", "SETTLED", "DEAD", "SETTLED"]
        rows = [
            OutboxRowView(
                f"0194-{number}",
                "000012-9f3ac1",
                120 - number,
                "darkstore.return.inspected.v1",
                f"ret-{number // 4}",
                names[number % 6],
                NOW - timedelta(minutes=number),
                1 + number % 2,
                Message("oms.rejected", {"reason": "unknown place"}) if number % 6 == 4 else None,
                None,
            )
            for number in range(18)
        ]
        return [row for row in rows if not states or row.state in states][:limit]

    def release(self, message_id: str) -> None:
        self.released.append(message_id)

    def retry(self, message_id: str) -> None:
        self.retried.append(message_id)

    def comparison(self) -> ComparisonView:
        return self.compared

    def compare_now(self) -> None:
        self.comparisons_asked += 1


class FakeDevices:
    """Two cameras, one of them lost; a scanner; health checks."""

    def devices(self) -> list[DeviceState]:
        lost = Message("camera.state.lost")
        return [
            DeviceState("top", "camera", "simulator", "live", 0.04),
            DeviceState("front", "camera", "v4l2", "lost", 4.2, 2, lost),
            DeviceState("counter", "scanner", "serial", "ready", 31.0),
        ]

    def checks(self) -> list[HealthCheck]:
        ok, warning = HealthState.OK, HealthState.WARNING
        doubtful = Message("health.clock.doubtful", {"time": "1970-01-01 00:04", "reason": "epoch"})
        return [
            HealthCheck("disk", ok, Message("health.disk.ok", {"free_mb": 41500})),
            HealthCheck("clock", warning, doubtful, Message("health.clock.doubtful.next")),
            HealthCheck("broker", ok, Message("health.broker.ok")),
            HealthCheck("model", ok, Message("health.model.ok", {"version": "parcels-0.1.0"})),
            HealthCheck("policy", ok, Message("health.policy.ok", {"packs": "5 packs"})),
            HealthCheck("backlog", ok, Message("health.backlog.ok", {"owed": 3})),
        ]

    def counts(self) -> Counts:
        return Counts(inspected_today=24, returns_today=6, holds=2, tasks=2)


class FakeCalibrations:
    """One pack calibrated, one not; tests replace `found`."""

    def __init__(self) -> None:
        params = {
            "threshold": "0.93",
            "harm": "1",
            "certainty": "95",
            "tested": 412,
            "days": 19,
            "asked": 38,
        }
        self.found = [
            CalibrationView(
                "default", "calibrated", Message("calibration.calibrated", params), 0.93, asked_share=0.38
            ),
            CalibrationView(
                "electronics", "uncalibrated", Message("calibration.too_few", {"wanting": 187}), wanting=187
            ),
        ]
        self.written: list[bool] = []

    def standings(self) -> list[CalibrationView]:
        return self.found

    def calibrate(self, *, write: bool) -> list[CalibrationView]:
        self.written.append(write)
        return self.found


class FakeLooks:
    """One unit waits; the station had said A."""

    def __init__(self) -> None:
        self.share = 0.1
        self.given: list[tuple[str, str, list[str]]] = []

    def waiting(self) -> list[WaitingLook]:
        if self.given:
            return []
        return [WaitingLook("insp-3", "Steel bottle", NOW - timedelta(hours=2), ("front", "top"))]

    def look(self, inspection_id: str, grade: Grade, kinds: Collection[DefectKind]) -> Answer:
        self.given.append((inspection_id, grade.value, [kind.value for kind in kinds]))
        return Answer(Grade.A, (), same_grade=grade is Grade.A)

    def agreement(self) -> Agreement:
        if not self.given:
            return Agreement(0)
        return Agreement(
            1,
            (GradeAgreement("general", 1, 0, 0, 1),),
            (KindAgreement("breakage", 0, 1, 0),),
        )


class FakeShift:
    """The services and handles on what stands behind them."""

    def __init__(self, *, language: str = "en", hosts: tuple[str, ...] = ()) -> None:
        self.workflow = FakeWorkflow()
        self.journal = FakeJournal(self.workflow)
        self.delivery = FakeDelivery()
        self.devices = FakeDevices()
        self.calibrations = FakeCalibrations()
        self.looks = FakeLooks()
        self.teaching = FakeTeaching()
        self.services = StationServices(
            site="BLR-07",
            station="desk-1",
            workflow=self.workflow,
            journal=self.journal,
            delivery=self.delivery,
            devices=self.devices,
            calibrations=self.calibrations,
            second_looks=self.looks,
            teaching=self.teaching,
            versions=Versions("0.1.0", "parcels-0.1.0", "5 packs, 3f9a21c0", "1", "000012-9f3ac1"),
            now=lambda: NOW,
            monotonic_ns=lambda: 1_000_000_000,
            language=language,
            hosts=hosts,
        )
