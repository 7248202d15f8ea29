"""The reference receiver keeps every rule: in this process, and as a process that is killed."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_conformance import ReferenceUnderTest, failed, judged, kit_options, skipped
from fakes_sync import free_port, wait_until
from test_delivery_brokers import Mosquitto

from sync.broker import EmbeddedBroker
from sync.oms.conformance.setup import SetUp

ROOT = Path(__file__).parents[2]
KIT = [sys.executable, "-m", "edge", "conformance"]
RESTARTER = """
import os, pathlib, signal, subprocess, sys
folder, *command = sys.argv[1:]
number = pathlib.Path(folder, "receiver.pid")
if number.exists():
    os.kill(int(number.read_text()), signal.SIGKILL)
log = open(pathlib.Path(folder, "receiver.log"), "a")
number.write_text(str(subprocess.Popen(command, stdout=log, stderr=log).pid))
"""


@pytest.fixture
def embedded() -> Iterator[int]:
    with EmbeddedBroker(port=free_port()) as broker:
        yield broker.port


def kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KIT, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_reference_receiver_keeps_every_rule(embedded: int, tmp_path: Path) -> None:
    with ReferenceUnderTest(tmp_path, embedded) as receiver:
        report = judged(kit_options(embedded), receiver, tmp_path)
    assert (failed(report), skipped(report)) == ({}, {})
    assert report.good


@pytest.fixture
def restarter(tmp_path: Path) -> Iterator[str]:
    """The command that kills and starts a reference receiver on Mosquitto."""
    broker = Mosquitto(tmp_path, free_port()).start()
    SetUp("conformance", "none").write(tmp_path)
    serve = [sys.executable, "-m", "edge", "oms", "serve", "--data", str(tmp_path / "oms")]
    serve += ["--broker", f"mqtt://127.0.0.1:{broker.port}"]
    serve += ["--expected", str(tmp_path / "conformance-expected.json")]
    serve += ["--reference", str(tmp_path / "conformance-reference.json")]
    command = [sys.executable, "-c", RESTARTER, str(tmp_path), *serve]
    subprocess.run(command, cwd=ROOT, check=True)
    wait_until(lambda: "ready" in (tmp_path / "receiver.log").read_text())
    (tmp_path / "port").write_text(str(broker.port))
    try:
        yield shlex.join(command)
    finally:
        os.kill(int((tmp_path / "receiver.pid").read_text()), signal.SIGKILL)
        broker.stop()


@pytest.mark.broker
def test_the_command_judges_a_receiver_that_is_killed_on_mosquitto(restarter: str, tmp_path: Path) -> None:
    rules = (
        "restart-keeps-ids",
        "restart-announced",
        "crash-applied-once",
        "correction-after-sale",
        "big-batch",
    )
    done = kit(
        *("--broker", f"mqtt://127.0.0.1:{(tmp_path / 'port').read_text()}", "--files", str(tmp_path)),
        *("--restart-command", restarter, "--load-command", "true"),
        *(
            "--sell-command",
            shlex.join([sys.executable, "-m", "edge", "oms", "sell", "--data", str(tmp_path / "oms")]),
        ),
        *(word for rule in rules for word in ("--rule", rule)),
        *("--timeout", "30", "--no-ask", "--json"),
    )
    report = json.loads(done.stdout)
    assert [(one["id"], one["verdict"], one["reason"]) for one in report["rules"]] == [
        (one, "pass", "") for one in ("big-batch", *rules[:3], "correction-after-sale")
    ], done.stderr
    assert (done.returncode, report["good"], report["passed"]) == (0, True, 5)
    assert all(one["evidence"] for one in report["rules"])


def test_without_help_rules_are_skipped_and_the_status_says_so(embedded: int, tmp_path: Path) -> None:
    broker = f"mqtt://127.0.0.1:{embedded}"
    with ReferenceUnderTest(tmp_path, embedded):
        done = kit(
            *("--broker", broker, "--no-ask", "--timeout", "2"),
            *("--rule", "event-applied", "--rule", "over-receipt-counted", "--rule", "restart-keeps-ids"),
        )
    assert done.returncode == 1, done.stderr
    assert "1 passed, 0 failed, 2 skipped of 3 rules." in done.stdout
    assert "Not judged, so not passed: restart-keeps-ids, over-receipt-counted." in done.stdout


def test_without_a_receiver_one_rule_fails_and_the_others_are_skipped(embedded: int) -> None:
    done = kit("--broker", f"mqtt://127.0.0.1:{embedded}", "--no-ask", "--timeout", "0.3", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["failed"], report["passed"]) == (1, 0)
    assert report["rules"][0]["id"] == "oms-online"
    assert report["rules"][0]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "--broker mqtt://HOST:PORT"),
        (("--broker", "http://nowhere"), 2, "not a broker's address"),
        (("--broker", "mqtt://127.0.0.1", "--site", "no/site"), 2, "site"),
        (("--broker", "mqtt://127.0.0.1:1"), 3, "no connection to the broker"),
    ],
)
def test_what_is_used_wrongly_is_said_in_one_sentence(
    arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = kit(*arguments, "--no-ask")
    assert done.returncode == status, done.stderr
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_the_rules_can_be_listed_without_a_broker() -> None:
    listed = json.loads(kit("--list", "--json").stdout)
    assert {"id", "title", "required", "needs", "contract", "how"} == set(listed[0])
    assert len(listed) > 60


@pytest.mark.parametrize("quantity", ["-1", "many"])
def test_no_impossible_sale_is_booked(quantity: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "edge",
        "oms",
        "sell",
        "--data",
        str(tmp_path),
        "blr-01",
        "TEA",
        "--",
        quantity,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Error" in done.stderr
