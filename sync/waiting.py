"""Subjects that wait for a time: after a `retry`, or a refusal by the broker."""

import heapq
from collections.abc import Iterator


class Waiting:
    """When each may go on, by a clock that nobody sets."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []

    def put(self, subject: str, until: float) -> None:
        """It waits."""
        heapq.heappush(self._heap, (until, subject))

    def wait(self, now: float, longest: float) -> float:
        """Seconds until the first of them may go on, at most `longest`."""
        return min(longest, max(0.0, self._heap[0][0] - now)) if self._heap else longest

    def due(self, now: float) -> Iterator[str]:
        """Those that may go on now; they wait no more."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[1]

    def clear(self) -> None:
        """Nobody waits."""
        self._heap.clear()
