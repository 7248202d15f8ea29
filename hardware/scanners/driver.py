"""What a scanner driver is: something that opens, gives one read after another, and closes.

A driver never understands what it reads; it only finds where one read ends and the next begins. Text from a
scanner is input from a stranger: anyone can print a barcode. So a read has a length limit, and one that
exceeds it is reported as refused instead of growing in memory.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ScannedText:
    """One read, as the device gave it.

    Attributes:
        text: The decoded text.
        symbology: AIM symbology identifier (`]E0`), None where the scanner gives none.
    """

    text: str
    symbology: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedText:
    """A read that was thrown away.

    Attributes:
        reason: `scan.too_long`, `scan.interrupted` (a new read began before the last one's end came) or
            `scan.malformed`.
        length: How many bytes were thrown away.
    """

    reason: str
    length: int


class ScannerDriver(Protocol):
    """One scanner. Does nothing before `open()`; used by one thread."""

    def open(self) -> None:
        """Takes hold of the device.

        Raises:
            ScannerNotFound: There is no such device.
            ScannerBusy: Another program holds it.
            ScannerError: It is there but can't be used.
        """

    def read(self, timeout_s: float) -> ScannedText | RefusedText | None:
        """The next read, or None if none came in time.

        Raises:
            ScannerLost: The device is gone; close and open again.
        """

    def close(self) -> None:
        """Lets go of the device. Safe to call twice, and before `open()`."""
