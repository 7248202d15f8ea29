"""Waits for something to become true, never for ever."""

import time
from collections.abc import Callable

POLL_S = 0.02


def wait_for(good: Callable[[], bool], timeout_s: float, poll_s: float = POLL_S) -> bool:
    """Whether it became good in time."""
    deadline = time.monotonic() + timeout_s
    while not good():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll_s)
    return True
