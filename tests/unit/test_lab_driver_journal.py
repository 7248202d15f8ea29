"""The driver's own journal: on the disk before the play goes on, readable after a kill."""

from contextlib import closing
from pathlib import Path

import pytest

from edge.lab.driver_journal import DriverJournal
from edge.lab.errors import JournalUnreadable


def test_it_is_continued_after_a_kill_in_mid_line(tmp_path: Path) -> None:
    path = tmp_path / "driver.jsonl"
    with closing(DriverJournal(path)) as journal:
        journal.write("saved", inspection_id="i-1")
    with path.open("ab") as file:
        file.write(b'{"kind": "saved", "inspection_id": "i-')
    with closing(DriverJournal(path)) as journal:
        journal.write("saved", inspection_id="i-2")
        assert [entry["inspection_id"] for entry in journal.entries("saved")] == ["i-1", "i-2"]
    with closing(DriverJournal(path)) as journal:
        assert len(journal.entries()) == 2


def test_entries_are_told_apart_by_kind(tmp_path: Path) -> None:
    with closing(DriverJournal(tmp_path / "driver.jsonl")) as journal:
        journal.write("saved", inspection_id="i-1")
        journal.write("undone", inspection_id="i-1")
        assert len(journal.entries("undone")) == 1
        assert journal.entries("played") == []


@pytest.mark.parametrize("line", ["not json\n", '["a list"]\n', '{"no": "kind"}\n'])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "driver.jsonl"
    path.write_text('{"kind": "started"}\n' + line)
    with pytest.raises(JournalUnreadable, match="line 2"):
        DriverJournal(path)
