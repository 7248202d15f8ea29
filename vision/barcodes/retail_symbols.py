"""How a retail number is drawn: the bars of EAN-13, UPC-A, EAN-8 and UPC-E, module by module.

A symbol is a row of modules, bar or space. Guards stand at both ends and in the middle; between them each
digit has a cell of seven modules. A cell can hold one of ten patterns, or of twenty where the choice of odd
or even parity tells a further digit. UPC-A is EAN-13 with a leading 0.

>>> symbol = draw_ean13("4006381333931")
>>> len(symbol.modules), len(symbol.cells), symbol.text
(95, 12, '4006381333931')
>>> upce_to_gtin13("05096893")
'0050968000093'
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Modules = npt.NDArray[np.uint8]

CELL = 7
_L = (
    "0001101", "0011001", "0010011", "0111101", "0100011",
    "0110001", "0101111", "0111011", "0110111", "0001011",
)  # fmt: skip
_R = tuple("".join("10"[int(bit)] for bit in code) for code in _L)
_G = tuple(code[::-1] for code in _R)
_EAN13_PARITY = (
    "LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL",
)  # fmt: skip
_UPCE_PARITY = (
    "GGGLLL", "GGLGLL", "GGLLGL", "GGLLLG", "GLGGLL", "GLLGGL", "GLLLGG", "GLGLGL", "GLGLLG", "GLLGLG",
)  # fmt: skip
LEFT = np.array([[int(bit) for bit in code] for code in _L + _G], np.uint8)
RIGHT = np.array([[int(bit) for bit in code] for code in _R], np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class RetailSymbol:
    """One number as bars.

    Attributes:
        kind: `ean13`, `ean8` or `upce`.
        text: The number as decoders give it: 13 digits, or 8 for EAN-8.
        modules: 1 for a bar, 0 for a space, without quiet zones.
        cells: For each digit its first module and the patterns that may stand there.
        choice: For each digit which of these patterns does.
    """

    kind: str
    text: str
    modules: Modules
    cells: tuple[tuple[int, Modules], ...]
    choice: tuple[int, ...]


def _symbol(kind: str, text: str, bits: str, starts: list[tuple[int, Modules]]) -> RetailSymbol:
    modules = np.array([int(bit) for bit in bits], np.uint8)
    choice = tuple(
        int((patterns == modules[start : start + CELL]).all(axis=1).argmax()) for start, patterns in starts
    )
    return RetailSymbol(kind, text, modules, tuple(starts), choice)


def symbols_of(gtin14: str) -> list[RetailSymbol]:
    """Every way in which a product number may stand on a pack; [] where it isn't sold by such a code.

    >>> [symbol.kind for symbol in symbols_of("00050968000093")]
    ['ean13', 'upce']
    """
    if len(gtin14) != 14 or not (gtin14.isascii() and gtin14.isdigit()) or gtin14[0] != "0":
        return []
    if gtin14.startswith("000000"):
        return [draw_ean8(gtin14[6:]), draw_ean13(gtin14[1:])]
    short = gtin13_to_upce(gtin14[1:])
    return [draw_ean13(gtin14[1:])] + ([draw_upce(short)] if short is not None else [])


def draw_ean13(text: str) -> RetailSymbol:
    """An EAN-13; UPC-A with its leading 0."""
    parity = _EAN13_PARITY[int(text[0])]
    left = "".join(
        (_L if kind == "L" else _G)[int(digit)] for kind, digit in zip(parity, text[1:7], strict=True)
    )
    right = "".join(_R[int(digit)] for digit in text[7:])
    cells = [(3 + CELL * place, LEFT) for place in range(6)] + [
        (50 + CELL * place, RIGHT) for place in range(6)
    ]
    return _symbol("ean13", text, "101" + left + "01010" + right + "101", cells)


def draw_ean8(text: str) -> RetailSymbol:
    """An EAN-8."""
    left, right = "".join(_L[int(d)] for d in text[:4]), "".join(_R[int(d)] for d in text[4:])
    cells = [(3 + CELL * place, LEFT[:10]) for place in range(4)]
    cells += [(36 + CELL * place, RIGHT) for place in range(4)]
    return _symbol("ean8", text, "101" + left + "01010" + right + "101", cells)


def draw_upce(short: str) -> RetailSymbol:
    """A UPC-E from its 8 digits: number system, six digits, check digit."""
    parity = _UPCE_PARITY[int(short[7])]
    if short[0] == "1":
        parity = parity.translate(str.maketrans("LG", "GL"))
    digits = "".join(
        (_L if kind == "L" else _G)[int(digit)] for kind, digit in zip(parity, short[1:7], strict=True)
    )
    cells = [(3 + CELL * place, LEFT) for place in range(6)]
    return _symbol("upce", upce_to_gtin13(short), "101" + digits + "010101", cells)


def upce_to_gtin13(short: str) -> str:
    """The 13 digits that the 8 of a UPC-E stand for."""
    system, a, b, c, d, e, last, check = tuple(short)
    if last in "012":
        payload = system + a + b + last + "0000" + c + d + e
    elif last == "3":
        payload = system + a + b + c + "00000" + d + e
    elif last == "4":
        payload = system + a + b + c + d + "00000" + e
    else:
        payload = system + a + b + c + d + e + "0000" + last
    return "0" + payload + check


def gtin13_to_upce(text: str) -> str | None:
    """The 8 digits of the UPC-E that stands for a GTIN-13; None where it has none."""
    if len(text) != 13 or text[0] != "0" or text[1] not in "01":
        return None
    upc, check = text[1:12], text[12]
    shortened = (
        upc[1:3] + upc[8:11] + upc[3],
        upc[1:4] + upc[9:11] + "3",
        upc[1:5] + upc[10] + "4",
        upc[1:6] + upc[10],
    )
    for six in shortened:
        short = upc[0] + six + check
        if upce_to_gtin13(short) == text:
            return short
    return None
