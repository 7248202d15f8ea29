"""How this site's own codes look: order and bag numbers, badges, bins, weighed labels.

`[patterns]` in the settings. Patterns are regular expressions of a small, safe kind, checked when the station
starts: no pattern can hang the station on a hostile text, and none may swallow the numbers of articles.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.returns.errors import PatternRefused
from edge.returns.gtin import check_digit

LONGEST_REFERENCE = 64
"""No number of a return, badge or bin is longer; longer texts are never matched."""

_ALLOWED_ATOM = re.compile(
    r"""
    \\[dw.\-/:+*?()\[\]{}|\\]          # \d, \w and escaped signs
    | \[ \^? (?: \\[dw\-\]\\] | [^\]\\] )+ \]   # a class of characters
    | [A-Za-z0-9 _:/#=@,;~!%&<>"'.\-]  # a sign that stands for itself, or any one sign
    """,
    re.VERBOSE,
)
_QUANTIFIER = re.compile(r"\{\d{1,2}(,\d{0,2})?\}|[?*+]")
_MOST_VARIABLE = 3
_MOST_ALTERNATIVES = 16

PatternText = Annotated[str, Field(min_length=1, max_length=200)]
PatternList = Annotated[tuple[PatternText, ...], Field(max_length=10)]


class WeighedLabel(BaseModel):
    """One layout of the site's own weighed labels (an EAN-13 beginning with 2, printed at the scale).

    Attributes:
        layout: 13 letters: the prefix's digits, then `I` item code, `V` value, `K` the value's own check
            digit (not
            verified: every scale maker has another), and `C` at the end. Such as `21IIIIIVVVVVC`.
        value: What the value is.
        decimals: How many of the value's digits stand behind the point; 3 for grams in kilograms, 2 for
            paise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: Annotated[str, Field(pattern=r"^(2[0-9]|02)I{3,6}K?V{4,6}K?C$", min_length=13, max_length=13)]
    value: Literal["weight_kg", "price"]
    decimals: Annotated[int, Field(ge=0, le=4)]

    def fits(self, ean13: str) -> bool:
        """Whether an EAN-13 has this layout's prefix."""
        return ean13.startswith(self.layout[:2])

    def item_code(self, ean13: str) -> str:
        """The site's own article number."""
        return self._part(ean13, "I")

    def amount(self, ean13: str) -> Decimal:
        """The value, in kilograms or rupees."""
        return Decimal(self._part(ean13, "V")).scaleb(-self.decimals)

    def _part(self, ean13: str, letter: str) -> str:
        return "".join(digit for digit, place in zip(ean13, self.layout, strict=True) if place == letter)


class SitePatterns(BaseModel):
    """What the site's own codes look like; a pattern must fit the whole text.

    With a group in parentheses the value is what the group holds, else the whole text.

    Attributes:
        rma: Numbers of return authorisations.
        order: Order numbers; refused bags usually bear these.
        shipment: Shipment or airway bill numbers.
        bag: Bag numbers.
        place: Codes of shelves, cages and bins.
        badge: Staff badges.
        weighed: Layouts of weighed labels.
        separators: What the scanners send in place of GS1's FNC1; the GS character always counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rma: PatternList = (r"RMA-[A-Z0-9-]{3,40}",)
    order: PatternList = (r"ORD-[A-Z0-9-]{3,40}",)
    shipment: PatternList = (r"SHP-[A-Z0-9-]{3,40}",)
    bag: PatternList = (r"BAG-[A-Z0-9-]{3,40}",)
    place: PatternList = (r"BIN-[A-Z0-9-]{1,40}",)
    badge: PatternList = (r"STAFF-[A-Z0-9-]{2,30}",)
    weighed: Annotated[tuple[WeighedLabel, ...], Field(max_length=10)] = ()
    separators: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=1)], ...], Field(max_length=4)
    ] = ()

    @field_validator("separators")
    @classmethod
    def _no_separator_is_a_letter(cls, separators: tuple[str, ...]) -> tuple[str, ...]:
        if any(one.isalnum() for one in separators):
            raise ValueError("a separator may be no letter or digit: it would split lots and serials")
        return separators

    @model_validator(mode="after")
    def _patterns_are_safe(self) -> Self:
        for name in ("rma", "order", "shipment", "bag", "place", "badge"):
            for pattern in getattr(self, name):
                try:
                    check_pattern(name, pattern)
                except PatternRefused as error:
                    raise ValueError(str(error)) from error
        return self

    def find(
        self, name: Literal["rma", "order", "shipment", "bag", "place", "badge"], text: str
    ) -> str | None:
        """The value of a text under one of the named patterns; None where none fits."""
        if len(text) > LONGEST_REFERENCE:
            return None
        patterns: tuple[str, ...] = getattr(self, name)
        for pattern in patterns:
            match = _compiled(pattern).fullmatch(text)
            if match is not None:
                return match.group(1) if match.re.groups and match.group(1) else text
        return None


def check_pattern(name: str, pattern: str) -> None:
    r"""Make sure that a pattern is of the safe kind and leaves article numbers alone.

    Safe are letters, digits, signs, `\d`, `\w`, classes such as `[A-Z0-9]`, counts such as `{4,12}`, `?`,
    `*`, `+` behind one sign or class, `|`, and groups in parentheses that are not repeated.

    Raises:
        PatternRefused: It is not.
    """
    _check_shape(name, pattern)
    try:
        compiled = _compiled(pattern)
    except re.error as error:
        raise PatternRefused(name, pattern, f"it is no regular expression ({error}).") from error
    for length in (8, 12, 13, 14):
        samples = [_sample(first, length) for first in range(100)]
        if sum(compiled.fullmatch(one) is not None for one in samples) > len(samples) // 2:
            raise PatternRefused(
                name, pattern, f"it would take most article numbers of {length} digits for its own."
            )


def _check_shape(name: str, pattern: str) -> None:
    at = depth = variable = alternatives = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "(":
            at += 3 if pattern.startswith("(?:", at) else 1
            depth += 1
            continue
        if sign == "|":
            alternatives += 1
            at += 1
            continue
        if sign == ")":
            depth -= 1
            at += 1
            if _QUANTIFIER.match(pattern, at):
                raise PatternRefused(name, pattern, "a group in parentheses is repeated.")
            continue
        atom = _ALLOWED_ATOM.match(pattern, at)
        if atom is None:
            raise PatternRefused(name, pattern, f"{pattern[at : at + 4]!r} is not allowed in a pattern.")
        at = atom.end()
        count = _QUANTIFIER.match(pattern, at)
        if count is not None:
            at = count.end()
            variable += count.group() in "?*+" or "," in count.group()
    if depth != 0:
        raise PatternRefused(name, pattern, "its parentheses do not pair up.")
    if variable > _MOST_VARIABLE or alternatives > _MOST_ALTERNATIVES:
        raise PatternRefused(
            name,
            pattern,
            f"it has more than {_MOST_VARIABLE} parts of changing length, or more than {_MOST_ALTERNATIVES} "
            f"alternatives.",
        )


def _sample(first_two: int, length: int) -> str:
    payload = f"{first_two:02d}{'3141592653'[: length - 3]:0<{length - 3}}"
    return payload + check_digit(payload)


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
