"""Received against expected; pure.

The second of the two guards against counting twice: a message that repeats is stopped by its id, a *unit*
that is taken twice (at two stations that were both offline, say) is stopped here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

PIECES = "C62"
MEASURE_TOLERANCE = Decimal("0.10")
"""Weighed goods may differ from the expected weight by this share before they count as excess."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the OMS expects on one line."""

    line_id: str
    item: str
    gtin: str | None
    quantity: Decimal
    unit: str


class Unit(Protocol):
    """Which unit came in."""

    @property
    def unit_kind(self) -> str:
        """How it is told apart; `count` means not at all."""

    @property
    def unit_value(self) -> str | None:
        """Its serial or label."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an inspection took in: the part of its quantity that was expected, and which unit it was."""

    line_id: str | None
    unit_kind: str
    unit_value: str | None
    expected_part: Decimal
    unit: str


def excess_of(line: Line | None, quantity: Decimal, unit: str, taken: Iterable[Taken]) -> Decimal:
    """How much of `quantity` goes beyond the line.

    >>> line = Line("1", "TEA", None, Decimal(2), PIECES)
    >>> one = Taken("1", "count", None, Decimal(1), PIECES)
    >>> excess_of(line, Decimal(2), PIECES, [one])
    Decimal('1')
    >>> weighed = Line("2", "APPLE", None, Decimal("0.500"), "KGM")
    >>> excess_of(weighed, Decimal("0.520"), "KGM", [])
    Decimal('0')
    """
    if line is None:
        return quantity
    if line.unit != unit:
        return Decimal(0)  # pieces against a weight say nothing about each other
    so_far = sum((one.expected_part for one in taken if one.unit == unit), Decimal(0))
    over = so_far + quantity - line.quantity
    if unit != PIECES and over <= line.quantity * MEASURE_TOLERANCE:
        return Decimal(0)
    return max(Decimal(0), min(quantity, over))


def seen_before(unit_kind: str, unit_value: str | None, taken: Iterable[Unit]) -> bool:
    """Whether this very unit, told apart by serial or label, was taken in already."""
    return unit_kind != "count" and any(
        (one.unit_kind, one.unit_value) == (unit_kind, unit_value) for one in taken
    )


def line_for(
    lines: Mapping[str, Line], item: str, gtin: str | None, unit: str, received: Mapping[str, Decimal]
) -> Line | None:
    """The line that a unit of a blind return belongs to: one of its article with room left, else any."""
    of_article = [
        line
        for line in lines.values()
        if line.unit == unit and (line.item == item or (gtin is not None and line.gtin == gtin))
    ]
    with_room = [line for line in of_article if received.get(line.line_id, Decimal(0)) < line.quantity]
    return next(iter(with_room or of_article), None)
