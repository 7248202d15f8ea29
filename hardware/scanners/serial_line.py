"""A scanner on a serial line, or a USB scanner in its serial (CDC) mode, which looks the same.

**Never tried on a real scanner**: tested on pseudo-terminals. Read `docs/hardware.md` before the first use.
"""

import errno
from collections import deque
from collections.abc import Callable
from typing import Any

import serial

from hardware.errors import ScannerBusy, ScannerError, ScannerLost, ScannerNotFound
from hardware.scanners.decoding import decode_read
from hardware.scanners.driver import RefusedText, ScannedText
from hardware.scanners.framing import LineFramer
from hardware.scanners.settings import SerialScannerSettings

_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_MOST_AT_ONCE = 4096


def _open_port(settings: SerialScannerSettings) -> Any:
    return serial.Serial(
        port=str(settings.port),
        baudrate=settings.baud_rate,
        parity=_PARITIES[settings.parity],
        bytesize=settings.data_bits,
        stopbits=settings.stop_bits,
        timeout=0,
        exclusive=True,
    )


class SerialScanner:
    """Reads one serial line.

    Args:
        settings: The line's settings.
        open_port: Opens the port; injected for tests.
    """

    def __init__(
        self,
        settings: SerialScannerSettings,
        *,
        open_port: Callable[[SerialScannerSettings], Any] = _open_port,
    ) -> None:
        self._settings = settings
        self._open_port = open_port
        self._port: Any = None
        self._framer = LineFramer(settings.max_length, stx_etx_only=settings.framing == "stx_etx")
        self._ready: deque[bytes | RefusedText] = deque()

    def open(self) -> None:
        """Opens the port for this program alone.

        Raises:
            ScannerNotFound: There is no such port.
            ScannerBusy: Another program reads it.
            ScannerError: It can't be opened, mostly for want of rights.
        """
        port = self._settings.port
        try:
            self._port = self._open_port(self._settings)
        except (serial.SerialException, OSError) as error:
            number = getattr(error, "errno", None)
            if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
                raise ScannerNotFound(
                    f"There is no scanner at {port}. Plug it in, or correct 'port' in the scanner's settings "
                    f"('ls /dev/serial/by-id' lists what is plugged in)."
                ) from error
            if number in {errno.EAGAIN, errno.EBUSY} or "exclusively lock" in str(error):
                raise ScannerBusy(
                    f"Another program reads the scanner at {port}. End that program."
                ) from error
            raise ScannerError(
                f"The scanner at {port} can't be opened ({error}). The station's user may not be in the "
                f"group 'dialout'."
            ) from error
        self._framer.reset()
        self._ready.clear()

    def read(self, timeout_s: float) -> ScannedText | RefusedText | None:
        """The next read; partial ones are kept until the rest comes.

        Raises:
            ScannerLost: The scanner was unplugged.
        """
        if not self._ready:
            self._receive(timeout_s)
        if not self._ready:
            return None
        found = self._ready.popleft()
        if isinstance(found, RefusedText):
            return found
        return decode_read(found, aim_prefix=self._settings.aim_prefix)

    def close(self) -> None:
        """Closes the port; a read that has begun is forgotten."""
        port, self._port = self._port, None
        if port is not None:
            port.close()
        self._framer.reset()
        self._ready.clear()

    def _receive(self, timeout_s: float) -> None:
        if self._port is None:
            raise ScannerLost(f"The scanner at {self._settings.port} isn't open. Open it first.")
        silence_ms = self._settings.end_after_silence_ms
        ends_by_silence = silence_ms is not None and self._framer.pending
        wait_s = (
            min(timeout_s, silence_ms / 1000) if ends_by_silence and silence_ms is not None else timeout_s
        )
        try:
            self._port.timeout = wait_s
            data = self._port.read(1)
            if data:
                data += self._port.read(min(self._port.in_waiting, _MOST_AT_ONCE))
        except (
            serial.SerialException,
            OSError,
            TypeError,
        ) as error:  # TypeError: closed under pyserial's feet
            raise ScannerLost(
                f"The scanner at {self._settings.port} was unplugged or stopped answering ({error}). Plug it "
                f"in."
            ) from error
        if data:
            self._ready.extend(self._framer.feed(data))
        elif ends_by_silence:
            self._ready.extend(self._framer.finish())
