"""Which line of the open return is the scanned article?

A bag of twelve lines is received code by code. One SKU can stand on two lines (different lots, a free item),
a bundle is received part by part, and staff scan the same pack twice. So the answer is never a bare line:

| outcome | meaning | the workflow then |
|---|---|---|
| `LineMatched` | this line, this component | inspects it |
| `ChooseLine` | several lines fit | asks which |
| `AnotherUnit` | the same code again, nothing tells the units apart | asks "another one?" |
| `SameUnitAgain` | this very unit (serial or label) was received | says so, does nothing |
| `Excess` | the lines that fit are full | inspects it; it is kept out of stock |
| `WrongProduct` | ours, but not on this return | inspects it; held |
| `NotOurStock` | nobody here sells it | hands it back |
| `OtherSite` | another site's unit | transfers it |
| `BlindItem` | the return itself is unknown here | inspects it without expectation |

All outcomes can be finished by the staff; none is a dead end.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from edge.returns.catalogue import Component, Product
from edge.returns.expected import ExpectedReturn, ReturnLine
from edge.returns.identified import ProductCode, UnitLabel
from edge.returns.received import ReceivedUnit, remaining_on
from edge.returns.values import Code, FrozenValue, Quantity


class LineMatched(FrozenValue):
    """The scanned article belongs to this line.

    Attributes:
        component_sku: Which part of the bundle; None where the line is no bundle.
        unit_number: Which one of the line this is, from 1; of a weighed line, which pack.
        remaining: What is still to come on the line (of that component), this unit included.
    """

    line_id: Code
    component_sku: Code | None = None
    unit_number: int = 1
    remaining: Quantity


class ChooseLine(FrozenValue):
    """Several open lines fit; nothing in the code tells them apart."""

    line_ids: tuple[Code, ...]


class AnotherUnit(FrozenValue):
    """The same code again, and nothing tells one unit from another: is it another one?

    Attributes:
        last_inspection_id: The unit that it may be.
        if_yes: How it stands if it is another one.
    """

    last_inspection_id: Code
    if_yes: LineMatched


class SameUnitAgain(FrozenValue):
    """This very unit was received already."""

    inspection_id: Code


class Excess(FrozenValue):
    """On the return, but no more of it was expected.

    Attributes:
        last_inspection_id: The unit it may be, where nothing tells units apart; None where it certainly is
            another.
    """

    line_id: Code
    component_sku: Code | None = None
    last_inspection_id: Code | None = None


class WrongProduct(FrozenValue):
    """In our catalogue, but on no line of this return."""

    sku: Code


class NotOurStock(FrozenValue):
    """Neither on the return nor in the catalogue: a stranger's item."""


class OtherSite(FrozenValue):
    """A unit label of another site, or a return that was to come to another site."""

    site: Code


class BlindItem(FrozenValue):
    """An item of a return that the station doesn't know; `sku` where the catalogue knows the article."""

    sku: Code | None = None


Match = (
    LineMatched
    | ChooseLine
    | AnotherUnit
    | SameUnitAgain
    | Excess
    | WrongProduct
    | NotOurStock
    | OtherSite
    | BlindItem
)
"""Everything that a scanned article can be to the open return."""


def match_item(
    code: ProductCode | UnitLabel,
    product: Product | None,
    expected: ExpectedReturn,
    received: Sequence[ReceivedUnit],
    *,
    site: str,
) -> Match:
    """Where a scanned article belongs.

    Args:
        code: What was scanned.
        product: What the catalogue knows of it: by GTIN, by the weighed label's item code, or by the unit
            label's record; None where it knows nothing.
        expected: The open return.
        received: What was received on it before, in order of time, undone units left out.
        site: This station's site.
    """
    if isinstance(code, UnitLabel) and code.site != site:
        return OtherSite(site=code.site)
    again = _same_unit(code, product, received)
    if again is not None:
        return SameUnitAgain(inspection_id=again.inspection_id)
    if expected.site != site:
        return OtherSite(site=expected.site)
    if expected.blind:
        return BlindItem(sku=product.sku if product is not None else None)
    fitting = _fitting_lines(code, product, expected)
    if not fitting:
        return NotOurStock() if product is None else WrongProduct(sku=product.sku)
    return _among(fitting, code, received)


def match_line(
    expected: ExpectedReturn,
    line_id: str,
    received: Sequence[ReceivedUnit],
    *,
    component_sku: str | None = None,
    identified: bool = False,
) -> LineMatched | Excess | AnotherUnit:
    """How a unit stands to a line that the staff chose, for an unreadable code or after `ChooseLine`.

    Args:
        expected: The open return.
        line_id: The line that they chose.
        received: What was received on it before, undone units left out.
        component_sku: Which part, on a bundle's line.
        identified: The unit has a serial or label of its own, so that it cannot be one received before.

    Raises:
        LineUnknown: The return has no such line.
    """
    return _on_line(expected.line(line_id), component_sku, received, identified=identified)


def open_lines(expected: ExpectedReturn, received: Sequence[ReceivedUnit]) -> tuple[ReturnLine, ...]:
    """The lines on which something is still to come, for the staff to choose from."""
    return tuple(line for line in expected.lines if _something_missing(line, received))


def missing_components(line: ReturnLine, received: Sequence[ReceivedUnit]) -> tuple[Component, ...]:
    """The components of a bundle's line that have not come in full."""
    return tuple(part for part in line.components if not remaining_on(line, part.sku, received).is_zero)


def _same_unit(
    code: ProductCode | UnitLabel, product: Product | None, received: Sequence[ReceivedUnit]
) -> ReceivedUnit | None:
    """The unit received before that bears the very serial or label.

    A serial is unique within its article only.
    """
    for unit in reversed(received):
        if isinstance(code, UnitLabel):
            if unit.unit_label == code.text:
                return unit
        elif code.serial is not None and unit.serial == code.serial:
            if product is None or unit.sku is None or product.sku == unit.sku:
                return unit
            if product.sku == unit.component_sku:
                return unit
    return None


_Spot = tuple[ReturnLine, str | None]
"""A line and, on a bundle's, the component's SKU."""


def _fitting_lines(
    code: ProductCode | UnitLabel, product: Product | None, expected: ExpectedReturn
) -> list[_Spot]:
    gtins = set(product.gtins) if product is not None else set()
    skus = {product.sku} if product is not None else set()
    if isinstance(code, ProductCode):
        gtins |= {code.gtin14} if code.gtin14 else set()
        skus |= {code.item_code} if code.item_code else set()
    spots: list[_Spot] = []
    for line in expected.lines:
        # A bundle scanned by its own code goes on the line; its parts are then asked for one by one.
        if line.sku in skus or line.gtin in gtins:
            spots.append((line, None))
        spots.extend((line, part.sku) for part in line.components if part.sku in skus or part.gtin in gtins)
    return spots


def _among(spots: list[_Spot], code: ProductCode | UnitLabel, received: Sequence[ReceivedUnit]) -> Match:
    lot = code.lot if isinstance(code, ProductCode) else None
    serial = code.serial if isinstance(code, ProductCode) else None
    identified = serial is not None or isinstance(code, UnitLabel)
    wanting = [spot for spot in spots if not remaining_on(spot[0], spot[1], received).is_zero]
    if not wanting:
        line, part = spots[-1]
        return _on_line(line, part, received, identified=identified)
    narrowed = (
        [spot for spot in wanting if serial is not None and serial in spot[0].dispatched_serials]
        or [spot for spot in wanting if lot is not None and lot in spot[0].dispatched_lots]
        or wanting
    )
    if len({line.line_id for line, _ in narrowed}) > 1:
        return ChooseLine(line_ids=tuple(dict.fromkeys(line.line_id for line, _ in narrowed)))
    line, part = narrowed[0]
    return _on_line(line, part, received, identified=identified)


def _on_line(
    line: ReturnLine, component_sku: str | None, received: Sequence[ReceivedUnit], *, identified: bool
) -> LineMatched | Excess | AnotherUnit:
    here = [unit for unit in received if unit.line_id == line.line_id and unit.component_sku == component_sku]
    unmarked = [unit for unit in here if unit.serial is None and unit.unit_label is None]
    last = unmarked[-1].inspection_id if unmarked and not identified else None
    remaining = remaining_on(line, component_sku, received)
    if remaining.is_zero:
        return Excess(line_id=line.line_id, component_sku=component_sku, last_inspection_id=last)
    matched = LineMatched(
        line_id=line.line_id,
        component_sku=component_sku,
        unit_number=_unit_number(here),
        remaining=remaining,
    )
    return matched if last is None else AnotherUnit(last_inspection_id=last, if_yes=matched)


def _unit_number(here: Iterable[ReceivedUnit]) -> int:
    """The number of the next unit: pieces count each, a weighed pack counts one."""
    whole = (unit.quantity.value if unit.quantity.is_pieces else Decimal(1) for unit in here)
    return int(sum(whole, Decimal(0))) + 1


def _something_missing(line: ReturnLine, received: Sequence[ReceivedUnit]) -> bool:
    if line.is_bundle:
        return bool(missing_components(line, received))
    return not remaining_on(line, None, received).is_zero
