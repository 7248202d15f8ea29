"""The OMS's streams: expected returns, and reference data (catalogue, places, block lists).

Each item has an offset in its stream; a station remembers the last one that it took in, in the same
transaction as the items. So it knows what it has, whatever a broker lost:

- a stretch that begins beyond our offset leaves a gap: it is not taken in, and a snapshot is asked for;
- a stretch or item that we have already is skipped, so that stale and reordered updates do no harm;
- a stream with another id was rebuilt: a snapshot is asked for, and the answer replaces the local copy; until
  then the copy serves as it is, so that a late word of a stream that was given up does no harm either.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.contract.messages import ExpectedBatch, ExpectedItem, ReferenceBatch, ReferenceItem, StreamName
from sync.database import Database
from sync.records import StreamRecord

logger = logging.getLogger(__name__)

ASK_AGAIN_S = 15.0  # a snapshot request without an answer is repeated

StreamItem = ExpectedItem | ReferenceItem
StreamBatch = ExpectedBatch | ReferenceBatch


class StreamHandler(Protocol):
    """Keeps the local copy of one stream; called inside the transaction that stores the offset."""

    def apply(self, items: Sequence[StreamItem], database: Database) -> None:
        """Take items in, in their order."""

    def reset(self, database: Database) -> None:
        """Forget all of it: the stream was rebuilt."""


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where this station stands in a stream: its id (None at first) and the last offset taken in."""

    stream: StreamName
    stream_id: str | None
    offset: int


class Streams:
    """Where this station stands in each stream, and what it must ask for.

    Args:
        database: The station's.
        handlers: Who keeps the copy of each stream; a stream without a handler is not followed.
        request_snapshot: Sends a request; called after the commit.
        now: Wall time.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[StreamName, StreamHandler],
        *,
        request_snapshot: Callable[[StreamPlace], None],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._handlers = dict(handlers)
        self._request = request_snapshot
        self._now = now
        self._monotonic = monotonic
        self._wanting: dict[StreamName, float] = {}  # streams with a gap -> when they may be asked for again
        self._needed: dict[
            StreamName, int
        ] = {}  # the offset from which a stretch came that we could not join

    def places(self) -> list[StreamPlace]:
        """Where this station stands, for the birth."""
        return [self._place(stream) for stream in sorted(self._handlers)]

    def take_in(self, batch: StreamBatch) -> None:
        """Take in a stretch, inside the transaction of the received message."""
        handler = self._handlers.get(batch.stream)
        if handler is None:
            return
        place = self._place(batch.stream)
        if place.stream_id != batch.stream_id:
            if batch.after > 0 or (place.stream_id is not None and batch.stream not in self._wanting):
                # Rebuilt, or a late word of a stream that was given up: only the OMS knows, so it is asked.
                # What we have serves until it answers.
                self._want(batch.stream)
                return
            if place.stream_id is not None:
                logger.warning("stream %s was rebuilt by the OMS; taking it in anew", batch.stream)
                handler.reset(self._database)
            self._needed.pop(batch.stream, None)
            place = StreamPlace(batch.stream, None, 0)
        if batch.after > place.offset:
            self._want(batch.stream, batch.after)
            return
        if batch.exact and batch.after < place.offset < batch.through:
            self._want(batch.stream)  # where we stand, the OMS may never have been: it is asked
            return
        if batch.through > place.offset or place.stream_id is None:
            items: list[StreamItem] = [item for item in batch.items if item.offset > place.offset]
            if items:
                self._apply(handler, items, batch)
            self._store(batch.stream, batch.stream_id, batch.through)
        if batch.through >= max(place.offset, self._needed.get(batch.stream, 0)):
            # It reaches to where we stood and to where a gap ended; a snapshot for another station may not.
            self._wanting.pop(batch.stream, None)
            self._needed.pop(batch.stream, None)

    @property
    def asking(self) -> bool:
        """Whether something was asked for and has not come yet."""
        return bool(self._wanting)

    def ask(self) -> None:
        """Ask for whatever was missed, on each stream: the OMS has come, or we have."""
        for place in self.places():
            self._wanting[place.stream] = self._monotonic() + ASK_AGAIN_S
            self._request(place)

    def ask_for_gaps(self) -> None:
        """Ask for streams with a gap, now and then, until it is closed."""
        now = self._monotonic()
        for stream in [stream for stream, due in self._wanting.items() if due <= now]:
            self._wanting[stream] = now + ASK_AGAIN_S
            self._request(self._place(stream))

    def _apply(self, handler: StreamHandler, items: Sequence[StreamItem], batch: StreamBatch) -> None:
        try:
            handler.apply(items, self._database)
        except Exception:
            self._want(batch.stream, batch.through)  # undone, and asked for again until it succeeds
            raise

    def _want(self, stream: StreamName, needed: int = 0) -> None:
        self._needed[stream] = max(needed, self._needed.get(stream, 0))
        if stream not in self._wanting:
            self._wanting[stream] = self._monotonic()

    def _place(self, stream: StreamName) -> StreamPlace:
        query = StreamRecord.select().where(StreamRecord.stream == str(stream))
        for record in self._database.run(query):
            return StreamPlace(stream, record.generation, record.last_offset)
        return StreamPlace(stream, None, 0)

    def _store(self, stream: StreamName, stream_id: str | None, offset: int) -> None:
        self._database.run(
            StreamRecord.replace(  # type: ignore[no-untyped-call]
                stream=str(stream), generation=stream_id, last_offset=offset, updated_at=self._now()
            )
        )
