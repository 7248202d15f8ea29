"""All checks of a running station, run when asked, and not more often than needed."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from edge.health.answer import failed
from edge.station.services import HealthCheck

_log = logging.getLogger(__name__)


class HealthMonitor:
    """Runs checks and remembers the answers for a moment, since every open page asks.

    Args:
        checks: Each check by name, in the order in which people read them.
        monotonic_ns: For the age of the answers.
        max_age_s: How long answers hold.
    """

    def __init__(
        self,
        checks: Mapping[str, Callable[[], HealthCheck]],
        *,
        monotonic_ns: Callable[[], int],
        max_age_s: float = 5.0,
    ) -> None:
        self._checks = dict(checks)
        self._monotonic_ns = monotonic_ns
        self._max_age_ns = int(max_age_s * 1e9)
        self._lock = threading.Lock()
        self._answers: list[HealthCheck] = []
        self._read_at_ns: int | None = None

    def checks(self) -> Sequence[HealthCheck]:
        """The answers, none older than `max_age_s`."""
        with self._lock:
            now_ns = self._monotonic_ns()
            if self._read_at_ns is None or now_ns - self._read_at_ns > self._max_age_ns:
                self._answers = [run_check(name, check) for name, check in self._checks.items()]
                self._read_at_ns = now_ns
            return list(self._answers)


def run_check(name: str, check: Callable[[], HealthCheck]) -> HealthCheck:
    """Run one check; a check that breaks is itself an answer."""
    try:
        return check()
    except Exception as error:  # a broken check must not take the status page down
        _log.exception("health_check_failed check=%s", name)
        return failed("check", "broken", check=name, problem=f"{type(error).__name__}: {error}")
