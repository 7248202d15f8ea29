"""The relay's rules, over a link without a network: when it sends, what settles, what comes back."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes_sync import (
    IDENTITY,
    FakeLink,
    a_delivery,
    an_event,
    an_outbox,
    commit,
    new_id,
    utc_now,
    wait_until,
)

from sync.answers import Answered
from sync.delivery import Delivery
from sync.joining import split
from sync.outbox import Outbox
from sync.records import OutboxRow, OutboxState
from sync.wire import Connected, Disconnected, Received, Refused

TOPICS = IDENTITY.topics


class Station:
    """A delivery over a fake link, with what its listeners heard."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.outbox: Outbox = an_outbox(folder, **{"retry_base_s": 0.02, "retry_cap_s": 0.05, **settings})
        self.link = FakeLink()
        self.told: list[Answered] = []
        self.listener: Callable[[Answered], None] = self.told.append
        self.delivery: Delivery = a_delivery(
            self.outbox,
            1883,
            link=self.link,
            on_answer=self._hear,
            rng=random.Random(1),
        )
        self.delivery.start()

    def _hear(self, heard: Answered) -> None:
        self.listener(heard)

    def online(self, instance: str = "oms-1") -> "Station":
        self.link.give(Connected(session_present=False))
        return self.oms("online", instance)

    def oms(self, state: str, instance: str = "oms-1") -> "Station":
        return self.say(TOPICS.oms_state, {"state": state, "instance": instance})

    def say(self, topic: str, message: object) -> "Station":
        self.link.give(Received(topic, json.dumps(message).encode(), mid=random.randrange(1, 60000)))
        return self

    def answer(
        self, *answers: tuple[str, str], through: tuple[int, str] | None = None, **more: Any
    ) -> "Station":
        message: dict[str, Any] = {
            "epoch": self.outbox.epoch.text,
            "through": through[0] if through else 0,
            "results": [{"id": message_id, "status": status, **more} for message_id, status in answers],
        }
        if through:
            message["through_id"] = through[1]
        return self.say(TOPICS.acks, message)

    def sent(self, count: int) -> list[str]:
        wait_until(lambda: len(self.link.events()) >= count)
        return [event["id"] for event in self.link.events()]

    def settled(self, count: int) -> None:
        wait_until(lambda: self.outbox.counts().settled >= count)

    def quiet(self) -> None:
        """Wait until the relay has worked on all that was said so far."""
        before = len(self.link.acknowledged)
        self.say(TOPICS.commands, {"kind": "rebirth", "id": new_id()})
        wait_until(lambda: len(self.link.acknowledged) > before)

    def state(self, message_id: str) -> str:
        return self.outbox.get(message_id).state


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.delivery.stop()
    made.outbox.database.close()


def test_nothing_is_sent_before_the_broker_and_the_oms_are_there(station: Station):
    commit(station.outbox, "A")
    station.quiet()
    assert station.link.events() == []
    station.link.give(Connected(session_present=False))
    station.quiet()
    assert station.link.events() == []
    station.oms("online")
    station.sent(1)
    station.oms("offline")
    station.quiet()
    commit(station.outbox, "B")
    station.quiet()
    assert len(station.link.events()) == 1
    assert not station.delivery.relay.status().oms_present


def test_the_bytes_of_the_commit_are_sent(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    event = next(item for item in station.link.published if item.topic == TOPICS.events)
    assert event.payload == row.envelope
    assert not event.retain


def test_only_an_answer_of_the_oms_settles(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    station.quiet()
    assert station.state(row.message_id) != OutboxState.SETTLED
    station.answer((row.message_id, "applied"))
    station.settled(1)


def test_the_window_counts_unanswered_events(tmp_path: Path):
    station = Station(tmp_path, window=3)
    station.online()
    station.quiet()
    rows = commit(station.outbox, *(f"R-{number}" for number in range(10)))
    station.sent(3)
    station.quiet()
    assert len(station.link.events()) == 3
    assert station.delivery.relay.status().in_flight == 3
    station.answer((rows[0].message_id, "applied"), (rows[1].message_id, "duplicate"))
    assert len(station.sent(5)) == 5
    station.delivery.stop()
    station.outbox.database.close()


def test_what_is_long_unanswered_is_noted_as_sent(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    wait_until(lambda: station.state(row.message_id) == OutboxState.SENT)
    station.answer((row.message_id, "applied"))
    station.settled(1)
    assert station.outbox.counts().sent == 0


def test_what_is_unanswered_for_too_long_is_sent_again(tmp_path: Path):
    station = Station(tmp_path, answer_timeout_s=1)
    station.online()
    row = commit(station.outbox, "A")[0]
    assert station.sent(2) == [row.message_id] * 2
    assert station.delivery.relay.status().last_error == "oms.no_answer"
    assert station.outbox.get(row.message_id).reason == "no answer"
    station.delivery.stop()
    station.outbox.database.close()


def test_after_a_reconnect_everything_unanswered_is_sent_again(station: Station):
    station.online()
    rows = commit(station.outbox, "A", "B")
    station.sent(2)
    station.link.give(Disconnected("broker.connection_lost", "gone"))
    station.quiet()
    assert station.delivery.relay.status().last_error == "broker.connection_lost"
    station.online()
    assert station.sent(4)[2:] == [row.message_id for row in rows]


def test_another_run_of_the_oms_gets_everything_unanswered_again(station: Station):
    station.online("oms-1")
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    station.oms("online", "oms-1")
    station.quiet()
    assert len(station.link.events()) == 1
    station.oms("online", "oms-2")
    assert station.sent(2) == [row.message_id] * 2


def test_retry_waits_holds_its_subject_alone_and_comes_again(station: Station):
    station.online()
    first, second, other = commit(station.outbox, "A", "A", "B")
    station.sent(2)
    station.answer((first.message_id, "retry"), reason="stock take")
    station.answer((other.message_id, "applied"))
    assert station.sent(3)[2] == first.message_id
    station.answer((first.message_id, "applied"))
    assert station.sent(4)[3] == second.message_id
    assert station.outbox.get(first.message_id).attempts == 1


def test_not_before_of_a_clock_years_ahead_is_not_believed(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    far = (utc_now() + timedelta(days=3650)).isoformat()
    station.answer((row.message_id, "retry"), reason="later", not_before=far)
    assert station.sent(2) == [row.message_id] * 2


def test_a_rejection_is_told_kept_and_holds_its_subject_until_repaired(station: Station):
    station.online()
    dead, later, _ = commit(station.outbox, "A", "A", "B")
    station.sent(2)
    station.answer((dead.message_id, "rejected"), reason="unknown SKU")
    wait_until(lambda: station.told)
    station.quiet()
    assert station.told[0].row.message_id == dead.message_id
    assert station.told[0].answer.reason == "unknown SKU"
    assert len(station.link.events()) == 2

    with station.outbox.database.write():
        repair = station.outbox.append(an_event("A", replaces=dead.message_id))
    assert station.sent(3)[2] == repair.message_id
    station.answer((repair.message_id, "applied"))
    assert station.sent(4)[3] == later.message_id


def test_a_released_or_requeued_dead_letter_goes_on(station: Station):
    station.online()
    dead, later = commit(station.outbox, "A", "A")
    station.sent(1)
    station.answer((dead.message_id, "rejected"), reason="no")
    wait_until(lambda: station.told)
    station.outbox.requeue(dead.message_id)
    assert station.sent(2)[1] == dead.message_id
    station.answer((dead.message_id, "rejected"), reason="no")
    wait_until(lambda: len(station.told) == 2)
    station.outbox.release(dead.message_id)
    assert station.sent(3)[2] == later.message_id


def test_an_exception_is_told_once(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    for _ in range(2):
        station.answer((row.message_id, "applied"), exception="over_received", reason="3 of 2")
    station.settled(1)
    station.quiet()
    assert [heard.answer.exception for heard in station.told] == ["over_received"]


def test_a_listener_that_fails_does_not_stop_the_settling(station: Station):
    def fail(_: Answered) -> None:
        raise RuntimeError("a task could not be made")

    station.listener = fail
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    station.answer((row.message_id, "applied"), exception="shortfall")
    station.settled(1)


def test_a_through_mark_settles_what_lies_before_it_in_its_epoch(station: Station):
    old = commit(station.outbox, "A", "B")
    station.outbox.begin_epoch()
    rows = commit(station.outbox, "C", "D", "E")
    station.online()
    station.sent(5)
    station.answer(through=(2, rows[1].message_id))
    station.settled(2)
    assert [station.state(row.message_id) for row in rows[:2]] == ["SETTLED"] * 2
    assert station.state(rows[2].message_id) != "SETTLED"
    assert all(station.state(row.message_id) != "SETTLED" for row in old)
    assert station.outbox.get(rows[0].message_id).status == "through"


def test_a_through_mark_of_another_database_settles_nothing(station: Station):
    rows = commit(station.outbox, "A", "B")
    station.online()
    station.sent(2)
    station.answer(through=(2, rows[0].message_id))
    station.answer(through=(2, "0197-other"))
    station.quiet()
    assert station.outbox.counts().settled == 0


def test_answers_to_unknown_events_are_ignored(station: Station):
    station.online()
    station.answer(("0197-other", "applied"))
    station.quiet()
    assert len(station.link.acknowledged) >= 2


def test_a_refusal_by_the_broker_keeps_the_event_visible_and_tries_again(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    station.link.give(Refused((row.message_id,), "Quota exceeded"))
    assert station.sent(2) == [row.message_id] * 2
    assert station.outbox.get(row.message_id).reason == "broker: Quota exceeded"
    assert station.delivery.relay.status().last_error == "broker.refused_event"


def test_a_session_taken_over_stops_the_relay_visibly(station: Station):
    station.online()
    station.link.give(Disconnected("broker.session_taken_over", "other", taken_over=True))
    commit(station.outbox, "A")
    station.quiet()
    status = station.delivery.relay.status()
    assert status.session_taken_over
    assert (status.last_error, status.owed) == ("broker.session_taken_over", 1)
    assert station.link.events() == []


def test_a_disk_that_refuses_loses_no_answer(station: Station):
    station.online()
    rows = commit(station.outbox, *(f"R-{number}" for number in range(30)))
    station.sent(30)
    database = station.outbox.database
    database.sql("CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    station.answer(*((row.message_id, "applied") for row in rows), exception="over_received")
    wait_until(lambda: station.delivery.relay.status().last_error == "database.unwritable")
    assert station.outbox.counts().settled == 0
    database.sql("DROP TRIGGER full")
    station.settled(30)


def test_received_messages_are_acknowledged_after_their_commit(station: Station):
    station.online()
    row = commit(station.outbox, "A")[0]
    station.sent(1)
    station.answer((row.message_id, "applied"))
    wait_until(lambda: any(item.topic == TOPICS.acks for item in station.link.acknowledged))
    assert station.state(row.message_id) == OutboxState.SETTLED


def test_birth_on_connecting_and_on_command_and_farewell_at_the_end(station: Station):
    commit(station.outbox, "A")
    station.online()
    station.say(TOPICS.commands, {"kind": "rebirth", "id": new_id()})
    wait_until(lambda: len([item for item in station.link.published if item.topic == TOPICS.birth]) == 2)
    birth = next(item for item in station.link.published if item.topic == TOPICS.birth)
    assert birth.retain
    content = json.loads(birth.payload)
    assert content["epoch"] == station.outbox.epoch.text
    assert content["epochs"] == [{"epoch": station.outbox.epoch.text, "last": 1, "lost": []}]
    station.delivery.stop()
    assert station.link.farewell is not None
    assert json.loads(station.link.farewell.payload)["graceful"] is True


def test_an_oms_restored_from_a_backup_gets_settled_events_again_in_order(station: Station):
    station.online()
    rows = commit(station.outbox, "A", "B", "C", "D")
    station.sent(4)
    station.answer(*((row.message_id, "applied") for row in rows[:3]))
    station.answer((rows[3].message_id, "rejected"), reason="no")
    station.settled(3)
    station.say(
        TOPICS.commands, {"kind": "resend", "id": new_id(), "epoch": station.outbox.epoch.text, "from": 2}
    )
    assert station.sent(7)[4:] == [row.message_id for row in rows[1:]]
    station.answer(*((row.message_id, "applied") for row in rows[1:]))
    station.settled(4)


def test_a_rejection_is_believed_also_of_what_a_mark_has_settled(station: Station):
    station.online()
    passed, last = commit(station.outbox, "A", "B")
    station.sent(2)
    station.answer(through=(2, last.message_id))  # the message with the rejection was lost
    station.settled(2)
    station.answer((passed.message_id, "rejected"), reason="unknown SKU")
    wait_until(lambda: station.state(passed.message_id) == OutboxState.DEAD)
    assert station.told[0].row.message_id == passed.message_id


def test_a_repaired_dead_letter_that_is_rejected_again_holds_nothing_back(station: Station):
    station.online()
    (dead,) = commit(station.outbox, "A")
    station.sent(1)
    station.answer((dead.message_id, "rejected"), reason="no")
    wait_until(lambda: station.told)
    with station.outbox.database.write():
        repair = station.outbox.append(an_event("A", replaces=dead.message_id))
    station.sent(2)
    station.answer((repair.message_id, "applied"))
    station.settled(1)
    command = {"kind": "resend", "id": new_id(), "epoch": station.outbox.epoch.text, "from": 1, "to": 1}
    station.say(TOPICS.commands, command)  # the OMS lost the rejection, not the repair
    station.sent(3)
    station.answer((dead.message_id, "rejected"), reason="no")
    wait_until(lambda: station.state(dead.message_id) == OutboxState.DEAD)
    station.quiet()
    (later,) = commit(station.outbox, "A")
    assert station.sent(4)[3] == later.message_id
    assert len(station.told) == 1  # no second task for what was repaired


def test_releasing_a_rejected_replacement_lets_the_return_go_on(station: Station):
    station.online()
    dead, later = commit(station.outbox, "A", "A")
    station.sent(1)
    station.answer((dead.message_id, "rejected"), reason="no")
    wait_until(lambda: station.told)
    with station.outbox.database.write():
        repair = station.outbox.append(an_event("A", replaces=dead.message_id))
    station.sent(2)
    station.answer((repair.message_id, "rejected"), reason="no")
    wait_until(lambda: len(station.told) == 2)
    station.outbox.release(repair.message_id)
    assert station.sent(3)[2] == later.message_id


def test_a_late_will_of_an_earlier_run_of_the_oms_does_not_stop_sending(station: Station):
    station.online("oms-2")
    station.oms("offline", "oms-1")
    commit(station.outbox, "A")
    station.sent(1)
    assert station.delivery.relay.status().oms_present
    station.oms("offline", "oms-2")
    wait_until(lambda: not station.delivery.relay.status().oms_present)


def test_a_trouble_is_over_when_its_cure_has_happened(tmp_path: Path):
    station = Station(tmp_path, answer_timeout_s=1)
    station.online()

    def trouble() -> str | None:
        return station.delivery.relay.status().last_error

    first, second = commit(station.outbox, "A", "B")
    station.sent(2)
    station.link.give(Refused((first.message_id,), "Quota exceeded"))
    wait_until(lambda: trouble() == "broker.refused_event")
    station.answer((second.message_id, "applied"))
    station.settled(1)
    assert trouble() == "broker.refused_event"  # of that event nothing was heard
    wait_until(lambda: trouble() == "oms.no_answer")
    station.answer((first.message_id, "applied"))
    wait_until(lambda: trouble() is None)
    station.delivery.stop()
    station.outbox.database.close()


def test_a_disk_that_takes_again_is_no_trouble_any_more(station: Station):
    station.online()
    (row,) = commit(station.outbox, "A")
    station.sent(1)
    database = station.outbox.database
    database.sql("CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    station.answer((row.message_id, "applied"))
    wait_until(lambda: station.delivery.relay.status().last_error == "database.unwritable")
    database.sql("DROP TRIGGER full")
    station.settled(1)
    wait_until(lambda: station.delivery.relay.status().last_error is None)


def test_what_is_unforeseen_does_not_lose_what_came_with_it(station: Station):
    def fail() -> None:
        raise RuntimeError("a listener of the connection failed")

    station.online()
    (row,) = commit(station.outbox, "A")
    station.sent(1)
    presence = station.delivery.presence
    birth, presence.birth = presence.birth, fail  # type: ignore[assignment,method-assign]
    station.say(TOPICS.commands, {"kind": "rebirth", "id": new_id()})
    station.answer((row.message_id, "applied"))
    station.settled(1)
    presence.birth = birth  # type: ignore[method-assign]
    wait_until(lambda: station.delivery.relay.status().last_error is None)


# ---- several events in one message


def takes(station: Station, events: int, instance: str = "oms-1") -> Station:
    state = {"state": "online", "instance": instance, "events_per_message": events}
    return station.say(TOPICS.oms_state, state)


def messages(station: Station) -> list[list[str]]:
    """The ids of each message's events, in the order of sending."""
    sent = [item for item in station.link.published if item.topic == TOPICS.events]
    return [[json.loads(text)["id"] for text in split(item.payload, 10**6)] for item in sent]


def ids(rows: Iterable[OutboxRow]) -> list[str]:
    return [row.message_id for row in rows]


def test_events_that_wait_leave_together_as_many_as_the_oms_takes(station: Station):
    rows = commit(station.outbox, *"ABCDEFG")
    station.link.give(Connected(session_present=False))
    takes(station, 3)
    wait_until(lambda: len(messages(station)) == 3)
    assert messages(station) == [ids(rows[:3]), ids(rows[3:6]), ids(rows[6:])]


def test_an_oms_that_speaks_of_no_joining_gets_one_event_a_message(station: Station):
    rows = commit(station.outbox, *"ABC")
    station.online()
    station.sent(3)
    assert messages(station) == [[one] for one in ids(rows)]
    takes(station, 2, "oms-2")  # another one has come
    wait_until(lambda: len(messages(station)) == 6)
    more = commit(station.outbox, *"DE")
    wait_until(lambda: len(messages(station)) == 7)
    assert messages(station)[6] == ids(more)


def test_joined_events_stay_below_the_sites_limit_and_the_brokers(tmp_path: Path):
    station = Station(tmp_path, join_bytes=2500)
    rows = commit(station.outbox, *"ABCD")
    size = len(rows[0].envelope)
    station.link.give(Connected(session_present=False))
    takes(station, 1000)
    each = 2500 // (size + 2)
    assert 1 < each < 4
    wait_until(lambda: sum(map(len, messages(station))) == 4)
    assert [len(one) for one in messages(station)] == [each, 4 - each]
    station.link.give(Disconnected("broker.connection_lost", ""))
    sent = len(messages(station))
    more = commit(station.outbox, *"EF")
    station.link.give(Connected(session_present=False, largest_packet=size + len(TOPICS.events) + 40))
    takes(station, 1000)
    wait_until(lambda: len(messages(station)) == sent + 6)
    assert messages(station)[sent:] == [[one] for one in ids([*rows, *more])]
    station.delivery.stop()
    station.outbox.database.close()


def test_a_refused_message_comes_again_event_by_event(station: Station):
    rows = commit(station.outbox, *"ABC")
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: messages(station) == [ids(rows)])
    tokens = next(one.tokens for one in station.link.published if one.topic == TOPICS.events)
    station.link.give(Refused(tokens, "Quota exceeded"))
    wait_until(lambda: sum(map(len, messages(station))) == 6)
    assert sorted(messages(station)[1:]) == sorted([one] for one in ids(rows))
    assert all(station.outbox.get(one).reason == "broker: Quota exceeded" for one in ids(rows))


def test_a_return_never_has_two_events_in_one_message(station: Station):
    rows = commit(station.outbox, *"AAB")
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: len(messages(station)) == 1)
    assert messages(station) == [[rows[0].message_id, rows[2].message_id]]


def test_a_message_that_ends_the_connection_is_not_built_again(station: Station):
    rows = commit(station.outbox, *"ABC")
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: messages(station) == [ids(rows)])
    station.link.give(Disconnected("broker.connection_lost", ""))
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: len(messages(station)) == 4)
    assert messages(station)[1:] == [[one] for one in ids(rows)]


def test_nor_is_one_that_ends_the_run_of_the_oms(station: Station):
    rows = commit(station.outbox, *"ABC")
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: messages(station) == [ids(rows)])
    takes(station, 10, "oms-2")
    wait_until(lambda: len(messages(station)) == 4)
    assert messages(station)[1:] == [[one] for one in ids(rows)]


def test_what_the_oms_puts_off_or_does_not_answer_comes_again_alone(tmp_path: Path):
    station = Station(tmp_path, answer_timeout_s=1)
    rows = commit(station.outbox, *"ABC")
    station.link.give(Connected(session_present=False))
    takes(station, 10)
    wait_until(lambda: messages(station) == [ids(rows)])
    station.answer((rows[0].message_id, "retry"))
    wait_until(lambda: {one for message in messages(station)[1:] for one in message} == set(ids(rows)))
    assert all(len(message) == 1 for message in messages(station)[1:])
    station.delivery.stop()
    station.outbox.database.close()


@pytest.mark.parametrize(("said", "together"), [(0, 1), (-3, 1), (5000, 3)])
def test_an_odd_number_in_the_presence_keeps_nothing_back(station: Station, said: int, together: int):
    commit(station.outbox, *"ABC")
    station.link.give(Connected(session_present=False))
    takes(station, said)
    wait_until(lambda: sum(map(len, messages(station))) == 3)
    assert max(map(len, messages(station))) == together
