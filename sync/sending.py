"""What is on its way to the OMS, and what leaves next: lanes, flights and waits of one connection."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from sync.database import Database
from sync.flights import Flight, Flights
from sync.joining import Joining
from sync.lanes import Lanes
from sync.outbox import OutboxChange
from sync.owed import Owed, OwedRows
from sync.retry import BackOff, wait_for_retry
from sync.settings import OutboxSettings
from sync.settlement import Outcome
from sync.waiting import Waiting
from sync.wire import Link, Publication

READ_AT_ONCE = 100  # so that the first ones leave while the others are still read


class Sending:
    """Sends owed events, at most a window of them unanswered.

    Args:
        database: The outbox's.
        settings: Window and waits.
        link: The way to the broker.
        topic: Where events go.
        now: Wall time, for the OMS's `not_before`.
        monotonic: Seconds of a clock that nobody sets.
        rng: Draws the waits.
    """

    def __init__(
        self,
        database: Database,
        settings: OutboxSettings,
        link: Link,
        topic: str,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._rows = OwedRows(database)
        self._link = link
        self._topic = topic
        self._now = now
        self._monotonic = monotonic
        self._rng = rng
        self._joining = Joining(topic, settings.join_bytes)
        self._answer_timeout = settings.answer_timeout_s
        self._back_off = BackOff(settings.retry_base_s, settings.retry_cap_s)
        self._lanes = Lanes(self._rows, window=settings.window, page_size=settings.page_size)
        self._flights = Flights()
        self._waiting = Waiting()

    @property
    def in_flight(self) -> int:
        """Events that were sent over this connection and not answered."""
        return len(self._flights)

    @property
    def overdue(self) -> bool:
        """Whether an event in flight was sent in vain before."""
        return self._flights.any_failed

    @property
    def hungry(self) -> bool:
        """Whether more could leave at once, if it were looked for."""
        return self._lanes.hungry

    def wait(self, now: float, longest: float) -> float:
        """Seconds until a delayed event may leave, at most `longest`."""
        return self._waiting.wait(now, longest)

    def flying(self, message_id: str) -> Owed | None:
        """The event in flight with that id."""
        return self._flights.row(message_id)

    def accepted(self, largest_packet: int) -> None:
        """The broker accepted us; 0: it takes packets of any size."""
        self._joining.accepted(largest_packet)

    def oms_takes(self, events_per_message: int) -> None:
        """The OMS said how many events it takes in one message."""
        self._joining.oms_takes(events_per_message)

    def begin_again(self) -> None:
        """Everything unanswered is to be sent again, from the oldest."""
        self.connection_lost()
        self._waiting.clear()
        self._lanes.restart()

    def connection_lost(self) -> None:
        """Nobody knows what arrived."""
        self._joining.interrupted(self._flights.ids())
        self._flights.clear()

    def changed(self, change: OutboxChange) -> None:
        """Rows were committed, or are owed again."""
        self._lanes.appended()
        if change.reopened_from is None:
            return
        self._lanes.reopened(change.reopened_from)
        if change.subject is not None:
            self._lanes.resume(change.subject)

    def answered(self, outcome: Outcome) -> None:
        """Answers were committed: what they settle makes room, what they put off waits."""
        if outcome.dead:
            self._lanes.held_anew()
        for row in (*outcome.settled, *outcome.dead):
            self._joining.answered(row.message_id)
            self._flights.land(row.message_id)
            self._lanes.answered(row)
        for row, answer in outcome.put_off:
            self._joining.answered(row.message_id)
            if self._flights.land(row.message_id) is not None:
                wait = wait_for_retry(
                    row.attempts,
                    not_before=answer.not_before,
                    now=self._now(),
                    back_off=self._back_off,
                    rng=self._rng,
                )
                self._delay(row, wait)

    def land(self, message_id: str) -> Owed | None:
        """The broker did not take it."""
        self._joining.failed([message_id])
        return self._flights.land(message_id)

    def back_off(self, row: Owed) -> None:
        """Let a refused event wait, longer each time."""
        self._delay(row, self._back_off.wait(row.attempts, self._rng))

    def fill(self, *, may_send: bool) -> None:
        """Send until the window is full or nothing more may go."""
        now = self._monotonic()
        for subject in self._waiting.due(now):
            self._lanes.resume(subject)
        if not may_send:
            return
        rows = self._lanes.next()
        if rows:
            self._flights.launch(rows, now)
            for start in range(0, len(rows), READ_AT_ONCE):
                self._send(rows[start : start + READ_AT_ONCE])

    def unmarked(self, sent_before: float) -> list[Owed]:
        """Events in flight for a while that are not yet noted as sent."""
        return self._flights.unmarked(sent_before)

    def late(self, now: float) -> list[Flight]:
        """Events without an answer for too long."""
        return self._flights.late(now, self._answer_timeout)

    def send_again(self, late: Sequence[Flight], now: float) -> None:
        """Send them once more; their next answer may take twice as long."""
        for flight in late:
            flight.sent_at, flight.failures = now, flight.failures + 1
        self._joining.failed(flight.row.message_id for flight in late)
        self._send([flight.row for flight in late])

    def _delay(self, row: Owed, wait: float) -> None:
        self._lanes.delay(row.subject)
        self._waiting.put(row.subject, self._monotonic() + wait)

    def _send(self, rows: Sequence[Owed]) -> None:
        messages = self._joining.messages(rows, self._rows.envelopes(rows))
        self._link.publish([Publication(self._topic, payload, tokens=tokens) for payload, tokens in messages])
