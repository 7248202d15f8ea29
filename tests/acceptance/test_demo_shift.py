"""The whole chain as a user starts it: real processes, broker, OMS receiver, station, model and pictures."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest

from edge.lab.ports import free_port, is_listening

ROOT = Path(__file__).resolve().parent.parent.parent
FEW = 3  # the bag of twelve lines and two others
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def darkstore(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "edge", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        darkstore(*arguments),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=390,
        check=False,
    )


def play(data: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = run("demo", "--headless", "--json", "--data", str(data), *more, cwd=data.parent)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sharp little scenes in two classes: quicker than drawing."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(5)
    for kind in ("intact", "crushed"):
        (folder / kind).mkdir()
        for number in range(3):
            picture = np.full((540, 960, 3), 190, np.uint8)
            cv2.rectangle(picture, (300, 120), (660, 430), (40, 90, 160 + 20 * number), -1)
            for _ in range(60):
                x, y = int(rng.integers(310, 600)), int(rng.integers(130, 400))
                cv2.putText(picture, "AB12", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240), 1)
            cv2.imwrite(str(folder / kind / f"{number}.jpg"), picture)
    return folder


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """One whole shift, played once for the tests that look at its outcome."""
    data = tmp_path_factory.mktemp("shift") / "data"
    status, outcome = play(data)
    return data, status, outcome


def test_a_whole_shift_loses_nothing_and_doubles_nothing(shift: tuple[Path, int, dict[str, Any]]) -> None:
    _, status, outcome = shift
    assert outcome["cases_missing"] == []
    assert outcome["dispositions_missing"] == []
    assert (outcome["lost"], outcome["applied_twice"], outcome["owed"], outcome["rejected"]) == (0, 0, 0, 0)
    assert outcome["confirmed"] == outcome["applied"] > 50
    assert len(outcome["returns"]) >= 30
    assert outcome["owed_when_the_network_came_back"] > 20
    assert outcome["codes"]["read_off_pictures"] > outcome["codes"]["typed"]
    assert status == 0


def test_the_shift_is_judged_again_to_the_same_result(shift: tuple[Path, int, dict[str, Any]]) -> None:
    data, _, outcome = shift
    done = run("replay", "--all", "--json", "--config", str(data / "station" / "station.toml"), cwd=data)
    assert done.stdout, done.stderr
    replayed = json.loads(done.stdout)
    assert replayed["replayed"] >= outcome["confirmed"]
    assert [one for one in replayed["inspections"] if not one["identical"]] == []
    assert done.returncode == 0


def test_the_oms_says_the_same_of_its_books(shift: tuple[Path, int, dict[str, Any]]) -> None:
    data, _, outcome = shift
    done = run(
        "oms",
        "reconcile",
        "--data",
        str(data / "oms"),
        "--journal",
        str(data / "saved.jsonl"),
        "--json",
        cwd=data,
    )
    report = json.loads(done.stdout)
    assert (report["owed"], report["applied"], report["lost"]) == (
        outcome["confirmed"],
        outcome["confirmed"],
        [],
    )
    assert done.returncode == 0


def test_the_outbox_of_the_shift_can_be_looked_at(shift: tuple[Path, int, dict[str, Any]]) -> None:
    data, _, _ = shift
    config = str(data / "station" / "station.toml")
    listed = json.loads(run("outbox", "list", "--json", "--config", config, cwd=data).stdout)
    assert {row["state"] for row in listed} == {"SETTLED"}
    shown = json.loads(run("outbox", "show", listed[0]["message_id"], "--config", config, cwd=data).stdout)
    assert shown["envelope"]["id"] == listed[0]["message_id"]


@contextmanager
def begun(data: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A demo in the background, whose processes are gone afterwards."""
    driver = subprocess.Popen(
        darkstore("demo", "--headless", "--json", "--data", str(data), *more),
        cwd=data.parent,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield driver
    finally:
        driver.kill()
        driver.communicate()


def wait_for_saved(driver: subprocess.Popen[str], data: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while saved_units(data) < count:
        assert driver.poll() is None, driver.communicate()[1]
        assert time.monotonic() < deadline, "the shift did not get that far"
        time.sleep(0.02)


def saved_units(data: Path) -> int:
    journal = data / "driver.jsonl"
    return journal.read_bytes().count(b'"kind": "saved"') if journal.exists() else 0


def process_with(arguments: Sequence[str], parent: int) -> psutil.Process:
    for child in psutil.Process(parent).children():
        if all(word in child.cmdline() for word in arguments):
            return child
    raise AssertionError(f"no process with {arguments}")


@pytest.mark.parametrize("victim", ["station", "driver"])
def test_a_shift_goes_on_after_a_kill(victim: str, tmp_path: Path, photographs: Path) -> None:
    data = tmp_path / "data"
    with begun(data, "--returns", str(FEW), "--pictures", str(photographs)) as driver:
        wait_for_saved(driver, data, 5)
        children = psutil.Process(driver.pid).children(recursive=True)
        if victim == "station":
            os.kill(process_with(["run"], driver.pid).pid, signal.SIGKILL)
            output, errors = driver.communicate(timeout=60)
            assert driver.returncode != 0, output
            assert "--resume" in errors
        else:
            driver.kill()
            driver.wait(10)
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == [], "what the driver started must end with it"
    before = saved_units(data)
    status, outcome = play(data, "--resume")
    assert (outcome["lost"], outcome["applied_twice"], outcome["unknown"]) == (0, 0, 0)
    assert outcome["confirmed"] == outcome["applied"] == saved_units(data) > before
    assert len(outcome["returns"]) == FEW
    assert status == 0


@pytest.mark.broker
def test_an_outside_broker_serves_as_well(tmp_path: Path, photographs: Path) -> None:
    port = free_port()
    mosquitto = shutil.which("mosquitto")
    assert mosquitto is not None
    with subprocess.Popen(
        [mosquitto, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as broker:
        try:
            deadline = time.monotonic() + 20
            while not is_listening("127.0.0.1", port) and time.monotonic() < deadline:
                time.sleep(0.05)
            broker_url = f"mqtt://127.0.0.1:{port}"
            status, outcome = play(
                tmp_path / "data", "--returns", "3", "--pictures", str(photographs), "--broker", broker_url
            )
        finally:
            broker.terminate()
    assert (outcome["lost"], outcome["applied_twice"], outcome["confirmed"]) == (0, 0, outcome["applied"])
    assert status == 0


def test_a_used_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shift.json").write_text("{}")
    done = run("demo", "--headless", "--data", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "--resume" in done.stderr


def test_nothing_to_go_on_with_is_said(tmp_path: Path) -> None:
    done = run("demo", "--headless", "--resume", "--data", str(tmp_path / "empty"), cwd=tmp_path)
    assert done.returncode == 2
    assert "no shift" in done.stderr
