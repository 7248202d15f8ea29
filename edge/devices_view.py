"""What is plugged in and how the station is, as the staff see it (`edge.station.services.Devices`)."""

from collections.abc import Callable, Sequence

from edge.clock import SystemClock
from edge.delivery_view import DeliveryView
from edge.grading.policy_loading import PolicyShelf
from edge.health.backlog import check_backlog
from edge.health.broker import check_connection
from edge.health.calibration import check_calibration
from edge.health.camera import check_cameras
from edge.health.clock import check_clock
from edge.health.database import check_database
from edge.health.disk import check_disk
from edge.health.forecast import Forecast
from edge.health.libzbar import check_libzbar
from edge.health.model import check_model
from edge.health.monitor import HealthMonitor
from edge.health.policy import check_policies
from edge.inspection.desk import Message
from edge.inspection.journal import Journal
from edge.inspection.saved import ModelUsed
from edge.settings import Settings
from edge.station.services import Counts, DeviceState, HealthCheck
from edge.station.trust import Calibrations
from hardware.cameras.bank import CameraBank
from hardware.cameras.health import CameraHealth, CameraState
from hardware.scanners.bank import ScannerBank, ScannerHealth, ScannerState
from models.errors import ModelError, PackageUnknown
from sync.delivery import Delivery
from sync.outbox import Outbox

MIB = 1024 * 1024


class DevicesView:
    """Cameras, scanners, health checks and the day's figures."""

    def __init__(
        self,
        settings: Settings,
        cameras: CameraBank,
        scanners: ScannerBank,
        journal: Journal,
        delivery: Delivery,
        outbox: Outbox,
        policies: PolicyShelf,
        model: ModelUsed | None,
        clock: SystemClock,
        *,
        refused: ModelError | None = None,
        trouble: str | None = None,
        ahead: Callable[[int, int], Forecast] | None = None,
        calibrations: Calibrations,
    ) -> None:
        self._settings = settings
        self._cameras = cameras
        self._scanners = scanners
        self._journal = journal
        view = DeliveryView(outbox, delivery.relay, delivery.reconciliation)
        data = settings.station.data_dir
        checks: dict[str, Callable[[], HealthCheck]] = {
            "disk": lambda: check_disk(
                data,
                low_bytes=settings.storage.reserve_mb * MIB,
                full_bytes=settings.storage.stop_mb * MIB,
                ahead=ahead,
            ),
            "database": lambda: check_database(data / "station.db", trouble=trouble),
            "clock": lambda: check_clock(clock.reading(), settings.station.utc_offset_minutes),
            "camera": lambda: check_cameras(cameras.health()),
            "model": lambda: check_model(lambda: _running(model, refused)),
            "policy": lambda: check_policies(lambda: [pack.name for pack in policies.packs]),
            "calibration": lambda: check_calibration(calibrations.standings()),
            "broker": lambda: check_connection(view.connection()),
            "backlog": lambda: check_backlog(view.connection(), clock.now()),
            "libzbar": check_libzbar,
        }
        self._monitor = HealthMonitor(checks, monotonic_ns=clock.monotonic_ns)

    def devices(self) -> Sequence[DeviceState]:
        """Cameras, then scanners."""
        cameras = [
            camera_as_seen(name, self._settings.cameras[name].driver, health)
            for name, health in self._cameras.health().items()
        ]
        scanners = [
            scanner_as_seen(name, self._settings.scanners[name].driver, health)
            for name, health in self._scanners.health().items()
        ]
        return [*cameras, *scanners]

    def checks(self) -> Sequence[HealthCheck]:
        """All health checks, none older than some seconds."""
        return self._monitor.checks()

    def counts(self) -> Counts:
        """The day's figures."""
        inspected, returns, holds, tasks = self._journal.counts()
        return Counts(inspected_today=inspected, returns_today=returns, holds=holds, tasks=tasks)


def camera_as_seen(name: str, driver: str, health: CameraHealth) -> DeviceState:
    """A camera as the pages show it; what was wrong before it came back is not told."""
    return DeviceState(
        name=name,
        kind="camera",
        driver=driver,
        state=health.state.value,
        last_seen_s=health.last_frame_age_s,
        restarts=health.restarts,
        last_error=None if health.state is CameraState.LIVE else _problem(health.last_error),
    )


def scanner_as_seen(name: str, driver: str, health: ScannerHealth) -> DeviceState:
    """A scanner as the pages show it; what was wrong before it came back is not told."""
    return DeviceState(
        name=name,
        kind="scanner",
        driver=driver,
        state=health.state.value,
        last_seen_s=health.last_scan_age_s,
        restarts=health.restarts,
        last_error=None if health.state is ScannerState.READY else _problem(health.last_error),
    )


def _problem(text: str | None) -> Message | None:
    return Message("device.problem", {"detail": text}) if text else None


def _running(model: ModelUsed | None, refused: ModelError | None) -> str | None:
    """The model in use; none where there is no package.

    Raises:
        ModelError: There is one, and it was refused when the station started.
    """
    if refused is not None and not isinstance(refused, PackageUnknown):
        raise refused.with_traceback(None)  # asked every few seconds: its trace must not grow
    return f"{model.name}-{model.version}" if model else None
