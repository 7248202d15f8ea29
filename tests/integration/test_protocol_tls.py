"""TLS to a real Mosquitto that asks every station for a certificate of its own."""

import getpass
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_certificates import Authority
from fakes_sync import FakeOms, a_delivery, an_outbox, commit, free_port, wait_until
from paho.mqtt.client import Client

from sync.delivery import Delivery
from sync.mqtt_client import BufferedClient
from sync.outbox import Outbox
from sync.relay_status import RelayStatus
from sync.settings import BrokerSettings

pytestmark = pytest.mark.broker

# Who the broker takes a station for is the name in its certificate; it writes under that name alone.
RIGHTS = """\
user blr-04.desk-1
topic write returns/v1/blr-04/desk-1/#
topic read returns/v1/#

user blr-04.desk-2
topic write returns/v1/blr-04/desk-2/#
topic read returns/v1/#
"""


class GuardedMosquitto:
    """One port with TLS and a certificate from each client, one plain port for the OMS of the test."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "authority", "Site authority")
        self.stranger = Authority(folder / "stranger", "Another authority")
        self.port, self.plain_port = free_port(), free_port()
        certificate, key = self.authority.vouch_for("broker", addresses=("127.0.0.1",))
        (folder / "rights").write_text(RIGHTS)
        (folder / "rights").chmod(0o600)
        configuration = folder / "mosquitto.conf"
        configuration.write_text(
            f"user {getpass.getuser()}\nper_listener_settings true\n"
            f"listener {self.plain_port} 127.0.0.1\nallow_anonymous true\n"
            f"listener {self.port} 127.0.0.1\nacl_file {folder / 'rights'}\n"
            f"cafile {self.authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
            "require_certificate true\nuse_identity_as_username true\n"
        )
        self._process = subprocess.Popen(["mosquitto", "-c", str(configuration)], stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[GuardedMosquitto]:
    started = GuardedMosquitto(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def deliver(broker: GuardedMosquitto, tmp_path: Path) -> Iterator[Callable[..., tuple[Outbox, Delivery]]]:
    started: list[tuple[Outbox, Delivery]] = []

    def start(**changes: Any) -> tuple[Outbox, Delivery]:
        outbox = an_outbox(tmp_path / f"station-{len(started)}")
        settings = BrokerSettings(
            port=broker.port,
            reconnect_base_s=0.1,
            reconnect_cap_s=0.3,
            connect_timeout_s=5,
            **{"ca_file": broker.authority.file, **changes},
        )
        delivery = a_delivery(outbox, broker.port, broker=settings)
        delivery.start()
        started.append((outbox, delivery))
        return outbox, delivery

    yield start
    for outbox, delivery in started:
        delivery.stop()
        outbox.database.close()


def identity(authority: Authority, name: str = "blr-04.desk-1", **changes: bool) -> dict[str, Path]:
    certificate, key = authority.vouch_for(name, **changes)
    return {"cert_file": certificate, "key_file": key}


def problem_of(delivery: Delivery, code: str) -> RelayStatus:
    """What the operator is shown; a broker that is still starting up is not meant."""
    wait_until(lambda: delivery.relay.status().last_error == code)
    return delivery.relay.status()


def test_a_station_with_its_own_certificate_delivers(broker: GuardedMosquitto, deliver: Callable[..., Any]):
    outbox, delivery = deliver(**identity(broker.authority))
    wait_until(lambda: delivery.relay.status().connected)
    with FakeOms(broker.plain_port) as oms:
        commit(outbox, "A", "B", "A")
        wait_until(lambda: outbox.counts().settled == 3)
        assert set(oms.applied.values()) == {1}
    assert delivery.relay.status().last_error is None


@pytest.mark.parametrize("wrong", ["authority", "host"])
def test_a_broker_that_cannot_be_believed_is_not_spoken_to(
    broker: GuardedMosquitto, deliver: Callable[..., Any], wrong: str
):
    changes: dict[str, Any] = identity(broker.authority)
    if wrong == "authority":
        changes["ca_file"] = broker.stranger.file
    else:
        changes["host"] = "localhost"  # the certificate names the address alone
    outbox, delivery = deliver(**changes)
    commit(outbox, "A")
    status = problem_of(delivery, "broker.certificate_invalid")
    assert changes.get("host", "127.0.0.1") in (status.last_error_detail or "")
    assert ("mismatch" if wrong == "host" else "self-signed certificate") in (status.last_error_detail or "")
    assert (status.connected, status.owed) == (False, 1)


@pytest.mark.parametrize("whose", ["nobody", "a stranger", "an expired one"])
def test_a_broker_that_does_not_believe_us_is_said_to_refuse(
    broker: GuardedMosquitto, deliver: Callable[..., Any], whose: str
):
    changes: dict[str, Any] = {
        "nobody": {},
        "a stranger": identity(broker.stranger),
        "an expired one": identity(broker.authority, expired=True),
    }[whose]
    outbox, delivery = deliver(**changes)
    commit(outbox, "A")
    status = problem_of(delivery, "broker.refused")
    assert "certificate" in (status.last_error_detail or "")
    assert (status.connected, status.owed) == (False, 1)


def test_another_stations_certificate_gives_no_right_to_our_topics(
    broker: GuardedMosquitto, deliver: Callable[..., Any]
):
    outbox, delivery = deliver(**identity(broker.authority, "blr-04.desk-2"))
    with FakeOms(broker.plain_port) as oms:
        commit(outbox, "A")
        status = problem_of(delivery, "broker.refused_event")
        assert "authori" in (status.last_error_detail or "").lower()  # MQTT's reason 0x87
        assert not oms.seen
        assert not oms.births
        assert outbox.counts().settled == 0


def test_the_client_library_still_has_the_inner_methods_that_ours_replaces():
    for name in (
        "_sock_recv",
        "_sock_send",
        "_packet_read",
        "_handle_publish",
        "_handle_pubackcomp",
        "_ssl_wrap_socket",
    ):
        assert callable(getattr(Client, name))
        assert name in vars(BufferedClient)
