"""Reads bars that no decoder reads, by comparing them with the codes that the return may hold.

A decoder must tell each digit from nothing. Who knows that it is one of a few codes needs much less of a
picture: out of focus, small, torn or glaring ones can still be told apart. The danger is to see what one
expects. So the best candidate must stand against *every* code that differs in one digit, expected or not, and
each of its digits must be seen by itself (`fitting.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.barcodes.bar_lines import bar_lines
from vision.barcodes.blur import DISCS, Blur
from vision.barcodes.chains import Guess, SymbolSet, guess
from vision.barcodes.code import Barcode
from vision.barcodes.expected import ExpectedCodes
from vision.barcodes.fitting import Evidence, Fit, LineFitter, digit_gains
from vision.barcodes.places import BarPlace, cut_upright
from vision.barcodes.retail_symbols import RetailSymbol, symbols_of
from vision.picture import Picture

_WIDTH = 420  # pixels across a place
_CODE_WIDTHS = (0.5, 1.1)  # of a place's width
_TRIED = 4  # guesses fitted
_WORSE = 0.1  # a guess this much below the best isn't fitted
_GOOD_FIT = 0.96
_CORRECTIONS = 3
_FIRST_BLURS = (DISCS[0], DISCS[4])
_AIM = {"ean13": "]E0", "ean8": "]E4", "upce": "]E0"}


@dataclass(frozen=True, slots=True)
class Match:
    """What the bars at a place are most like.

    Attributes:
        symbol: The code.
        explained: Share of the bars' variation that it explains.
        doubt: Of its digit most in doubt; 0 none, 0.5 either digit may stand there.
        weight: By how much the lines prefer it to the nearest code, in squares of the noise.
        lines: How many lines were asked.
    """

    symbol: RetailSymbol
    explained: float
    doubt: float
    weight: float
    lines: int


def candidates(expected: ExpectedCodes) -> dict[str, SymbolSet]:
    """The ways in which the expected product numbers may be drawn, by kind."""
    by_kind: dict[str, list[RetailSymbol]] = {}
    for gtin in sorted(expected.gtins):
        for symbol in symbols_of(gtin):
            by_kind.setdefault(symbol.kind, []).append(symbol)
    return {kind: SymbolSet.of(symbols) for kind, symbols in by_kind.items()}


def match_place(grey: Picture, place: BarPlace, sets: dict[str, SymbolSet], lines: int) -> Match | None:
    """Compare the bars at a place with codes; None where nothing there looks like one.

    Args:
        grey: Grey picture.
        place: Where the bars are.
        sets: The codes in question by kind.
        lines: How many lines across the bars are asked.
    """
    taken = bar_lines(cut_upright(grey, place, _WIDTH), lines)
    if not taken or not sets:
        return None
    # each line forwards and, since the pack may stand on its head, backwards
    rows = np.array([row for line in taken for row in (line.darkness, line.darkness[::-1])], np.float32)
    width = rows.shape[1] / 1.3
    guesses = guess(rows, sets, width, _CODE_WIDTHS)
    leader = _leader(rows, guesses, sets)
    if leader is None:
        return None
    fit, evidence, where = leader
    explained, asked = fit.explained, 1
    for other in _same_on_other_lines(where, guesses):
        fitter = LineFitter(rows[other.line], other.pixels, other.modules)
        second = fitter.fit(fit.symbol, fit.blur)
        if second is not None:
            evidence += fitter.evidence(second)
            explained = max(explained, second.explained)
            asked += 1
    return Match(fit.symbol, explained, evidence.doubt, evidence.weight, asked)


def as_barcode(match: Match, place: BarPlace) -> Barcode:
    """A match as a code that was read."""
    kind = match.symbol.kind
    return Barcode(match.symbol.text, kind, _AIM[kind], "matched", place.corners)


def _leader(
    rows: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
    guesses: Sequence[Guess],
    sets: dict[str, SymbolSet],
) -> tuple[Fit, Evidence, Guess] | None:
    best: tuple[Fit, Evidence, Guess] | None = None
    tried: list[Guess] = []
    for each in guesses:
        if each.score < guesses[0].score - _WORSE or len(tried) == _TRIED:
            break
        if any(_same_way(each, other) for other in tried):
            continue
        tried.append(each)
        found = _settled(rows[each.line], each, sets[each.kind])
        if found is not None and (best is None or found[0].explained > best[0].explained):
            best = (*found, each)
            if found[0].explained > _GOOD_FIT:
                break
    return best


def _settled(
    row: "np.ndarray[tuple[int], np.dtype[np.float32]]", where: Guess, codes: SymbolSet
) -> tuple[Fit, Evidence] | None:
    """From the likeliest code to the one that fits best: each fit says which digits look otherwise."""
    fitter = LineFitter(row, where.pixels, where.modules)
    chosen = int(codes.summed(where.likeness).argmax())
    best: tuple[Fit, Evidence] | None = None
    tried: set[int] = set()
    for _ in range(_CORRECTIONS):
        tried.add(chosen)
        start = None if best is None else best[0]
        fit = fitter.fit(codes.symbols[chosen], _first_blur(where), start)
        if fit is None:
            break
        evidence = fitter.evidence(fit)
        if best is None or fit.misfit < best[0].misfit:
            best = (fit, evidence)
        gains = codes.summed(digit_gains(fit, evidence))
        chosen = int(gains.argmax())
        if chosen in tried or gains[chosen] <= 0:
            break
    return best


def _first_blur(where: Guess) -> Blur:
    return _FIRST_BLURS[where.blurred]


def _same_way(one: Guess, other: Guess) -> bool:
    """Whether two guesses say the same: kind, direction, size and place."""
    return (
        one.kind == other.kind
        and one.line % 2 == other.line % 2
        and abs(math.log(one.module_px / other.module_px)) < 0.08
        and abs(float(one.pixels[0] - other.pixels[0])) < 3 * other.module_px
    )


def _same_on_other_lines(leader: Guess, guesses: Sequence[Guess]) -> list[Guess]:
    found: dict[int, Guess] = {}
    for each in guesses:
        alike = each.kind == leader.kind and each.line % 2 == leader.line % 2 and each.line != leader.line
        if alike and abs(math.log(each.module_px / leader.module_px)) < 0.08:
            found.setdefault(each.line, each)
    return list(found.values())
