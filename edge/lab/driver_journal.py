"""What the driver saw with its own eyes: one JSON line for each thing that the station showed as done.

The station's promise is about what it *showed* as saved. So the driver writes its own record, flushed to the
disk before it goes on, and the reconciliation compares the OMS's database with this file, never with the
station's own.

A line: `{"kind": "saved", "at": …, "inspection_id": …, "return_id": …, …}`. Kinds: `started`, `saved` (an
inspection shown as saved), `undone`, `resolving` (a hold's end is asked for), `resolved`, `closed` (a
return), `played` (a whole return is through).
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.lab.errors import JournalUnreadable
from edge.lab.played import PlayedUnit


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DriverJournal:
    """An append-only file of JSON lines.

    Args:
        path: The file; an existing one is continued.
        now: Wall time.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = _utc_now) -> None:
        self.path = path
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        self._entries = list(_read(path)) if path.exists() else []
        if path.exists():
            _cut_torn_line(path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Write one line; when this returns it is on the disk."""
        entry = {"kind": kind, "at": self._now().isoformat(), **fields}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._entries.append(entry)
        return entry

    def write_unit(self, unit: PlayedUnit) -> None:
        """A unit that the station showed as saved."""
        self.write("saved", **asdict(unit))

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        """All lines, of earlier runs too, oldest first."""
        return [entry for entry in self._entries if kind is None or entry["kind"] == kind]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Every complete line; a torn last line is what a kill in mid-write leaves, and was never acted upon."""
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise JournalUnreadable(
                f"{path}, line {number}, is damaged: {error}. Start afresh with another --data folder."
            ) from error
        if not isinstance(entry, dict) or "kind" not in entry:
            raise JournalUnreadable(f"{path}, line {number}, is not a line of a driver's journal.")
        yield entry


def _cut_torn_line(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
