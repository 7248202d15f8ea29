"""Codes on pictures: read by decoders, or compared with what the return is expected to hold.

| file | what |
|---|---|
| `reader.py` | the ways in their order, until one reads what was asked for; several frames vote |
| `decoders.py` | zxing and, in a process of its own, zbar |
| `places.py`, `bar_lines.py` | where bars stand, cut out upright; lines across them |
| `matching.py`, `chains.py`, `fitting.py`, `blur.py`, `retail_symbols.py` | bars against known codes |
| `expected.py`, `code.py` | what a return may hold; one code that was read |
"""

from vision.barcodes.code import Barcode
from vision.barcodes.expected import Expected, ExpectedCodes, expects_gtins, pick_expected
from vision.barcodes.reader import BarcodeReader, Vote

__all__ = [
    "Barcode",
    "BarcodeReader",
    "Expected",
    "ExpectedCodes",
    "Vote",
    "expects_gtins",
    "pick_expected",
]
