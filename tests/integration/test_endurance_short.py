"""Short forms of the endurance runs and of the outbox's benchmark: all but the size is as in long ones."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.lab.bench.outbox import measure
from edge.lab.endurance.fleet import Fleet, play_fleet
from edge.lab.endurance.outage import Outage, play_outage
from edge.lab.mosquitto import DURABLE, Mosquitto
from edge.lab.ports import is_listening
from sync.settings import BrokerSettings

pytestmark = pytest.mark.broker


def test_two_days_offline_are_delivered_whole_while_live_returns_go_on(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    figures = play_outage(
        Outage(days=2, returns_a_day=12, live_every_s=0.05), tmp_path, lambda *progress: told.append(progress)
    )
    assert (figures["lost"], figures["applied_twice"], figures["rejected"]) == (0, 0, 0)
    assert figures["owed_at_the_end_of_the_outage"] == 2 * 12 * 4
    assert figures["epochs"] == 3  # a run each morning, and the one that delivers
    assert figures["applied_events"] == figures["events"] > 2 * 12 * 4
    assert figures["saved"] == figures["applied"] == 2 * figures["returns"]
    assert figures["oldest_owed_days"] == 2.0
    assert {phase for phase, _, _ in told} == {"offline", "draining"}


def test_a_small_fleet_comes_back_spread_and_whole(tmp_path: Path) -> None:
    fleet = Fleet(
        stations=20,
        events=12,
        downs_s=(1.0,),
        broker=BrokerSettings(reconnect_base_s=0.3, reconnect_cap_s=1.0, stable_after_s=0.2),
    )
    figures = play_fleet(fleet, tmp_path)
    assert (figures["lost"], figures["applied_twice"], figures["rejected"]) == (0, 0, 0)
    assert figures["saved"] == figures["applied"] == 20 * 12
    (came_back,) = figures["returns"]
    assert came_back["connected"] == 20
    assert came_back["spread"]["window_s"] <= 1.0


def test_mosquitto_keeps_its_port_and_what_it_holds_over_a_restart(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, DURABLE)
    with broker:
        assert is_listening(broker.host, broker.port)
        first = broker.pid
        broker.stop()
        assert broker.pid is None
        assert not is_listening(broker.host, broker.port)
        broker.start()
        assert broker.pid not in (None, first)
    assert (tmp_path / "mosquitto.db").exists()


def test_the_benchmark_owes_what_it_is_asked_to_and_settles_it() -> None:
    figures = measure(200, most_rounds=2)
    assert figures["rows_owed"] == 200
    assert figures["dead"] == 0
    assert figures["settled"] == 200 * 2
    assert figures["still_owed_after_each_round"] == [0, 0]
    assert figures["commit_with_backlog"]["commits"] == 100


def test_the_commands_never_write_over_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "station.db").write_text("an earlier run")
    for command in ("outage", "fleet"):
        done = CliRunner().invoke(app, ["endurance", command, "--data", str(tmp_path)])
        assert done.exit_code == 2
        assert "not empty" in done.output
