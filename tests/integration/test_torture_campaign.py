"""The torture end to end: our own chain passes a round in which a careless station fails."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.lab.torture.campaign import Campaign, TortureOptions
from edge.lab.torture.faults import FaultKind
from edge.lab.torture.plan import plan_campaign

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(
        shutil.which("mosquitto") is None and not Path("/usr/sbin/mosquitto").exists(),
        reason="needs Debian package: mosquitto",
    ),
]
LONG = {FaultKind.TWIN_STATION, FaultKind.STATION_RESTORED, FaultKind.OMS_RESTORED, FaultKind.HALF_OPEN}
TESTS = Path(__file__).resolve().parent.parent


def _seed_of_a_quick_round_with(kind: FaultKind) -> int:
    """The first seed whose first round has this fault, and none that takes long."""
    for seed in range(10_000):
        kinds = {fault.kind for fault in plan_campaign(seed, 1)[0].rounds[0].faults}
        if kind in kinds and not kinds & LONG:
            return seed
    raise AssertionError(f"no seed has {kind}")


def test_a_round_with_a_forgetting_broker_loses_nothing() -> None:
    seed = _seed_of_a_quick_round_with(FaultKind.BROKER_FORGETS)

    answer = CliRunner().invoke(app, ["torture", "--rounds", "1", "--seed", str(seed), "--json"])

    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["ok"]
    assert told["rounds"] == 1
    assert told["saved"] > 0
    assert [told[kind] for kind in ("lost", "applied_twice", "order_violations", "stock", "unknown")] == [
        0
    ] * 5
    planned = {fault.kind.value for fault in plan_campaign(seed, 1)[0].rounds[0].faults}
    assert {kind for kind, count in told["faults"].items() if count} | set(told["skipped"]) == planned
    assert told["kept"] is None


def test_in_the_same_round_a_station_that_settles_on_puback_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    seed = _seed_of_a_quick_round_with(FaultKind.BROKER_FORGETS)
    options = TortureOptions(
        rounds=1, seed=seed, folder=tmp_path / "torture", own_disk=True, station_entry="puback_station:main"
    )

    outcome = Campaign(options).play()

    assert not outcome.good
    assert outcome.found["lost"] > 0
    assert outcome.kept == str(tmp_path / "torture")
    assert list((tmp_path / "torture").rglob("driver.jsonl"))
    story = "\n".join(outcome.story)
    assert "shown as saved" in story
    assert FaultKind.BROKER_FORGETS.value in story
