"""What the OMS says about events, as plain values: the core's own words, whatever the messages look like."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync.records import OutboxRow


class AnswerStatus(StrEnum):
    """What became of an event at the OMS."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    RETRY = "retry"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """The OMS's answer to one event.

    Attributes:
        message_id: Which event.
        status: What became of it.
        exception: Applied, but somebody must look: such as `over_received`.
        reason: Why, in a sentence.
        not_before: With `retry`: when to send it again, by the OMS's clock.
    """

    message_id: str
    status: AnswerStatus
    exception: str | None = None
    reason: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """A mark: every sequence of the epoch up to this one has its final answer.

    It counts only where the event at `sequence` has this id; in a database that was restored, it has another.
    """

    epoch: str
    sequence: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Answers:
    """One acknowledgement message: answers, and perhaps a mark."""

    results: tuple[Answer, ...] = ()
    through: Through | None = None


@dataclass(frozen=True, slots=True)
class OmsPresence:
    """Whether the OMS is there; `instance` names one run of it, which takes so many events in one message."""

    online: bool
    instance: str
    events_per_message: int = 1


@dataclass(frozen=True, slots=True)
class Work:
    """Anything else that was received.

    Attributes:
        in_transaction: Done before the message is acknowledged to the broker; what it raises undoes it alone.
        afterwards: Done after the commit.
        steps: Long work: each step runs in a transaction of its own, in turn with the rest, and the message
            is acknowledged after the last one, so that a crash in between starts it again.
    """

    in_transaction: Callable[[], None] = lambda: None
    afterwards: Callable[[], None] = lambda: None
    steps: Callable[[], Iterator[None]] | None = None


Inbound = Answers | OmsPresence | Work


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that a person must learn of: a rejection, or an exception. See `AnswerListener`."""

    row: OutboxRow
    answer: Answer


AnswerListener = Callable[[Answered], None]
"""Called inside the transaction that records the answer, so that the task it makes can't be lost."""
