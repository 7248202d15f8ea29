"""A real outbox, a real broker and the reference receiver: applied exactly once, whatever is killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders_messages import a_correction, an_event, an_expected_return, an_inspection
from fakes_sync import IDENTITY, a_delivery, an_outbox, free_port, wait_until

from sync.answers import Answered
from sync.broker import EmbeddedBroker
from sync.contract.messages import EventData, ExpectedItem, ReferenceItem, StreamName
from sync.database import Database
from sync.envelope import OutgoingEvent
from sync.oms.errors import ReceiverRunning
from sync.oms.ledger import Ledger
from sync.oms.reconcile import Report, reconcile
from sync.oms.serving import receiver, utc_now
from sync.oms.settings import OmsSettings
from sync.outbox import Outbox
from sync.records import OutboxRow
from sync.settings import BrokerSettings
from sync.topics import StationIdentity

ROOT = Path(__file__).parents[2]
SITE = IDENTITY.site


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(port=free_port()) as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(tmp_path / "station", answer_timeout_s=2)
    yield made
    made.database.close()


def oms_settings(folder: Path, port: int, **changes: object) -> OmsSettings:
    broker = BrokerSettings(port=port, reconnect_base_s=0.1, reconnect_cap_s=0.3)
    return OmsSettings.model_validate({"data_dir": folder, "broker": broker, "gap_quiet_s": 0.3, **changes})


def commit(outbox: Outbox, *data: EventData, replaces: str | None = None) -> list[OutboxRow]:
    with outbox.database.write():
        return [
            outbox.append(
                OutgoingEvent(
                    type=one.EVENT_TYPE, subject=one.return_id, data=one.to_data(), replaces=replaces
                )
            )
            for one in data
        ]


def inspections(number: int, *, start: int = 0) -> list[EventData]:
    return [
        an_inspection(f"i{one}", return_id=f"R-{one % 40}", line_id=None)
        for one in range(start, start + number)
    ]


@contextmanager
def delivering(outbox: Outbox, port: int, **changes: object) -> Iterator[None]:
    delivery = a_delivery(outbox, port, **changes)
    delivery.start()
    try:
        yield
    finally:
        delivery.stop()


def report_of(folder: Path) -> Report:
    ledger = Ledger.open(folder, now=utc_now)
    try:
        return reconcile(ledger.database)
    finally:
        ledger.database.close()


def test_everything_is_applied_once_and_settled(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    commit(outbox, *inspections(400))
    with receiver(oms_settings(tmp_path / "oms", broker.port)), delivering(outbox, broker.port):
        wait_until(lambda: outbox.counts().settled == 400)
    report = report_of(tmp_path / "oms")
    assert report.good
    assert report.applied == 400


def test_rejections_and_exceptions_reach_the_station(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    answered: list[Answered] = []
    good = an_inspection("i1", return_id="R-1")
    (first,) = commit(outbox, good)
    undo = a_correction(an_event(good, message_id=first.message_id))
    commit(outbox, undo)
    (bad,) = commit(outbox, undo)  # the same again: it was taken back already
    with (
        receiver(oms_settings(tmp_path / "oms", broker.port)),
        delivering(outbox, broker.port, on_answer=answered.append),
    ):
        wait_until(lambda: outbox.counts().dead == 1)
        assert [one.row.message_id for one in answered] == [bad.message_id]
        assert "taken back" in (answered[0].answer.reason or "")
        commit(outbox, an_inspection("i2", return_id="R-1"), replaces=bad.message_id)
        wait_until(lambda: outbox.counts().settled == 4 or outbox.counts().owed == 0)
    assert report_of(tmp_path / "oms").rejected == ()


class Copy:
    """A station's copy of a stream, as far as a test needs one."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def apply(self, items: list[ExpectedItem | ReferenceItem], database: Database) -> None:
        assert database.in_transaction()
        self.offsets += [item.offset for item in items]

    def reset(self, database: Database) -> None:
        assert database.in_transaction()
        self.offsets.clear()


def test_a_new_station_gets_the_streams_and_then_the_changes(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    def write(*ids: str) -> Path:
        returns = ",".join(an_expected_return(one, site=SITE).to_wire().decode() for one in ids)
        (tmp_path / "next.json").write_text(f'{{"site":"{SITE}","returns":[{returns}]}}')
        return (tmp_path / "next.json").rename(tmp_path / "expected.json")

    copy = Copy()
    settings = oms_settings(tmp_path / "oms", broker.port, expected=(write("R-1", "R-2"),), watch_s=0.05)
    with receiver(settings), delivering(outbox, broker.port, handlers={StreamName.EXPECTED: copy}):
        wait_until(lambda: copy.offsets == [1, 2])
        write("R-1", "R-2", "R-3")
        wait_until(lambda: copy.offsets == [1, 2, 3])


def test_an_oms_restored_from_a_backup_asks_for_what_it_forgot(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    commit(outbox, *inspections(30))
    with delivering(outbox, broker.port):
        with receiver(oms_settings(tmp_path / "oms", broker.port)):
            wait_until(lambda: outbox.counts().settled == 30)
        commit(outbox, *inspections(1, start=900))
        with receiver(oms_settings(tmp_path / "older", broker.port)):
            wait_until(lambda: outbox.counts().settled == 31)
            wait_until(lambda: report_of(tmp_path / "older").applied == 31)
    assert report_of(tmp_path / "older").good


def test_two_receivers_never_share_a_ledger(broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = oms_settings(tmp_path / "oms", broker.port)
    with receiver(settings), pytest.raises(ReceiverRunning), receiver(settings):
        pass


def test_two_stations_deliver_side_by_side(broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path) -> None:
    other = an_outbox(tmp_path / "other", identity=StationIdentity(SITE, "desk-2"))
    try:
        commit(outbox, *inspections(50))
        commit(other, *inspections(50, start=100))
        with (
            receiver(oms_settings(tmp_path / "oms", broker.port)),
            delivering(outbox, broker.port),
            delivering(other, broker.port),
        ):
            wait_until(lambda: outbox.counts().settled == 50 and other.counts().settled == 50)
    finally:
        other.database.close()
    assert report_of(tmp_path / "oms").applied == 100


# ---- as a process


class OmsProcess:
    """`darkstore oms serve` in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        command = [sys.executable, "-m", "edge", "oms", "serve", "--data", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--broker", f"mqtt://127.0.0.1:{port}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> int:
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(20)


@pytest.mark.slow
def test_a_receiver_killed_again_and_again_loses_nothing_and_doubles_nothing(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "oms"
    number = 1500
    commit(outbox, *inspections(number))
    with delivering(outbox, broker.port):
        for pause in (0.02, 0.1, 0.2):
            oms = OmsProcess(folder, broker.port)
            assert "ready" in oms.ready
            time.sleep(pause)
            oms.kill()
        oms = OmsProcess(folder, broker.port)
        wait_until(lambda: outbox.counts().settled == number, timeout=60)
        assert oms.stop() == 0
    report = report_of(folder)
    assert report.good
    assert (report.applied, len(report.exceptions)) == (number, 0)


def test_what_a_dying_station_owes_is_settled_through_another_exactly_once(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    rows = commit(outbox, *inspections(60))
    outbox.export_to(tmp_path / "owed.jsonl")
    other = an_outbox(tmp_path / "other", identity=StationIdentity(SITE, "desk-2"), answer_timeout_s=2)
    commit(other, an_inspection("own", return_id="R-own", line_id=None))
    other.import_from(tmp_path / "owed.jsonl")
    with receiver(oms_settings(tmp_path / "oms", broker.port)):
        with delivering(other, broker.port):
            wait_until(lambda: other.counts().settled == len(rows) + 1)
        with delivering(outbox, broker.port):  # the dying one lives on a while: all of it was applied before
            wait_until(lambda: outbox.counts().settled == len(rows))
    other.database.close()
    report = report_of(tmp_path / "oms")
    assert report.good
    assert (report.applied, len(report.exceptions)) == (len(rows) + 1, 0)


def test_a_receiver_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text('{"sight": "blr-01"}')
    command = [sys.executable, "-m", "edge", "oms", "serve", "--data", str(tmp_path), "--expected"]
    result = subprocess.run(
        [*command, str(tmp_path / "expected.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "expected.json" in result.stderr
    assert "Traceback" not in result.stderr
