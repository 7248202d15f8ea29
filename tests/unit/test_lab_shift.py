"""The shift that the demo plays: repeatable, complete, acceptable to the contract."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.lab.demo_folder import SITE, DemoFolder
from edge.lab.demo_options import DEFAULT_RETURNS
from edge.lab.shift.catalogue import ARTICLES, PLACES, STRANGERS_ITEM
from edge.lab.shift.gtin import INDIA, check_digit
from edge.lab.shift.plan import CASES
from edge.lab.shift.script import write_shift
from edge.returns.expected import ReferenceKind
from edge.returns.identified import ReturnReference
from edge.returns.identify import identify
from edge.returns.patterns import SitePatterns
from sync.contract.messages.stock import StockState
from sync.oms.loading import load_expected, load_reference

BEGAN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def test_equal_seeds_write_equal_shifts() -> None:
    assert write_shift(SITE, BEGAN, seed=3, returns=40) == write_shift(SITE, BEGAN, seed=3, returns=40)
    assert write_shift(SITE, BEGAN, seed=3, returns=60) != write_shift(SITE, BEGAN, seed=4, returns=60)


def test_the_usual_shift_shows_every_case() -> None:
    shift = write_shift(SITE, BEGAN, seed=1, returns=DEFAULT_RETURNS)
    assert shift.cases == frozenset(CASES)
    assert len(shift.returns) == DEFAULT_RETURNS >= 30


@pytest.mark.parametrize("returns", [1, 7, 36, 120])
def test_any_length_can_be_played(returns: int) -> None:
    shift = write_shift(SITE, BEGAN, seed=1, returns=returns)
    assert len(shift.returns) == returns
    units = [unit.unit_id for plan in shift.returns for unit in (*plan.units, *plan.late_units)]
    assert len(units) == len(set(units))


def test_barcodes_are_of_the_indian_prefix_with_right_check_digits() -> None:
    for article in (*ARTICLES, STRANGERS_ITEM):
        assert article.ean13.startswith(INDIA)
        assert int(article.ean13[-1]) == check_digit(article.ean13[:-1])
    assert len({article.ean13 for article in ARTICLES}) == len(ARTICLES)
    assert STRANGERS_ITEM not in ARTICLES


def test_every_reference_is_understood_by_the_usual_patterns() -> None:
    for plan in write_shift(SITE, BEGAN, seed=1, returns=60).returns:
        found = identify(plan.reference, None, SitePatterns())
        assert isinstance(found, ReturnReference), plan.reference
        if plan.expected is not None:
            assert found.kind == ReferenceKind(plan.expected.references[0].kind.value)


def test_the_refused_bag_has_twelve_lines_ambient_and_chilled() -> None:
    bag = write_shift(SITE, BEGAN, seed=1, returns=1).returns[0]
    assert bag.expected is not None
    assert len(bag.expected.lines) == 12
    assert {line.storage_class.value for line in bag.expected.lines} >= {"ambient", "chilled"}


def test_there_is_a_place_for_every_state_that_goods_can_go_to() -> None:
    states = {place.state for place in PLACES}
    assert states >= set(StockState) - {StockState.RETURNING, StockState.AWAITING_PUTAWAY}


def test_the_oms_accepts_what_the_demo_publishes(tmp_path: Path) -> None:
    shift = write_shift(SITE, BEGAN, seed=1, returns=DEFAULT_RETURNS)
    folder = DemoFolder(tmp_path)
    folder.oms.mkdir(parents=True)
    folder.write_oms_files(shift, cancelled=True)
    announced = sum(1 for plan in shift.returns if plan.expected is not None)
    expected = load_expected(folder.expected)
    assert len(expected.returns) == announced == DEFAULT_RETURNS - 1
    assert len(expected.cancelled) == 1
    reference = load_reference(folder.reference)
    assert len(reference.products) == len(ARTICLES)
    assert len(reference.blocks) == 1
