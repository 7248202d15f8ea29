"""Events are owed from the commit on, in sequences without gaps, and never change."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_sync import IDENTITY, an_event, an_outbox, commit, new_id, utc_now

from sync.answers import Answer, AnswerStatus
from sync.contract.validation import parse_event
from sync.database import Database
from sync.errors import (
    EpochMissing,
    EventInvalid,
    EventNotRepairable,
    EventTooLarge,
    EventUnknown,
    TransactionMissing,
    TransferRefused,
)
from sync.outbox import Outbox, OutboxChange
from sync.records import SYNC_MIGRATIONS, OutboxState
from sync.settings import OutboxSettings
from sync.settlement import Settlement
from sync.topics import StationIdentity


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(tmp_path)
    yield made
    made.database.close()


def answer(outbox: Outbox, message_id: str, status: AnswerStatus, **more: str) -> None:
    with outbox.database.write():
        Settlement(outbox.database, now=utc_now).record(
            [Answer(message_id, status, **more)], [], lambda _: None
        )


def test_an_event_is_sealed_at_commit(outbox: Outbox):
    row = commit(outbox, "R-7")[0]
    envelope = json.loads(row.envelope)
    assert envelope["specversion"] == "1.0"
    assert envelope["id"] == row.message_id
    assert envelope["source"] == "/blr-04/desk-1"
    assert (envelope["epoch"], envelope["sequence"]) == (outbox.epoch.text, 1)
    assert envelope["subject"] == "R-7"
    assert envelope["clockok"] is True
    assert outbox.get(row.message_id).envelope == row.envelope


def test_the_envelope_keeps_the_contract(outbox: Outbox):
    golden = json.loads((Path(__file__).parents[1] / "contract/golden/return.received.v1.json").read_text())
    with outbox.database.write():
        row = outbox.append(an_event(golden["subject"], type=golden["type"], data=golden["data"]))
    assert parse_event(row.envelope).id == row.message_id


def test_sequences_have_no_gap_after_an_undone_transaction(outbox: Outbox):
    commit(outbox, "A")
    with pytest.raises(KeyError):
        _append_and_fail(outbox)
    commit(outbox, "B")
    assert [(row.subject, row.sequence) for row in outbox.rows()] == [("B", 2), ("A", 1)]
    assert outbox.counts().owed == 2


def _append_and_fail(outbox: Outbox) -> None:
    with outbox.database.write():
        outbox.append(an_event("undone"))
        raise KeyError


def test_each_run_counts_from_one_in_an_epoch_of_its_own(outbox: Outbox):
    first = outbox.epoch
    commit(outbox, "A", "B")
    second = outbox.begin_epoch()
    row = commit(outbox, "C")[0]
    assert (first.counter, second.counter, row.sequence) == (1, 2, 1)
    assert first.random != second.random
    assert [(summary.epoch, summary.last_sequence) for summary in outbox.epochs()] == [
        (first.text, 2),
        (second.text, 1),
    ]


def test_appending_needs_a_transaction_and_an_epoch(tmp_path: Path, outbox: Outbox):
    with pytest.raises(TransactionMissing):
        outbox.append(an_event())
    fresh = Outbox(outbox.database, OutboxSettings(), identity=IDENTITY, now=utc_now, new_id=new_id)
    with outbox.database.write(), pytest.raises(EpochMissing):
        fresh.append(an_event())


def test_the_size_is_checked_at_commit(outbox: Outbox):
    with outbox.database.write(), pytest.raises(EventTooLarge, match="over the limit of 4096"):
        outbox.append(an_event(data={"note": "ண" * 2000}))


@pytest.mark.parametrize(
    "event",
    [
        an_event(""),
        an_event("R\n1"),
        an_event("x" * 300),
        an_event(data={"set": {1, 2}}),
        an_event(data={"number": float("nan")}),
        an_event(data={"text": "\ud800"}),
        an_event(extensions={"id": "mine"}),
        an_event(extensions={"Not-Allowed": "x"}),
    ],
    ids=repr,
)
def test_what_no_envelope_can_carry_is_refused(outbox: Outbox, event):
    with outbox.database.write(), pytest.raises(EventInvalid):
        outbox.append(event)


def test_listeners_hear_of_commits_and_not_of_undone_ones(outbox: Outbox):
    heard: list[OutboxChange] = []
    outbox.subscribe(heard.append)
    commit(outbox, "A")
    with pytest.raises(KeyError):
        _append_and_fail(outbox)
    outbox.unsubscribe(heard.append)
    commit(outbox, "B")
    assert heard == [OutboxChange()]


def test_answers_move_events_through_their_states(outbox: Outbox):
    applied, excess, retried, dead = commit(outbox, "A", "B", "C", "D")
    answer(outbox, applied.message_id, AnswerStatus.APPLIED)
    answer(outbox, excess.message_id, AnswerStatus.APPLIED, exception="over_received", reason="3 of 2")
    answer(outbox, retried.message_id, AnswerStatus.RETRY, reason="stock take")
    answer(outbox, dead.message_id, AnswerStatus.REJECTED, reason="unknown SKU")

    states = {row.subject: (row.state, row.status, row.exception, row.reason) for row in outbox.rows()}
    assert states == {
        "A": (OutboxState.SETTLED, "applied", None, None),
        "B": (OutboxState.SETTLED, "applied", "over_received", "3 of 2"),
        "C": (OutboxState.PENDING, "retry", None, "stock take"),
        "D": (OutboxState.DEAD, "rejected", None, "unknown SKU"),
    }
    counts = outbox.counts()
    assert (counts.pending, counts.settled, counts.dead, counts.owed) == (1, 2, 1, 1)
    assert counts.oldest_owed_at == retried.committed_at


def test_a_dead_letter_holds_what_comes_later_and_is_repaired_by_a_new_event(outbox: Outbox):
    dead, _ = commit(outbox, "A", "A")
    answer(outbox, dead.message_id, AnswerStatus.REJECTED, reason="unknown SKU")
    assert [row.held for row in outbox.rows(states=[OutboxState.PENDING])] == [True]
    with outbox.database.write():
        repair = outbox.append(an_event("A", replaces=dead.message_id))
    assert json.loads(repair.envelope)["replaces"] == dead.message_id
    with outbox.database.write(), pytest.raises(EventNotRepairable, match="replaced already"):
        outbox.append(an_event("A", replaces=dead.message_id))
    answer(outbox, repair.message_id, AnswerStatus.APPLIED)
    assert [row.held for row in outbox.rows(states=[OutboxState.PENDING])] == [False]


def test_only_a_dead_letter_of_the_same_subject_can_be_replaced(outbox: Outbox):
    owed, dead = commit(outbox, "A", "B")
    answer(outbox, dead.message_id, AnswerStatus.REJECTED, reason="no")
    with outbox.database.write():
        with pytest.raises(EventNotRepairable, match="PENDING"):
            outbox.append(an_event("A", replaces=owed.message_id))
        with pytest.raises(EventNotRepairable, match="subject B"):
            outbox.append(an_event("A", replaces=dead.message_id))
        with pytest.raises(EventUnknown):
            outbox.append(an_event("A", replaces="nothing"))
    assert outbox.counts().owed == 1


def test_a_dead_letter_can_be_sent_again_or_released(outbox: Outbox):
    dead, released, settled = commit(outbox, "A", "B", "C")
    for row in (dead, released):
        answer(outbox, row.message_id, AnswerStatus.REJECTED, reason="no")
    answer(outbox, settled.message_id, AnswerStatus.APPLIED)

    assert outbox.requeue(dead.message_id).state is OutboxState.PENDING
    assert outbox.release(released.message_id).state is OutboxState.DEAD
    with pytest.raises(EventNotRepairable):
        outbox.requeue(settled.message_id)
    with pytest.raises(EventNotRepairable):
        outbox.release(dead.message_id)
    with pytest.raises(EventUnknown):
        outbox.get("nothing")
    assert outbox.database.sql("SELECT count(*) FROM outbox_holds") == [(0,)]
    assert (outbox.counts().owed, outbox.counts().dead) == (1, 1)


def test_lists_page_backwards(outbox: Outbox):
    commit(outbox, *(f"R-{number}" for number in range(25)))
    seen: list[int] = []
    before = None
    while page := outbox.rows(limit=10, before=before):
        seen.extend(row.sequence for row in page)
        before = page[-1].position
    assert seen == list(range(25, 0, -1))


def test_what_a_dying_device_owes_is_carried_to_another_one(tmp_path: Path, outbox: Outbox):
    settled, dead, _, owed = commit(outbox, "A", "B", "B", "C")
    answer(outbox, settled.message_id, AnswerStatus.APPLIED)
    answer(outbox, dead.message_id, AnswerStatus.REJECTED, reason="no")
    file = tmp_path / "owed.jsonl"
    assert outbox.export_to(file).taken == 3

    (tmp_path / "other").mkdir()
    other = an_outbox(tmp_path / "other", identity=StationIdentity("blr-04", "desk-2"))
    commit(other, "own")
    assert other.import_from(file).taken == 3
    assert other.import_from(file).known == 3

    carried = other.get(owed.message_id)
    assert (carried.station, carried.epoch, carried.sequence) == ("desk-1", owed.epoch, owed.sequence)
    assert carried.envelope == owed.envelope
    assert {row.subject: row.held for row in other.rows(states=[OutboxState.PENDING])} == {
        "own": False,
        "B": True,
        "C": False,
    }
    assert other.counts().dead == 1
    other.database.close()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda lines: lines[:-2] + lines[-1:], "not whole"),
        (lambda lines: lines[:-1], "not whole"),
        (lambda lines: [lines[0], lines[1].replace(b"desk-1", b"desk-9"), *lines[2:]], "not whole"),
        (lambda lines: [b'{"format":"other/1"}\n', *lines[1:]], "begin"),
        (lambda _: [b"\xff\xfe"], "begin"),
        (lambda _: [b"[]\n", b"[]\n"], "not a JSON object"),
    ],
)
def test_a_damaged_export_is_refused_whole(tmp_path: Path, outbox: Outbox, damage, reason: str):
    commit(outbox, "A", "B")
    file = tmp_path / "owed.jsonl"
    outbox.export_to(file)
    file.write_bytes(b"".join(damage(file.read_bytes().splitlines(keepends=True))))
    (tmp_path / "other").mkdir()
    other = an_outbox(tmp_path / "other")
    with pytest.raises(TransferRefused, match=reason):
        other.import_from(file)
    assert other.counts().owed == 0
    other.database.close()


def test_an_export_that_is_missing_is_refused(tmp_path: Path, outbox: Outbox):
    with pytest.raises(TransferRefused):
        outbox.import_from(tmp_path / "nothing.jsonl")


def test_a_reopened_database_knows_its_epochs(tmp_path: Path, outbox: Outbox):
    commit(outbox, "A")
    outbox.database.close()
    database = Database.open(tmp_path / "station.db", [SYNC_MIGRATIONS], now=utc_now)
    again = Outbox(database, OutboxSettings(), identity=IDENTITY, now=utc_now, new_id=new_id)
    assert again.begin_epoch().counter == 2
    assert again.counts().owed == 1
    database.close()


def test_each_event_names_the_one_before_it_about_the_same_subject(outbox: Outbox) -> None:
    with outbox.database.write():
        first, other, second = (outbox.append(an_event(subject=subject)) for subject in ("R-1", "R-2", "R-1"))
    assert "previous" not in json.loads(first.envelope)
    assert "previous" not in json.loads(other.envelope)
    assert json.loads(second.envelope)["previous"] == f"{first.epoch}:{first.sequence}"
    later = outbox.begin_epoch()
    with outbox.database.write():
        third = outbox.append(an_event(subject="R-1"))
    assert json.loads(third.envelope)["previous"] == f"{second.epoch}:{second.sequence}"
    assert third.epoch == later.text
