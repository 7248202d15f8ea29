"""The kit's own parts: what a station concludes from answers, the help that it gets, its files."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from sync.contract.messages import AnswerStatus
from sync.oms.batches import acks_of
from sync.oms.conformance import events
from sync.oms.conformance.errors import HelpFailed, RuleUnknown
from sync.oms.conformance.events import Bag, Event
from sync.oms.conformance.hearing import Hearing, Told
from sync.oms.conformance.helper import GivenHelp
from sync.oms.conformance.running import ALL_RULES, rules_named
from sync.oms.conformance.setup import SetUp
from sync.oms.conformance.transcript import KEPT, SHOWN_BYTES, Transcript
from sync.oms.loading import load_expected, load_reference
from sync.oms.marks import Through
from sync.oms.outcomes import EventAnswer

EPOCH = "000001-9f3ac1"
BAG = Bag("R-1", "TEA", "1")


def an_event(sequence: int) -> Event:
    data = events.inspected(BAG)
    return Event(
        events.envelope(
            events.INSPECTED,
            data,
            site="blr-01",
            station="kit-1",
            epoch=EPOCH,
            sequence=sequence,
            at=events.utc_now(),
        )
    )


@pytest.fixture
def hearing() -> Hearing:
    return Hearing(lambda condition, _: condition())


def acks(*lines: tuple[str, str], through: int = 0, named: str | None = None, epoch: str = EPOCH) -> bytes:
    mark = {"through": through} | ({"through_id": named} if named else {})
    return json.dumps(
        {"epoch": epoch, **mark, "results": [{"id": one, "status": status} for one, status in lines]}
    ).encode()


def test_a_line_and_a_mark_answer_as_they_would_a_station(hearing: Hearing) -> None:
    first, second = an_event(1), an_event(2)
    for event in (first, second):
        hearing.sending(event)
    hearing.heard(acks((first.id, "rejected"), through=2, named=second.id))
    rejected, covered = hearing.answer(first, 0, 1), hearing.answer(second, 0, 1)
    assert rejected is not None
    assert (rejected.status, rejected.by_mark) == (AnswerStatus.REJECTED, False)
    assert covered == Told(AnswerStatus.APPLIED, by_mark=True)
    assert hearing.through(EPOCH) == [(2, second.id)]


def test_a_mark_of_another_event_or_epoch_answers_nothing(hearing: Hearing) -> None:
    event = an_event(1)
    hearing.sending(event)
    hearing.heard(acks(through=1, named="another-id"))
    hearing.heard(acks(through=1, named=event.id, epoch="000002-9f3ac1"))
    assert hearing.answer(event, 0, 1) is None


def test_a_repetition_is_answered_by_a_later_line_alone(hearing: Hearing) -> None:
    event = an_event(1)
    hearing.sending(event)
    hearing.heard(acks((event.id, "applied")))
    since = hearing.sending(event)
    hearing.heard(acks(through=1, named=event.id))
    assert hearing.answer(event, since, 1, repeated=True) is None
    hearing.heard(acks((event.id, "duplicate")))
    again = hearing.answer(event, since, 1, repeated=True)
    assert again is not None
    assert again.status is AnswerStatus.DUPLICATE


def test_an_answer_that_breaks_the_schema_is_kept_as_such(hearing: Hearing) -> None:
    event = an_event(1)
    hearing.heard(acks((event.id, "ok")))
    hearing.heard(b"no JSON")
    assert hearing.answer(event, 0, 1) is None
    assert len(hearing.unreadable) == 2


def test_a_changed_event_shares_nothing_with_the_one_that_it_was_made_of() -> None:
    inspected = an_event(1)
    change = Event({**inspected.body, "data": events.corrected(inspected, change_to="SCRAP")})
    wrong = change.but("data", "movements", 0, "quantity", "value", value="2")
    assert wrong.data["reversal"] == change.data["reversal"]
    assert change.data["movements"][0]["quantity"]["value"] == "1"
    assert "sku" not in change.without("data", "movements", 0, "sku").data["movements"][0]


# ---- help


def python(program: str) -> list[str]:
    return shlex.split(shlex.join([sys.executable, "-c", program]))


def test_a_command_is_run_without_a_shell_with_what_it_needs_to_know(tmp_path: Path) -> None:
    told = tmp_path / "told"
    write = python(f"import sys; open({str(told)!r}, 'w').write(' '.join(sys.argv[1:]))")
    assert GivenHelp(sell=write).sell("site; rm -rf /", "TEA", 2)
    assert told.read_text() == "site; rm -rf / TEA 2"
    assert GivenHelp(load=write).load(Path("a.json"), Path("b.json"))
    assert told.read_text() == "a.json b.json"


def test_a_command_that_fails_says_how() -> None:
    with pytest.raises(HelpFailed, match=r"restarts failed: it ended with status 3 no such service"):
        GivenHelp(restart=python("import sys; sys.exit(sys.stderr.write('no such service') and 3)")).restart()
    with pytest.raises(HelpFailed, match="No such file"):
        GivenHelp(restart=["/nowhere/at-all"]).restart()


def test_a_person_is_asked_for_what_no_command_does() -> None:
    asked: list[str] = []
    helper = GivenHelp(ask=asked.append)
    assert helper.sell("blr-01", "TEA", 1)
    assert helper.restart()
    assert "sale of 1 of article TEA at site blr-01" in asked[0]
    assert "SIGKILL" in asked[1]
    assert not GivenHelp().restart()


# ---- files, rules, transcript


def test_the_files_of_the_set_up_are_those_that_a_receiver_loads(tmp_path: Path) -> None:
    expected, reference = SetUp("conformance", "7cf598").write(tmp_path)
    returns = load_expected(expected).returns
    assert {one.return_id for one in returns} == SetUp("conformance", "7cf598").return_ids()
    assert all("7cf598" in one.return_id for one in returns)
    skus = {product.sku for product in load_reference(reference).products}
    assert {line.sku for one in returns for line in one.lines} <= skus
    assert list(tmp_path.glob("*.part")) == []
    assert SetUp("conformance", "other").return_ids().isdisjoint(one.return_id for one in returns)


def test_rules_are_found_by_their_names() -> None:
    assert rules_named(()) == ALL_RULES
    assert [one.id for one in rules_named(("big-batch", "oms-online"))] == ["oms-online", "big-batch"]
    with pytest.raises(RuleUnknown, match="--list"):
        rules_named(("no-such-rule",))


def test_the_transcript_keeps_the_newest_and_cuts_what_is_long() -> None:
    transcript = Transcript(monotonic=lambda: 5.0)
    transcript.note("sent", "t", b"\xff" + b"x" * 3000)
    assert transcript.exchanges()[0].message == "\\xff" + "x" * (SHOWN_BYTES - 1) + "… (3001 bytes)"
    for number in range(KEPT):
        transcript.note("heard", "t", str(number).encode())
    assert transcript.exchanges()[0].message == "0"
    assert transcript.count == KEPT + 1


def test_no_line_of_the_reference_receiver_comes_after_the_mark_that_covers_it() -> None:
    answers = [
        (number, EventAnswer(f"m-{number}", AnswerStatus.REJECTED, reason="wrong"))
        for number in range(1, 401)
    ]
    messages = acks_of(EPOCH, Through(400, "m-400"), answers)
    assert [(one.through, one.through_id) for one in messages] == [(0, None), (0, None), (400, "m-400")]
    assert sum(len(one.results) for one in messages) == 400
