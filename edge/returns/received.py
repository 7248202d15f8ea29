"""What was received on a return so far, counted against its lines.

A bundle is counted by component; a whole bundle received under its own code stands for each of its
components.
"""

from collections.abc import Iterable
from decimal import Decimal

from edge.returns.expected import ReturnLine
from edge.returns.values import Code, FrozenValue, Quantity


class ReceivedUnit(FrozenValue):
    """One unit (or n identical ones, or a weight) that was already received on the open return.

    Attributes:
        line_id: None for what stands on no line.
        component_sku: Which part, on a bundle's line.
        unit_label: Text of the label that a dark store put on it.
        excess: Whether it came beyond what was expected.
    """

    inspection_id: Code
    sku: Code | None
    line_id: Code | None
    component_sku: Code | None = None
    quantity: Quantity = Quantity.pieces(1)
    serial: Code | None = None
    unit_label: Code | None = None
    lot: str | None = None
    excess: bool = False


def units_on(
    line: ReturnLine, component_sku: str | None, received: Iterable[ReceivedUnit]
) -> tuple[ReceivedUnit, ...]:
    """What was received on a line, or of one component on a bundle's line, in the order of `received`."""
    on_line = (unit for unit in received if unit.line_id == line.line_id)
    if component_sku is None:
        return tuple(unit for unit in on_line if unit.component_sku is None)
    return tuple(
        unit if unit.component_sku is not None else _as_component(unit, line, component_sku)
        for unit in on_line
        if unit.component_sku in (None, component_sku)
    )


def expected_on(line: ReturnLine, component_sku: str | None) -> Quantity:
    """How much is expected on a line, or of one component on a bundle's line."""
    for part in line.components:
        if part.sku == component_sku:
            return Quantity(value=part.quantity.value * line.quantity.value, unit=part.quantity.unit)
    return line.quantity


def received_on(line: ReturnLine, component_sku: str | None, received: Iterable[ReceivedUnit]) -> Quantity:
    """How much came on a line (of one component), excess included.

    A unit measured otherwise than the line (a piece on a line in kilograms) cannot be added up and is left
    out; the bag's closing lists it apart.
    """
    expected = expected_on(line, component_sku)
    total = Quantity(value=Decimal(0), unit=expected.unit)
    for unit in units_on(line, component_sku, received):
        if unit.quantity.unit == expected.unit:
            total = total.plus(unit.quantity)
    return total


def remaining_on(line: ReturnLine, component_sku: str | None, received: Iterable[ReceivedUnit]) -> Quantity:
    """How much is still to come."""
    return expected_on(line, component_sku).less(received_on(line, component_sku, received))


def _as_component(unit: ReceivedUnit, line: ReturnLine, component_sku: str) -> ReceivedUnit:
    per_bundle = next((part.quantity for part in line.components if part.sku == component_sku), None)
    if per_bundle is None:
        return unit
    quantity = Quantity(value=per_bundle.value * unit.quantity.value, unit=per_bundle.unit)
    return unit.model_copy(update={"component_sku": component_sku, "quantity": quantity})
