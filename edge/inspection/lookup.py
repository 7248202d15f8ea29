"""Identify and look up: from a scanned code to a unit of the open return.

Every outcome can be finished by the staff: a unit to inspect, a question, or a plain word that this very unit
was received before.
"""

from dataclasses import dataclass
from decimal import Decimal

from edge.grading.depth import capture_depth
from edge.grading.observation import CaptureDepth, MatchState
from edge.grading.policy_loading import PolicyShelf
from edge.inspection import questions
from edge.inspection.desk import Question
from edge.inspection.session import ItemInHand, OpenReturn, price_of
from edge.returns.catalogue import Product
from edge.returns.dates import PackDate
from edge.returns.expected import ExpectedState
from edge.returns.identified import ProductCode, UnclearField, UnitLabel
from edge.returns.matching import (
    AnotherUnit,
    BlindItem,
    ChooseLine,
    Excess,
    LineMatched,
    Match,
    NotOurStock,
    OtherSite,
    SameUnitAgain,
    match_item,
    match_line,
    open_lines,
)
from edge.returns.store import LocalCopy
from edge.returns.values import KILOGRAMS, PIECES, Quantity


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What became of a code.

    Attributes:
        item: The unit; None where this very unit was received before.
        question: What must be asked first.
        seen_before: The inspection in which this very unit was received.
    """

    item: ItemInHand | None
    question: Question | None = None
    seen_before: str | None = None


class Lookup:
    """Finds the line, the article and the depth of looking for a code."""

    def __init__(self, copy: LocalCopy, policies: PolicyShelf, *, site: str) -> None:
        self._copy = copy
        self._policies = policies
        self._site = site

    def of_code(
        self, code: ProductCode | UnitLabel, opened: OpenReturn, *, inspection_id: str, scanned_at_ns: int
    ) -> LookedUp:
        """The unit that bears a code."""
        product = self._product(code)
        match = match_item(code, product, opened.expected, opened.units, site=self._site)
        item = self._item(code, product, opened, inspection_id, scanned_at_ns)
        return self._placed(item, match, opened)

    def without_code(self, opened: OpenReturn, *, inspection_id: str, scanned_at_ns: int) -> LookedUp:
        """A unit whose code can't be read: the person chooses among the lines that still wait."""
        item = ItemInHand(inspection_id=inspection_id, scanned_at_ns=scanned_at_ns)
        if opened.expected.blind or not opened.expected.lines:
            return LookedUp(self._completed(item, opened, MatchState.BLIND))
        waiting = open_lines(opened.expected, opened.units) or opened.expected.lines
        question = questions.choose_line(item, opened, tuple(line.line_id for line in waiting))
        return LookedUp(item, question)

    def on_line(self, item: ItemInHand, line_id: str, opened: OpenReturn) -> LookedUp:
        """The person said which line it is; `none` for none of them."""
        if line_id == "none":
            return LookedUp(self._completed(item, opened, MatchState.NOT_OUR_STOCK))
        line = opened.expected.line(line_id)
        product = item.product or self._copy.product(line.sku)
        item = item.model_copy(update={"line_id": line_id, "product": product, "name": line.name})
        identified = item.serial is not None or item.unit_label is not None
        match = match_line(
            opened.expected, line_id, opened.units, component_sku=item.component_sku, identified=identified
        )
        return self._placed(item, match, opened)

    def completed(self, item: ItemInHand, opened: OpenReturn) -> ItemInHand:
        """The unit once its questions about identity are answered: price and depth follow from its line."""
        return self._completed(item, opened, item.match)

    def units_limit(self, item: ItemInHand) -> int:
        """How many identical sealed units one inspection may cover."""
        return self._policies.of_category(category_of(item)).quantity.identical_units_max

    def _placed(self, item: ItemInHand, match: Match, opened: OpenReturn) -> LookedUp:
        if isinstance(match, SameUnitAgain):
            return LookedUp(None, seen_before=match.inspection_id)
        if isinstance(match, ChooseLine):
            return LookedUp(item, questions.choose_line(item, opened, match.line_ids))
        if isinstance(match, AnotherUnit):
            item = self._on(item, match.if_yes, opened)
            return LookedUp(item, questions.another_unit(item, excess=False))
        if isinstance(match, LineMatched):
            return LookedUp(self._on(item, match, opened))
        if isinstance(match, Excess):
            item = item.model_copy(update={"line_id": match.line_id, "component_sku": match.component_sku})
            item = self._completed(item, opened, MatchState.EXCESS)
            asked = questions.another_unit(item, excess=True) if match.last_inspection_id else None
            return LookedUp(item, asked)
        return LookedUp(self._completed(item, opened, _off_line(match, item)))

    def _on(self, item: ItemInHand, match: LineMatched, opened: OpenReturn) -> ItemInHand:
        item = item.model_copy(
            update={
                "line_id": match.line_id,
                "component_sku": match.component_sku,
                "unit_number": match.unit_number,
            }
        )
        state = (
            MatchState.CANCELLED_RETURN
            if opened.expected.state is ExpectedState.CANCELLED
            else MatchState.EXCESS
            if opened.expected.state is ExpectedState.CLOSED
            else MatchState.MATCHED
        )
        return self._completed(item, opened, state)

    def _completed(self, item: ItemInHand, opened: OpenReturn, match: MatchState) -> ItemInHand:
        line = opened.line(item.line_id)
        part = item.component(line)
        product = self._copy.product(part.sku) if part is not None else item.product
        product = product or (self._copy.product(line.sku) if line is not None else None) or item.product
        item = item.model_copy(update={"product": product, "match": match})
        name = part.name if part else product.name if product else line.name if line else ""
        chosen = capture_depth(
            self._policies.of_category(category_of(item)),
            mrp=price_of(line, product),
            custody=opened.expected.custody,
            return_type=opened.expected.return_type,
            blind=opened.expected.blind,
        )
        not_ours = match in (MatchState.NOT_OUR_STOCK, MatchState.OTHER_SITE)
        depth = CaptureDepth.PHOTO if not_ours and chosen.depth is CaptureDepth.FULL else chosen.depth
        return item.model_copy(update={"name": name or _shown(item), "depth": depth})

    def _product(self, code: ProductCode | UnitLabel) -> Product | None:
        if isinstance(code, UnitLabel):
            return None
        if code.gtin14 is not None:
            return self._copy.product_of_gtin(code.gtin14)
        return self._copy.product(code.item_code) if code.item_code is not None else None

    def _item(
        self,
        code: ProductCode | UnitLabel,
        product: Product | None,
        opened: OpenReturn,
        inspection_id: str,
        scanned_at_ns: int,
    ) -> ItemInHand:
        del opened
        if isinstance(code, UnitLabel):
            return ItemInHand(
                inspection_id=inspection_id, scanned_at_ns=scanned_at_ns, unit_label=code.text, name=code.text
            )
        weight = _weight(code)
        return ItemInHand(
            inspection_id=inspection_id,
            scanned_at_ns=scanned_at_ns,
            code=code,
            product=product,
            name=product.name if product is not None else code.gtin14 or code.item_code or "",
            lot=code.lot,
            pack_date=_date(code),
            serial=code.serial,
            observed_weight_kg=weight if product is not None and product.weighed else None,
            quantity=Quantity(value=Decimal(1), unit=PIECES),
        )


def category_of(item: ItemInHand) -> str:
    """The category whose policy pack judges the unit; unknown articles fall to the default pack."""
    return item.product.category if item.product is not None else "general"


def _date(code: ProductCode) -> PackDate | None:
    """The date that the code tells for sure; where separators were lost a person reads it off the pack."""
    return None if UnclearField.DATE in code.unclear else code.date or code.manufactured


def _weight(code: ProductCode) -> Decimal | None:
    net = code.net_weight
    return net.value if net is not None and net.unit == KILOGRAMS else None


def _off_line(match: Match, item: ItemInHand) -> MatchState:
    if isinstance(match, BlindItem):
        return MatchState.BLIND if item.product is not None else MatchState.UNKNOWN_PRODUCT
    if isinstance(match, NotOurStock):
        return MatchState.NOT_OUR_STOCK
    if isinstance(match, OtherSite):
        return MatchState.OTHER_SITE
    return MatchState.WRONG_PRODUCT


def _shown(item: ItemInHand) -> str:
    return item.gtin or item.unit_label or ""
