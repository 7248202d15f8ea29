"""The two records that are compared: what the driver wrote down, and what stands in the OMS's database.

Read from the files themselves, with nothing of the station's or of the OMS's own code in between.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

INSPECTED = "darkstore.return.inspected.v1"
CLOSED = "darkstore.return.closed.v1"
CORRECTED = "darkstore.return.corrected.v1"


@dataclass(frozen=True, slots=True)
class Event:
    """An answered event; `place` counts them in the order in which they were applied."""

    id: str
    station: str
    epoch: str
    sequence: int
    subject: str
    type: str
    status: str
    reason: str | None
    inspection_id: str | None
    place: int | None


@dataclass(slots=True)
class Shown:
    """What the driver's journal says."""

    saved: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    closed: set[tuple[str, str]] = field(default_factory=set)  # (station, return)
    epochs: dict[str, tuple[str, int]] = field(default_factory=dict)  # run: (desk, which of its runs)


@dataclass(frozen=True, slots=True)
class Books:
    """What the OMS's database says.

    Attributes:
        events: Every answered event.
        postings: (inspection, article, account, quantity) of each.
        balances: (article, account, quantity).
    """

    events: list[Event]
    postings: list[tuple[str | None, str, str, str]]
    balances: list[tuple[str, str, str]]


def read_books(ledger: Path) -> Books:
    """All of it at one moment; the OMS may be at work meanwhile."""
    with closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as books:
        books.execute("BEGIN")
        events = books.execute(
            "SELECT e.id, e.station, e.epoch, e.sequence, e.subject, e.type, e.status, e.reason, "
            "e.inspection_id, o.place FROM events e LEFT JOIN torture_order o ON o.id = e.id"
        )
        return Books(
            [Event(*row) for row in events],
            books.execute(
                "SELECT e.inspection_id, p.item, p.account, p.quantity FROM postings p "
                "LEFT JOIN events e ON e.id = p.event_id"
            ).fetchall(),
            books.execute("SELECT item, account, quantity FROM balances").fetchall(),
        )


def read_lines(journal: Path) -> list[dict[str, Any]]:
    """The journal's whole lines; a torn last one was never acted upon."""
    lines = journal.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def read_journal(path: Path) -> Shown:
    """What was shown, by the driver's journal."""
    shown = Shown()
    for line in read_lines(path):
        kind = line["kind"]
        if kind == "saved":
            shown.saved[line["inspection_id"]] = line
        elif kind == "undone":
            shown.undone.add(line["inspection_id"])
        elif kind == "closed":
            shown.closed.add((line["station"], line["return_id"]))
        elif kind == "started":
            shown.epochs.setdefault(line["epoch"], (line["desk"], len(shown.epochs)))
    return shown
