"""One batch of events: one transaction, then the answers to publish."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sync.contract.messages import Acks, AnswerStatus
from sync.oms.applying import Applying
from sync.oms.book import EpochKey
from sync.oms.carrying import Carrying
from sync.oms.incoming import Incoming, Unanswerable, read_event, station_of
from sync.oms.ledger import Ledger
from sync.oms.marks import Marks, Through
from sync.oms.outcomes import EventAnswer

RESULTS_PER_ACK = 150
"""Answers in one message, so that it stays far below any broker's limit."""


class Delivered(NamedTuple):
    """An event as the broker delivered it, and as it was read; site and station are the topic's."""

    site: str
    station: str
    topic: str
    payload: bytes
    event: Incoming | Unanswerable


def read_delivery(topic: str, payload: bytes) -> Delivered:
    """Reads an event; one that nobody can be answered for says why."""
    site, station = station_of(topic)
    return Delivered(site, station, topic, payload, read_event(site, station, payload))


@dataclass(frozen=True, slots=True)
class StationAcks:
    """Answers to be published on a station's topic: to its own events, or to those that it carries."""

    site: str
    station: str
    acks: Acks


class BatchApplier:
    """Applies batches of events to the ledger."""

    def __init__(
        self, ledger: Ledger, marks: Marks, carrying: Carrying, *, now: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._marks = marks
        self._applying = Applying(now=now)
        self._carrying = carrying

    def apply(self, delivered: Sequence[Delivered]) -> list[StationAcks]:
        """Applies all, commits once, and returns what may be answered now that it is committed.

        Raises:
            DatabaseError: Nothing was applied; the same batch can be tried again.
        """
        batch = [one.event for one in delivered if isinstance(one.event, Incoming)]
        answers: dict[tuple[str, EpochKey], dict[str, tuple[int, EventAnswer]]] = defaultdict(dict)
        try:
            with self._ledger.database.write():
                for one in delivered:
                    if isinstance(one.event, Unanswerable):
                        self._ledger.quarantine(one.topic, one.event.reason, one.payload)
                book = self._ledger.load(batch)
                for one in delivered:
                    event = one.event
                    if isinstance(event, Unanswerable):
                        continue
                    key = (one.station, (event.site, event.station, event.epoch))
                    refusal = None
                    if event.id not in book.events:  # else it was answered before
                        refusal = self._carrying.refusal(one.station, event)
                    answer = refusal or self._applying.apply(event, book)
                    if event.id in book.events or answer.status is AnswerStatus.RETRY:
                        answers[key].setdefault(event.id, (event.sequence, answer))
                    else:  # a place in the epoch that belongs to another event, or nothing of the carrier's
                        self._ledger.quarantine(
                            f"{event.site}/{event.station}", answer.reason or "", event.payload
                        )
                        answers[key][event.id] = (0, answer)
                self._ledger.save(book)
                throughs = {
                    key: self._marks.advance(key[1], _final(found.values())) for key, found in answers.items()
                }
        except BaseException:
            self._marks.drop()
            raise
        self._marks.keep()
        return [
            StationAcks(epoch[0], topic_station, acks)
            for (topic_station, epoch), found in answers.items()
            for acks in acks_of(
                epoch[2], throughs[topic_station, epoch], found.values(), trust_mark=topic_station == epoch[1]
            )
        ]


def acks_of(
    epoch: str, through: Through, answers: Collection[tuple[int, EventAnswer]], *, trust_mark: bool = True
) -> list[Acks]:
    """The messages that carry these answers.

    A plain `applied` at or below the through-mark needs no line of its own: the mark says it. A station that
    carries another one's events may lack the event that names the mark, so it is told every answer. Where
    they need several messages the last one alone carries the mark, so that no line comes after it.
    """
    told = [
        answer.message()
        for sequence, answer in answers
        if not trust_mark or not _said_by_mark(sequence, answer, through)
    ]
    parts = [told[start : start + RESULTS_PER_ACK] for start in range(0, len(told), RESULTS_PER_ACK)] or [[]]
    return [
        Acks(
            epoch=epoch,
            through=through.through if number == len(parts) else 0,
            through_id=through.through_id if number == len(parts) else None,
            results=tuple(part),
        )
        for number, part in enumerate(parts, start=1)
    ]


def _said_by_mark(sequence: int, answer: EventAnswer, through: Through) -> bool:
    return (
        answer.status is AnswerStatus.APPLIED and answer.exception is None and 0 < sequence <= through.through
    )


def _final(answers: Collection[tuple[int, EventAnswer]]) -> list[int]:
    return [sequence for sequence, answer in answers if answer.status is not AnswerStatus.RETRY and sequence]
