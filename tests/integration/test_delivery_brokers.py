"""Delivery over real brokers: Mosquitto, and the embedded one."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_sync import (
    IDENTITY,
    FakeOms,
    a_delivery,
    an_outbox,
    commit,
    free_port,
    utc_now,
    wait_until,
)

from sync.broker import EmbeddedBroker
from sync.errors import BrokerPortInUse
from sync.outbox import Outbox
from sync.settings import BrokerSettings
from sync.topics import StationIdentity

ROOT = Path(__file__).parents[2]
MOSQUITTO = "/usr/sbin/mosquitto"


class Mosquitto:
    """A Mosquitto of our own, that can be killed and started again on its port."""

    def __init__(self, folder: Path, port: int, extra: str = "") -> None:
        self.port = port
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\n"
            f"set_tcp_nodelay true\nmax_queued_messages 0\n{extra}"
        )

    def start(self) -> "Mosquitto":
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._file)], stderr=subprocess.DEVNULL)
        wait_until(lambda: _accepts(self.port))
        return self

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.broker), "embedded"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    port = free_port()
    started: Any = (
        Mosquitto(tmp_path, port).start()
        if request.param == "mosquitto"
        else EmbeddedBroker(port=port).start()
    )
    yield started
    started.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    started = Mosquitto(tmp_path, free_port()).start()
    yield started
    started.stop()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def deliver(outbox: Outbox) -> Iterator[Callable[..., Any]]:
    started = []

    def start(port: int, **changes: Any) -> Any:
        delivery = a_delivery(changes.pop("outbox", outbox), port, **changes)
        started.append(delivery)
        delivery.start()
        return delivery

    yield start
    for delivery in started:
        delivery.stop()


def assert_in_order(oms: FakeOms) -> None:
    last: dict[str, tuple[str, int]] = {}
    for subject, epoch, sequence in oms.order:
        assert (epoch, sequence) > last.get(subject, ("", 0))
        last[subject] = (epoch, sequence)


def test_everything_is_applied_once_and_in_order(broker: Any, outbox: Outbox, deliver: Callable[..., Any]):
    commit(outbox, *(f"R-{number % 50}" for number in range(600)))
    with FakeOms(broker.port) as oms:
        deliver(broker.port)
        wait_until(lambda: outbox.counts().settled == 600)
        assert len(oms.applied) == 600
        assert set(oms.applied.values()) == {1}
        assert_in_order(oms)


def test_joined_events_are_applied_once_each(broker: Any, outbox: Outbox, deliver: Callable[..., Any]):
    rows = commit(outbox, *(f"R-{number % 50}" for number in range(300)))
    with FakeOms(broker.port, events_per_message=20) as oms:
        deliver(broker.port)
        wait_until(lambda: outbox.counts().settled == 300)
        assert set(oms.applied.values()) == {1}
        assert_in_order(oms)
        assert oms.largest > 2 * len(rows[0].envelope)


@pytest.mark.broker
def test_joined_events_fit_into_the_packets_that_the_broker_takes(
    tmp_path: Path, outbox: Outbox, deliver: Callable[..., Any]
):
    rows = commit(outbox, *(f"R-{number}" for number in range(12)))  # all their answers fit into a packet
    limit = 3 * len(rows[0].envelope)
    mosquitto = Mosquitto(tmp_path, free_port(), f"max_packet_size {limit}\n").start()
    try:
        with FakeOms(mosquitto.port, events_per_message=20) as oms:
            delivery = deliver(mosquitto.port)
            wait_until(lambda: outbox.counts().settled == 12)
            assert delivery.relay.status().last_error is None
            assert len(rows[0].envelope) < oms.largest < limit
            assert set(oms.seen.values()) == {1}
            delivery.stop()
    finally:
        mosquitto.stop()


def test_an_oms_that_comes_later_gets_everything(broker: Any, outbox: Outbox, deliver: Callable[..., Any]):
    commit(outbox, "A", "B")
    delivery = deliver(broker.port)
    wait_until(lambda: delivery.relay.status().connected)
    commit(outbox, "C")
    assert outbox.counts().owed == 3
    with FakeOms(broker.port) as oms:
        wait_until(lambda: outbox.counts().settled == 3)
        assert oms.births[0]["epoch"] == outbox.epoch.text
    wait_until(lambda: not delivery.relay.status().oms_present)


def test_a_broker_that_is_killed_and_forgets_costs_nothing(
    broker: Any, outbox: Outbox, deliver: Callable[..., Any]
):
    answered = threading.Event()
    with FakeOms(broker.port, decide=lambda _: None if answered.is_set() else {"status": "silent"}) as oms:
        deliver(broker.port)
        commit(outbox, *(f"R-{number}" for number in range(100)))
        wait_until(lambda: len(oms.seen) == 100)
        broker.stop()
        answered.set()
        commit(outbox, "meanwhile")
        broker.start()
        wait_until(lambda: outbox.counts().settled == 101)
        assert set(oms.applied.values()) == {1}


def test_lost_answers_are_asked_for_again(broker: Any, outbox: Outbox, deliver: Callable[..., Any]):
    lost: set[str] = set()

    def lose_first(event: dict[str, Any]) -> dict[str, Any] | None:
        if event["id"] in lost:
            return {"status": "duplicate"}
        lost.add(event["id"])
        return {"status": "silent"}

    small = an_outbox(outbox.database.path.parent / "small", answer_timeout_s=1)
    with FakeOms(broker.port, decide=lose_first) as oms:
        commit(small, "A", "B")
        delivery = deliver(broker.port, outbox=small)
        wait_until(lambda: small.counts().settled == 2)
        assert all(times >= 2 for times in oms.seen.values())
        delivery.stop()
    small.database.close()


def test_of_two_stations_of_one_name_the_one_with_fewer_starts_stops_visibly(
    broker: Any, outbox: Outbox, deliver: Callable[..., Any], tmp_path: Path
):
    with FakeOms(broker.port) as oms:
        first = deliver(broker.port)
        wait_until(lambda: first.relay.status().oms_present)
        other = an_outbox(tmp_path / "other")
        other.begin_epoch()
        second = deliver(broker.port, outbox=other)
        wait_until(lambda: first.relay.status().session_taken_over)
        commit(outbox, "A")
        commit(other, "B")
        wait_until(lambda: other.counts().settled == 1)
        assert outbox.counts().owed == 1
        assert second.relay.status().session_taken_over is False
        assert [subject for subject, _, _ in oms.order] == ["B"]
    second.stop()
    other.database.close()


def test_a_station_that_vanishes_leaves_its_will(broker: Any, outbox: Outbox):
    program = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/tests']\n"
        "from pathlib import Path\n"
        "from fakes_sync import a_delivery, an_outbox, commit, wait_until\n"
        "outbox = an_outbox(Path(sys.argv[2]))\n"
        "delivery = a_delivery(outbox, int(sys.argv[3])); delivery.start()\n"
        "wait_until(lambda: delivery.relay.status().oms_present); print(outbox.epoch.text, flush=True)\n"
        "sys.stdin.read()\n"
    )
    folder = outbox.database.path.parent / "vanishing"
    with FakeOms(broker.port) as oms:
        station = subprocess.Popen(
            [sys.executable, "-c", program, str(ROOT), str(folder), str(broker.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with station:
            assert station.stdout is not None
            epoch = station.stdout.readline().strip()
            station.kill()
        wait_until(lambda: oms.deaths)
        assert oms.deaths[0] == {"site": "blr-04", "station": "desk-1", "epoch": epoch, "graceful": False}


def test_killed_between_commit_and_publish_nothing_is_lost_or_doubled(broker: Any, tmp_path: Path):
    """SIGKILL at any moment: what the process had confirmed is applied once, after the next start."""
    program = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/tests']\n"
        "from pathlib import Path\n"
        "from fakes_sync import a_delivery, an_outbox, commit\n"
        "outbox = an_outbox(Path(sys.argv[2]))\n"
        "delivery = a_delivery(outbox, int(sys.argv[3])); delivery.start()\n"
        "number = 0\n"
        "while True:\n"
        "    for row in commit(outbox, f'R-{number % 20}', f'R-{number % 7}'):\n"
        "        print(row.message_id)\n"
        "    sys.stdout.flush(); number += 1\n"
    )
    confirmed: list[str] = []
    with FakeOms(broker.port) as oms:
        for wait in (0.0, 0.15, 0.4, 0.7):
            station = subprocess.Popen(
                [sys.executable, "-c", program, str(ROOT), str(tmp_path / "killed"), str(broker.port)],
                stdout=subprocess.PIPE,
                text=True,
            )
            with station:
                assert station.stdout is not None
                confirmed.append(station.stdout.readline().strip())
                time.sleep(wait)
                os.kill(station.pid, signal.SIGKILL)
                # the last line may be torn: it was not confirmed
                confirmed += [line.strip() for line in station.stdout.read().split("\n")[:-1]]
        outbox = an_outbox(tmp_path / "killed")
        delivery = a_delivery(outbox, broker.port)
        delivery.start()
        wait_until(lambda: outbox.counts().owed == 0)
        delivery.stop()
        assert len(confirmed) > 10
        assert set(confirmed) <= set(oms.applied)
        assert set(oms.applied.values()) == {1}
        assert_in_order(oms)
        outbox.database.close()


def test_an_oms_restored_from_a_backup_asks_and_gets_all_again(
    broker: Any, outbox: Outbox, deliver: Callable[..., Any]
):
    commit(outbox, *(f"R-{number % 30}" for number in range(300)))
    with FakeOms(broker.port) as oms:
        deliver(broker.port)
        wait_until(lambda: outbox.counts().settled == 300)
        oms.forget()
        oms.command({"kind": "resend", "epoch": outbox.epoch.text, "from": 1})
        wait_until(lambda: len(oms.applied) == 300)
        wait_until(lambda: outbox.counts().settled == 300)
        assert_in_order(oms)


def test_the_owed_events_of_a_dying_device_are_delivered_by_another(
    broker: Any, outbox: Outbox, deliver: Callable[..., Any], tmp_path: Path
):
    rows = commit(outbox, "A", "A", "B")
    outbox.export_to(tmp_path / "owed.jsonl")
    other = an_outbox(tmp_path / "other", identity=StationIdentity("blr-04", "desk-2"))
    with FakeOms(broker.port) as oms:
        delivery = deliver(broker.port, outbox=other)
        wait_until(lambda: delivery.relay.status().oms_present)
        other.import_from(tmp_path / "owed.jsonl")
        wait_until(lambda: other.counts().settled == 3)
        assert set(oms.applied) == {row.message_id for row in rows}
    delivery.stop()
    other.database.close()


def test_reconciliation_sends_digests_and_a_block_by_name(
    broker: Any, outbox: Outbox, deliver: Callable[..., Any]
):
    rows = commit(outbox, *(f"R-{number}" for number in range(20)))
    with FakeOms(broker.port) as oms:
        deliver(broker.port)
        wait_until(lambda: outbox.counts().settled == 20)
        oms.command({"kind": "reconcile"})
        wait_until(lambda: any(request["kind"] == "reconciliation" for request in oms.requests))
        digest = oms.requests[-1]["blocks"][0]
        assert (digest["block"], digest["first"], digest["last"], digest["count"]) == (0, 1, 20, 20)
        oms.command({"kind": "reconcile", "epoch": outbox.epoch.text, "block": 0})
        wait_until(lambda: "events" in oms.requests[-1])
        assert [event["id"] for event in oms.requests[-1]["events"]] == [row.message_id for row in rows]


def test_live_events_do_not_wait_for_a_backlog(broker: Any, outbox: Outbox, deliver: Callable[..., Any]):
    for _ in range(4):
        commit(outbox, *(f"old-{number}" for number in range(1000)))
    with FakeOms(broker.port):
        delivery = deliver(broker.port)
        wait_until(lambda: delivery.relay.status().oms_present)
        live = commit(outbox, "live")[0]
        wait_until(lambda: outbox.get(live.message_id).state == "SETTLED")
        assert outbox.counts().owed > 0
        wait_until(lambda: outbox.counts().owed == 0, 60)


@pytest.mark.broker
def test_wrong_credentials_are_named_and_cost_nothing(
    outbox: Outbox, deliver: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "desk-1", "right"], check=True)
    passwords.chmod(0o644)
    tmp_path.chmod(0o755)
    broker = Mosquitto(tmp_path, free_port(), f"password_file {passwords}\nuser root\n").start()
    monkeypatch.setenv("STATION_PASSWORD", "wrong")
    settings = BrokerSettings(
        port=broker.port, username="desk-1", password_env="STATION_PASSWORD", reconnect_base_s=0.05
    )
    delivery = deliver(broker.port, broker=settings)
    commit(outbox, "A")
    wait_until(lambda: delivery.relay.status().last_error == "broker.refused")
    assert outbox.counts().owed == 1
    broker.stop()


def test_garbage_from_the_broker_is_survived(outbox: Outbox, deliver: Callable[..., Any]):
    """Something else listens on the port and answers with nonsense; the link keeps trying."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[bytes] = []

        def nonsense() -> None:
            for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"\x20\x03\x00\x00\x00", b""):
                connection, _ = listener.accept()
                with connection:
                    accepted.append(connection.recv(100))
                    connection.sendall(answer)

        thread = threading.Thread(target=nonsense)
        thread.start()
        delivery = deliver(listener.getsockname()[1])
        thread.join(20)
        assert len(accepted) == 4
        wait_until(lambda: delivery.relay.status().last_error)
        assert not delivery.relay.status().oms_present


def test_a_port_that_is_taken_is_named():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(BrokerPortInUse, match="choose another port"),
    ):
        EmbeddedBroker(port=taken.getsockname()[1]).start()


def test_the_embedded_broker_comes_back_when_its_process_dies():
    with EmbeddedBroker(port=free_port()) as broker:
        first = broker.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: broker.restarts == 1 and broker.running)
        assert _accepts(broker.port)
        assert broker.process_id != first


def test_whoever_kills_the_embedded_broker_leaves_no_file_of_it_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with EmbeddedBroker(port=free_port()) as broker:
        assert _accepts(broker.port)
        assert list(tmp_path.iterdir()) == []


def test_large_messages_do_not_block_the_embedded_broker(outbox: Outbox, deliver: Callable[..., Any]):
    with EmbeddedBroker(port=free_port()) as broker, FakeOms(broker.port) as oms:
        delivery = deliver(broker.port)
        wait_until(lambda: delivery.relay.status().oms_present)
        oms.publish(IDENTITY.topics.expected, json.dumps({"padding": "x" * 100_000}).encode())
        wait_until(lambda: delivery.quarantine.count() == 1)
        commit(outbox, "A")
        wait_until(lambda: outbox.counts().settled == 1)
        assert delivery.quarantine.rows()[0].received_at <= utc_now()
