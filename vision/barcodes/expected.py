"""Which codes the return in hand may hold, and which code of a picture is one of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vision.barcodes.code import Barcode

Expected = Callable[[str], bool]
"""Says of a code's text whether the return in hand is expected to hold it."""

_DIGITAL_LINK = re.compile(r"https?://[^?#]*/01/([0-9]{8,14})(?:[/?#]|$)", re.IGNORECASE)
_SEPARATOR = "\x1d"
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


@dataclass(frozen=True, slots=True)
class ExpectedCodes:
    """An expectation that can be listed, so that blurred bars can be matched with it.

    Attributes:
        gtins: Product numbers of 14 digits.
        texts: Other codes as they read, GS1's separators aside.
    """

    gtins: frozenset[str]
    texts: frozenset[str] = frozenset()

    def __call__(self, text: str) -> bool:
        """Whether this text is one of the codes, or carries one of the product numbers as GS1 does."""
        if text.replace(_SEPARATOR, "") in self.texts:
            return True
        if text.isascii() and text.isdigit() and len(text) in _GTIN_LENGTHS:
            return text.zfill(14) in self.gtins
        link = _DIGITAL_LINK.match(text)
        if link is not None:
            return link.group(1).zfill(14) in self.gtins
        element = text.removeprefix(_SEPARATOR)
        return element.startswith("01") and element[2:16] in self.gtins


def expects_gtins(gtins: Iterable[str], texts: Iterable[str] = ()) -> ExpectedCodes:
    """An expectation of product numbers: 8 to 14 digits, or carried under GS1's `01` or in a Digital Link.

    >>> expected = expects_gtins(["8901234567890"])
    >>> expected("8901234567890"), expected("0108901234567890" + "10L42"), expected("8901234567883")
    (True, True, False)
    """
    return ExpectedCodes(
        frozenset(gtin.zfill(14) for gtin in gtins), frozenset(text.replace(_SEPARATOR, "") for text in texts)
    )


def pick_expected(codes: Iterable[Barcode], expected: Expected) -> Barcode | None:
    """The one code that the return is expected to hold; None where there is none, or where there are two.

    A code that is merely valid is not picked: misreads carry right check digits too.
    """
    matching = {(code.symbology, code.text): code for code in codes if expected(code.text)}
    return next(iter(matching.values())) if len(matching) == 1 else None
