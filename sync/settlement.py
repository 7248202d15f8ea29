"""Recording what the OMS answered: many answers in one commit.

One commit for each answer confirms fewer than a thousand events per second; one commit for a batch, several
thousand. Everything here runs inside the caller's transaction. What it returns tells the relay what to do
after the commit.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sync.answers import Answer, Answered, AnswerListener, AnswerStatus, Through
from sync.database import Database
from sync.errors import DatabaseError
from sync.fields import utc_text
from sync.owed import Owed, OwedRows
from sync.records import OutboxRecord, OutboxState, row_of

logger = logging.getLogger(__name__)

SETTLE = (
    "UPDATE outbox SET state = 'SETTLED', status = ?, exception = ?, reason = ?, answered_at = ? "
    "WHERE position = ?"
)
DIE = "UPDATE outbox SET state = 'DEAD', status = 'rejected', reason = ?, answered_at = ? WHERE position = ?"
PUT_OFF = (
    "UPDATE outbox SET attempts = attempts + 1, status = ?, reason = ?, answered_at = ? WHERE position = ?"
)
MARK_SENT = "UPDATE outbox SET state = 'SENT' WHERE position = ? AND state = 'PENDING'"
HOLD = "INSERT OR IGNORE INTO outbox_holds (message_id, subject, place, since) VALUES (?, ?, ?, ?)"
RELEASE = "DELETE FROM outbox_holds WHERE subject = ? AND place = ?"
HELD_PLACES = "SELECT subject, place FROM outbox_holds"
REPAIRED = (  # whether one of the events that replace it, or replace those in their turn, is settled
    "WITH RECURSIVE repairs (message_id, state) AS ("
    "SELECT message_id, state FROM outbox WHERE replaces = ? UNION ALL "
    "SELECT o.message_id, o.state FROM outbox o JOIN repairs r ON o.replaces = r.message_id) "
    "SELECT 1 FROM repairs WHERE state = 'SETTLED' LIMIT 1"
)
COUNT = "UPDATE outbox_counts SET total = total + ? WHERE state = ?"


@dataclass(slots=True)
class Outcome:
    """What a batch of answers changed.

    Attributes:
        settled: Rows that need no sending any more.
        dead: Rows that hold back their subjects.
        put_off: Rows to send again later, with the OMS's answer.
        foreign: Answers to events that are not here, and marks that don't fit: another station's, or a
            restored database's.
    """

    settled: list[Owed] = field(default_factory=list)
    dead: list[Owed] = field(default_factory=list)
    put_off: list[tuple[Owed, Answer]] = field(default_factory=list)
    foreign: int = 0


class Settlement:
    """Writes answers to the outbox.

    Args:
        database: The outbox's.
        now: Wall time.
        on_answer: Told of rejections and exceptions, inside the transaction.
    """

    def __init__(
        self, database: Database, *, now: Callable[[], datetime], on_answer: AnswerListener | None = None
    ) -> None:
        self._database = database
        self._rows = OwedRows(database)
        self._now = now
        self._on_answer = on_answer
        self._marks: dict[
            tuple[str, str, str], int
        ] = {}  # (site, station, epoch) -> sequence of the last mark

    def forget_marks(self) -> None:
        """Rows were opened again: marks that were worked on may settle rows anew."""
        self._marks.clear()

    def record(
        self, answers: Iterable[Answer], marks: Iterable[Through], flying: Callable[[str], Owed | None]
    ) -> Outcome:
        """Write a batch of answers.

        Args:
            answers: In the order in which they came.
            marks: Through-marks, which are worked on after the answers.
            flying: Gives the row in flight with a message id, which saves looking it up.
        """
        self._database.require_transaction("Settlement.record")
        at = utc_text(self._now())
        batch = self._batch(at)
        outcome = Outcome()
        seen: dict[str, Owed] = {}
        for answer in answers:
            row = (
                seen.get(answer.message_id)
                or flying(answer.message_id)
                or self._rows.by_id(answer.message_id)
            )
            if row is None:
                outcome.foreign += 1
                continue
            seen[row.message_id] = row
            self._one(row, answer, batch, outcome)
        batch.write(self._database)
        for mark in _furthest(marks):
            self._through(mark, at, outcome)
        self._tell(batch.to_tell)
        return outcome

    def mark_sent(self, rows: Iterable[Owed]) -> None:
        """Note, for people, that rows were given to the broker."""
        pending = [row for row in rows if row.state == OutboxState.PENDING]
        if not pending:
            return
        changed = self._database.sql_many(MARK_SENT, [(row.position,) for row in pending])
        self._database.sql(COUNT, (-changed, "PENDING"))
        self._database.sql(COUNT, (changed, "SENT"))
        for row in pending:
            row.state = OutboxState.SENT

    def put_off(self, row: Owed, reason: str) -> None:
        """Note that the broker refused a row, or that nobody answered."""
        self._database.sql(PUT_OFF, (None, reason, utc_text(self._now()), row.position))
        row.attempts += 1

    def _one(self, row: Owed, answer: Answer, batch: "_Batch", outcome: Outcome) -> None:
        if answer.status is AnswerStatus.REJECTED:
            # Believed of a settled row too: a mark may have passed it before its rejection was heard.
            if row.state != OutboxState.DEAD:
                batch.die(row, answer, repaired=bool(self._database.sql(REPAIRED, (row.message_id,))))
                outcome.dead.append(row)
        elif row.state == OutboxState.SETTLED:
            return
        elif answer.status is AnswerStatus.RETRY:
            if row.state != OutboxState.DEAD:
                batch.put_off.append((str(answer.status), answer.reason, batch.at, row.position))
                row.attempts += 1
                outcome.put_off.append((row, answer))
        else:
            batch.settle(row, answer)
            outcome.settled.append(row)

    def _through(self, mark: Through, at: str, outcome: Outcome) -> None:
        last = self._rows.by_id(mark.message_id)
        if last is None or last.epoch != mark.epoch or last.sequence != mark.sequence:
            outcome.foreign += 1
            return
        key = (last.site, last.station, last.epoch)
        rows = self._rows.up_to(last, self._marks.get(key, 0))
        self._marks[key] = max(mark.sequence, self._marks.get(key, 0))
        if not rows:
            return
        batch = self._batch(at)
        for row in rows:
            batch.settle(row, None)
        batch.write(self._database)
        outcome.settled.extend(rows)

    def _batch(self, at: str) -> "_Batch":
        return _Batch(at, {(row[0], row[1]) for row in self._database.sql(HELD_PLACES)})

    def _tell(self, answers: list[tuple[int, Answer]]) -> None:
        if self._on_answer is None:
            return
        for position, answer in answers:
            found = self._database.run(OutboxRecord.select().where(OutboxRecord.position == position))
            for record in found:
                try:
                    with self._database.write():
                        self._on_answer(Answered(row_of(record), answer))
                except DatabaseError:
                    raise
                except Exception:
                    # The answer is recorded whatever a listener makes of it; it must not come again for ever.
                    logger.exception("a listener failed on the answer to %s", answer.message_id)


def _furthest(marks: Iterable[Through]) -> list[Through]:
    """The last mark of each epoch and id: the earlier ones of a batch say nothing more."""
    found: dict[str, Through] = {}
    for mark in marks:
        known = found.get(mark.epoch)
        if known is None or mark.sequence > known.sequence:
            found[mark.epoch] = mark
    return list(found.values())


class _Batch:
    """Changes of many rows, written with one statement each kind."""

    def __init__(self, at: str, held: set[tuple[str, int]]) -> None:
        self.at = at
        self.held = held  # subjects and places where a dead letter stands
        self.freed: set[tuple[str, int]] = set()
        self.settled: list[tuple[str, str | None, str | None, str, int]] = []
        self.dead: list[tuple[str | None, str, int]] = []
        self.put_off: list[tuple[str, str | None, str, int]] = []
        self.holds: list[tuple[str, str, int, str]] = []
        self.to_tell: list[tuple[int, Answer]] = []
        self.counts: Counter[str] = Counter()

    def settle(self, row: Owed, answer: Answer | None) -> None:
        exception = None if answer is None else answer.exception
        status = "through" if answer is None else str(answer.status)
        self.settled.append(
            (status, exception, None if answer is None else answer.reason, self.at, row.position)
        )
        self.freed.add((row.subject, row.place))
        self._count(row, OutboxState.SETTLED)
        if answer is not None and exception is not None:
            self.to_tell.append((row.position, answer))

    def die(self, row: Owed, answer: Answer, *, repaired: bool) -> None:
        """One that was repaired before holds nothing back, and is nobody's task any more."""
        self.dead.append((answer.reason, self.at, row.position))
        self._count(row, OutboxState.DEAD)
        if not repaired:
            self.held.add((row.subject, row.place))
            self.holds.append((row.message_id, row.subject, row.place, self.at))
            self.to_tell.append((row.position, answer))

    def _count(self, row: Owed, state: OutboxState) -> None:
        self.counts[row.state] -= 1
        self.counts[state] += 1
        row.state = state

    def write(self, database: Database) -> None:
        for statement, parameters in (
            (SETTLE, self.settled),
            (DIE, self.dead),
            (PUT_OFF, self.put_off),
            (HOLD, self.holds),
            (RELEASE, sorted(self.freed & self.held)),  # whatever settles at a place frees what comes after
        ):
            if parameters:
                database.sql_many(statement, parameters)
        for state, change in self.counts.items():
            if change:
                database.sql(COUNT, (change, str(state)))
