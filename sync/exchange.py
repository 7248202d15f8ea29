"""The relay's work without its thread: what came is worked on, what is due is sent, one turn at a time.

Whoever calls `turn` owns the database in that thread. Time, chance and the network are given from outside, so
that a test can drive a station through any order of events and find the same one again.
"""

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sync.answers import AnswerListener, Answers, Inbound, OmsPresence, Work
from sync.errors import DatabaseClosed, DatabaseError
from sync.long_work import LongWork
from sync.outbox import Outbox, OutboxChange
from sync.relay_status import Hooks, RelayStatus
from sync.sending import Sending
from sync.settlement import Outcome, Settlement
from sync.troubles import Troubles
from sync.wire import Connected, Disconnected, Link, LinkEvent, Received, Refused

logger = logging.getLogger(__name__)

TICK_S = 1.0  # how often unanswered events are looked at
CHECKPOINT_S = 5.0  # done here, so that no commit of the staff has to pay for it
DATABASE_WAIT_S = 2.0  # after the database refused
BUSY_FLIGHTS = 64  # with more in flight, answers are gathered for a moment before they are committed
LONGEST_GATHERING_S = 0.02

Happening = LinkEvent | OutboxChange


class Exchange:
    """One station's exchange with the OMS. Arguments as of `sync.relay.Relay`."""

    def __init__(
        self,
        outbox: Outbox,
        link: Link,
        *,
        topic: str,
        read: Callable[[Received], Inbound],
        hooks: Hooks,
        on_answer: AnswerListener | None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._outbox = outbox
        self._database = outbox.database
        self._link = link
        self._read = read
        self._hooks = hooks
        self._now = now
        self._monotonic = monotonic
        self._settlement = Settlement(self._database, now=now, on_answer=on_answer)
        self._sending = Sending(
            self._database, outbox.settings, link, topic, now=now, monotonic=monotonic, rng=rng
        )
        self._long_work = LongWork(self._database, link.acknowledge)
        self._troubles = Troubles()
        self._refused_ids: set[str] = set()  # events that the broker refused and nobody has answered since
        self._failed_topics: set[str] = set()  # where the last message could not be worked on
        self._undone: list[Happening] = []
        self._doubtful = False  # what is held in memory may differ from what was committed
        self._database_wait_until = 0.0
        self._next_tick = 0.0
        self._next_checkpoint = 0.0
        self._commit_took = 0.0
        self._connected = False
        self._oms = OmsPresence(online=False, instance="")
        self._taken_over = False
        self._last_answer_at: datetime | None = None

    def status(self) -> RelayStatus:
        """How delivery stands; from any thread."""
        trouble = self._troubles.latest
        return RelayStatus(
            connected=self._connected,
            oms_present=self._oms.online,
            in_flight=self._sending.in_flight,
            owed=self._outbox.counts().owed,
            last_error=trouble[0] if trouble else None,
            last_error_detail=trouble[1] if trouble else None,
            session_taken_over=self._taken_over,
            last_answer_at=self._last_answer_at,
        )

    @property
    def rest(self) -> float:
        """Seconds for which a database that refused should be left in peace."""
        return max(0.0, self._database_wait_until - self._monotonic())

    @property
    def idle(self) -> float:
        """Seconds until the next turn is due, if nothing happens."""
        if self._undone or self._long_work or (self._may_send and self._sending.hungry):
            return 0.0
        now = self._monotonic()
        return self._sending.wait(now, longest=max(0.0, self._next_tick - now))

    @property
    def gathering(self) -> float:
        """Seconds to wait for further answers, so that they share a commit."""
        return min(self._commit_took, LONGEST_GATHERING_S) if self._sending.in_flight >= BUSY_FLIGHTS else 0.0

    def turn(self, happenings: Iterable[Happening]) -> None:
        """Work on what happened, in order, then send what may go.

        Raises:
            DatabaseClosed: the station is stopping.
        """
        batch, self._undone = [*self._undone, *happenings], []
        try:
            if self._doubtful:
                self._sending.begin_again()
                self._doubtful = False
            self._work(batch)
            self._long_work.step()
            ticked = self._tick()
            self._sending.fill(may_send=self._may_send)
            if ticked:
                self._troubles.over("database.", "relay.failed")
        except DatabaseClosed:
            raise
        except DatabaseError as error:
            self._start_over(error.code, error)
        except Exception as error:
            logger.exception("the relay met something unforeseen; it reads everything anew")
            self._start_over("relay.failed", error)

    # -- what happened

    def _work(self, batch: Sequence[Happening]) -> None:
        """Work on a batch in order; neighbouring received messages share a commit."""
        index = end = 0
        try:
            while index < len(batch):
                event, end = batch[index], index + 1
                if isinstance(event, Received):
                    while end < len(batch) and isinstance(batch[end], Received):
                        end += 1
                    self._received([item for item in batch[index:end] if isinstance(item, Received)])
                else:
                    self._one_event(event)
                index = end
        except DatabaseError:
            self._undone = list(batch[index:])
            raise
        except Exception:
            self._undone = list(batch[end:])  # unacknowledged messages come again, the rest must not be lost
            raise

    def _one_event(self, event: Connected | Disconnected | Refused | OutboxChange) -> None:
        if isinstance(event, OutboxChange):
            self._changed(event)
        elif isinstance(event, Connected):
            self._connected = True
            self._refused_ids.clear()
            self._troubles.over("broker.", "oms.no_answer")
            self._sending.accepted(event.largest_packet)
            self._sending.begin_again()
            self._hooks.on_connected()
        elif isinstance(event, Disconnected):
            self._connected = False
            if event.taken_over and not self._taken_over:
                self._taken_over = True
                self._link.stop()  # else the two would push each other out at the broker for ever
            self._oms = OmsPresence(online=False, instance=self._oms.instance)
            self._troubles.over("broker.", "oms.no_answer")
            self._troubles.note(event.code, event.detail)
            self._sending.connection_lost()
        else:
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
                        self._sending.flying,
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
        except Exception as error:
            logger.exception("a message on %s could not be worked on", message.topic)
            self._hooks.on_unusable(message, error)
            self._failed_topics.add(message.topic)
            self._troubles.note("inbound.failed", f"a message on {message.topic} could not be worked on")
        else:
            self._failed_topics.discard(message.topic)
            if not self._failed_topics:
                self._troubles.over("inbound.failed")

    def _apply(self, outcome: Outcome) -> None:
        self._sending.answered(outcome)
        if outcome.settled or outcome.dead or outcome.put_off:
            self._last_answer_at = self._now()
            self._answered(outcome)
        if outcome.foreign:
            logger.warning("%d answers are not about events of this database", outcome.foreign)

    def _answered(self, outcome: Outcome) -> None:
        """The OMS answers again, and so does what the broker refused before."""
        if self._troubles.stands("oms.no_answer") and not self._sending.overdue:
            self._troubles.over("oms.no_answer")
        if self._refused_ids:
            self._refused_ids.difference_update(row.message_id for row in (*outcome.settled, *outcome.dead))
            self._refused_ids.difference_update(row.message_id for row, _ in outcome.put_off)
            if not self._refused_ids:
                self._troubles.over("broker.refused_event")

    def _oms_said(self, presence: OmsPresence) -> None:
        if not presence.online and presence.instance not in ("", self._oms.instance):
            return  # the late will of a run that another has followed
        came = presence.online and (not self._oms.online or presence.instance != self._oms.instance)
        self._oms = presence
        self._sending.oms_takes(presence.events_per_message)
        if came:
            self._sending.begin_again()
            self._hooks.on_oms_present()

    def _changed(self, change: OutboxChange) -> None:
        if change.reopened_from is not None:
            self._settlement.forget_marks()
        self._sending.changed(change)

    def _refused(self, event: Refused) -> None:
        rows = [row for token in event.tokens if (row := self._sending.land(token)) is not None]
        self._troubles.note("broker.refused_event", event.reason)
        if not rows:
            return
        self._refused_ids.update(row.message_id for row in rows)
        with self._database.write():
            for row in rows:
                self._settlement.put_off(row, f"broker: {event.reason}")
        for row in rows:
            self._sending.back_off(row)

    # -- what is due

    @property
    def _may_send(self) -> bool:
        return self._connected and self._oms.online and not self._taken_over

    def _tick(self) -> bool:
        """Look after what is unanswered, about once a second; says whether it was time to."""
        now = self._monotonic()
        if now < self._next_tick:
            return False
        self._next_tick = now + TICK_S
        if now >= self._next_checkpoint:
            self._next_checkpoint = now + CHECKPOINT_S
            self._database.checkpoint()
        self._hooks.on_tick()
        unmarked = self._sending.unmarked(now - TICK_S)
        late = self._sending.late(now)
        if not unmarked and not late:
            return True
        with self._database.write():
            self._settlement.mark_sent(unmarked)
            for flight in late:
                self._settlement.put_off(flight.row, "no answer")
        if late and self._may_send:
            self._troubles.note("oms.no_answer", f"{len(late)} events were not answered in time")
            self._sending.send_again(late, now)
        return True

    def _start_over(self, code: str, error: Exception) -> None:
        """Nothing was committed: keep what came, read all states anew, and try again in a while."""
        logger.error("%s: %s", code, error)
        self._troubles.note(code, str(error))
        self._settlement.forget_marks()
        self._database_wait_until = self._monotonic() + DATABASE_WAIT_S
        self._doubtful = True
