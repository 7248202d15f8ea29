"""One read of a barcode scanner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """Text that a scanner read, not yet understood.

    Attributes:
        text: The decoded text; GS1's FNC1 separator stays the GS character (U+001D).
        scanner: Name of the device it came from, such as `counter` or `page`.
        scanned_at_ns: Monotonic nanoseconds of the scan's arrival.
        symbology: AIM symbology identifier where the scanner gives one (`]E0`, `]d2`, `]C1`), else None.
    """

    text: str
    scanner: str
    scanned_at_ns: int
    symbology: str | None = None
