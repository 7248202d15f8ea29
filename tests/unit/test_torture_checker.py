"""The torture's checker finds each kind of wrong in books made by hand, and nothing in right ones."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from edge.lab.torture.books import CLOSED, CORRECTED, INSPECTED
from edge.lab.torture.checker import check
from edge.lab.torture.findings import Verdict
from edge.lab.torture.oms_process import ORDER
from edge.lab.torture.story import tell
from sync.oms.ledger import MIGRATIONS

RECEIVED = "darkstore.return.received.v1"
EPOCH = "000001-aaaaaa"
NEXT_EPOCH = "000002-bbbbbb"


class Books:
    """A driver's journal and an OMS's ledger, written line by line."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.ledger = folder / "driver.jsonl", folder / "oms.db"
        self._lines = self.journal.open("w", encoding="utf-8")
        self._db = sqlite3.connect(self.ledger, isolation_level=None)
        for script in sorted(MIGRATIONS.folder.glob("*.sql")):
            self._db.executescript(script.read_text(encoding="utf-8"))
        self._db.executescript(ORDER)
        self._sequences: dict[str, int] = {}
        self.line("started", desk="desk-1", station="desk-1", epoch=EPOCH)

    def line(self, kind: str, **fields: object) -> None:
        """Into the journal."""
        at = "2026-11-22T08:00:00.000000+00:00"
        self._lines.write(json.dumps({"kind": kind, "at": at, "round": 1, **fields}) + "\n")
        self._lines.flush()

    def shown(
        self, inspection: str, serial: str = "B1U1", disposition: str = "RESTOCK", desk: str = "desk-1"
    ) -> None:
        """A unit was shown as saved."""
        self.line(
            "saved",
            desk=desk,
            station=desk,
            inspection_id=inspection,
            return_id="RET-1",
            serial=serial,
            sku="TEA",
            quantity="1",
            disposition=disposition,
        )

    def event(
        self,
        event_id: str,
        kind: str,
        inspection: str | None = None,
        *,
        epoch: str = EPOCH,
        sequence: int | None = None,
        status: str = "applied",
    ) -> None:
        """An answered event, in the order of these calls."""
        number = sequence or self._sequences.get(epoch, 0) + 1
        self._sequences[epoch] = max(number, self._sequences.get(epoch, 0))
        self._db.execute(
            "INSERT INTO events (id, site, station, epoch, sequence, subject, type, status, inspection_id, "
            "answered_at) VALUES (?, 'S', 'desk-1', ?, ?, 'RET-1', ?, ?, ?, '2026-11-22T08:00:00Z')",
            (event_id, epoch, number, kind, status, inspection),
        )

    def moved(self, event_id: str, frm: str, to: str, quantity: str = "1") -> None:
        """What an event booked."""
        value = Decimal(quantity)
        for account, change in ((frm, -value), (to, value)):
            entry = self._db.execute(
                "SELECT count(*) + 1 FROM postings WHERE event_id = ?", (event_id,)
            ).fetchone()[0]
            self._db.execute(
                "INSERT INTO postings VALUES (?, ?, 'S', 'TEA', NULL, ?, NULL, ?, 'C62')",
                (event_id, entry, account, str(change)),
            )
            row = self._db.execute(
                "SELECT quantity FROM balances WHERE item = 'TEA' AND account = ?", (account,)
            ).fetchone()
            before = Decimal(row[0]) if row else Decimal(0)
            self._db.execute(
                "INSERT OR REPLACE INTO balances VALUES ('S', 'TEA', ?, 'C62', ?)",
                (account, str(before + change)),
            )

    def saved_and_applied(self, number: int = 1, **shown: str) -> None:
        """One unit as it should be."""
        self.shown(f"i{number}", serial=f"B1U{number}", **shown)
        self.event(f"e{number}", INSPECTED, f"i{number}")
        self.moved(f"e{number}", "RETURNING", "AVAILABLE")

    def check(self) -> Verdict:
        """The verdict."""
        return check(self.journal, self.ledger)

    def close(self) -> None:
        """Close both."""
        self._lines.close()
        self._db.close()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with closing(Books(tmp_path)) as found:
        yield found


def kinds(verdict: Verdict) -> set[str]:
    return {one.kind for one in verdict.findings}


def test_nothing_is_found_in_right_books(books: Books) -> None:
    books.event("e0", RECEIVED)
    books.saved_and_applied(1)
    books.saved_and_applied(2)
    books.event("e9", CLOSED)
    books.line("closed", desk="desk-1", station="desk-1", return_id="RET-1")

    verdict = books.check()

    assert verdict.good
    assert (verdict.saved, verdict.events) == (2, 4)
    assert set(verdict.counts().values()) == {0}


def test_a_unit_that_was_shown_and_not_applied_is_lost(books: Books) -> None:
    books.shown("i1")

    assert "lost" in kinds(books.check())


def test_a_rejected_unit_is_lost_too(books: Books) -> None:
    books.shown("i1")
    books.event("e1", INSPECTED, "i1", status="rejected")

    assert {"lost", "rejected"} <= kinds(books.check())


def test_a_closing_that_the_oms_was_not_told_is_lost(books: Books) -> None:
    books.saved_and_applied()
    books.line("closed", desk="desk-1", station="desk-1", return_id="RET-1")

    assert kinds(books.check()) == {"lost"}


def test_goods_that_came_in_twice_are_found(books: Books) -> None:
    books.saved_and_applied()
    books.event("e2", INSPECTED, "i1")
    books.moved("e2", "RETURNING", "AVAILABLE")

    assert "applied_twice" in kinds(books.check())


def test_what_nobody_was_shown_is_found(books: Books) -> None:
    books.event("e1", INSPECTED, "i1")
    books.moved("e1", "RETURNING", "AVAILABLE")

    assert "unknown" in kinds(books.check())


def test_an_event_of_a_run_that_no_desk_showed_is_found(books: Books) -> None:
    books.event("e1", RECEIVED, epoch="000009-ffffff")

    assert kinds(books.check()) == {"unknown"}


def test_goods_in_another_place_than_shown_are_found(books: Books) -> None:
    books.shown("i1", disposition="SCRAP")
    books.event("e1", INSPECTED, "i1")
    books.moved("e1", "RETURNING", "AVAILABLE")

    assert kinds(books.check()) == {"stock"}


def test_an_undo_leaves_the_unit_nowhere(books: Books) -> None:
    books.saved_and_applied()
    books.line("undone", desk="desk-1", inspection_id="i1")
    assert {"lost", "stock"} <= kinds(books.check())

    books.event("e2", CORRECTED, "i1")
    books.moved("e2", "AVAILABLE", "RETURNING")
    assert books.check().good


def test_the_same_unit_taken_twice_must_be_kept_out(books: Books) -> None:
    books.line("started", desk="desk-2", station="desk-2", epoch=NEXT_EPOCH)
    books.saved_and_applied()
    books.shown("i2", serial="B1U1", desk="desk-2")
    books.event("e2", INSPECTED, "i2", epoch=NEXT_EPOCH)
    books.moved("e2", "RETURNING", "QUARANTINE")
    assert books.check().good

    books.moved("e2", "QUARANTINE", "AVAILABLE")
    assert kinds(books.check()) == {"stock"}


def test_another_order_within_a_run_is_found(books: Books) -> None:
    books.event("e2", CLOSED, sequence=2)
    books.event("e1", RECEIVED, sequence=1)

    assert kinds(books.check()) == {"order_violations"}


def test_another_order_of_runs_is_found(books: Books) -> None:
    books.line("started", desk="desk-1", station="desk-1", epoch=NEXT_EPOCH)
    books.event("e2", CLOSED, epoch=NEXT_EPOCH)
    books.event("e1", RECEIVED)

    assert kinds(books.check()) == {"order_violations"}


def test_two_devices_under_one_name_have_no_common_order(books: Books) -> None:
    books.line("started", desk="desk-1-twin", station="desk-1", epoch=NEXT_EPOCH)
    books.event("e2", CLOSED, epoch=NEXT_EPOCH)
    books.event("e1", RECEIVED)

    assert books.check().good


def test_what_a_restored_oms_forgot_keeps_its_order_too(books: Books) -> None:
    books.event("e2", CLOSED, sequence=2)
    books.event("e1", RECEIVED, sequence=1)
    books.line("oms_restored", forgotten=["e1"])

    assert kinds(books.check()) == {"order_violations"}


def test_a_balance_that_does_not_follow_from_its_postings_is_found(books: Books) -> None:
    books.saved_and_applied()
    books._db.execute("UPDATE balances SET quantity = '7' WHERE account = 'AVAILABLE'")

    assert kinds(books.check()) == {"stock"}


def test_a_torn_last_line_was_never_acted_upon(books: Books) -> None:
    books.saved_and_applied()
    books._lines.write('{"kind": "saved", "inspec')
    books._lines.flush()

    assert books.check().good


def test_the_story_tells_of_the_unit_and_of_nothing_else(books: Books) -> None:
    books.line("round", broker="embedded")
    books.saved_and_applied(2)
    books.shown("i1")
    books.line("fault", fault="kill_oms", target="oms", what="killed")

    lost = [one for one in books.check().findings if one.kind == "lost"]
    told = "\n".join(tell(lost, books.journal, books.ledger))

    assert "B1U1 was shown as saved" in told
    assert "kill_oms at oms: killed" in told
    assert "B1U2" not in told
