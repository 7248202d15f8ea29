"""The relay: sends what is owed and records what is answered, in one thread.

    outbox ──► lanes ──► link ──► broker ──► OMS
       ▲                                      │
       └── settlement ◄── relay ◄── link ◄────┘

- Nothing is published unless the broker is connected **and** the OMS is present: a broker that holds our
  events for an absent OMS may lose them, and what it holds can't be taken back.
- The window counts events that the *OMS* has not answered. A PUBACK frees nothing.
- Whatever the link gives (answers, commands, streams) goes through a queue into this thread, is committed
  in batches, and only then acknowledged to the broker.
- After a reconnect, or when the OMS returns, everything unanswered is sent again; the OMS knows an event by
  its id.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.answers import AnswerListener, Answers, Inbound, OmsPresence, Work
from sync.errors import DatabaseClosed, DatabaseError
from sync.flights import Flights
from sync.lanes import Lanes
from sync.long_work import LongWork
from sync.outbox import Outbox, OutboxChange
from sync.owed import Owed, OwedRows
from sync.relay_status import Hooks, RelayStatus
from sync.retry import BackOff, wait_for_retry
from sync.settlement import Outcome, Settlement
from sync.waiting import Waiting
from sync.wire import Connected, Disconnected, Link, LinkEvent, Publication, Received, Refused

logger = logging.getLogger(__name__)

TICK_S = 1.0  # how often unanswered events are looked at
CHECKPOINT_S = 5.0  # done here, so that no commit of the staff has to pay for it
DATABASE_WAIT_S = 2.0  # after the database refused
BATCH = 2000  # events of the link worked on in one go
BUSY_FLIGHTS = 64  # with more in flight, answers are gathered for a moment before they are committed
LONGEST_GATHERING_S = 0.02


@dataclass(frozen=True, slots=True)
class _Stop:
    """Ends the thread."""


class Relay:
    """Drains one outbox over one link.

    Args:
        outbox: What is owed.
        link: The way to the broker; started and stopped by the relay.
        topic: Where events go.
        read: Turns a received message into what it asks for; never raises.
        hooks: What others do when the connection turns.
        on_answer: Told of rejections and exceptions, inside the transaction that records them.
        farewell: Gives the last word of an orderly stop.
        now: Wall time.
        monotonic: Seconds of a clock that nobody sets.
        rng: Draws the waits.
    """

    def __init__(
        self,
        outbox: Outbox,
        link: Link,
        *,
        topic: str,
        read: Callable[[Received], Inbound],
        hooks: Hooks | None = None,
        on_answer: AnswerListener | None = None,
        farewell: Callable[[], Publication | None] = lambda: None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        settings = outbox.settings
        self._outbox = outbox
        self._database = outbox.database
        self._link = link
        self._topic = topic
        self._read = read
        self._hooks = hooks or Hooks()
        self._farewell = farewell
        self._now = now
        self._monotonic = monotonic
        self._rng = rng or random.SystemRandom()
        self._answer_timeout = settings.answer_timeout_s
        self._back_off = BackOff(settings.retry_base_s, settings.retry_cap_s)
        self._rows = OwedRows(self._database)
        self._settlement = Settlement(self._database, now=now, on_answer=on_answer)
        self._lanes = Lanes(self._rows, window=settings.window, page_size=settings.page_size)
        self._flights = Flights()
        self._waiting = Waiting()
        self._long_work = LongWork(self._database, link.acknowledge)
        self._doubtful = False  # what is held in memory may differ from what was committed
        self._events: queue.SimpleQueue[LinkEvent | OutboxChange | _Stop] = queue.SimpleQueue()
        self._undone: list[LinkEvent | OutboxChange | _Stop] = []
        self._database_wait_until = 0.0
        self._next_tick = 0.0
        self._stopping = threading.Event()
        self._next_checkpoint = 0.0
        self._commit_took = 0.0
        self._thread: threading.Thread | None = None
        self._connected = False
        self._oms = OmsPresence(online=False, instance="")
        self._taken_over = False
        self._last_error: tuple[str, str] | None = None
        self._last_answer_at: datetime | None = None

    # -- what others call, from any thread

    def start(self) -> None:
        """Begin to deliver."""
        self._outbox.subscribe(self._events.put)
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()
        self._link.start(self._events.put)

    def stop(self) -> None:
        """Say farewell, disconnect, and end the thread; what is unanswered stays owed."""
        if self._thread is None:
            self._link.stop()
            return
        self._outbox.unsubscribe(self._events.put)
        self._stopping.set()
        self._link.stop(self._farewell())
        self._events.put(_Stop())
        self._thread.join()
        self._thread = None

    def wake(self) -> None:
        """Look for new rows now; the outbox does it by itself after each commit."""
        self._events.put(OutboxChange())

    def report_identity_conflict(self, detail: str) -> None:
        """Another station announced itself under our name: stop sending until a person looks."""
        self._events.put(Disconnected("broker.session_taken_over", detail, taken_over=True))

    def status(self) -> RelayStatus:
        """How delivery stands."""
        error = self._last_error
        return RelayStatus(
            connected=self._connected,
            oms_present=self._oms.online,
            in_flight=len(self._flights),
            owed=self._outbox.counts().owed,
            last_error=error[0] if error else None,
            last_error_detail=error[1] if error else None,
            session_taken_over=self._taken_over,
            last_answer_at=self._last_answer_at,
        )

    # -- the thread

    def _run(self) -> None:
        try:
            while not self._wait_for_database():
                batch = self._collect()
                try:
                    if self._doubtful:
                        self._begin_again()
                        self._doubtful = False
                    if not self._work(batch):
                        return
                    self._long_work.step()
                    self._tick()
                    self._fill()
                except DatabaseClosed:
                    return
                except DatabaseError as error:
                    self._start_over(error.code, error)
                except Exception as error:
                    logger.exception("the relay met something unforeseen; it reads everything anew")
                    self._start_over("relay.failed", error)
        finally:
            self._database.release_thread()

    def _wait_for_database(self) -> bool:
        """Leave a database that refused in peace for a while; True if the end came meanwhile."""
        wait = self._database_wait_until - self._monotonic()
        return wait > 0 and self._stopping.wait(wait)

    def _collect(self) -> list[LinkEvent | OutboxChange | _Stop]:
        """Wait until something is to be done, then take all that came meanwhile."""
        now = self._monotonic()
        batch, self._undone = self._undone, []
        wait = self._waiting.wait(now, longest=max(0.0, self._next_tick - now))
        if batch or self._long_work or (self._may_send and self._lanes.hungry):
            wait = 0.0
        try:
            batch.append(self._events.get(timeout=wait) if wait else self._events.get_nowait())
            if len(self._flights) >= BUSY_FLIGHTS:
                time.sleep(min(self._commit_took, LONGEST_GATHERING_S))
            while len(batch) < BATCH:
                batch.append(self._events.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _work(self, batch: Sequence[LinkEvent | OutboxChange | _Stop]) -> bool:
        """Work on a batch in order; neighbouring received messages share a commit. False ends the thread."""
        index = 0
        try:
            while index < len(batch):
                event = batch[index]
                if isinstance(event, Received):
                    end = index
                    while end < len(batch) and isinstance(batch[end], Received):
                        end += 1
                    self._received([item for item in batch[index:end] if isinstance(item, Received)])
                    index = end
                    continue
                if isinstance(event, _Stop):
                    return False
                self._one_event(event)
                index += 1
        except DatabaseError:
            self._undone = list(batch[index:])
            raise
        return True

    def _one_event(self, event: LinkEvent | OutboxChange) -> None:
        if isinstance(event, OutboxChange):
            self._changed(event)
        elif isinstance(event, Connected):
            self._connected, self._last_error = True, None
            self._begin_again()
            self._hooks.on_connected()
        elif isinstance(event, Disconnected):
            self._connected = False
            if event.taken_over and not self._taken_over:
                self._taken_over = True
                self._link.stop()  # else the two would push each other out at the broker for ever
            self._oms = OmsPresence(online=False, instance=self._oms.instance)
            self._last_error = (event.code, event.detail)
            self._flights.clear()
        elif isinstance(event, Refused):
            self._refused(event)

    def _received(self, messages: list[Received]) -> None:
        read = [(message, self._read(message)) for message in messages]
        answers = [inbound for _, inbound in read if isinstance(inbound, Answers)]
        works = [(message, inbound) for message, inbound in read if isinstance(inbound, Work)]
        outcome = Outcome()
        if answers or works:
            began = self._monotonic()
            with self._database.write():
                if answers:
                    outcome = self._settlement.record(
                        [answer for one in answers for answer in one.results],
                        [one.through for one in answers if one.through is not None],
                        self._flights.row,
                    )
                for message, work in works:
                    self._do(message, work)
            self._commit_took = self._monotonic() - began
        for message, inbound in read:
            if isinstance(inbound, Work) and inbound.steps is not None:
                self._long_work.add(message, inbound)
            else:
                self._link.acknowledge(message)
        self._apply(outcome)
        for _, inbound in read:
            if isinstance(inbound, OmsPresence):
                self._oms_said(inbound)
            elif isinstance(inbound, Work) and inbound.steps is None:
                inbound.afterwards()

    def _do(self, message: Received, work: Work) -> None:
        try:
            with self._database.write():
                work.in_transaction()
        except DatabaseError:
            raise
        except Exception:
            logger.exception("a message on %s could not be worked on", message.topic)
            self._last_error = ("inbound.failed", f"a message on {message.topic} could not be worked on")

    def _apply(self, outcome: Outcome) -> None:
        for row in outcome.dead:
            self._lanes.hold(row.subject, row.place)
        for row in (*outcome.settled, *outcome.dead):
            self._flights.land(row.message_id)
            self._lanes.answered(row)
        for row, answer in outcome.put_off:
            if self._flights.land(row.message_id) is not None:
                now = self._now()
                wait = wait_for_retry(
                    row.attempts,
                    not_before=answer.not_before,
                    now=now,
                    back_off=self._back_off,
                    rng=self._rng,
                )
                self._delay(row, wait)
        if outcome.settled or outcome.dead or outcome.put_off:
            self._last_answer_at = self._now()
        if outcome.foreign:
            logger.warning("%d answers are not about events of this database", outcome.foreign)

    def _delay(self, row: Owed, wait: float) -> None:
        self._lanes.delay(row.subject)
        self._waiting.put(row.subject, self._monotonic() + wait)

    def _oms_said(self, presence: OmsPresence) -> None:
        came = presence.online and (not self._oms.online or presence.instance != self._oms.instance)
        self._oms = presence
        if came:
            self._begin_again()
            self._hooks.on_oms_present()

    def _begin_again(self) -> None:
        """Everything unanswered is to be sent again, from the oldest."""
        self._flights.clear()
        self._waiting.clear()
        self._lanes.restart()

    def _changed(self, change: OutboxChange) -> None:
        if change.reopened_from is None:
            self._lanes.appended()
            return
        self._settlement.forget_marks()
        self._lanes.appended()
        self._lanes.reopened(change.reopened_from)
        if change.subject is not None:
            self._lanes.resume(change.subject)

    def _refused(self, event: Refused) -> None:
        row = self._flights.land(event.token)
        self._last_error = ("broker.refused_event", event.reason)
        if row is None:
            return
        with self._database.write():
            self._settlement.put_off(row, f"broker: {event.reason}")
        self._delay(row, self._back_off.wait(row.attempts, self._rng))

    @property
    def _may_send(self) -> bool:
        return self._connected and self._oms.online and not self._taken_over

    def _fill(self) -> None:
        """Send until the window is full or nothing more may go."""
        now = self._monotonic()
        for subject in self._waiting.due(now):
            self._lanes.resume(subject)
        if not self._may_send:
            return
        rows = self._lanes.next()
        if not rows:
            return
        self._flights.launch(rows, now)
        self._send(rows)

    def _send(self, rows: Sequence[Owed]) -> None:
        envelopes = self._rows.envelopes(rows)
        self._link.publish(
            [
                Publication(self._topic, envelope, token=row.message_id)
                for row, envelope in zip(rows, envelopes, strict=True)
            ]
        )

    def _tick(self) -> None:
        now = self._monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK_S
        if now >= self._next_checkpoint:
            self._next_checkpoint = now + CHECKPOINT_S
            self._database.checkpoint()
        self._hooks.on_tick()
        unmarked = self._flights.unmarked(now - TICK_S)
        late = self._flights.late(now, self._answer_timeout)
        if not unmarked and not late:
            return
        with self._database.write():
            self._settlement.mark_sent(unmarked)
            for flight in late:
                self._settlement.put_off(flight.row, "no answer")
        if late and self._may_send:
            for flight in late:
                flight.sent_at, flight.failures = now, flight.failures + 1
            self._last_error = ("oms.no_answer", f"{len(late)} events were not answered in time")
            self._send([flight.row for flight in late])

    def _start_over(self, code: str, error: Exception) -> None:
        """Nothing was committed: keep what came, read all states anew, and try again in a while."""
        logger.error("%s: %s", code, error)
        self._last_error = (code, str(error))
        self._database_wait_until = self._monotonic() + DATABASE_WAIT_S
        self._doubtful = True
