"""All scanners of a station: every read is handed over once, an unplugged scanner is taken up again.

    bank = ScannerBank({"counter": settings}, on_scan=workflow.scan)
    bank.start()
    ...
    bank.stop()

`on_scan` runs in the scanner's own thread, one read at a time for each scanner. Should it fail, the failure
is logged and the scanner goes on.
"""

import logging
import random as _random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from hardware.backoff import Backoff
from hardware.errors import ScannerError
from hardware.scanners.driver import RefusedText, ScannedText, ScannerDriver
from hardware.scanners.drivers import build_driver
from hardware.scanners.scan import Scan
from hardware.scanners.settings import CommonScannerSettings

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25


class ScannerState(StrEnum):
    """The life of a scanner: starting → ready ⇄ lost."""

    STARTING = "starting"
    """It is being opened for the first time."""
    READY = "ready"
    """It can be read; whether somebody scans is another matter."""
    LOST = "lost"
    """It isn't there or was unplugged; it is tried again and again."""


@dataclass(frozen=True, slots=True)
class ScannerHealth:
    """One scanner's condition.

    Attributes:
        state: Where it is in its life.
        scans: Reads handed over since the start.
        refused: Reads thrown away since the start (too long, interrupted, malformed).
        restarts: How often it was opened again.
        last_scan_age_s: Seconds since the last read; None before the first.
        last_error: Why it was last lost, in words; kept after recovery.
    """

    state: ScannerState
    scans: int
    refused: int
    restarts: int
    last_scan_age_s: float | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class RefusedScan:
    """A read that was thrown away, so that the staff can be told.

    Attributes:
        scanner: Name of the device.
        reason: `scan.too_long`, `scan.interrupted` or `scan.malformed`.
        length: Bytes thrown away.
        at_ns: Monotonic nanoseconds.
    """

    scanner: str
    reason: str
    length: int
    at_ns: int


class ScannerBank:
    """The station's scanners, one thread each.

    Args:
        settings: Each scanner's settings by its name.
        on_scan: Takes each read.
        on_refused: Takes each read that was thrown away; None only counts and logs them.
        build: Builds each scanner's driver; who has drivers of their own gives another.
        monotonic_ns: Clock of the stamps.
        random: Gives a number in [0, 1) for the back-off.

    Raises:
        DriverUnavailable: A configured driver can't be loaded here; the station must not start without it.
    """

    def __init__(
        self,
        settings: Mapping[str, CommonScannerSettings],
        on_scan: Callable[[Scan], object],
        *,
        on_refused: Callable[[RefusedScan], object] | None = None,
        build: Callable[[str, CommonScannerSettings], ScannerDriver] = build_driver,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._scanners = {
            name: ScannerLine(
                name,
                build(name, scanner_settings),
                Backoff(scanner_settings.retry_base_s, scanner_settings.retry_cap_s, random=random),
                on_scan,
                on_refused,
                monotonic_ns,
            )
            for name, scanner_settings in settings.items()
        }

    def start(self) -> None:
        """Opens the scanners in the background and returns at once."""
        for scanner in self._scanners.values():
            scanner.start()

    def stop(self) -> None:
        """Lets go of all scanners. Safe to call twice."""
        for scanner in self._scanners.values():
            scanner.ask_to_stop()
        for scanner in self._scanners.values():
            scanner.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def health(self) -> dict[str, ScannerHealth]:
        """How each scanner is doing."""
        return {name: scanner.health() for name, scanner in self._scanners.items()}


class ScannerLine:
    """One scanner: opened, read, and opened again after it was lost.

    Args:
        name: The scanner's name.
        driver: Reads it.
        backoff: Waits between attempts to open it.
        on_scan: Takes each read.
        on_refused: Takes each read that was thrown away.
        monotonic_ns: Clock of the stamps.
    """

    def __init__(
        self,
        name: str,
        driver: ScannerDriver,
        backoff: Backoff,
        on_scan: Callable[[Scan], object],
        on_refused: Callable[[RefusedScan], object] | None,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._name = name
        self._driver = driver
        self._backoff = backoff
        self._on_scan = on_scan
        self._on_refused = on_refused
        self._monotonic_ns = monotonic_ns
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._state = ScannerState.STARTING
        self._scans = 0
        self._refused = 0
        self._opened = 0
        self._failures = 0
        self._last_scan_ns: int | None = None
        self._last_error: str | None = None

    def start(self) -> None:
        """Begins to read in a thread of its own."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name=f"scanner-{self._name}", daemon=True)
            self._thread.start()

    def ask_to_stop(self) -> None:
        """Ends reading soon."""
        self._stopping.set()

    def join(self) -> None:
        """Waits until reading has ended."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def health(self) -> ScannerHealth:
        """How this scanner is doing."""
        last_ns = self._last_scan_ns
        age_s = None if last_ns is None else max(self._monotonic_ns() - last_ns, 0) / 1e9
        restarts = max(self._opened - 1, 0)
        return ScannerHealth(self._state, self._scans, self._refused, restarts, age_s, self._last_error)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._driver.open()
                self._opened += 1
                self._enter(ScannerState.READY)
                self._read_until_stopped()
            except ScannerError as error:
                self._lose(error.message)
            except (
                Exception
            ) as error:  # a driver's fault must not end the thread: the scanner would stay dead
                _log.exception("scanner %s: its driver failed", self._name)
                self._lose(f"The scanner's driver failed: {type(error).__name__}: {error}")
            finally:
                self._driver.close()

    def _read_until_stopped(self) -> None:
        while not self._stopping.is_set():
            found = self._driver.read(_LOOK_EVERY_S)
            self._failures = 0
            if isinstance(found, ScannedText):
                self._hand_over(found)
            elif found is not None:
                self._refuse(found)

    def _hand_over(self, found: ScannedText) -> None:
        self._last_scan_ns = self._monotonic_ns()
        self._scans += 1
        try:
            self._on_scan(Scan(found.text, self._name, self._last_scan_ns, found.symbology))
        except Exception:
            _log.exception("scanner %s: a read couldn't be worked on", self._name)

    def _refuse(self, found: RefusedText) -> None:
        self._refused += 1
        _log.warning("scanner %s: a read of %d bytes was refused: %s", self._name, found.length, found.reason)
        if self._on_refused is None:
            return
        try:
            self._on_refused(RefusedScan(self._name, found.reason, found.length, self._monotonic_ns()))
        except Exception:
            _log.exception("scanner %s: nobody could be told of a refused read", self._name)

    def _lose(self, message: str) -> None:
        self._failures += 1
        self._last_error = message
        self._enter(ScannerState.LOST)
        self._stopping.wait(self._backoff.delay_s(self._failures))

    def _enter(self, state: ScannerState) -> None:
        if state is not self._state:
            level = logging.WARNING if state is ScannerState.LOST else logging.INFO
            _log.log(level, "scanner %s is %s: %s", self._name, state, self._last_error or "well")
        self._state = state
