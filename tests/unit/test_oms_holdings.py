"""Where the goods of an inspection go when they come in: none is lost, none that nobody expected is sold."""

from collections import Counter
from decimal import Decimal

from builders_messages import a_movement
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.messages import SELLABLE_STATES, Movement, StockState
from sync.oms.holdings import Holding, arrive, move

MOVEMENTS = st.lists(
    st.builds(
        lambda sku, count, state, lot: a_movement(state, sku=sku, quantity=count, lot=lot),
        st.sampled_from(["TEA", "ATTA"]),
        st.integers(1, 4),
        st.sampled_from([StockState.AVAILABLE, StockState.QUARANTINE, StockState.SCRAP]),
        st.sampled_from([None, "L1", "L2"]),
    ),
    min_size=1,
    max_size=4,
)


def named(movements: list[Movement]) -> list[tuple[str, Movement]]:
    return [(movement.sku or "", movement) for movement in movements]


def lying_in_the_bag(movements: list[Movement], excess: Decimal) -> list[Holding]:
    """The goods before anybody moves them, the last `excess` of them kept out."""
    left = sum((one.quantity.value for one in movements), Decimal(0)) - excess
    found = []
    for one in movements:
        expected = min(left, one.quantity.value)
        left -= expected
        for part, kept_out in ((expected, False), (one.quantity.value - expected, True)):
            if part:
                found.append(
                    Holding(one.sku or "", one.lot, StockState.RETURNING, None, part, "C62", kept_out)
                )
    return found


@given(MOVEMENTS, st.integers(0, 16))
def test_goods_that_come_in_go_where_their_movements_say(movements: list[Movement], excess: int) -> None:
    total = sum((one.quantity.value for one in movements), Decimal(0))
    kept_out = min(Decimal(excess), total)
    holdings, transfers = arrive(named(movements), excess=kept_out)
    assert sum(one.quantity for one in holdings) == total
    assert sum(one.quantity for one in holdings if one.kept_out) == kept_out
    said = Counter[tuple[str, str | None, str]]()
    for one in movements:
        said[one.sku or "", one.lot, one.to_state] += int(one.quantity.value)
    held = Counter[tuple[str, str | None, str]]()
    for holding in holdings:
        held[holding.item, holding.lot, holding.state] += int(holding.quantity)
    assert held == said
    assert all(not one.kept_out or one.account not in SELLABLE_STATES for one in holdings)
    assert sum(one.quantity for one in transfers) == total


@given(MOVEMENTS, st.integers(0, 16))
def test_coming_in_is_lying_in_the_bag_and_then_being_moved(movements: list[Movement], excess: int) -> None:
    kept_out = min(Decimal(excess), sum((one.quantity.value for one in movements), Decimal(0)))
    assert arrive(named(movements), excess=kept_out) == move(
        lying_in_the_bag(movements, kept_out), named(movements)
    )
