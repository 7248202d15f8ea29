"""The return in hand and the unit in hand, as the workflow carries them from step to step.

Both are values: a step takes one and gives the next. They hold everything that a draft needs, so that a
restart can show the staff where they were. Each field of `ItemInHand` says which step fills it.
"""

from decimal import Decimal

from pydantic import AwareDatetime, Field

from edge.grading.observation import CaptureDepth, MatchState
from edge.returns.catalogue import Component, Product
from edge.returns.dates import PackDate
from edge.returns.expected import Custody, ExpectedReturn, Reference, ReturnLine
from edge.returns.identified import ProductCode
from edge.returns.received import ReceivedUnit
from edge.returns.values import Code, FrozenValue, Quantity, Rupees


class OpenReturn(FrozenValue):
    """A return that lies open on the desk.

    Attributes:
        expected: As the OMS announced it, or opened blind.
        reference: The number that the staff scanned.
        received_at: When the bag arrived at the station, UTC.
        units: What was received of it so far, undone inspections left out.
        closings: How often it was closed; a late unit reopens it.
    """

    expected: ExpectedReturn
    reference: Reference
    received_at: AwareDatetime
    units: tuple[ReceivedUnit, ...] = ()
    closings: int = 0

    @property
    def return_id(self) -> str:
        """The return's id."""
        return self.expected.return_id

    def line(self, line_id: str | None) -> ReturnLine | None:
        """A line by its id; None for what stands on no line."""
        return self.expected.line(line_id) if line_id is not None else None

    def with_custody(self, custody: Custody) -> "OpenReturn":
        """The same return, now that somebody said whose hands it was in."""
        return self.model_copy(update={"expected": self.expected.model_copy(update={"custody": custody})})


class ItemInHand(FrozenValue):
    """One unit (or n identical sealed ones) on its way from scan to *Saved*.

    Attributes:
        inspection_id: Made at the scan.
        scanned_at_ns: Monotonic nanoseconds of the scan, or of the answer that let the work go on; pictures
            must be younger.
        code: identify: what was scanned; None where the code could not be read.
        product: look up: from the catalogue; None where it knows nothing of the article.
        name: look up: what the staff call it.
        match: look up: how the unit stands to the return.
        line_id: look up.
        component_sku: look up: which part of a bundle.
        unit_number: look up: which one of the line.
        unit_label: identify: a dark store's label on the unit.
        quantity: ask: how much this inspection covers.
        lot, pack_date, serial, observed_weight_kg: identify, else ask.
        date_unreadable: ask: the person said that no date can be read on the pack.
        depth: look up: how closely the policy wants it looked at.
        asked: ask: answered questions, by question id, so that none is asked twice.
    """

    inspection_id: Code
    scanned_at_ns: int
    code: ProductCode | None = None
    product: Product | None = None
    name: str = ""
    match: MatchState = MatchState.MATCHED
    line_id: Code | None = None
    component_sku: Code | None = None
    unit_number: int = 1
    unit_label: Code | None = None
    quantity: Quantity = Quantity.pieces(1)
    lot: Code | None = None
    pack_date: PackDate | None = None
    date_unreadable: bool = False
    serial: Code | None = None
    observed_weight_kg: Decimal | None = None
    depth: CaptureDepth = CaptureDepth.FULL
    asked: dict[str, str] = Field(default_factory=dict)

    def component(self, line: ReturnLine | None) -> Component | None:
        """The part of the bundle that it is, if it is one."""
        parts = line.components if line is not None else (self.product.components if self.product else ())
        return next((part for part in parts if part.sku == self.component_sku), None)

    @property
    def gtin(self) -> str | None:
        """GTIN-14, as scanned or else the catalogue's only one."""
        if self.code is not None and self.code.gtin14 is not None:
            return self.code.gtin14
        if self.product is not None and len(self.product.gtins) == 1:
            return self.product.gtins[0]
        return None


def sku_of(item: ItemInHand, line: ReturnLine | None) -> str | None:
    """The merchant's code of what the unit should be; None where nobody knows it."""
    part = item.component(line)
    if part is not None:
        return part.sku
    if item.product is not None:
        return item.product.sku
    return line.sku if line is not None else None


def price_of(line: ReturnLine | None, product: Product | None) -> Rupees | None:
    """Maximum retail price of one unit: as dispatched, else the catalogue's; None where nobody knows."""
    if line is not None and line.mrp is not None:
        return line.mrp
    return product.mrp if product is not None else None
