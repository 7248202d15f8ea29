"""The receiver's threads over a link that does what the test says."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from builders_messages import EPOCH, NOW, a_birth, an_event, an_expected_return, an_inspection
from fakes_sync import FakeLink, wait_until

from sync.contract.messages import (
    Acks,
    AnyEvent,
    Death,
    ExpectedBatch,
    OmsState,
    ReconciliationRequest,
    Request,
    SettledEvent,
    SettledState,
    SnapshotRequest,
    StreamName,
)
from sync.joining import join
from sync.oms.errors import LoadingError
from sync.oms.ledger import Ledger
from sync.oms.receiver import OmsReceiver
from sync.oms.settings import OmsSettings
from sync.wire import Connected, Disconnected, Received

BASE = "returns/v1/blr-01/desk-1"


class RecordingLink(FakeLink):
    """Also remembers in which order things were said."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.numbers = iter(range(1, 10_000))

    def publish(self, publications: list[Any]) -> None:
        super().publish(publications)
        self.log += [publication.topic for publication in publications]

    def acknowledge(self, *received: Received) -> None:
        super().acknowledge(*received)
        self.log += [f"acknowledged {one.topic}" for one in received]

    def bring(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.give(Received(topic, payload, retained=retained, mid=next(self.numbers), connection=1))

    def said(self, topic: str) -> list[bytes]:
        return [one.payload for one in self.published if one.topic == topic]


class Running:
    """A receiver at work on a ledger of its own."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.link = RecordingLink()
        self.ledger = Ledger.open(folder, now=lambda: NOW)
        settings = OmsSettings(data_dir=folder, watch_s=0.05, **changes)
        ids = (f"id-{number}" for number in range(10_000))
        self.receiver = OmsReceiver(
            settings, self.ledger, self._connect, now=lambda: NOW, new_id=lambda: next(ids)
        )

    def _connect(self, will: Callable[[], Any]) -> RecordingLink:
        self.will = will
        return self.link

    def start(self) -> "Running":
        self.receiver.start()
        self.link.give(Connected(session_present=False))
        assert self.receiver.wait_ready(10)
        return self

    def stop(self) -> None:
        self.receiver.stop()
        self.ledger.database.close()

    def acks(self) -> list[Acks]:
        return [Acks.from_wire(payload) for payload in self.link.said(f"{BASE}/acks")]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(**changes: Any) -> Running:
        started.append(Running(tmp_path / "oms", **changes))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()


def bring(running: Running, *events: AnyEvent) -> None:
    for event in events:
        running.link.bring(f"{BASE}/events", event.to_wire())


def test_it_says_online_when_ready_and_offline_when_it_ends(run: Callable[..., Running]) -> None:
    running = run()
    (online,) = (OmsState.from_wire(one) for one in running.link.said("returns/v1/oms/state"))
    assert online.state == "online"
    running.receiver.stop()
    assert running.link.farewell is not None
    farewell = OmsState.from_wire(running.link.farewell.payload)
    assert (farewell.state, farewell.instance) == ("offline", online.instance)
    assert running.link.farewell.retain
    assert OmsState.from_wire(running.will().payload).state == "offline"


def test_it_answers_before_it_acknowledges_to_the_broker(run: Callable[..., Running]) -> None:
    running = run()
    bring(running, an_event(an_inspection()))
    wait_until(lambda: f"acknowledged {BASE}/events" in running.link.log)
    log = running.link.log
    assert log.index(f"{BASE}/acks") < log.index(f"acknowledged {BASE}/events")
    assert running.acks()[0].through == 1


def test_many_events_share_a_commit_and_an_answer(run: Callable[..., Running]) -> None:
    running = run()
    bring(running, *(an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in range(1, 301)))
    wait_until(lambda: running.acks() and running.acks()[-1].through == 300)
    assert len(running.acks()) < 100


def test_events_of_one_message_are_answered_each_for_itself(run: Callable[..., Running]) -> None:
    running = run(batch=2)
    inspections = [an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in range(1, 6)]
    texts = [one.to_wire() for one in inspections]
    wrong = json.loads(texts[1]) | {"data": {}}
    joined = join([texts[0], json.dumps(wrong).encode(), b"{nonsense", *texts[2:], texts[0]])
    running.link.bring(f"{BASE}/events", joined)
    wait_until(lambda: f"acknowledged {BASE}/events" in running.link.log)
    (acks,) = running.acks()
    assert acks.through == 5
    assert [(one.id, one.status) for one in acks.results] == [(inspections[1].id, "rejected")]
    assert running.ledger.database.sql("SELECT payload FROM quarantine") == [(b"{nonsense",)]
    running.link.bring(f"{BASE}/events", joined)
    wait_until(lambda: len(running.acks()) == 2)
    told = {one.id: str(one.status) for one in running.acks()[1].results}
    assert told == {one.id: "rejected" if one is inspections[1] else "duplicate" for one in inspections}


def test_it_says_how_many_events_it_takes_in_one_message(run: Callable[..., Running]) -> None:
    running = run(events_per_message=7)
    (online,) = (OmsState.from_wire(one) for one in running.link.said("returns/v1/oms/state"))
    assert online.events_per_message == 7


def test_what_it_cannot_use_is_acknowledged_and_kept(run: Callable[..., Running]) -> None:
    running = run()
    for topic in ("events", "requests", "birth", "death"):
        running.link.bring(f"{BASE}/{topic}", b"{nonsense")
    bring(running, an_event(an_inspection()))
    wait_until(lambda: len(running.acks()) == 1)
    assert running.ledger.database.sql("SELECT count(*) FROM quarantine") == [(4,)]
    assert sum("acknowledged" in one for one in running.link.log) == 5


def test_a_birth_on_another_stations_topic_is_refused(run: Callable[..., Running]) -> None:
    running = run()
    running.link.bring("returns/v1/blr-01/desk-2/birth", a_birth(last=3).to_wire())
    wait_until(lambda: running.ledger.database.sql("SELECT count(*) FROM quarantine") == [(1,)])


def test_a_birth_is_answered_with_where_the_epoch_stands(run: Callable[..., Running]) -> None:
    running = run()
    bring(running, an_event(an_inspection()))
    wait_until(lambda: len(running.acks()) == 1)
    running.link.bring(f"{BASE}/birth", a_birth(last=1).to_wire(), retained=True)
    wait_until(lambda: len(running.acks()) == 2)
    assert running.acks()[1].through == 1
    running.link.bring(f"{BASE}/birth", b"", retained=True)
    running.link.bring(f"{BASE}/death", Death(site="blr-01", station="desk-1", epoch=EPOCH).to_wire())
    wait_until(lambda: f"acknowledged {BASE}/death" in running.link.log)


def test_a_gap_is_asked_for(run: Callable[..., Running]) -> None:
    running = run(gap_quiet_s=0.1)
    running.link.bring(f"{BASE}/birth", a_birth(last=2).to_wire())
    wait_until(lambda: running.link.said(f"{BASE}/commands"))
    command = json.loads(running.link.said(f"{BASE}/commands")[0])
    assert (command["kind"], command["from"], command["to"]) == ("resend", 1, 2)


def test_a_reconciliation_is_answered_with_what_heals_it(run: Callable[..., Running]) -> None:
    running = run()
    named = SettledEvent(sequence=1, id="m-1", state=SettledState.SETTLED)
    request = ReconciliationRequest(id="q-1", epoch=EPOCH, events=(named,))
    running.link.bring(f"{BASE}/requests", Request(request).to_wire())
    wait_until(lambda: running.link.said(f"{BASE}/commands"))
    assert json.loads(running.link.said(f"{BASE}/commands")[0])["kind"] == "resend"


def expected_file(path: Path, *ids: str) -> Path:
    body = {"site": "blr-01", "returns": [an_expected_return(one).to_data() for one in ids]}
    path.write_text(json.dumps(body))
    return path


def test_streams_are_published_watched_and_asked_for(run: Callable[..., Running], tmp_path: Path) -> None:
    path = expected_file(tmp_path / "expected.json", "R-1")
    running = run(expected=(path,))
    topic = "returns/v1/blr-01/expected"
    wait_until(lambda: running.link.said(topic))
    expected_file(tmp_path / "next.json", "R-1", "R-2").replace(path)
    wait_until(lambda: len(running.link.said(topic)) == 2)
    grown = ExpectedBatch.from_wire(running.link.said(topic)[1])
    assert (grown.after, grown.through, len(grown.items)) == (1, 2, 1)
    request = SnapshotRequest(id="q-1", stream=StreamName.EXPECTED, after=0)
    running.link.bring(f"{BASE}/requests", Request(request).to_wire())
    wait_until(lambda: len(running.link.said(topic)) == 3)
    snapshot = ExpectedBatch.from_wire(running.link.said(topic)[2])
    assert (snapshot.after, snapshot.through, len(snapshot.items)) == (0, 2, 2)


def test_a_late_will_of_its_own_is_contradicted(run: Callable[..., Running]) -> None:
    running = run()
    offline = OmsState(state="offline", instance="before").to_wire()
    running.link.bring("returns/v1/oms/state", offline)
    wait_until(lambda: len(running.link.said("returns/v1/oms/state")) == 2)
    running.link.bring("returns/v1/oms/state", b"")
    wait_until(lambda: len(running.link.said("returns/v1/oms/state")) == 3)


def test_another_receiver_is_noticed(run: Callable[..., Running], caplog: pytest.LogCaptureFixture) -> None:
    running = run()
    running.link.bring("returns/v1/oms/state", OmsState(state="online", instance="other").to_wire())
    wait_until(lambda: "another receiver" in caplog.text)


def test_it_ends_when_its_session_is_taken_over(run: Callable[..., Running]) -> None:
    running = run()
    running.link.give(Disconnected("broker.session_taken_over", "", taken_over=True))
    assert running.receiver.wait_ended(10)
    assert running.receiver.taken_over


def test_a_database_that_refuses_delays_and_loses_nothing(
    run: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.database.BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("sync.database.PRAGMAS", (("journal_mode", "wal"), ("busy_timeout", 50)))
    monkeypatch.setattr("sync.oms.receiver.DATABASE_PATIENCE_S", 0.05)
    running = run()
    with closing(sqlite3.connect(running.ledger.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bring(running, an_event(an_inspection()))
        time.sleep(0.4)
        assert running.acks() == []
        assert f"acknowledged {BASE}/events" not in running.link.log
        other.execute("ROLLBACK")
        wait_until(running.acks)
    assert running.acks()[0].through == 1


def test_an_error_that_nobody_foresaw_ends_the_receiver_and_is_told(run: Callable[..., Running]) -> None:
    running = run()
    with running.ledger.database.write():
        running.ledger.database.sql("DROP TABLE postings")
    bring(running, an_event(an_inspection()))
    assert running.receiver.wait_ended(10)
    assert "postings" in str(running.receiver.failure)
    assert running.acks() == []


def test_a_bad_file_stops_the_start(tmp_path: Path) -> None:
    running = Running(tmp_path / "oms", expected=(tmp_path / "nowhere.json",))
    with pytest.raises(LoadingError):
        running.receiver.start()
    running.stop()
