"""Settings become a station: the one place that chooses concrete classes and knows how they fit together.

    with open_station(load_settings(path)) as station:
        serve(station)

Nothing here decides anything about a return; it only builds, starts and stops, in the order that a crash at
any moment leaves in good shape: lock the folder, open the database, begin an epoch, sweep, restore the desk,
then deliver.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.calibration_view import CalibrationsView
from edge.camera_scanner import OpenReturnCodes, camera_scanners
from edge.clock import SystemClock
from edge.delivery_view import DeliveryView
from edge.devices_view import DevicesView
from edge.golden_setup import golden_comparer, golden_teaching
from edge.grading.override import OverrideReason
from edge.grading.policy_loading import PolicyShelf, load_policies
from edge.health.forecast import DiskForecast
from edge.ids import new_id
from edge.inspection.answers import AnswerTasks
from edge.inspection.assembly import assemble_desk
from edge.inspection.calibrating import CalibrationBook
from edge.inspection.desk import Phase
from edge.inspection.evidence import PictureStore
from edge.inspection.golden_ahead import GoldenAhead
from edge.inspection.journal import Journal
from edge.inspection.judging import Judge
from edge.inspection.recovery import restore_desk, sweep_pictures, tell_of_waking
from edge.inspection.references import ReferenceStore
from edge.inspection.replay import Replayer
from edge.inspection.saved import ModelUsed
from edge.inspection.storage import StorageGovernor
from edge.inspection.store import InspectionStore
from edge.inspection.stored import StoredInspections
from edge.inspection.workflow import InspectionWorkflow
from edge.locking import DataFolderLock
from edge.minding import Minding
from edge.returns.store import LocalCopy
from edge.returns.streams import ExpectedStream, ReferenceStream
from edge.settings import Settings
from edge.station.services import ReasonCodes, StationServices, Versions
from edge.station_model import load_model, load_named
from edge.versions import SOFTWARE
from edge.waking import MARKS_FILE, seal_quietly, unsealed, wake
from hardware.cameras.bank import CameraBank
from hardware.scanners.bank import ScannerBank
from sync.contract.messages import StreamName
from sync.contract.messages.evidence import ModelVersion, PolicyVersion
from sync.database import Database
from sync.delivery import Delivery
from sync.high_water import HighWater
from sync.migrating import MigrationSet
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS
from sync.topics import StationIdentity
from vision.view_inspector import ViewInspector

EDGE_MIGRATIONS = MigrationSet("edge", Path(__file__).parent / "inspection" / "migrations")
DATABASE_FILE = "station.db"
CONTRACT = "1.0"


@dataclass(frozen=True, slots=True)
class Station:
    """A station at work."""

    settings: Settings
    services: StationServices
    workflow: InspectionWorkflow
    journal: Journal
    references: ReferenceStore
    cameras: CameraBank
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Replaying:
    """What is needed to judge stored inspections again, as they were or with something new."""

    stored: StoredInspections
    judge: Judge
    replayer: Replayer


@contextmanager
def open_station(
    settings: Settings, *, serving: bool = True, clock: SystemClock | None = None
) -> Iterator[Station]:
    """Build the station, start its parts, and stop them in the reverse order.

    Args:
        settings: The whole settings file.
        serving: Start cameras, scanners and delivery; off, the station only stands ready (replay, checks).
        clock: In place of the operating system's; a simulation gives its own.

    Raises:
        EdgeError, SyncError, ModelError, HardwareError, GradingError: With what is wrong and what to do.
    """
    with ExitStack() as stack:
        data = settings.station.data_dir
        stack.enter_context(DataFolderLock(data))
        clock = clock or SystemClock()
        stack.callback(seal_quietly, data / DATABASE_FILE)
        database, waking = wake(data / DATABASE_FILE, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
        stack.callback(database.close)
        outbox = _outbox(settings, database, clock)
        outbox.begin_epoch()
        marks = HighWater(data / MARKS_FILE)
        marks.follow(outbox)
        stack.callback(marks.close)
        policies = load_policies(settings.policies)
        model, detector, refused = load_model(settings)
        eyes = stack.enter_context(ViewInspector(settings.vision, detector))
        cameras = CameraBank(settings.cameras)
        book = CalibrationBook(database, policies, model, clock)
        calibrations = CalibrationsView(book, policies)

        golden = golden_comparer(settings)
        ahead = GoldenAhead(golden.sets, tuple(settings.cameras))

        desk = assemble_desk(
            settings,
            database,
            outbox,
            cameras=cameras,
            eyes=eyes,
            policies=policies,
            model=model,
            clock=clock,
            threshold=book.threshold,
            golden=golden,
        )
        clock.newest_recorded = desk.store.newest_time
        workflow, journal = desk.workflow, desk.journal
        delivery = Delivery(
            outbox,
            settings.broker,
            handlers={
                StreamName.EXPECTED: ExpectedStream(desk.copy),
                StreamName.REFERENCE: ReferenceStream(desk.copy),
            },
            describe=lambda: _description(policies, model, clock),
            now=clock.now,
            new_id=new_id,
            on_answer=AnswerTasks(desk.tasks, clock),
        )
        scanners = ScannerBank(
            settings.scanners,
            workflow.scan,
            build=camera_scanners(
                cameras,
                settings.vision,
                waiting=lambda: desk.state.phase in {Phase.IDLE, Phase.RETURN_OPEN},
                expected=OpenReturnCodes(lambda: desk.state.opened, desk.copy.product),
            ),
        )
        forecast = DiskForecast(data / "free-space.json", now=clock.now, clock_ok=lambda: clock.reading().ok)
        devices = DevicesView(
            settings,
            cameras,
            scanners,
            journal,
            delivery,
            outbox,
            policies,
            model,
            clock,
            refused=refused,
            trouble=waking.trouble,
            ahead=forecast.ahead,
            calibrations=calibrations,
        )

        swept = sweep_pictures(desk.store, desk.pictures)
        tell_of_waking(waking, swept, desk.tasks, database, clock)
        workflow.on_change(ahead.on_change)
        ahead.start()
        stack.callback(ahead.stop)
        desk.drafts.start()
        stack.callback(desk.drafts.stop)
        if serving:
            stack.enter_context(cameras)
        restore_desk(desk.state, desk.drafts, desk.store, desk.judge, desk.references, workflow)
        stack.callback(delivery.stop)
        if serving:
            delivery.start()
            stack.enter_context(scanners)
            stack.enter_context(
                Minding(
                    workflow,
                    desk.storage,
                    database,
                    settings.outbox.retention_days,
                    clock,
                    forecast,
                    review=book.review,
                )
            )
        services = StationServices(
            site=settings.station.site,
            station=settings.station.station,
            workflow=workflow,
            journal=journal,
            delivery=DeliveryView(outbox, delivery.relay, delivery.reconciliation),
            devices=devices,
            calibrations=calibrations,
            second_looks=desk.second_looks,
            teaching=golden_teaching(settings, golden, desk, cameras, database, clock),
            versions=Versions(
                software=SOFTWARE,
                model=f"{model.name}-{model.version}" if model else "",
                policy=", ".join(f"{pack.name}@{pack.version[:8]}" for pack in policies.packs),
                contract=CONTRACT,
                epoch=outbox.epoch.text,
            ),
            now=clock.now,
            monotonic_ns=clock.monotonic_ns,
            language=settings.station.language,
            utc_offset_minutes=settings.station.utc_offset_minutes,
            hosts=settings.station.allowed_hosts,
            extra_metrics=lambda: _disk_metrics(settings, desk.storage, forecast),
            reasons=ReasonCodes(override=tuple(reason.value for reason in OverrideReason)),
        )
        yield Station(settings, services, workflow, journal, desk.references, cameras, delivery)


@contextmanager
def open_outbox(settings: Settings, *, exclusive: bool = False) -> Iterator[Outbox]:
    """The outbox alone, for the commands that look at it.

    Args:
        settings: The whole settings file.
        exclusive: Refuse while a station runs on the same data.

    Raises:
        StationLocked: `exclusive`, and a station runs.
    """
    with ExitStack() as stack:
        if exclusive:
            stack.enter_context(DataFolderLock(settings.station.data_dir))
            stack.enter_context(unsealed(settings.station.data_dir / DATABASE_FILE))
        clock = SystemClock()
        yield _outbox(settings, stack.enter_context(_database(settings, clock)), clock)


@contextmanager
def open_replay(settings: Settings, package_id: str | None = None) -> Iterator[Replaying]:
    """What judges stored inspections again; also beside a running station, since it writes nothing.

    Args:
        settings: The whole settings file.
        package_id: Judge with this model package instead of the active one; it need not be activated.

    Raises:
        ModelError: That package is not here, or is refused.
    """
    with ExitStack() as stack:
        data, clock = settings.station.data_dir, SystemClock()
        database = stack.enter_context(_database(settings, clock))
        if package_id is None:
            model, detector, _ = load_model(settings)
        else:
            model, detector = load_named(settings, package_id)
        eyes = stack.enter_context(ViewInspector(settings.vision, detector))
        references = ReferenceStore(data / "references")
        golden = golden_comparer(settings)
        judge = Judge(
            CameraBank({}),
            eyes,
            references,
            LocalCopy(database, now=clock.now),
            model=model,
            site=settings.station.site,
            utc_offset_minutes=settings.station.utc_offset_minutes,
            golden=golden,
        )
        store = InspectionStore(database, _outbox(settings, database, clock))
        stored = StoredInspections(database, store, PictureStore(data / "pictures"), references)
        yield Replaying(stored, judge, Replayer(stored, judge, model))


@contextmanager
def _database(settings: Settings, clock: SystemClock) -> Iterator[Database]:
    path = settings.station.data_dir / DATABASE_FILE
    database = Database.open(path, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    try:
        yield database
    finally:
        database.close()


def _disk_metrics(settings: Settings, storage: StorageGovernor, forecast: DiskForecast) -> dict[str, float]:
    """Free space, and the forecast where there is one: no figure rather than an invented one."""
    free = storage.free_bytes()
    ahead = forecast.ahead(free, settings.storage.stop_mb * 1024 * 1024)
    figures = {"disk_free_bytes": float(free), "disk_history_hours": ahead.history_hours}
    if ahead.days is not None:
        figures["disk_days_to_full"] = ahead.days
    return figures


def _outbox(settings: Settings, database: Database, clock: SystemClock) -> Outbox:
    identity = StationIdentity(settings.station.site, settings.station.station)
    return Outbox(database, settings.outbox, identity=identity, now=clock.now, new_id=new_id)


def _description(policies: PolicyShelf, model: ModelUsed | None, clock: SystemClock) -> StationDescription:
    return StationDescription(
        software=SOFTWARE,
        clock_ok=clock.reading().ok,
        model=ModelVersion(name=model.name, version=model.version, sha256=model.sha256) if model else None,
        policies=tuple(PolicyVersion(name=pack.name, sha256=pack.version) for pack in policies.packs),
    )
