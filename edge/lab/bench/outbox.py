"""`darkstore bench outbox`: how fast events are kept, and how fast a backlog is settled by the OMS.

Kept: one durable commit each, against bare sqlite3; and with the backlog against an empty outbox. Settled:
rows that the OMS has applied and answered, against bare PUBACKs (`edge/lab/bench/drain.py`).

A backlog above some thousand rows is fabricated (`edge/lab/fabricated_backlog.py`), and of a large one only a
part is settled, so that the command ends within minutes; the figures say so.
"""

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from edge.ids import new_id
from edge.lab.bench.bench_events import UNITS_A_RETURN, bench_returns, inspected_events
from edge.lab.bench.commits import bare_commits_a_second, commits_by_turns, own_commits_a_second
from edge.lab.bench.drain import drain_rounds
from edge.lab.bench.figures import spread, tell
from edge.lab.fabricated_backlog import fabricate_backlog
from sync.database import Database
from sync.outbox import Outbox
from sync.records import SYNC_MIGRATIONS
from sync.settings import OutboxSettings
from sync.topics import StationIdentity

COMMITS = 2000
ROUNDS = 3
SETTLED_IN_ALL = 15_000  # with few rows owed there are more rounds, because a round is soon over
MOST_ROUNDS = 15
SETTLED_EACH = 20_000  # of a large backlog, in each round
MOST_COMMITTED = 20_000  # a larger backlog is fabricated
WINDOW = 500
MONTH = timedelta(days=30)
IDENTITY = StationIdentity("BENCH-1", "desk-1")


def run(rows: int, *, as_json: bool) -> None:
    """Measure, and tell."""
    tell("Outbox", measure(rows, Console(stderr=True, quiet=as_json)), as_json=as_json)


def measure(rows: int, console: Console | None = None, most_rounds: int = MOST_ROUNDS) -> dict[str, Any]:
    """Commit and settle with so many rows owed.

    Args:
        rows: Rows owed when the OMS begins to settle.
        console: Told how it goes on.
        most_rounds: Of settling; there are more where a round is soon over.
    """
    say = console or Console(quiet=True)
    with tempfile.TemporaryDirectory(prefix="darkstore-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        outbox = _outbox(stack, folder / "station.db")
        empty = _outbox(stack, folder / "empty.db")
        commits = min(COMMITS, rows // 2)
        events = list(inspected_events(commits, _now()))
        rate, took = own_commits_a_second(outbox, events)
        payload = outbox.get(outbox.rows(limit=1)[0].message_id).envelope
        bare = bare_commits_a_second(folder / "floor.db", payload, commits)
        backlog = _Backlog(outbox, rows, say)
        backlog.fill(but=commits)
        say.print("committing, with the backlog and without")
        more = list(inspected_events(commits, _now(), first=backlog.take(commits)))
        turns = commits_by_turns(empty, outbox, more)
        each = min(rows, SETTLED_EACH)
        rounds = min(most_rounds, max(ROUNDS, SETTLED_IN_ALL // each))
        say.print(f"settling {each} rows {rounds} times")
        owed = outbox.counts().owed
        drain = drain_rounds(
            folder,
            outbox,
            payload=payload,
            rounds=rounds,
            each=each,
            fill=backlog.fill if each == rows else _nothing,
        )
    return {
        "commits_per_s": round(rate),
        "bare_sqlite3_commits_per_s": round(bare),
        "commits_against_bare": round(rate / bare, 2),
        "commit": spread(took),
        "rows_owed": owed,
        "rows_fabricated": backlog.fabricated,
        "commit_with_backlog": turns,
        **drain,
    }


class _Backlog:
    """Brings an outbox to the number of owed rows that is asked for.

    Args:
        outbox: Has committed some rows already.
        rows: How many are to be owed.
        console: Told how it goes on.
    """

    def __init__(self, outbox: Outbox, rows: int, console: Console) -> None:
        self._outbox = outbox
        self._rows = rows
        self._console = console
        self._next_return = rows  # numbers of returns; those of the first commits are below
        self.fabricated = 0

    def take(self, events: int) -> int:
        """The first number of the returns of so many more events."""
        first = self._next_return
        self._next_return += -(-events // UNITS_A_RETURN)
        return first

    def fill(self, but: int = 0) -> None:
        """Owe as many rows as asked for, or some less."""
        missing = self._rows - but - self._outbox.counts().owed
        if missing <= 0:
            return
        first, now = self.take(missing), _now()
        if missing > MOST_COMMITTED:
            fabricate_backlog(
                self._outbox,
                bench_returns(now),
                count=missing,
                since=now - MONTH,
                until=now,
                first=first,
                on_progress=self._say,
            )
            self.fabricated += missing
            return
        with self._outbox.database.write():
            for event in inspected_events(missing, now, first=first):
                self._outbox.append(event)

    def _say(self, done: int) -> None:
        if done % 100_000 == 0:
            self._console.print(f"{done} rows fabricated")


def _outbox(stack: ExitStack, path: Path) -> Outbox:
    database = Database.open(path, [SYNC_MIGRATIONS], now=_now)
    stack.callback(database.close)
    outbox = Outbox(database, OutboxSettings(window=WINDOW), identity=IDENTITY, now=_now, new_id=new_id)
    outbox.begin_epoch()
    return outbox


def _nothing() -> None:
    """What is owed lasts for all rounds."""


def _now() -> datetime:
    return datetime.now(UTC)
