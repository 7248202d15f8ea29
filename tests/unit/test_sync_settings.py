"""Settings refuse what can't work, and passwords come from a file or the environment alone."""

import doctest
import importlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes_sync import utc_now
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sync.errors import CredentialsUnreadable
from sync.fields import parse_utc, utc_text
from sync.mqtt import MqttLink
from sync.retry import BackOff, wait_for_retry
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity


@pytest.mark.parametrize("name", ["envelope", "epochs", "fields", "migrating", "retry", "topics"])
def test_the_examples_in_the_docstrings_are_true(name: str):
    assert doctest.testmod(importlib.import_module(f"sync.{name}")).failed == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"prot": 1883},
        {"port": 0},
        {"cert_file": "c.pem"},
        {"password_env": "P"},
        {"username": "u", "password_env": "P", "password_file": "f"},
        {"username": "u", "password_env": "not a name"},
    ],
    ids=str,
)
def test_broker_settings_that_cannot_work_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        BrokerSettings(**wrong)


def test_outbox_settings_have_the_contracts_defaults():
    settings = OutboxSettings()
    assert (settings.max_event_bytes, settings.window, settings.retention_days) == (4096, 500, 90)
    with pytest.raises(ValidationError):
        OutboxSettings(windw=3)


def test_the_password_is_the_first_line_of_its_file_or_a_variable(tmp_path: Path):
    (tmp_path / "secret").write_text("s3cret\nsecond line\n")
    (tmp_path / "empty").write_text("")
    from_file = BrokerSettings(username="u", password_file=tmp_path / "secret")
    from_variable = BrokerSettings(username="u", password_env="P")
    assert from_file.read_password() == "s3cret"
    assert from_variable.read_password({"P": "other"}) == "other"
    assert BrokerSettings().read_password() is None
    assert "s3cret" not in repr(from_file)
    for wrong in ("nothing", "empty"):
        with pytest.raises(CredentialsUnreadable):
            BrokerSettings(username="u", password_file=tmp_path / wrong).read_password()
    with pytest.raises(CredentialsUnreadable, match="not set"):
        from_variable.read_password({})


def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(CredentialsUnreadable):
        MqttLink(BrokerSettings(ca_file=tmp_path / "ca.pem"), client_id="x")


@pytest.mark.parametrize("code", ["", "a/b", "a+b", "a#", "-a", "a b", "ü", "x" * 65, "a\n"])
def test_codes_that_cannot_stand_in_a_topic_are_refused(code: str):
    with pytest.raises(ValueError, match="must be 1 to 64"):
        StationIdentity("blr-04", code)
    with pytest.raises(ValueError, match="must be 1 to 64"):
        StationIdentity(code, "desk-1")


def test_the_omss_own_prefix_is_no_site():
    with pytest.raises(ValueError, match="reserved"):
        StationIdentity("oms", "state")


@given(failures=st.integers(0, 10_000), seed=st.integers())
def test_a_wait_is_jittered_fully_and_bounded(failures: int, seed: int):
    back_off = BackOff(1.0, 60.0)
    assert 0.0 <= back_off.wait(failures, random.Random(seed)) <= back_off.bound(failures) <= 60.0


@given(days=st.integers(-4000, 4000))
def test_a_retry_is_never_put_off_beyond_the_cap(days: int):
    now = utc_now()
    wait = wait_for_retry(
        3, not_before=now + timedelta(days=days), now=now, back_off=BackOff(1, 900), rng=random.Random(1)
    )
    assert 0 <= wait <= 900


@given(moment=st.datetimes(timezones=st.timezones()).filter(lambda moment: 2 <= moment.year <= 9998))
def test_times_are_written_in_utc_and_read_back(moment: datetime):
    assert parse_utc(utc_text(moment)) == moment.astimezone(UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-22", "2026-11-22T06:00:00"])
def test_times_without_an_offset_are_refused(text: str):
    with pytest.raises(ValueError, match=r"offset|isoformat"):
        parse_utc(text)
    with pytest.raises(ValueError, match="naive"):
        utc_text(utc_now().replace(tzinfo=None))
