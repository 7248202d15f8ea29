"""Received against expected; pure.

The second of the two guards against counting twice: a message that repeats is stopped by its id, a *unit*
that is taken twice (at two stations that were both offline, say) is stopped here. A bundle comes in by
component, so each component is counted for itself; a bundle that came whole counts for all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

PIECES = "C62"
MEASURE_TOLERANCE = Decimal("0.10")
"""Weighed goods may differ from the expected weight by this share before they count as excess."""


@dataclass(frozen=True, slots=True)
class Component:
    """What one bundle holds of an article."""

    item: str
    gtin: str | None
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the OMS expects on one line; `components` where the line is a bundle."""

    line_id: str
    item: str
    gtin: str | None
    quantity: Decimal
    unit: str
    components: tuple[Component, ...] = ()

    def component(self, item: str, gtin: str | None = None) -> Component | None:
        """The component that is this article; None where the line has no such component."""
        if item == self.item:
            return None
        return next(
            (one for one in self.components if one.item == item or (gtin is not None and one.gtin == gtin)),
            None,
        )


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
    """What an inspection took in.

    Attributes:
        line_id: The line that it counts against.
        component: The component's article, where it is a part of a bundle.
        expected_part: The part of its quantity that was expected.
        unit: Of the quantity.
    """

    line_id: str | None
    component: str | None
    expected_part: Decimal
    unit: str


def excess_of(
    line: Line | None, component: str | None, quantity: Decimal, unit: str, taken: Iterable[Taken]
) -> Decimal:
    """How much of `quantity` goes beyond the line.

    Args:
        line: What is expected; None: nothing is.
        component: The component's article, where it is a part of the line's bundle.
        quantity: What comes in.
        unit: Of the quantity.
        taken: What came in on the line before.

    >>> line = Line("1", "TEA", None, Decimal(2), PIECES)
    >>> one = Taken("1", None, Decimal(1), PIECES)
    >>> excess_of(line, None, Decimal(2), PIECES, [one])
    Decimal('1')
    >>> weighed = Line("2", "APPLE", None, Decimal("0.500"), "KGM")
    >>> excess_of(weighed, None, Decimal("0.520"), "KGM", [])
    Decimal('0')
    >>> parts = (Component("CUP", None, Decimal(2), PIECES), Component("POT", None, Decimal(1), PIECES))
    >>> bundle = Line("3", "TEA-SET", None, Decimal(1), PIECES, parts)
    >>> pot = Taken("3", "POT", Decimal(1), PIECES)
    >>> [excess_of(bundle, part, Decimal(1), PIECES, [pot]) for part in ("CUP", "POT")]
    [Decimal('0'), Decimal('1')]
    >>> excess_of(bundle, None, Decimal(1), PIECES, [pot])
    Decimal('1')
    """
    if line is None:
        return quantity
    before = list(taken)
    if component is None and line.components and unit == line.unit:
        return max(_bundles_over(line, one, quantity, before) for one in line.components)
    part = line.component(component) if component is not None else None
    expected = part.quantity * line.quantity if part else line.quantity
    if (part.unit if part else line.unit) != unit:
        return Decimal(0)  # pieces against a weight say nothing about each other
    over = _came(line, part, before) + quantity - expected
    if unit != PIECES and over <= expected * MEASURE_TOLERANCE:
        return Decimal(0)
    return max(Decimal(0), min(quantity, over))


def _bundles_over(line: Line, part: Component, bundles: Decimal, taken: Iterable[Taken]) -> Decimal:
    """How many of these whole bundles are too many, seen from one of their components."""
    over = _came(line, part, taken) + bundles * part.quantity - line.quantity * part.quantity
    tolerated = Decimal(0) if part.unit == PIECES else line.quantity * part.quantity * MEASURE_TOLERANCE
    if over <= tolerated:
        return Decimal(0)
    return min(bundles, (over / part.quantity).to_integral_value(ROUND_CEILING))


def _came(line: Line, part: Component | None, taken: Iterable[Taken]) -> Decimal:
    """How much came of a line, or of one of its components, which a whole bundle counts for too."""
    return sum((_counted(line, part, one) for one in taken), Decimal(0))


def _counted(line: Line, part: Component | None, one: Taken) -> Decimal:
    if part is None:
        return one.expected_part if one.component is None and one.unit == line.unit else Decimal(0)
    if one.component is None:
        return one.expected_part * part.quantity if one.unit == line.unit else Decimal(0)
    return one.expected_part if one.component == part.item and one.unit == part.unit else Decimal(0)


def seen_before(unit_kind: str, unit_value: str | None, taken: Iterable[Unit]) -> bool:
    """Whether this very unit, told apart by serial or label, was taken in already."""
    return unit_kind != "count" and any(
        (one.unit_kind, one.unit_value) == (unit_kind, unit_value) for one in taken
    )


def line_for(
    lines: Mapping[str, Line], item: str, gtin: str | None, unit: str, taken: Sequence[Taken]
) -> tuple[Line, str | None] | None:
    """The line that a unit of a blind return belongs to: one of its article with room left, else any.

    Returns:
        The line, and the component's article where the unit is a part of its bundle; None where no line
        speaks of the article.
    """
    fitting: list[tuple[Line, str | None]] = []
    for line in lines.values():
        part = line.component(item, gtin)
        if part is not None:
            fitting.append((line, part.item))
        elif line.unit == unit and (line.item == item or (gtin is not None and line.gtin == gtin)):
            fitting.append((line, None))
    for line, component in fitting:
        here = [one for one in taken if one.line_id == line.line_id]
        part = line.component(component) if component is not None else None
        if _came(line, part, here) < line.quantity * (part.quantity if part else 1):
            return line, component
    return fitting[0] if fitting else None
