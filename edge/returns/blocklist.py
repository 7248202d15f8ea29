"""Recalled and blocked goods: by GTIN, whole or by lot. The lists arrive from the OMS.

An EAN-13 carries no lot. Where some lots of a GTIN are blocked and the unit's lot is unknown, the unit may be
one of them: it cannot be sold until somebody has read the lot.
"""

from collections.abc import Iterable
from enum import StrEnum

from edge.returns.values import Code, FrozenValue, Gtin14


class BlockState(StrEnum):
    """What the block lists say of one unit, from good to bad."""

    CLEAR = "clear"
    LOT_UNKNOWN = "lot_unknown"  # some lots are blocked and this unit's lot is not known
    BLOCKED = "blocked"


class Block(FrozenValue):
    """One entry of a block list.

    Attributes:
        lots: The lots meant; None means every lot.
        reason: The OMS's reason code or words, shown to the staff.
    """

    block_id: Code
    gtin: Gtin14
    lots: tuple[str, ...] | None = None
    reason: str = ""

    def covers(self, lot: str | None) -> bool:
        """Whether a unit of that lot is certainly blocked.

        Lots compare without case and surrounding blanks.
        """
        if self.lots is None:
            return True
        return lot is not None and _plain(lot) in {_plain(blocked) for blocked in self.lots}


class BlockCheck(FrozenValue):
    """The answer for one unit, with the entry that says so."""

    state: BlockState = BlockState.CLEAR
    block: Block | None = None


def check_blocked(blocks: Iterable[Block], gtin: str | None, lot: str | None) -> BlockCheck:
    """What the block lists say of a unit of that GTIN-14 and lot (None: not known)."""
    concerned = sorted((block for block in blocks if block.gtin == gtin), key=lambda block: block.block_id)
    for block in concerned:
        if block.covers(lot):
            return BlockCheck(state=BlockState.BLOCKED, block=block)
    if concerned and lot is None:
        return BlockCheck(state=BlockState.LOT_UNKNOWN, block=concerned[0])
    return BlockCheck()


def _plain(lot: str) -> str:
    return lot.strip().casefold()
