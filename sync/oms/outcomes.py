"""What a rule says of an event, and what its station is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sync.contract.messages import Answer, AnswerStatus, Movement


class EventAnswer(NamedTuple):
    """The answer to one event, with the fields of `Answer`.

    Not yet a message: the mark alone says most of them, and a message is made in many times the time.
    """

    id: str
    status: AnswerStatus
    exception: str | None = None
    reason: str | None = None
    field: str | None = None
    not_before: datetime | None = None

    def message(self) -> Answer:
        """As it is published."""
        return Answer(**self._asdict())


@dataclass(frozen=True, slots=True)
class Applied:
    """Taken into the books, whole.

    Attributes:
        exception: Something to look into; `reason` says what.
        inspection_id: The inspection that it belongs to.
        movements: What now stands, for a later correction to take back.
    """

    exception: str | None = None
    reason: str | None = None
    inspection_id: str | None = None
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """Can't be judged yet: something that it builds on has not come."""

    reason: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Never as it is. `field` is the place in the message."""

    reason: str
    field: str | None = None


Outcome = Applied | Later | Refused
