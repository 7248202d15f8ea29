"""All checks that can be made before the station starts, or beside it while it works."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.clock import SystemClock
from edge.errors import SettingsInvalid
from edge.health.answer import failed, well
from edge.health.broker import check_broker_reachable
from edge.health.clock import check_clock
from edge.health.database import check_database
from edge.health.disk import check_disk
from edge.health.libzbar import check_libzbar
from edge.health.model import check_model
from edge.health.monitor import run_check
from edge.health.mosquitto import check_mosquitto
from edge.health.policy import check_policies
from edge.health.port import check_port
from edge.health.python import check_python
from edge.station.services import HealthCheck

if TYPE_CHECKING:
    from edge.settings import Settings


def examine(config: Path | None) -> Sequence[HealthCheck]:
    """Check the machine, and the station that the settings describe.

    Args:
        config: The settings file; None checks the machine and what comes with the program.
    """
    checks = [check_python(), check_clock(SystemClock().reading()), check_libzbar(), check_mosquitto()]
    if config is None:
        return [*checks, check_disk(Path.cwd()), _policies(None), _model(None)]
    from edge.settings import load_settings

    try:
        settings = load_settings(config)
    except SettingsInvalid as error:
        return [*checks, failed("settings", "refused", problem=str(error))]
    checks.append(well("settings", path=str(config)))
    return [*checks, *_station(settings)]


def _station(settings: "Settings") -> list[HealthCheck]:
    from edge.bootstrap import EDGE_MIGRATIONS
    from edge.cli_settings import running_station
    from sync.records import SYNC_MIGRATIONS

    data = settings.station.data_dir
    checks = [
        check_disk(
            data, low_bytes=settings.storage.reserve_mb * 2**20, full_bytes=settings.storage.stop_mb * 2**20
        ),
        check_database(data / "station.db", thorough=True, migrations=(SYNC_MIGRATIONS, EDGE_MIGRATIONS)),
        _policies(settings),
        _model(settings),
        check_broker_reachable(settings.broker.host, settings.broker.port),
    ]
    client = running_station(settings)
    if client is None:
        return [*checks, check_port(settings.station.host, settings.station.port)]
    with client:
        running = client.get("/api/health")["checks"]
    named = {check.name for check in checks}
    return [*checks, *(_told(check) for check in running if check["name"] not in named)]


def _told(check: dict[str, object]) -> HealthCheck:
    """A check that the running station made itself."""
    from pydantic import TypeAdapter

    return TypeAdapter(HealthCheck).validate_python(check)


def _policies(settings: "Settings | None") -> HealthCheck:
    from edge.grading.policy_loading import load_policies

    def names() -> list[str]:
        return [pack.name for pack in load_policies(settings.policies if settings else None).packs]

    return run_check("policy", lambda: check_policies(names))


def _model(settings: "Settings | None") -> HealthCheck:
    from models.errors import PackageUnknown
    from models.registry import ModelRegistry
    from models.settings import ModelSettings

    section = settings.model if settings else ModelSettings()
    folder = (settings.station.data_dir if settings else Path("data")) / "models"

    def verified() -> str | None:
        registry = ModelRegistry(section, folder)
        try:
            package = registry.active()
        except PackageUnknown:
            if section.required:
                raise
            return None
        registry.verify(package)
        return package.package_id

    return run_check("model", lambda: check_model(verified))
