"""Events that were sent over the present connection and that the OMS has not answered."""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.owed import Owed
from sync.records import OutboxState

MOST_DOUBLINGS = 6


@dataclass(slots=True)
class Flight:
    """One of them: when it was sent, and how often in vain."""

    row: Owed
    sent_at: float
    failures: int = 0


class Flights:
    """All of them, by message id."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def ids(self) -> list[str]:
        """The message ids."""
        return list(self._flights)

    def launch(self, rows: Iterable[Owed], now: float) -> None:
        """They were given to the link."""
        for row in rows:
            self._flights[row.message_id] = Flight(row, now)

    def land(self, message_id: str) -> Owed | None:
        """It was answered or refused; None if it was not in flight."""
        flight = self._flights.pop(message_id, None)
        return None if flight is None else flight.row

    def row(self, message_id: str) -> Owed | None:
        """The event in flight with that id."""
        flight = self._flights.get(message_id)
        return None if flight is None else flight.row

    @property
    def any_failed(self) -> bool:
        """Whether one was sent in vain before."""
        return any(flight.failures for flight in self._flights.values())

    def clear(self) -> None:
        """The connection is gone, and nobody knows what arrived."""
        self._flights.clear()

    def unmarked(self, sent_before: float) -> list[Owed]:
        """Events in flight for a while that are not yet noted as sent."""
        return [
            flight.row
            for flight in self._flights.values()
            if flight.sent_at <= sent_before and flight.row.state == OutboxState.PENDING
        ]

    def late(self, now: float, timeout: float) -> list[Flight]:
        """Events without an answer for longer than the timeout, which doubles with each failure."""
        return [
            flight
            for flight in self._flights.values()
            if now - flight.sent_at >= timeout * 2 ** min(flight.failures, MOST_DOUBLINGS)
        ]
