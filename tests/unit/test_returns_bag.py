"""Closing a bag, and the figures that go to the OMS."""

from datetime import timedelta
from decimal import Decimal

from builders_returns import NOW, a_line, a_received, an_expected_return
from hypothesis import given
from hypothesis import strategies as st

from edge.returns.bag import BagStatus, bag_status, closes_by_itself, count_bag
from edge.returns.catalogue import Component
from edge.returns.values import Quantity


def test_twelve_expected_two_missing_one_too_many():
    expected = an_expected_return(a_line("1", pieces=3), a_line("2", "SKU-2", pieces=1))
    received = [
        a_received("I-1"),
        a_received("I-2", "2", sku="SKU-2"),
        a_received("I-3", "2", sku="SKU-2", excess=True),
    ]
    first, second = count_bag(expected, received).lines
    assert (str(first.missing), str(first.excess), first.complete) == ("2 C62", "0 C62", False)
    assert (str(second.missing), str(second.excess), second.complete) == ("0 C62", "1 C62", True)
    assert not count_bag(expected, received).complete


def test_what_stands_on_no_line_is_listed_apart():
    closing = count_bag(an_expected_return(), [a_received(), a_received("I-2", None, sku=None)])
    assert [one.inspection_id for one in closing.unexpected] == ["I-2"]
    assert not closing.complete
    assert count_bag(an_expected_return(), [a_received()]).complete


def test_a_bundle_counts_by_component_and_whole():
    parts = (Component(sku="A", name="A"), Component(sku="B", name="B", quantity=Quantity.pieces(2)))
    expected = an_expected_return(a_line(sku="KIT", pieces=2, components=parts))
    received = [a_received(sku="KIT"), a_received("I-2", component_sku="B", sku="B")]
    part_a, part_b = count_bag(expected, received).lines
    assert (str(part_a.received), str(part_a.missing)) == ("1 C62", "1 C62")
    assert (str(part_b.received), str(part_b.missing)) == ("3 C62", "1 C62")


def test_pieces_on_a_line_in_kilograms_are_told_apart():
    expected = an_expected_return(a_line(quantity=Quantity.kilograms(Decimal("0.5"))))
    line = count_bag(expected, [a_received()]).lines[0]
    assert (str(line.missing), [str(one) for one in line.other_units]) == ("0.5 KGM", ["1 C62"])


@given(st.lists(st.sampled_from(["1", "2", None]), max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_the_figures_always_balance(where, first, second):
    expected = an_expected_return(a_line("1", pieces=first), a_line("2", pieces=second))
    received = [a_received(f"I-{number}", line) for number, line in enumerate(where)]
    closing = count_bag(expected, received)
    for line in closing.lines:
        assert line.expected.plus(line.excess) == line.received.plus(line.missing)
        assert line.missing.is_zero or line.excess.is_zero
    counted = sum(line.received.value for line in closing.lines) + len(closing.unexpected)
    assert counted == len(where)


def test_a_late_unit_reopens_the_bag():
    assert bag_status([], None, None) is BagStatus.OPEN
    assert bag_status([a_received()], None, NOW) is BagStatus.PARTIAL
    assert bag_status([a_received()], NOW, NOW) is BagStatus.CLOSED
    assert bag_status([], NOW, None) is BagStatus.CLOSED
    assert bag_status([a_received()], NOW, NOW + timedelta(minutes=1)) is BagStatus.PARTIAL


def test_an_unfinished_bag_closes_after_its_time():
    assert not closes_by_itself(NOW, NOW + timedelta(minutes=59), 60)
    assert closes_by_itself(NOW, NOW + timedelta(minutes=60), 60)
