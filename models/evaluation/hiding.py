"""Pictures with the item hidden: what is left is what the surroundings alone give away.

Two ways, because each has a hole: `middle` covers the same central square in every picture (an item that
reaches beyond it stays in part), `item` covers the item's own box (whose size then stays visible).
"""

from collections.abc import Callable

import numpy as np

from vision.crop import NEUTRAL
from vision.findings import Box
from vision.picture import Picture

MIDDLE_SHARE = 0.75
_MARGIN = 0.06

Hider = Callable[[Picture, Box | None], Picture]


def hide_middle(picture: Picture, item: Box | None = None) -> Picture:
    """Cover the middle three quarters of each side with grey."""
    del item
    height, width = picture.shape[:2]
    inner_h, inner_w = int(height * MIDDLE_SHARE), int(width * MIDDLE_SHARE)
    top, left = (height - inner_h) // 2, (width - inner_w) // 2
    hidden = picture.copy()
    hidden[top : top + inner_h, left : left + inner_w] = NEUTRAL
    return hidden


def hide_item(picture: Picture, item: Box | None) -> Picture:
    """Cover the item's box, a little widened; the middle where no item was found."""
    if item is None:
        return hide_middle(picture)
    margin = _MARGIN * max(item.width, item.height)
    hidden = picture.copy()
    top, left = max(0, int(item.y - margin)), max(0, int(item.x - margin))
    hidden[
        top : int(np.ceil(item.y + item.height + margin)), left : int(np.ceil(item.x + item.width + margin))
    ] = NEUTRAL
    return hidden


FLOORS: dict[str, Hider] = {"middle": hide_middle, "item": hide_item}
