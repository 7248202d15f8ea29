"""One code read off a picture, however it was read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Barcode:
    """One code read off a picture.

    Attributes:
        text: Its text; GS1's separator stays the GS character (U+001D). A UPC-E is written out to the 13
            digits that it stands for.
        symbology: `ean13`, `datamatrix`, `qr`, …
        aim: AIM symbology identifier such as `]E0`, as a scanner would give it.
        decoder: Which way read it: `zxing`, `deskewed`, `zbar`, `enlarged` or `matched`.
        corners: Its outline in the picture's pixels.
    """

    text: str
    symbology: str
    aim: str
    decoder: str
    corners: tuple[tuple[float, float], ...]
