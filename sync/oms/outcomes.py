"""What a rule says of an event."""

from dataclasses import dataclass

from sync.contract.messages import Movement


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
