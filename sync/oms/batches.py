"""One batch of events: one transaction, then the answers to publish."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sync.contract.messages import Acks, Answer, AnswerStatus
from sync.oms.applying import Applying
from sync.oms.book import EpochKey
from sync.oms.incoming import Incoming, Unanswerable, read_event
from sync.oms.ledger import Ledger
from sync.oms.marks import Marks, Through

RESULTS_PER_ACK = 150
"""Answers in one message, so that it stays far below any broker's limit."""


class Delivered(NamedTuple):
    """An event as the broker delivered it."""

    site: str
    station: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class StationAcks:
    """Answers for one station, to be published on its topic."""

    site: str
    station: str
    acks: Acks


class BatchApplier:
    """Applies batches of events to the ledger."""

    def __init__(self, ledger: Ledger, marks: Marks, *, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._marks = marks
        self._applying = Applying(now=now)

    def apply(self, delivered: Sequence[Delivered]) -> list[StationAcks]:
        """Applies all, commits once, and returns what may be answered now that it is committed.

        Raises:
            DatabaseError: Nothing was applied; the same batch can be tried again.
        """
        read = [(one, read_event(one.site, one.station, one.payload)) for one in delivered]
        batch = [event for _, event in read if isinstance(event, Incoming)]
        answers: dict[EpochKey, dict[str, tuple[int, Answer]]] = defaultdict(dict)
        try:
            with self._ledger.database.write():
                for one, event in read:
                    if isinstance(event, Unanswerable):
                        self._ledger.quarantine(one.topic, event.reason, one.payload)
                book = self._ledger.load(batch)
                for event in batch:
                    answer = self._applying.apply(event, book)
                    if event.id in book.events or answer.status is AnswerStatus.RETRY:
                        key = (event.site, event.station, event.epoch)
                        answers[key].setdefault(event.id, (event.sequence, answer))
                    else:  # a place in the epoch that belongs to another event
                        self._ledger.quarantine(
                            f"{event.site}/{event.station}", answer.reason or "", event.payload
                        )
                        answers[event.site, event.station, event.epoch][event.id] = (0, answer)
                self._ledger.save(book)
                throughs = {
                    key: self._marks.advance(key, _final(found.values())) for key, found in answers.items()
                }
        except BaseException:
            self._marks.drop()
            raise
        self._marks.keep()
        return [
            StationAcks(key[0], key[1], acks)
            for key, found in answers.items()
            for acks in acks_of(key[2], throughs[key], found.values())
        ]


def acks_of(epoch: str, through: Through, answers: Collection[tuple[int, Answer]]) -> list[Acks]:
    """The messages that carry these answers.

    A plain `applied` at or below the through-mark needs no line of its own: the mark says it.
    """
    told = [answer for sequence, answer in answers if not _said_by_mark(sequence, answer, through)]
    parts = [told[start : start + RESULTS_PER_ACK] for start in range(0, len(told), RESULTS_PER_ACK)] or [[]]
    return [
        Acks(
            epoch=epoch,
            through=through.through,
            through_id=through.through_id,
            results=tuple(part),
        )
        for part in parts
    ]


def _said_by_mark(sequence: int, answer: Answer, through: Through) -> bool:
    return (
        answer.status is AnswerStatus.APPLIED and answer.exception is None and 0 < sequence <= through.through
    )


def _final(answers: Collection[tuple[int, Answer]]) -> list[int]:
    return [sequence for sequence, answer in answers if answer.status is not AnswerStatus.RETRY and sequence]
