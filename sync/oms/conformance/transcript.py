"""What the acted stations said and heard: the evidence for each verdict."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

KEPT = 60
SHOWN_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message.

    Attributes:
        at_s: Seconds since the rule began.
        direction: From the acted station to the receiver, or to the station.
        topic: Where it travelled.
        message: Its text, cut where it is long.
    """

    at_s: float
    direction: Literal["sent", "heard"]
    topic: str
    message: str


class Transcript:
    """Writes down what is said, by whichever thread; keeps the newest."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._lock = threading.Lock()
        self._exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self.count = 0

    def note(self, direction: Literal["sent", "heard"], topic: str, payload: bytes) -> None:
        """Writes one message down."""
        text = payload[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
        if len(payload) > SHOWN_BYTES:
            text += f"… ({len(payload)} bytes)"
        exchange = Exchange(round(self._monotonic() - self._began, 3), direction, topic, text)
        with self._lock:
            self.count += 1
            self._exchanges.append(exchange)

    def exchanges(self) -> tuple[Exchange, ...]:
        """What was kept, oldest first."""
        with self._lock:
            return tuple(self._exchanges)
