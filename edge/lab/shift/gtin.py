"""Barcode numbers for made-up articles.

>>> gtin13(1)
'8909876000013'
>>> check_digit("890987600001")
3
"""

INDIA = "890"
MAKER = "9876"
GS = "\x1d"


def check_digit(digits: str) -> int:
    """The last digit of a GTIN whose other digits are given."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -weighted % 10


def gtin13(item: int) -> str:
    """The EAN-13 of our `item`-th article."""
    digits = f"{INDIA}{MAKER}{item:05d}"
    return f"{digits}{check_digit(digits)}"


def gtin14(ean13: str) -> str:
    """The same number as messages write it."""
    return ean13.zfill(14)
