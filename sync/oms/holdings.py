"""Where the goods of one inspection stand, and how a movement moves them; pure.

A station states movements; the books may have to differ: goods that nobody expected are *kept out* of
sellable stock until someone looks. So each holding knows the state that the station stated and the account
that the books use, and a later movement of the station finds its goods either way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sync.contract.messages import SELLABLE_STATES, Movement, StockState


@dataclass(frozen=True, slots=True)
class Holding:
    """A quantity of one article in one state.

    Attributes:
        state: The state as the station stated it.
        kept_out: Not expected: wherever the station says sellable, the books say quarantine.
    """

    item: str
    lot: str | None
    state: StockState
    place: str | None
    quantity: Decimal
    unit: str
    kept_out: bool = False

    def part(self, quantity: Decimal) -> "Holding":
        """So much of it."""
        return Holding(self.item, self.lot, self.state, self.place, quantity, self.unit, self.kept_out)

    def moved(self, quantity: Decimal, state: StockState, place: str | None) -> "Holding":
        """So much of it, elsewhere."""
        return Holding(self.item, self.lot, state, place, quantity, self.unit, self.kept_out)

    @property
    def account(self) -> StockState:
        """The account that the books use."""
        if self.kept_out and self.state in SELLABLE_STATES:
            return StockState.QUARANTINE
        return self.state


class Transfer(NamedTuple):
    """What a movement does in the books."""

    item: str
    lot: str | None
    from_account: str
    to_account: str
    from_place: str | None
    to_place: str | None
    quantity: Decimal
    unit: str


class NotHeldError(Exception):
    """A movement takes what the inspection doesn't hold. Caught by the rules, which reject the event."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index, self.reason = index, reason


def arrive(
    movements: Sequence[tuple[str, Movement]], *, excess: Decimal
) -> tuple[list[Holding], list[Transfer]]:
    """Goods come in and go where their first movements put them; the last `excess` of them are kept out.

    Args:
        movements: Each from `RETURNING`, with the article's name in the books.
        excess: Over all of them.

    Returns:
        The holdings, and what to post.
    """
    holdings: list[Holding] = []
    transfers: list[Transfer] = []
    left = excess
    for item, movement in reversed(movements):
        quantity = movement.quantity.value
        out = min(quantity, left) if left else left
        left -= out
        lot, unit, place = movement.lot, movement.quantity.unit, movement.to_place
        for part, kept_out in ((out, True), (quantity - out, False)) if out else ((quantity, False),):
            if part <= 0:
                continue
            holding = Holding(item, lot, movement.to_state, place, part, unit, kept_out)
            holdings.append(holding)
            if (holding.account, place) != (movement.from_state, None):
                transfers.append(
                    Transfer(item, lot, movement.from_state, holding.account, None, place, part, unit)
                )
    holdings.reverse()
    transfers.reverse()
    return _merged(holdings), transfers


def move(
    holdings: list[Holding], movements: Iterable[tuple[str, Movement]]
) -> tuple[list[Holding], list[Transfer]]:
    """Moves parts of the holdings, in the order of the movements.

    Args:
        holdings: Where the goods are.
        movements: Each with the article's name in the books.

    Returns:
        The new holdings, and what to post.

    Raises:
        NotHeldError: A movement takes more than is there; nothing is to be posted then.
    """
    now = list(holdings)
    transfers: list[Transfer] = []
    for index, (item, movement) in enumerate(movements):
        left = movement.quantity.value
        fitting = [held for held in now if _fits(held, item, movement)]
        if len(fitting) > 1:
            fitting.sort(key=lambda held, lot=movement.lot: (held.kept_out, held.lot != lot))  # type: ignore[misc]
        for holding in fitting:
            if left <= 0:
                break
            part = min(left, holding.quantity)
            left -= part
            now.remove(holding)
            if holding.quantity > part:
                now.append(holding.part(holding.quantity - part))
            moved = holding.moved(part, movement.to_state, movement.to_place)
            now.append(moved)
            if (holding.account, holding.place) != (moved.account, moved.place):
                transfers.append(_transfer(holding, moved))
        if left > 0:
            raise NotHeldError(index, _missing(holdings, item, movement))
    return _merged(now), transfers


def _fits(holding: Holding, item: str, movement: Movement) -> bool:
    return (
        holding.item == item
        and holding.state == movement.from_state
        and holding.unit == movement.quantity.unit
    )


def _transfer(before: Holding, after: Holding) -> Transfer:
    return Transfer(
        before.item,
        before.lot,
        before.account,
        after.account,
        before.place,
        after.place,
        after.quantity,
        after.unit,
    )


def _missing(holdings: list[Holding], item: str, movement: Movement) -> str:
    held = (
        ", ".join(f"{one.quantity} {one.unit} of {one.item} in {one.state}" for one in holdings) or "nothing"
    )
    return (
        f"takes {movement.quantity.value} {movement.quantity.unit} of {item} from {movement.from_state}, "
        f"but the inspection holds {held}"
    )


def _merged(holdings: list[Holding]) -> list[Holding]:
    if len(holdings) < 2:
        return holdings
    sums: dict[Holding, Decimal] = {}
    for holding in holdings:
        like = holding.part(Decimal(0))
        sums[like] = sums.get(like, Decimal(0)) + holding.quantity
    return [like.part(quantity) for like, quantity in sums.items()]
