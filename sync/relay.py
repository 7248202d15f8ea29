"""The relay: sends what is owed and records what is answered, in one thread.

    outbox ──► sending ──► link ──► broker ──► OMS
       ▲                                        │
       └── settlement ◄── exchange ◄── link ◄───┘

- Nothing is published unless the broker is connected **and** the OMS is present: a broker that holds our
  events for an absent OMS may lose them, and what it holds can't be taken back.
- The window counts events that the *OMS* has not answered. A PUBACK frees nothing.
- Whatever the link gives (answers, commands, streams) goes through a queue into this thread, is committed
  in batches, and only then acknowledged to the broker.
- After a reconnect, or when the OMS returns, everything unanswered is sent again; the OMS knows an event by
  its id.

`sync/exchange.py` does the work; here are the thread and its queue.
"""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sync.answers import AnswerListener, Inbound
from sync.errors import DatabaseClosed
from sync.exchange import Exchange, Happening
from sync.outbox import Outbox, OutboxChange
from sync.relay_status import Hooks, RelayStatus
from sync.wire import Disconnected, Link, Publication, Received

BATCH = 2000  # happenings worked on in one turn


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
        self._outbox = outbox
        self._link = link
        self._farewell = farewell
        self._exchange = Exchange(
            outbox,
            link,
            topic=topic,
            read=read,
            hooks=hooks or Hooks(),
            on_answer=on_answer,
            now=now,
            monotonic=monotonic,
            rng=rng or random.SystemRandom(),
        )
        self._happenings: queue.SimpleQueue[Happening | _Stop] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._ended = False  # the thread has met its stop, and worked on all that came before it
        self._thread: threading.Thread | None = None

    # -- what others call, from any thread

    def start(self) -> None:
        """Begin to deliver."""
        self._outbox.subscribe(self._happenings.put)
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()
        self._link.start(self._happenings.put)

    def start_without_thread(self) -> None:
        """Begin to deliver, in turns that the caller takes: for simulations."""
        self._outbox.subscribe(self._happenings.put)
        self._link.start(self._happenings.put)

    def turn(self) -> None:
        """Work on what has happened so far, without waiting, in the caller's thread."""
        self._exchange.turn(self._at_hand())

    def stop(self) -> None:
        """Say farewell, disconnect, and end the thread; what is unanswered stays owed."""
        self._outbox.unsubscribe(self._happenings.put)
        if self._thread is None:
            self._link.stop()
            return
        self._stopping.set()
        self._link.stop(self._farewell())
        self._happenings.put(_Stop())
        self._thread.join()
        self._thread = None

    def wake(self) -> None:
        """Look for new rows now; the outbox does it by itself after each commit."""
        self._happenings.put(OutboxChange())

    def report_identity_conflict(self, detail: str) -> None:
        """Another station announced itself under our name: stop sending until a person looks."""
        self._happenings.put(Disconnected("broker.session_taken_over", detail, taken_over=True))

    def status(self) -> RelayStatus:
        """How delivery stands."""
        return self._exchange.status()

    # -- the thread

    def _run(self) -> None:
        try:
            while not self._leave_in_peace():
                self._exchange.turn(self._collect())
                if self._ended:
                    return
        except DatabaseClosed:
            return
        finally:
            self._outbox.database.release_thread()

    def _leave_in_peace(self) -> bool:
        """Wait while the database that refused is left in peace; True if the end came meanwhile."""
        rest = self._exchange.rest
        return rest > 0 and self._stopping.wait(rest)

    def _collect(self) -> list[Happening]:
        """Wait until something is to be done, then take all that came meanwhile."""
        idle = self._exchange.idle
        try:
            first = self._happenings.get(timeout=idle) if idle else self._happenings.get_nowait()
        except queue.Empty:
            return []
        gathering = self._exchange.gathering
        if gathering:
            time.sleep(gathering)
        if isinstance(first, _Stop):
            self._ended = True
            return []
        return [first, *self._at_hand()]

    def _at_hand(self) -> list[Happening]:
        """What has happened so far."""
        batch: list[Happening] = []
        while len(batch) < BATCH and not self._ended:
            try:
                happening = self._happenings.get_nowait()
            except queue.Empty:
                break
            if isinstance(happening, _Stop):
                self._ended = True
            else:
                batch.append(happening)
        return batch
