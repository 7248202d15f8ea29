"""What a labelled picture's code is, and what else it could be mistaken for: for measuring readers.

Decoders write the same number in different ways (a UPC-A with 12 or 13 digits, a UPC-E short or written out,
GS1 with brackets or separators). Here they become one. A *decoy* is a valid number that differs from a true
one in a single digit (and in the check digit that follows from it): the hardest thing to tell from it.

>>> same_number("012345678905"), same_number("0012345678905")
('00012345678905', '00012345678905')
>>> sorted(decoys("96385074"))[:2]
['00000006385071', '00000016385078']
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vision.barcodes.expected import ExpectedCodes
from vision.barcodes.retail_symbols import upce_to_gtin13

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_UPCE = 8


@dataclass(frozen=True, slots=True)
class Truth:
    """One picture's code.

    Attributes:
        text: As the label says.
        forms: The ways of reading that are right.
    """

    text: str
    forms: frozenset[str]

    @classmethod
    def of(cls, label: str) -> "Truth":
        """From a label's text, such as `04963406` (a GTIN-8 or a UPC-E, whichever is valid)."""
        text = label.strip()
        forms = {same_number(text)} if not _is_gtin_shape(text) else set(_gtins(text))
        return cls(text, frozenset(forms or {same_number(text)}))

    @property
    def retail(self) -> bool:
        """Whether it is a product number of 8, 12 or 13 digits."""
        return _is_gtin_shape(self.text) and len(self.text) < 14 and bool(_gtins(self.text))

    def is_read_as(self, text: str) -> bool:
        """Whether a reader's text is this code."""
        return bool(readings(text) & self.forms)


def expected_of(truths: Iterable[Truth]) -> ExpectedCodes:
    """All these codes and every decoy of each."""
    gtins: set[str] = set()
    texts: set[str] = set()
    for truth in truths:
        numbers = {form for form in truth.forms if _is_gtin(form)}
        gtins |= numbers
        gtins |= decoys(truth.text) if numbers else set()
        if not numbers:
            texts |= truth.forms | decoys(truth.text)
    return ExpectedCodes(frozenset(gtins), frozenset(texts))


def decoys(text: str) -> set[str]:
    """Valid codes one digit off, the true one not among them; product numbers in 14 digits."""
    forms = _gtins(text) if _is_gtin_shape(text) else set()
    found: set[str] = set()
    for form in forms:
        digits = text if form.endswith(text) else form[1:]
        found |= {(one[:-1] + check_digit(one[:-1])).zfill(14) for one in _one_off(digits[:-1], digits[-1])}
        if len(text) == _UPCE and form != text.zfill(14):
            for one in _one_off(text[1:-1], "0"):
                written = upce_to_gtin13(text[0] + one)
                found.add("0" + written[:-1] + check_digit(written[:-1]))
    if not forms:
        plain = same_number(text)
        found = set(_one_off(plain, ""))
    return found - forms - {same_number(text)}


def same_number(text: str) -> str:
    """A code's text in the one form in which codes are compared."""
    plain = text.strip().replace("(", "").replace(")", "").replace("\x1d", "")
    return plain.zfill(14) if _is_gtin_shape(plain) else plain


def check_digit(payload: str) -> str:
    """GS1's check digit: weights 3 and 1 in turn from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def readings(text: str) -> set[str]:
    """The codes that a reader's text may mean."""
    plain = same_number(text)
    readings = {plain} | (set(_gtins(text)) if _is_gtin_shape(text) else set())
    if len(plain) == 16 and plain.startswith("01"):
        readings.add(plain[2:])  # a product number under GS1's 01
    if len(plain) > 2 and plain[0] in "ABCD" and plain[-1] in "ABCD":
        readings.add(plain[1:-1])  # Codabar's start and stop
    return readings


def _gtins(text: str) -> set[str]:
    found = {text.zfill(14)} if check_digit(text[:-1]) == text[-1] else set()
    if len(text) == _UPCE and text[0] in "01":
        written = upce_to_gtin13(text)
        if check_digit(written[:-1]) == written[-1]:
            found.add(written.zfill(14))
    return found


def _one_off(digits: str, rest: str) -> list[str]:
    return [
        digits[:place] + other + digits[place + 1 :] + rest
        for place, digit in enumerate(digits)
        if digit.isdigit()
        for other in "0123456789"
        if other != digit
    ]


def _is_gtin_shape(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in _GTIN_LENGTHS


def _is_gtin(form: str) -> bool:
    return _is_gtin_shape(form) and len(form) == 14 and check_digit(form[:-1]) == form[-1]
