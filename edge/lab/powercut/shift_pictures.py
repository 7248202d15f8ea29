"""Pictures for a recorded shift: a few drawn looks, each unit's copy made its own by a comment in the JPEG.

What the pictures show does not matter here; that no two units have the same bytes does, because a picture
that lies under another unit's name must be found out.
"""

from collections.abc import Mapping

import numpy as np

from edge.lab.drawn_pictures import STATION_LOOK, VIEWS, printed_code
from edge.lab.shift.plan import Shift, UnitPlan
from edge.lab.table_scene import Code
from models.training.rendering import encode_jpeg, render_item, render_view

_COMMENT = b"\xff\xfe"  # JPEG's marker
JPEG_QUALITY = 70


class ShiftPictures:
    """A few looks for all units.

    Args:
        shift: Whose first units are drawn.
        looks: How many are drawn; drawing one takes about a second.
    """

    def __init__(self, shift: Shift, looks: int = 2) -> None:
        units = [unit for plan in shift.returns for unit in plan.units][:looks]
        self._looks: list[dict[str, bytes]] = []
        for number, unit in enumerate(units):
            item = render_item(unit.look, np.random.default_rng(number))
            self._looks.append(
                {
                    view: encode_jpeg(render_view(item, view, STATION_LOOK, number).bgr, JPEG_QUALITY)
                    for view in VIEWS
                }
            )

    def views(self, unit: UnitPlan, *, at_first: bool) -> Mapping[str, bytes]:
        """JPEG bytes of each view."""
        look = self._looks[sum(unit.unit_id.encode()) % len(self._looks)]
        name = f"{unit.unit_id}{'-first' if at_first else ''}".encode()
        comment = _COMMENT + (len(name) + 2).to_bytes(2, "big") + name
        return {view: jpeg[:2] + comment + jpeg[2:] for view, jpeg in look.items()}

    def code(self, unit: UnitPlan) -> Code:
        """What is printed on it."""
        return printed_code(unit.look)
