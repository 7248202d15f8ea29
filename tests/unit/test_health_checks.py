"""Health checks: each says what is wrong and what to do next, none raises."""

import json
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import ClockReading
from edge.grading.errors import PolicyUnreadable
from edge.health.backlog import check_backlog
from edge.health.broker import check_broker_reachable, check_connection
from edge.health.calibration import check_calibration
from edge.health.camera import check_cameras
from edge.health.clock import check_clock
from edge.health.database import check_database
from edge.health.disk import MIB, check_disk
from edge.health.doctor import examine
from edge.health.libzbar import check_libzbar
from edge.health.model import check_model
from edge.health.monitor import HealthMonitor
from edge.health.mosquitto import check_mosquitto
from edge.health.policy import check_policies
from edge.health.port import check_port
from edge.health.python import check_python
from edge.inspection.desk import Message
from edge.station.catalogue import LOCALES, read_language
from edge.station.services import Connection, HealthCheck, HealthState
from edge.station.trust import CalibrationView
from hardware.cameras.health import CameraHealth, CameraState
from models.errors import PackageUnknown
from sync.database import Database
from sync.records import SYNC_MIGRATIONS

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def connection(**changes: object) -> Connection:
    values: dict[str, object] = {
        "broker_connected": True,
        "oms_present": True,
        "owed": 0,
        "in_flight": 0,
        "dead": 0,
        "oldest_owed_at": None,
        "session_taken_over": False,
    }
    return Connection(**{**values, **changes})  # type: ignore[arg-type]


def camera(state: CameraState) -> CameraHealth:
    return CameraHealth(state=state, last_frame_age_s=0.1, restarts=0, last_error="unplugged")


def refuse() -> str | None:
    raise PackageUnknown("no package 'damage'")


def unreadable() -> list[str]:
    raise PolicyUnreadable("default.toml", "it is not TOML")


@pytest.mark.parametrize(
    ("check", "state", "code"),
    [
        (lambda _: check_python(), HealthState.OK, "health.python.ok"),
        (check_disk, HealthState.OK, "health.disk.ok"),
        (lambda path: check_disk(path / "not" / "yet"), HealthState.OK, "health.disk.ok"),
        (
            lambda path: check_disk(path, free_bytes=lambda _: 900 * MIB),
            HealthState.WARNING,
            "health.disk.low",
        ),
        (lambda path: check_disk(path, free_bytes=lambda _: 5 * MIB), HealthState.FAILED, "health.disk.full"),
        (lambda path: check_database(path / "none.db"), HealthState.OK, "health.database.absent"),
        (lambda _: check_clock(ClockReading(NOW, ok=True)), HealthState.OK, "health.clock.ok"),
        (
            lambda _: check_clock(
                ClockReading(datetime(1970, 1, 1, tzinfo=UTC), ok=False, reason="before_release")
            ),
            HealthState.WARNING,
            "health.clock.doubtful",
        ),
        (lambda _: check_cameras({}), HealthState.WARNING, "health.camera.none"),
        (lambda _: check_cameras({"top": camera(CameraState.LIVE)}), HealthState.OK, "health.camera.ok"),
        (
            lambda _: check_cameras({"top": camera(CameraState.LIVE), "front": camera(CameraState.STALLED)}),
            HealthState.WARNING,
            "health.camera.stalled",
        ),
        (
            lambda _: check_cameras({"top": camera(CameraState.LIVE), "front": camera(CameraState.LOST)}),
            HealthState.WARNING,
            "health.camera.lost",
        ),
        (
            lambda _: check_cameras({"top": camera(CameraState.LOST)}),
            HealthState.FAILED,
            "health.camera.lost",
        ),
        (lambda _: check_connection(connection()), HealthState.OK, "health.broker.ok"),
        (
            lambda _: check_connection(connection(broker_connected=False, owed=4)),
            HealthState.WARNING,
            "health.broker.offline",
        ),
        (
            lambda _: check_connection(connection(oms_present=False)),
            HealthState.WARNING,
            "health.broker.oms_absent",
        ),
        (
            lambda _: check_connection(connection(session_taken_over=True)),
            HealthState.FAILED,
            "health.broker.taken_over",
        ),
        (lambda _: check_backlog(connection(owed=3), NOW), HealthState.OK, "health.backlog.ok"),
        (
            lambda _: check_backlog(connection(owed=3, oldest_owed_at=NOW - timedelta(hours=9)), NOW),
            HealthState.WARNING,
            "health.backlog.old",
        ),
        (lambda _: check_backlog(connection(dead=1), NOW), HealthState.FAILED, "health.backlog.dead"),
        (lambda _: check_model(lambda: "damage-1.0.0"), HealthState.OK, "health.model.ok"),
        (lambda _: check_model(lambda: None), HealthState.WARNING, "health.model.none"),
        (lambda _: check_model(refuse), HealthState.FAILED, "health.model.refused"),
        (lambda _: check_policies(lambda: ["default"]), HealthState.OK, "health.policy.ok"),
        (lambda _: check_policies(unreadable), HealthState.FAILED, "health.policy.refused"),
        (lambda _: check_libzbar("libnothing.so.9"), HealthState.WARNING, "health.libzbar.missing"),
        (lambda _: check_mosquitto("no-such-program"), HealthState.WARNING, "health.mosquitto.missing"),
        (lambda _: check_mosquitto("sh"), HealthState.OK, "health.mosquitto.ok"),
    ],
)
def test_what_a_check_answers(
    check: Callable[[Path], HealthCheck], state: HealthState, code: str, tmp_path: Path
) -> None:
    answer = check(tmp_path)
    assert (answer.state, answer.message.code) == (state, code)
    assert (answer.what_next is None) == (state is HealthState.OK)


def test_every_answer_has_its_sentence() -> None:
    sentences = read_language(LOCALES / "en")
    own = json.loads((LOCALES / "en" / "health.json").read_text(encoding="utf-8"))
    assert all(code in sentences for code in own)
    sources = "\n".join(
        path.read_text() for path in (Path(__file__).parents[2] / "edge" / "health").glob("*.py")
    )
    for answer, name, what in _calls(sources):
        code = f"health.{name}.{what}"
        assert code in own, code
        assert answer == "well" or f"{code}.next" in own, code


def _calls(sources: str) -> list[tuple[str, str, str]]:
    import re

    found = re.findall(r'\b(well|warning|failed|answer)\(\s*"([a-z]+)"(?:,\s*"([a-z_]+)")?', sources)
    return [(answer, name, what or "ok") for answer, name, what in found]


def test_a_damaged_database_is_told_from_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE t (x TEXT)")
        file.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
        file.commit()
    assert check_database(path, thorough=True).state is HealthState.OK
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 3 + 400] = b"\xff" * 400
    path.write_bytes(content)
    assert check_database(path, thorough=True).message.code == "health.database.damaged"
    path.write_bytes(b"this is no database at all, but long enough to look like a header of one....." * 20)
    assert check_database(path).message.code == "health.database.damaged"


def test_a_database_of_a_newer_version_is_told_before_the_station_refuses_it(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    Database.open(path, [SYNC_MIGRATIONS], now=lambda: NOW).close()
    assert check_database(path, migrations=[SYNC_MIGRATIONS]).state is HealthState.OK
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE schema_version SET version = 99 WHERE set_name = 'sync' AND version = 1")
    told = check_database(path, migrations=[SYNC_MIGRATIONS])
    assert (told.state, told.message.code) == (HealthState.FAILED, "health.database.refused")
    assert "newer version" in str(told.message.params["problem"])


def test_ports_taken_and_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert check_port("127.0.0.1", port).state is HealthState.FAILED
        assert check_broker_reachable("127.0.0.1", port).state is HealthState.OK
    assert check_port("127.0.0.1", port).state is HealthState.OK
    assert check_broker_reachable("127.0.0.1", port).state is HealthState.WARNING


def test_the_monitor_asks_again_only_when_answers_are_old() -> None:
    now_ns = [0]
    asked = []

    def check() -> HealthCheck:
        asked.append(now_ns[0])
        return check_python()

    monitor = HealthMonitor({"python": check}, monotonic_ns=lambda: now_ns[0], max_age_s=5)
    monitor.checks()
    now_ns[0] = 4_000_000_000
    monitor.checks()
    assert len(asked) == 1
    now_ns[0] = 6_000_000_000
    monitor.checks()
    assert len(asked) == 2


def test_a_check_that_breaks_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> HealthCheck:
        raise RuntimeError("out of order")

    (answer,) = HealthMonitor({"odd": broken}, monotonic_ns=lambda: 0).checks()
    assert answer.message.code == "health.check.broken"
    assert "odd" in caplog.text


def test_the_doctor_examines_a_machine_without_settings() -> None:
    names = [check.name for check in examine(None)]
    assert {"python", "clock", "libzbar", "mosquitto", "disk", "policy", "model"} <= set(names)


def test_the_doctor_names_what_is_wrong_with_settings(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text('[station]\nsite = "A"\nstaton = "B"\n')
    refused = examine(path)[-1]
    assert refused.state is HealthState.FAILED
    assert "station" in str(refused.message.params["problem"])


def test_a_station_that_was_never_calibrated_is_well_and_one_that_drifted_is_not() -> None:
    def standing(name: str) -> CalibrationView:
        return CalibrationView("default", name, Message("calibration.too_few"))

    assert check_calibration([standing("uncalibrated")]).state is HealthState.OK
    assert check_calibration([standing("tightened")]).message.code == "health.calibration.tightened"
    drifted = check_calibration([standing("tightened"), standing("alarmed")])
    assert (drifted.state, drifted.message.params) == (HealthState.WARNING, {"packs": "default"})
