"""GTIN and SSCC check digits, and the one form in which a GTIN is kept: 14 digits.

>>> as_gtin14("8900000000012")
'08900000000012'
>>> as_gtin14("8900000000013") is None
True
"""

import re

_DIGITS = re.compile(r"[0-9]+")
_GTIN_LENGTHS = (8, 12, 13, 14)
_SSCC_LENGTH = 18


def check_digit(payload: str) -> str:
    """The GS1 check digit for digits without one: weights 3 and 1 in turn from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def has_good_check_digit(digits: str) -> bool:
    """Whether the last digit fits the others; a number of nothing but zeros is nobody's."""
    return check_digit(digits[:-1]) == digits[-1] and digits.strip("0") != ""


def looks_like_gtin(text: str) -> bool:
    """Whether a text has the form of a GTIN-8, -12, -13 or -14, its check digit aside."""
    return len(text) in _GTIN_LENGTHS and _DIGITS.fullmatch(text) is not None


def as_gtin14(text: str) -> str | None:
    """The GTIN in 14 digits; None where the text is none or its check digit is wrong."""
    if not looks_like_gtin(text) or not has_good_check_digit(text):
        return None
    return text.zfill(14)


def is_sscc(text: str) -> bool:
    """Whether a text is an SSCC with a good check digit."""
    return len(text) == _SSCC_LENGTH and _DIGITS.fullmatch(text) is not None and has_good_check_digit(text)
