"""Closing a bag: what was expected, what came, what is missing, what came in excess, line by line.

A return is `OPEN` before its first unit, `PARTIAL` until somebody says "bag empty" (or the time limit
passes), and then `CLOSED`. A unit that turns up late reopens it, and the next closing states the new figures.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from edge.returns.expected import ExpectedReturn, ReturnLine
from edge.returns.received import ReceivedUnit, expected_on, received_on, units_on
from edge.returns.values import Code, FrozenValue, Quantity


class BagStatus(StrEnum):
    """How far the receiving of a return has come."""

    OPEN = "OPEN"
    PARTIAL = "PARTIAL"
    CLOSED = "CLOSED"


class BagLine(FrozenValue):
    """The figures of one line; of one component, on a bundle's line.

    Attributes:
        missing: Expected and not received.
        excess: Received beyond what was expected.
        other_units: Received, but measured in another unit than the line's, so that it cannot be compared.
    """

    line_id: Code
    sku: Code
    component_sku: Code | None = None
    expected: Quantity
    received: Quantity
    missing: Quantity
    excess: Quantity
    other_units: tuple[Quantity, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.missing.is_zero


class UnexpectedItem(FrozenValue):
    """Something received that stands on no line.

    The wrong product, a stranger's item, a blind return's item.
    """

    sku: Code | None
    quantity: Quantity
    inspection_id: Code


class BagClosing(FrozenValue):
    """The whole bag's figures."""

    return_id: Code
    lines: tuple[BagLine, ...]
    unexpected: tuple[UnexpectedItem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything came and nothing else."""
        return not self.unexpected and all(line.complete and line.excess.is_zero for line in self.lines)


def bag_status(
    received: Sequence[ReceivedUnit], closed_at: datetime | None, last_received_at: datetime | None
) -> BagStatus:
    """How far a return has come.

    Args:
        received: What was received, undone units left out.
        closed_at: When it was last closed, UTC; None if never.
        last_received_at: When its last unit was received, UTC; a unit after the closing reopens the bag.
    """
    if closed_at is not None and (last_received_at is None or last_received_at <= closed_at):
        return BagStatus.CLOSED
    return BagStatus.PARTIAL if received or closed_at is not None else BagStatus.OPEN


def closes_by_itself(last_received_at: datetime, now: datetime, limit_minutes: int) -> bool:
    """Whether an unfinished bag has lain long enough to be closed without "bag empty"."""
    return now - last_received_at >= timedelta(minutes=limit_minutes)


def count_bag(expected: ExpectedReturn, received: Sequence[ReceivedUnit]) -> BagClosing:
    """Expected against received, line by line; what stands on no line apart."""
    known = {line.line_id for line in expected.lines}
    return BagClosing(
        return_id=expected.return_id,
        lines=tuple(figures for line in expected.lines for figures in _count_line(line, received)),
        unexpected=tuple(
            UnexpectedItem(sku=unit.sku, quantity=unit.quantity, inspection_id=unit.inspection_id)
            for unit in received
            if unit.line_id not in known
        ),
    )


def _count_line(line: ReturnLine, received: Sequence[ReceivedUnit]) -> Iterable[BagLine]:
    parts: list[str | None] = [part.sku for part in line.components] or [None]
    for part in parts:
        expected = expected_on(line, part)
        came = received_on(line, part, received)
        others = (unit.quantity for unit in units_on(line, part, received))
        yield BagLine(
            line_id=line.line_id,
            sku=line.sku,
            component_sku=part,
            expected=expected,
            received=came,
            missing=expected.less(came),
            excess=came.less(expected),
            other_units=tuple(quantity for quantity in others if quantity.unit != expected.unit),
        )
