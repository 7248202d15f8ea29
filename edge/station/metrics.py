"""Figures for Prometheus, in its text format.

>>> sample("outbox_owed", 3)
'darkstore_outbox_owed 3'
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from edge.station.services import HealthState, StationServices

_PREFIX = "darkstore_"
_WORKING = ("live", "ready")  # a camera that gives pictures, a scanner that waits for the next code
_HEALTH_VALUES = {HealthState.OK: 0, HealthState.WARNING: 1, HealthState.FAILED: 2}


def sample(name: str, value: float, labels: Mapping[str, str] | None = None) -> str:
    """One line of the format; label values are escaped."""
    text = ",".join(f'{key}="{_escaped(label)}"' for key, label in (labels or {}).items())
    return f"{_PREFIX}{name}{{{text}}} {value:g}" if text else f"{_PREFIX}{name} {value:g}"


def prometheus_text(services: StationServices) -> str:
    """All figures of the station, as they are now."""
    lines: list[str] = []
    for block in (
        _delivery(services),
        _comparison(services),
        _work(services),
        _devices(services),
        _extra(services),
    ):
        lines.extend(block)
    return "\n".join(lines) + "\n"


def _header(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}{name} {meaning}"
    yield f"# TYPE {_PREFIX}{name} gauge"


def _gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    yield from _header(name, meaning)
    yield sample(name, value)


def _delivery(services: StationServices) -> Iterator[str]:
    connection = services.delivery.connection()
    oldest = connection.oldest_owed_at
    age = max(0.0, (services.now() - oldest).total_seconds()) if oldest else 0.0
    yield from _gauge("outbox_owed", "Messages that the OMS has not answered.", connection.owed)
    yield from _gauge(
        "outbox_in_flight", "Messages handed to the broker and not answered.", connection.in_flight
    )
    yield from _gauge("outbox_dead", "Messages that the OMS refused.", connection.dead)
    yield from _gauge("outbox_oldest_seconds", "Age of the oldest owed message.", age)
    yield from _gauge("broker_connected", "1 while the broker is connected.", connection.broker_connected)
    yield from _gauge("oms_present", "1 while the OMS says that it is there.", connection.oms_present)


def _comparison(services: StationServices) -> Iterator[str]:
    found = services.delivery.comparison()
    if found.finished_at is None:
        return  # nothing is known: no figure rather than a good one
    age = max(0.0, (services.now() - found.finished_at).total_seconds())
    yield from _gauge("comparison_age_seconds", "Since messages were compared with the OMS's books.", age)
    yield from _gauge("comparison_missing", "Messages that the OMS had lost; sent again.", found.missing)
    yield from _gauge("comparison_doubled", "Messages whose goods the OMS booked twice.", found.doubled)


def _work(services: StationServices) -> Iterator[str]:
    counts = services.devices.counts()
    yield from _gauge("holds", "Units that wait for a decision.", counts.holds)
    yield from _gauge("tasks", "Tasks that are not done.", counts.tasks)
    yield from _header("inspections_today", "Inspections saved today.")
    today = Counter(
        (summary.disposition, summary.grade or "none", summary.oms_state.value)
        for summary in services.journal.today()
    )
    for (disposition, grade, state), number in sorted(today.items()):
        labels = {"disposition": disposition, "grade": grade, "oms_state": state}
        yield sample("inspections_today", number, labels)


def _devices(services: StationServices) -> Iterator[str]:
    devices = services.devices.devices()
    yield from _header("device_live", "1 while a camera or scanner works.")
    for device in devices:
        yield sample("device_live", device.state in _WORKING, {"kind": device.kind, "name": device.name})
    yield from _header("device_restarts", "How often a device was started again.")
    for device in devices:
        yield sample("device_restarts", device.restarts, {"kind": device.kind, "name": device.name})
    yield from _header("health", "0 well, 1 someone should look, 2 something cannot be done.")
    for check in services.devices.checks():
        yield sample("health", _HEALTH_VALUES[check.state], {"check": check.name})


def _extra(services: StationServices) -> Iterator[str]:
    for name, value in sorted(services.extra_metrics().items()):
        yield sample(name, value)


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
