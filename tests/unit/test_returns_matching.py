"""Which line is it? Every outcome that a bag of returns brings to the desk."""

from decimal import Decimal

import pytest
from builders_returns import SITE, a_gtin, a_line, a_product, a_received, an_expected_return

from edge.returns.catalogue import Component
from edge.returns.errors import LineUnknown, UnitsDiffer
from edge.returns.identified import ProductCode, UnitLabel
from edge.returns.matching import (
    AnotherUnit,
    BlindItem,
    ChooseLine,
    Excess,
    LineMatched,
    NotOurStock,
    OtherSite,
    SameUnitAgain,
    WrongProduct,
    match_item,
    match_line,
    missing_components,
    open_lines,
)
from edge.returns.values import Quantity

BOTTLE = a_product()
CODE = ProductCode(gtin14=a_gtin(1))


def match(code=CODE, product=BOTTLE, expected=None, received=()):
    return match_item(code, product, expected or an_expected_return(), received, site=SITE)


def test_the_only_line_of_the_article():
    assert match() == LineMatched(line_id="1", remaining=Quantity.pieces(1))


def test_a_line_is_found_by_gtin_without_the_catalogue():
    assert isinstance(match(product=None), LineMatched)


def test_another_gtin_of_the_same_article_finds_the_line_by_sku():
    product = a_product(gtins=(a_gtin(1), a_gtin(2)))
    assert isinstance(match(ProductCode(gtin14=a_gtin(2)), product), LineMatched)


def test_the_same_code_again_asks_for_another_one():
    expected = an_expected_return(a_line(pieces=3))
    found = match(expected=expected, received=[a_received()])
    assert isinstance(found, AnotherUnit)
    assert (found.last_inspection_id, found.if_yes.unit_number, found.if_yes.remaining) == (
        "I-1",
        2,
        Quantity.pieces(2),
    )


def test_units_with_serials_need_no_question():
    expected = an_expected_return(a_line(pieces=2))
    received = [a_received(serial="S1")]
    assert isinstance(
        match(CODE.model_copy(update={"serial": "S2"}), expected=expected, received=received), LineMatched
    )


def test_a_serial_or_label_scanned_twice_is_the_same_unit():
    by_serial = match(CODE.model_copy(update={"serial": "S1"}), received=[a_received(serial="S1")])
    by_label = match(UnitLabel(site=SITE, unit="7"), received=[a_received(unit_label=f"UL:{SITE}:7")])
    assert by_serial == by_label == SameUnitAgain(inspection_id="I-1")


def test_one_serial_on_two_articles_is_two_units():
    other = a_product("SKU-2", gtins=(a_gtin(2),))
    expected = an_expected_return(a_line(), a_line("2", "SKU-2", gtin=a_gtin(2)))
    code = ProductCode(gtin14=a_gtin(2), serial="S1")
    assert isinstance(match(code, other, expected, [a_received(serial="S1")]), LineMatched)


def test_one_article_on_two_lines_is_asked_for():
    expected = an_expected_return(a_line("1"), a_line("2"))
    assert match(expected=expected) == ChooseLine(line_ids=("1", "2"))


def test_lot_or_serial_tells_two_lines_apart():
    expected = an_expected_return(
        a_line("1", dispatched_lots=("L1",)), a_line("2", dispatched_lots=("L2",), dispatched_serials=("S9",))
    )
    assert match(CODE.model_copy(update={"lot": "L2"}), expected=expected).line_id == "2"
    assert match(CODE.model_copy(update={"serial": "S9"}), expected=expected).line_id == "2"


def test_a_full_line_leaves_the_other_one():
    expected = an_expected_return(a_line("1"), a_line("2"))
    assert match(expected=expected, received=[a_received()]).line_id == "2"


def test_more_than_expected_is_excess():
    found = match(received=[a_received()])
    assert found == Excess(line_id="1", last_inspection_id="I-1")
    with_serial = match(CODE.model_copy(update={"serial": "S2"}), received=[a_received(serial="S1")])
    assert with_serial == Excess(line_id="1")


def test_wrong_product_and_strangers_item():
    other = a_product("SKU-9", gtins=(a_gtin(9),))
    assert match(ProductCode(gtin14=a_gtin(9)), other) == WrongProduct(sku="SKU-9")
    assert match(ProductCode(gtin14=a_gtin(9)), None) == NotOurStock()


def test_other_sites_unit_and_return():
    assert match(UnitLabel(site="del-02", unit="1")) == OtherSite(site="del-02")
    assert match(expected=an_expected_return(site="del-02")) == OtherSite(site="del-02")


def test_a_blind_return_takes_everything():
    expected = an_expected_return(lines=(), blind=True)
    assert match(expected=expected) == BlindItem(sku="SKU-1")
    assert match(ProductCode(gtin14=a_gtin(9)), None, expected) == BlindItem()


def test_a_weighed_label_finds_its_line_by_item_code():
    line = a_line(sku="12345", gtin=None, quantity=Quantity.kilograms(Decimal("1.500")))
    code = ProductCode(item_code="12345", net_weight=Quantity.kilograms(Decimal("0.650")))
    found = match(code, None, an_expected_return(line))
    assert found == LineMatched(line_id="1", remaining=Quantity.kilograms(Decimal("1.500")))
    pack = a_received(quantity=Quantity.kilograms(Decimal("0.650")))
    assert match(code, None, an_expected_return(line), [pack]).if_yes.remaining.value == Decimal("0.850")


BUNDLE = a_line(
    sku="KIT",
    gtin=None,
    components=(
        Component(sku="SKU-1", name="Bottle", gtin=a_gtin(1)),
        Component(sku="SKU-2", name="Cup", quantity=Quantity.pieces(2)),
    ),
)


def test_a_bundle_is_received_by_component():
    expected = an_expected_return(BUNDLE)
    assert match(expected=expected) == LineMatched(
        line_id="1", component_sku="SKU-1", remaining=Quantity.pieces(1)
    )
    received = [a_received(component_sku="SKU-1")]
    assert [part.sku for part in missing_components(BUNDLE, received)] == ["SKU-2"]
    assert open_lines(expected, received) == (BUNDLE,)
    full = [*received, a_received("I-2", sku="SKU-2", component_sku="SKU-2", quantity=Quantity.pieces(2))]
    assert open_lines(expected, full) == ()


def test_a_whole_bundle_stands_for_its_components():
    assert missing_components(BUNDLE, [a_received(sku="KIT")]) == ()


def test_the_staff_choose_a_line_for_an_unreadable_code():
    expected = an_expected_return(a_line("1"), a_line("2", pieces=2))
    assert match_line(expected, "2", []) == LineMatched(line_id="2", remaining=Quantity.pieces(2))
    assert match_line(expected, "1", [a_received()]) == Excess(line_id="1", last_inspection_id="I-1")
    with pytest.raises(LineUnknown, match="no line 7"):
        match_line(expected, "7", [])


def test_quantities_of_different_units_do_not_mix():
    with pytest.raises(UnitsDiffer, match="KGM"):
        Quantity.pieces(1).plus(Quantity.kilograms(Decimal(1)))
