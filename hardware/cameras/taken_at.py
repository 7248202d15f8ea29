"""When a picture was taken, if the camera doesn't say.

A driver's queue holds pictures that nobody has fetched. After a pause, `read()` hands these out at once, and
each is older than it looks. Only a `read()` that had to wait proves that the queue was empty when it began,
so that its picture was finished afterwards. This keeps the last moment at which the queue was certainly
empty: a time that is never too late, which is what "taken after the scan" needs.

    >>> times = TakenAt(delay_ns=0)
    >>> times.of_read(began_ns=100_000_000, ended_ns=130_000_000)  # waited: finished after it began
    100000000
    >>> times.of_read(began_ns=500_000_000, ended_ns=500_100_000)  # at once: it lay in the queue since then
    130000000
    >>> times.of_read(began_ns=500_200_000, ended_ns=500_300_000)  # the next in the queue
    130000000
    >>> times.of_read(began_ns=500_400_000, ended_ns=530_000_000)
    500400000
"""

_WAITED_NS = 2_000_000


class TakenAt:
    """Gives each picture of one stream the latest time at which it was certainly not yet taken.

    Args:
        delay_ns: Nanoseconds that the camera itself needs between exposure and delivery; taken off each time.
    """

    def __init__(self, delay_ns: int) -> None:
        self._delay_ns = delay_ns
        self._empty_at_ns: int | None = None

    def of_read(self, *, began_ns: int, ended_ns: int) -> int:
        """The time for the picture that a `read()` between these two monotonic times returned."""
        if self._empty_at_ns is None or ended_ns - began_ns >= _WAITED_NS:
            taken_ns = began_ns
            self._empty_at_ns = ended_ns
        else:
            taken_ns = self._empty_at_ns
        return max(taken_ns - self._delay_ns, 1)
