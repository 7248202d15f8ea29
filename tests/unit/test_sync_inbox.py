"""What arrives: streams with offsets, commands, and what is unusable goes to quarantine and harms nothing."""

import json
import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes_sync import IDENTITY, FakeLink, a_delivery, an_outbox, commit, new_id, wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.contract.messages import StreamName
from sync.database import Database
from sync.delivery import Delivery
from sync.streams import StreamItem
from sync.wire import Connected, Received

TOPICS = IDENTITY.topics


class KeptReference:
    """A local copy of the reference stream: article codes by offset, in the station's own database."""

    def __init__(self) -> None:
        self.resets = 0
        self.fail = False

    def apply(self, items: Sequence[StreamItem], database: Database) -> None:
        for item in items:
            database.sql("INSERT OR REPLACE INTO kept (offset) VALUES (?)", (item.offset,))
        if self.fail:
            raise RuntimeError("cannot keep this")

    def reset(self, database: Database) -> None:
        self.resets += 1
        database.sql("DELETE FROM kept")


class Desk:
    """A station over a fake link that follows the reference stream."""

    def __init__(self, folder: Path) -> None:
        self.outbox = an_outbox(folder, quarantine_rows=5, quarantine_bytes=64, max_inbound_bytes=8192)
        self.outbox.database.sql("CREATE TABLE kept (offset INTEGER PRIMARY KEY)")
        self.link = FakeLink()
        self.kept = KeptReference()
        self.delivery: Delivery = a_delivery(
            self.outbox, 1883, link=self.link, handlers={StreamName.REFERENCE: self.kept}
        )
        self.delivery.start()
        self.link.give(Connected(session_present=False))
        self.say(TOPICS.oms_state, {"state": "online", "instance": "oms-1"})
        wait_until(self.requests)

    def say(self, topic: str, message: object, *, retained: bool = False) -> None:
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        before = len(self.link.acknowledged)
        self.link.give(Received(topic, payload, retained=retained, mid=random.randrange(1, 60000)))
        wait_until(lambda: len(self.link.acknowledged) > before)

    def stretch(self, after: int, through: int, stream_id: str = "s1") -> None:
        items = [
            {"offset": offset, "kind": "removed", "removed": "place", "key": f"P-{offset}"}
            for offset in range(after + 1, through + 1)
        ]
        self.say(
            TOPICS.reference,
            {
                "stream": "reference",
                "stream_id": stream_id,
                "after": after,
                "through": through,
                "items": items,
            },
        )

    def offsets(self) -> list[int]:
        return [row[0] for row in self.outbox.database.sql("SELECT offset FROM kept ORDER BY offset")]

    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(item.payload) for item in self.link.published if item.topic == TOPICS.requests]

    def place(self) -> tuple[str | None, int]:
        found = self.delivery.streams.places()[0]
        return found.stream_id, found.offset


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.delivery.stop()
    made.outbox.database.close()


def test_a_new_station_asks_for_everything(desk: Desk):
    request = desk.requests()[0]
    assert (request["kind"], request["stream"], request["after"]) == ("snapshot", "reference", 0)
    assert "stream_id" not in request


def test_stretches_are_taken_in_once_and_remembered(desk: Desk):
    desk.stretch(0, 3)
    desk.stretch(0, 3)
    desk.stretch(2, 5)
    assert desk.offsets() == [1, 2, 3, 4, 5]
    assert desk.place() == ("s1", 5)


def test_an_empty_stream_is_known_as_such(desk: Desk):
    desk.stretch(0, 0)
    assert desk.place() == ("s1", 0)


def test_a_gap_is_not_taken_in_but_asked_for(desk: Desk):
    desk.stretch(0, 2)
    desk.stretch(4, 6)
    assert desk.offsets() == [1, 2]
    request = desk.requests()[-1]
    assert (request["after"], request["stream_id"]) == (2, "s1")
    desk.stretch(2, 6)
    assert desk.offsets() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("after", [0, 5])
def test_another_stream_is_asked_about_before_it_replaces_the_copy(desk: Desk, after: int):
    desk.stretch(0, 3)
    asked = len(desk.requests())
    desk.stretch(after, after + 1, stream_id="s2")
    assert desk.offsets() == [1, 2, 3]  # it serves until the OMS has said which stream is the present one
    wait_until(lambda: len(desk.requests()) > asked)
    assert (desk.requests()[-1]["after"], desk.requests()[-1]["stream_id"]) == (3, "s1")
    desk.stretch(0, 2, stream_id="s2")
    assert desk.offsets() == [1, 2]
    assert (desk.place(), desk.kept.resets) == (("s2", 2), 1)


def test_a_late_word_of_a_stream_that_was_given_up_costs_a_question_and_nothing_else(desk: Desk):
    desk.stretch(0, 3)
    desk.stretch(0, 9, stream_id="older")
    desk.stretch(3, 3)  # the answer: the stream is still this one
    desk.stretch(3, 4)
    assert desk.offsets() == [1, 2, 3, 4]
    assert (desk.place(), desk.kept.resets) == (("s1", 4), 0)


def test_a_snapshot_for_another_station_does_not_end_our_asking(desk: Desk):
    desk.stretch(0, 4)
    desk.stretch(6, 8)  # 5 and 6 were lost on the way to us
    desk.stretch(0, 4)  # for a new station of this site
    assert (desk.offsets(), desk.place()) == ([1, 2, 3, 4], ("s1", 4))
    assert desk.delivery.streams.asking
    desk.stretch(0, 5)  # for one that stands in the midst of our gap
    assert desk.delivery.streams.asking
    desk.stretch(4, 8)
    assert not desk.delivery.streams.asking
    assert desk.offsets() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_a_handler_cannot_keep_is_undone_quarantined_and_asked_for_again(desk: Desk):
    desk.stretch(0, 1)
    desk.kept.fail = True
    desk.stretch(1, 2)
    assert (desk.offsets(), desk.place()) == ([1], ("s1", 1))
    assert [row.reason for row in desk.delivery.quarantine.rows()] == ["failed"]
    assert desk.delivery.relay.status().last_error == "inbound.failed"
    assert desk.delivery.streams.asking
    desk.kept.fail = False
    desk.stretch(1, 2)
    assert desk.offsets() == [1, 2]
    assert desk.delivery.relay.status().last_error is None


@pytest.mark.parametrize("topic", [TOPICS.acks, TOPICS.commands])
def test_answers_and_commands_that_a_broker_kept_are_stale_and_refused(desk: Desk, topic: str):
    row = commit(desk.outbox, "A")[0]
    answer = {"epoch": row.epoch, "through": 0, "results": [{"id": row.message_id, "status": "applied"}]}
    message = answer if topic == TOPICS.acks else {"kind": "rebirth", "id": new_id()}
    desk.say(topic, message, retained=True)
    assert [kept.reason for kept in desk.delivery.quarantine.rows()] == ["retained"]
    assert desk.outbox.counts().settled == 0


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (TOPICS.acks, b"not json", "malformed"),
        (TOPICS.acks, b"\xff\xfe\x00", "malformed"),
        (TOPICS.acks, b'{"epoch": 7}', "malformed"),
        (TOPICS.commands, b'{"kind": "format_disk", "id": "1"}', "malformed"),
        (TOPICS.reference, b"[]", "malformed"),
        (TOPICS.reference, b"{" * 5000, "malformed"),
        (TOPICS.oms_state, b'{"state": "maybe"}', "malformed"),
        (TOPICS.expected, b"x" * 9000, "oversized"),
        ("returns/v1/blr-04/desk-1/unknown", b"{}", "unknown_topic"),
    ],
)
def test_what_cannot_be_used_is_kept_apart_and_harms_nothing(
    desk: Desk, topic: str, payload: bytes, reason: str
):
    desk.say(topic, payload)
    kept = desk.delivery.quarantine.rows()
    assert [(row.topic, row.reason, row.size) for row in kept] == [(topic, reason, len(payload))]
    assert kept[0].payload == payload[:64]
    row = commit(desk.outbox, "A")[0]
    wait_until(desk.link.events)
    desk.say(
        TOPICS.acks,
        {"epoch": row.epoch, "through": 0, "results": [{"id": row.message_id, "status": "applied"}]},
    )
    assert desk.outbox.counts().settled == 1


def test_the_quarantine_keeps_the_newest(desk: Desk):
    for number in range(9):
        desk.say(TOPICS.acks, f"nonsense {number}".encode())
    assert [row.payload for row in desk.delivery.quarantine.rows()] == [
        f"nonsense {number}".encode() for number in range(8, 3, -1)
    ]


def test_unknown_fields_of_a_newer_oms_are_ignored(desk: Desk):
    row = commit(desk.outbox, "A")[0]
    wait_until(desk.link.events)
    answer = {"id": row.message_id, "status": "applied", "ledger": 7}
    desk.say(TOPICS.acks, {"epoch": row.epoch, "through": 0, "results": [answer], "shard": "b"})
    assert desk.outbox.counts().settled == 1


def test_a_cleared_presence_means_absent(desk: Desk):
    desk.say(TOPICS.oms_state, b"")
    assert not desk.delivery.relay.status().oms_present


def test_of_two_stations_of_one_name_the_one_with_fewer_starts_stops(desk: Desk):
    def stopped() -> bool:
        return desk.delivery.relay.status().session_taken_over

    birth = next(json.loads(item.payload) for item in desk.link.published if item.topic == TOPICS.birth)
    greater = {**birth, "epoch": "000009-aaaaaa", "started_at": "2020-01-01T00:00:00Z"}
    desk.say(TOPICS.birth, greater, retained=True)  # of a run that a restored database has forgotten
    assert not stopped()
    desk.say(TOPICS.birth, birth)  # our own comes back: from here on, others speak later than we did
    desk.say(TOPICS.birth, {**birth, "epoch": "000000-aaaaaa", "started_at": "2999-01-01T00:00:00Z"})
    assert not stopped()  # that one stops itself, whatever its clock says
    desk.say(TOPICS.birth, greater)
    wait_until(stopped)


def test_a_late_will_of_our_own_run_is_answered_by_a_birth(desk: Desk):
    def births() -> int:
        return sum(item.topic == TOPICS.birth for item in desk.link.published)

    before = births()
    other = {"site": "blr-04", "station": "desk-1", "epoch": "000001-aaaaaa", "graceful": False}
    desk.say(TOPICS.death, other)
    assert births() == before
    desk.say(TOPICS.death, {**other, "epoch": desk.outbox.epoch.text})
    wait_until(lambda: births() == before + 1)


def test_reconciliation_digests_end_before_the_first_unanswered_event(desk: Desk):
    rows = commit(desk.outbox, *(f"R-{number}" for number in range(5)))
    wait_until(lambda: len(desk.link.events()) == 5)
    results = [{"id": row.message_id, "status": "applied"} for row in rows[:2]]
    results += [{"id": rows[2].message_id, "status": "rejected", "reason": "no"}]
    results += [{"id": rows[4].message_id, "status": "applied"}]
    desk.say(TOPICS.acks, {"epoch": rows[0].epoch, "through": 0, "results": results})
    desk.say(TOPICS.commands, {"kind": "reconcile", "id": new_id(), "epoch": rows[0].epoch})
    wait_until(lambda: desk.requests()[-1]["kind"] == "reconciliation")
    block = desk.requests()[-1]["blocks"][0]
    assert (block["first"], block["last"], block["count"]) == (1, 3, 3)
    desk.say(TOPICS.commands, {"kind": "reconcile", "id": new_id(), "epoch": rows[0].epoch, "block": 0})
    assert [(event["sequence"], event["state"]) for event in desk.requests()[-1]["events"]] == [
        (1, "settled"),
        (2, "settled"),
        (3, "rejected"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    topic=st.sampled_from(
        [TOPICS.acks, TOPICS.commands, TOPICS.reference, TOPICS.oms_state, TOPICS.birth, TOPICS.death]
    ),
    payload=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_no_message_whatever_it_holds_stops_the_station(desk: Desk, topic: str, payload: bytes):
    desk.say(topic, payload)
    assert desk.delivery.relay.status().last_error is None
