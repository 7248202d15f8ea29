"""Comparing what this station holds as answered with what the OMS has applied.

A digest for each thousand sequences of an epoch; where one differs, the OMS asks for that block by name and
sees exactly which events are missing or doubled, asks for the missing ones again, and tells the station what
it found. `sync/contract/messages/requests.py` describes the shapes and what is hashed, `sync/comparison.py`
what a station knows of one comparison.

A station compares soon after it met the OMS, every few hours, whenever somebody asks, and once more after
what was missing has been sent again.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import takewhile

from sync.comparison import Comparison, ComparisonRounds, ComparisonState
from sync.contract.messages import (
    BLOCK_SIZE,
    BlockDigest,
    Compared,
    ReconciliationRequest,
    SequenceRange,
    SettledEvent,
    SettledState,
)
from sync.database import Database
from sync.relay_status import RelayStatus
from sync.topics import StationIdentity

BLOCKS_PER_REQUEST = 25  # keeps a request under 4 kB
EVERY_S = 6 * 3600.0
NOT_AGAIN_WITHIN_S = 600.0  # after a comparison, unless a person asks: a link may come and go all day
WORK_FIRST_S = 60.0  # so long a comparison lets what is owed go first
HEALINGS = 3  # comparisons after a resend; what is missing even then needs a person
ANSWERED = {"SETTLED": SettledState.SETTLED, "DEAD": SettledState.REJECTED}

BLOCK = (
    "SELECT sequence, message_id, state FROM outbox INDEXED BY outbox_sequence "
    "WHERE epoch = ? AND sequence >= ? AND sequence <= ? AND station = ? AND site = ? ORDER BY sequence"
)
ANY = (
    "SELECT 1 FROM outbox WHERE epoch = ? AND sequence >= ? AND sequence <= ? AND station = ? AND site = ? "
    "LIMIT 1"
)
OWED_AGAIN = (
    "SELECT 1 FROM outbox WHERE epoch = ? AND sequence >= ? AND sequence <= ? "
    "AND state IN ('PENDING', 'SENT') LIMIT 1"
)
END = object()


class Reconciliation:
    """Builds the station's side of a comparison.

    Args:
        database: The outbox's.
        identity: Whose events.
        send: Publishes a request.
        new_id: Gives ids.
        now: Wall time.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        identity: StationIdentity,
        *,
        send: Callable[[ReconciliationRequest], None],
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._identity = identity
        self._send = send
        self._new_id = new_id
        self._now = now
        self._monotonic = monotonic
        self._rounds = ComparisonRounds(now=now, monotonic=monotonic)
        self._steps: Iterator[None] | None = None
        self._due_at: float | None = None
        self._begun_at: float | None = None
        self._healings = 0

    # -- when to compare

    @property
    def result(self) -> Comparison:
        """What is known now, for the staff; from any thread."""
        return self._rounds.result()

    def ask(self) -> None:
        """Somebody wants to know: compare as soon as the OMS is there; from any thread."""
        self._healings = 0
        self._due_at = self._monotonic() - WORK_FIRST_S
        self._rounds.due()

    def oms_came(self) -> None:
        """The OMS is there (again); it may be another one than before, restored from a backup."""
        if self._due_at is None:
            earliest = 0.0 if self._begun_at is None else self._begun_at + NOT_AGAIN_WITHIN_S
            if self._rounds.result().state is ComparisonState.UNANSWERED:
                earliest = 0.0
            self._due_at = max(self._monotonic(), earliest)
            if self._due_at > earliest:
                self._rounds.due()

    def tick(self, status: RelayStatus) -> None:
        """Go on with what is due; called about once a second, in the thread that delivers."""
        if not status.connected or not status.oms_present or status.session_taken_over:
            self._steps = None
            self._rounds.gone()
            return
        self._rounds.give_up_if_silent()
        if self._steps is not None:
            self._step(self._steps)
            return
        now = self._monotonic()
        if self._is_sent_again():
            self._healings, self._due_at = self._healings + 1, now - WORK_FIRST_S
        elif self._due_at is None and self._begun_at is not None and now - self._begun_at > EVERY_S:
            self._due_at = now
        if self._due_at is None or now < self._due_at:
            return
        if status.owed == 0 or now >= self._due_at + WORK_FIRST_S:
            self._due_at = None
            self._steps = self.send_digests()
            self._step(self._steps)

    def told(self, epoch: str, found: Compared) -> None:
        """The OMS says what it found."""
        self._rounds.told(epoch, found)

    def forgot(self, epoch: str, ranges: tuple[SequenceRange, ...]) -> None:
        """The OMS says that it holds events of an epoch that this station doesn't; believed where true."""
        really = [one for one in ranges if not self._holds(epoch, one.first, one.last)]
        self._rounds.forgot(epoch, really)

    def _step(self, steps: Iterator[None]) -> None:
        """As many blocks as one request carries: what is live goes on in between."""
        for _ in range(BLOCKS_PER_REQUEST):
            if next(steps, END) is END:
                self._steps = None
                return

    def _is_sent_again(self) -> bool:
        """Whether the last comparison found something missing, and all of it is answered by now."""
        result = self._rounds.result()
        if result.state is not ComparisonState.DONE:
            return False
        if not result.missing:
            self._healings = 0
        if not result.missing or self._healings >= HEALINGS:
            return False
        return not any(
            self._database.sql(OWED_AGAIN, (one.epoch, one.first, one.last)) for one in result.missing
        )

    def _holds(self, epoch: str, first: int, last: int) -> bool:
        return bool(
            self._database.sql(ANY, (epoch, first, last, self._identity.station, self._identity.site))
        )

    # -- what is compared

    def send_digests(self, epoch: str | None = None) -> Iterator[None]:
        """Send the digests of one epoch, or of all; one step for each block, so that other work goes on.

        All epochs together are a comparison that the staff are told of.
        """
        whole = epoch is None
        if whole:
            self._begun_at = self._monotonic()
            self._rounds.begin()
        for name, last_sequence in self._epochs(epoch):
            digests: list[BlockDigest] = []
            for block in range((last_sequence + BLOCK_SIZE - 1) // BLOCK_SIZE):
                digest = self.digest(name, block)
                if digest is not None:
                    digests.append(digest)
                if len(digests) == BLOCKS_PER_REQUEST:
                    self._ask_for(name, digests, whole=whole)
                    digests = []
                yield
            if digests:
                self._ask_for(name, digests, whole=whole)
        if whole:
            self._rounds.all_asked()

    def send_block(self, epoch: str, block: int) -> None:
        """Send every answered event of a block by name."""
        request = self._request(epoch, events=tuple(self.answered(epoch, block)))
        self._rounds.asked(request.id, (epoch, block))
        self._send(request)

    def digest(self, epoch: str, block: int) -> BlockDigest | None:
        """The digest of a block; None while its first event is unanswered."""
        events = self._answered(epoch, block)
        if not events:
            return None
        text = "".join([f"{sequence} {event_id} {state}\n" for sequence, event_id, state in events])
        return BlockDigest(
            block=block,
            first=events[0][0],
            last=events[-1][0],
            count=len(events),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )

    def answered(self, epoch: str, block: int) -> list[SettledEvent]:
        """A block's events up to the first unanswered one."""
        return [
            SettledEvent(sequence=sequence, id=message_id, state=state)
            for sequence, message_id, state in self._answered(epoch, block)
        ]

    def _answered(self, epoch: str, block: int) -> list[tuple[int, str, SettledState]]:
        first = block * BLOCK_SIZE + 1
        parameters = (epoch, first, first + BLOCK_SIZE - 1, self._identity.station, self._identity.site)
        rows = self._database.sql(BLOCK, parameters)
        answered = takewhile(lambda row: row[2] in ANSWERED, rows)
        return [(sequence, message_id, ANSWERED[state]) for sequence, message_id, state in answered]

    def _epochs(self, epoch: str | None) -> list[tuple[str, int]]:
        rows = self._database.sql(
            "SELECT epoch, last_sequence FROM epochs WHERE last_sequence > 0 ORDER BY counter"
        )
        return [(name, last) for name, last in rows if epoch in (None, name)]

    def _ask_for(self, epoch: str, digests: list[BlockDigest], *, whole: bool) -> None:
        request = self._request(epoch, blocks=tuple(digests))
        if whole:
            self._rounds.asked(request.id)
        self._send(request)

    def _request(
        self,
        epoch: str,
        *,
        blocks: tuple[BlockDigest, ...] = (),
        events: tuple[SettledEvent, ...] | None = None,
    ) -> ReconciliationRequest:
        return ReconciliationRequest(
            id=self._new_id(), epoch=epoch, blocks=blocks, events=events, sent_at=self._now()
        )
