"""One comparison with the OMS as the staff see it: under way, ended, given up, made up for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes_sync import an_event, an_outbox, new_id

from sync.comparison import PATIENCE_S, ComparisonRounds, ComparisonState, Stretch
from sync.contract.messages import Acks, Compared, ReconciliationRequest, SequenceRange
from sync.reconciliation import NOT_AGAIN_WITHIN_S, WORK_FIRST_S, Reconciliation
from sync.relay_status import RelayStatus

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
EPOCH = "000012-9f3ac1"


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def rounds(time: Time) -> ComparisonRounds:
    return ComparisonRounds(now=lambda: NOW, monotonic=time)


def found(request: str, count: int = 0, **what: object) -> Compared:
    return Compared.model_validate({"request": request, "count": count, **what})


def test_nothing_is_claimed_before_the_first_verdict(rounds: ComparisonRounds) -> None:
    assert rounds.result().state is ComparisonState.NEVER
    rounds.due()
    rounds.begin()
    rounds.asked("q1")
    rounds.all_asked()
    result = rounds.result()
    assert (result.state, result.finished_at) == (ComparisonState.RUNNING, None)


def test_a_station_without_any_event_has_nothing_missing(rounds: ComparisonRounds) -> None:
    rounds.begin()
    rounds.all_asked()
    result = rounds.result()
    assert (result.state, result.finished_at, result.compared) == (ComparisonState.DONE, NOW, 0)


def test_a_block_that_differs_is_waited_for_by_name_whichever_word_comes_first(
    rounds: ComparisonRounds,
) -> None:
    rounds.begin()
    rounds.asked("digests")
    rounds.all_asked()
    rounds.asked("names", (EPOCH, 3))  # the command came before the verdict on the digests
    rounds.told(EPOCH, found("names", 1000, missing=[{"first": 3005, "last": 3006}]))
    assert rounds.result().state is ComparisonState.RUNNING
    rounds.told(EPOCH, found("digests", 4000, differing=[3]))
    result = rounds.result()
    assert result.state is ComparisonState.DONE
    assert result.compared == 4000, "a block by name is not counted twice"
    assert result.missing == (Stretch(EPOCH, 3005, 3006),)


def test_a_differing_block_that_was_never_named_is_not_called_done(
    rounds: ComparisonRounds, time: Time
) -> None:
    rounds.begin()
    rounds.asked("digests")
    rounds.all_asked()
    rounds.told(EPOCH, found("digests", 1000, differing=[0]))
    assert rounds.result().state is ComparisonState.RUNNING
    time.seconds = PATIENCE_S + 1
    rounds.give_up_if_silent()
    result = rounds.result()
    assert (result.state, result.finished_at) == (ComparisonState.UNANSWERED, None)


def test_an_oms_that_goes_leaves_the_last_verdict_standing(rounds: ComparisonRounds) -> None:
    rounds.begin()
    rounds.asked("q1")
    rounds.all_asked()
    rounds.told(EPOCH, found("q1", 7, doubled=["m1", "m1"]))
    rounds.begin()
    rounds.asked("q2")
    rounds.gone()
    rounds.told(EPOCH, found("q2", 0))  # too late
    result = rounds.result()
    assert (result.state, result.compared, result.doubled) == (ComparisonState.UNANSWERED, 7, ("m1",))


def test_what_was_missing_is_said_to_have_been_sent_again(rounds: ComparisonRounds) -> None:
    for missing in ([{"first": 2, "last": 4}], []):
        rounds.begin()
        rounds.asked("q", (EPOCH, 0))
        rounds.all_asked()
        rounds.told(EPOCH, found("q", 9, missing=missing))
    result = rounds.result()
    assert (result.missing, result.resent) == ((), 3)


def test_what_the_station_forgot_stands_until_it_is_said_otherwise(rounds: ComparisonRounds) -> None:
    rounds.forgot(EPOCH, [SequenceRange(first=11, last=25)])
    rounds.forgot(EPOCH, [SequenceRange(first=11, last=25)])
    assert rounds.result().forgotten == (Stretch(EPOCH, 11, 25),)
    rounds.forgot(EPOCH, [])
    assert rounds.result().forgotten == ()


def test_a_receiver_of_an_earlier_version_and_a_station_of_it_understand_these_acks() -> None:
    old = Acks.from_wire(b'{"epoch":"000012-9f3ac1","through":0}')
    assert (old.compared, old.forgotten) == (None, None)
    assert b"compared" not in old.to_wire()
    assert b"forgotten" not in old.to_wire()


def test_a_comparison_lets_what_is_owed_go_first_though_not_for_ever(tmp_path: Path, time: Time) -> None:
    outbox = an_outbox(tmp_path)
    asked: list[ReconciliationRequest] = []
    comparing = Reconciliation(
        outbox.database, outbox.identity, send=asked.append, new_id=new_id, now=lambda: NOW, monotonic=time
    )
    with outbox.database.write():
        outbox.append(an_event())
        outbox.database.sql("UPDATE outbox SET state = 'SETTLED'")
    met = RelayStatus(connected=True, oms_present=True)
    comparing.oms_came()
    comparing.tick(replace(met, owed=1000))  # nothing in flight yet: it has only just met the OMS
    time.seconds = WORK_FIRST_S - 1
    comparing.tick(replace(met, owed=10, in_flight=10))
    assert asked == []
    comparing.tick(met)
    assert [block.count for request in asked for block in request.blocks] == [1]

    time.seconds += NOT_AGAIN_WITHIN_S + 1
    comparing.oms_came()
    time.seconds += WORK_FIRST_S
    comparing.tick(replace(met, owed=1000, in_flight=450))
    assert len(asked) == 2
    outbox.database.close()
