"""The comparison of what was owed with what was applied, and that it can fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_messages import EPOCH, NOW, a_correction, a_movement, an_event, an_inspection
from fakes_oms import Desk
from typer.testing import CliRunner

from edge.cli_oms import oms_app
from sync.contract.messages import BLOCK_SIZE, AnyEvent
from sync.oms.errors import JournalUnreadable, LedgerMissing
from sync.oms.reconcile import Saved, read_journal, reconcile


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


def events(*sequences: int) -> list[AnyEvent]:
    return [an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in sequences]


def saved(*held: AnyEvent) -> list[Saved]:
    return [Saved(one.data.inspection_id, one.id, one.type) for one in held]  # type: ignore[union-attr]


def test_all_applied_is_good(desk: Desk) -> None:
    held = events(1, 2, 3)
    desk.deliver(*held)
    for report in (reconcile(desk.ledger.database), reconcile(desk.ledger.database, saved(*held))):
        assert report.good
        assert (report.owed, report.applied, report.lost, report.applied_twice) == (3, 3, (), ())
        assert report.unknown_to_journal == ()


def test_a_gap_is_lost_until_it_closes_and_named(desk: Desk) -> None:
    desk.deliver(*events(1, 4))
    report = reconcile(desk.ledger.database)
    assert not report.good
    assert (report.owed, report.applied) == (4, 2)
    assert report.lost == (f"blr-01/desk-1 {EPOCH}:2-3",)


def test_the_journal_knows_what_no_sequence_reveals(desk: Desk) -> None:
    held = events(1, 2, 3)
    desk.deliver(*held[:2])
    assert reconcile(desk.ledger.database).good, "the ledger alone can't know of a third"
    report = reconcile(desk.ledger.database, saved(*held))
    assert not report.good
    assert report.lost == (held[2].id,)


def test_a_journal_without_message_ids_is_compared_by_inspection(desk: Desk) -> None:
    desk.deliver(*events(1, 2))
    report = reconcile(desk.ledger.database, [Saved("i1", None, None), Saved("i9", None, None)])
    assert report.lost == ("i9",)
    assert report.unknown_to_journal == ("i2",)


def test_a_rejection_is_told_apart_from_a_loss(desk: Desk) -> None:
    bad = an_event(an_inspection("i1", movements=(a_movement(quantity=2),)), 1)
    desk.deliver(bad)
    report = reconcile(desk.ledger.database)
    assert report.rejected == (bad.id,)
    assert report.lost == ()
    desk.tell(an_event(an_inspection("i1"), 2, replaces=bad.id))
    assert reconcile(desk.ledger.database).rejected == ()


def test_undo_and_inspecting_again_is_not_doubling(desk: Desk) -> None:
    first, again = events(1)[0], an_event(an_inspection("i2", return_id="R-1"), 3)
    desk.deliver(first, an_event(a_correction(first), 2), again)
    assert reconcile(desk.ledger.database).applied_twice == ()


DOUBLED = (
    "INSERT INTO postings SELECT event_id, entry + 10, site, item, lot, account, place, quantity, unit "
    "FROM postings WHERE event_id LIKE '%-1'"
)


@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        (
            DOUBLED,
            "inspection i1",
        ),
        ("DELETE FROM postings WHERE account = 'AVAILABLE' AND event_id LIKE '%-1'", "postings of TEA-250"),
        ("UPDATE balances SET quantity = '7' WHERE account = 'AVAILABLE'", "balance of TEA-250 in AVAILABLE"),
    ],
)
def test_books_that_were_applied_twice_are_found(desk: Desk, tampering: str, names: str) -> None:
    desk.deliver(*events(1, 2))
    with desk.ledger.database.write():
        desk.ledger.database.sql(tampering)
    report = reconcile(desk.ledger.database)
    assert not report.good
    assert any(names in one for one in report.applied_twice)


def test_digests_are_kept_per_thousand(desk: Desk) -> None:
    desk.deliver(*events(1, 2, BLOCK_SIZE, BLOCK_SIZE + 1))
    (epoch,) = reconcile(desk.ledger.database).epochs
    assert [(one.block, one.answered) for one in epoch.blocks] == [(0, 3), (1, 1)]
    assert epoch.missing == ((3, BLOCK_SIZE - 1),)


# ---- the journal's file


def line(event: AnyEvent) -> str:
    entry = {
        "inspection_id": event.data.inspection_id,  # type: ignore[union-attr]
        "message_id": event.id,
        "type": event.type,
        "saved_at": NOW.isoformat(),
        "further": "ignored",
    }
    return json.dumps(entry) + "\n"


def test_a_torn_last_line_was_never_acted_upon(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    held = events(1, 2)
    path.write_text(line(held[0]) + "\n" + line(held[1])[:30])
    assert read_journal(path) == saved(held[0])
    path.write_text(line(held[0]) + line(held[1]).strip())
    assert read_journal(path) == saved(*held)


@pytest.mark.parametrize("content", ["{\n", "[]\n", '{"type":"x"}\n'])
def test_a_damaged_journal_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(content)
    with pytest.raises(JournalUnreadable, match="line 1"):
        read_journal(path)
    with pytest.raises(JournalUnreadable):
        read_journal(tmp_path / "nowhere")


# ---- the command


def test_the_command_ends_with_one_if_something_is_missing(tmp_path: Path) -> None:
    held = events(1, 2)
    with Desk(tmp_path) as desk:
        desk.deliver(held[0])
    journal = tmp_path / "journal.jsonl"
    journal.write_text(line(held[0]))
    arguments = ["reconcile", "--data", str(tmp_path), "--journal", str(journal)]
    good = CliRunner().invoke(oms_app, [*arguments, "--json"])
    assert good.exit_code == 0
    assert json.loads(good.output)["good"] is True
    journal.write_text(line(held[0]) + line(held[1]))
    bad = CliRunner().invoke(oms_app, arguments)
    assert bad.exit_code == 1
    assert held[1].id in bad.output


def test_the_command_refuses_a_folder_without_a_ledger(tmp_path: Path) -> None:
    result = CliRunner().invoke(oms_app, ["reconcile", "--data", str(tmp_path)])
    assert isinstance(result.exception, LedgerMissing)


@pytest.mark.parametrize("url", ["localhost", "http://x", "mqtt://", "mqtt://h:99999"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    result = CliRunner().invoke(oms_app, ["serve", "--data", str(tmp_path), "--broker", url])
    assert result.exit_code != 0
    assert "not a broker's address" in str(result.exception)
