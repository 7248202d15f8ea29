"""Comparing what this station holds as answered with what the OMS has applied.

A digest for each thousand sequences of an epoch; where one differs, the OMS asks for that block by name and
sees exactly which events are missing or doubled, and asks for them again.
`sync/contract/messages/requests.py` describes the shapes and what is hashed.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

from sync.contract.messages import (
    BLOCK_SIZE,
    BlockDigest,
    ReconciliationRequest,
    SettledEvent,
    SettledState,
)
from sync.database import Database
from sync.topics import StationIdentity

BLOCKS_PER_REQUEST = 25  # keeps a request under 4 kB
ANSWERED = {"SETTLED": SettledState.SETTLED, "DEAD": SettledState.REJECTED}

BLOCK = (
    "SELECT sequence, message_id, state FROM outbox INDEXED BY outbox_sequence "
    "WHERE epoch = ? AND sequence >= ? AND sequence <= ? AND station = ? AND site = ? ORDER BY sequence"
)


class Reconciliation:
    """Builds the station's side of a comparison.

    Args:
        database: The outbox's.
        identity: Whose events.
        send: Publishes a request.
        new_id: Gives ids.
        now: Wall time.
    """

    def __init__(
        self,
        database: Database,
        identity: StationIdentity,
        *,
        send: Callable[[ReconciliationRequest], None],
        new_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._identity = identity
        self._send = send
        self._new_id = new_id
        self._now = now

    def send_digests(self, epoch: str | None = None) -> Iterator[None]:
        """Send the digests of one epoch, or of all; one step for each request, so that other work goes on."""
        for name, last_sequence in self._epochs(epoch):
            digests: list[BlockDigest] = []
            for block in range((last_sequence + BLOCK_SIZE - 1) // BLOCK_SIZE):
                digest = self.digest(name, block)
                if digest is not None:
                    digests.append(digest)
                if len(digests) == BLOCKS_PER_REQUEST:
                    self._send(self._request(name, blocks=tuple(digests)))
                    digests = []
                yield
            if digests:
                self._send(self._request(name, blocks=tuple(digests)))

    def send_block(self, epoch: str, block: int) -> None:
        """Send every answered event of a block by name."""
        events = self.answered(epoch, block)
        self._send(self._request(epoch, events=tuple(events)))

    def digest(self, epoch: str, block: int) -> BlockDigest | None:
        """The digest of a block; None while its first event is unanswered."""
        events = self.answered(epoch, block)
        if not events:
            return None
        text = "".join(f"{event.sequence} {event.id} {event.state}\n" for event in events)
        return BlockDigest(
            block=block,
            first=events[0].sequence,
            last=events[-1].sequence,
            count=len(events),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )

    def answered(self, epoch: str, block: int) -> list[SettledEvent]:
        """A block's events up to the first unanswered one."""
        first = block * BLOCK_SIZE + 1
        parameters = (epoch, first, first + BLOCK_SIZE - 1, self._identity.station, self._identity.site)
        events = []
        for sequence, message_id, state in self._database.sql(BLOCK, parameters):
            if state not in ANSWERED:
                break
            events.append(SettledEvent(sequence=sequence, id=message_id, state=ANSWERED[state]))
        return events

    def _epochs(self, epoch: str | None) -> list[tuple[str, int]]:
        rows = self._database.sql(
            "SELECT epoch, last_sequence FROM epochs WHERE last_sequence > 0 ORDER BY counter"
        )
        return [(name, last) for name, last in rows if epoch in (None, name)]

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
