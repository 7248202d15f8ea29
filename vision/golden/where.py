"""Where a unit is unlike the golden ones: the one place that a person should look at first."""

import cv2
import numpy as np

from vision.findings import Box
from vision.golden.comparison import Comparison
from vision.golden.maps import to_view
from vision.golden.views import ItemView
from vision.picture import Picture

_USUAL = 1.0  # of the map: what golden units themselves reach
_OF_PEAK = 0.5
_GROWN = 0.02  # of the item's longer side: the map is coarse


def where_unlike(comparison: Comparison, view: ItemView) -> Box:
    """The place that is most unlike, in full-picture pixels.

    The whole item where no place stands out: then its size, proportion or outline is what is unlike.
    """
    map_ = to_view(comparison, view)
    peak = float(map_.max()) if map_.size else 0.0
    if peak <= _USUAL:
        return view.box
    high: Picture = np.asarray((map_ >= max(_USUAL, _OF_PEAK * peak)) * np.uint8(255), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(high)
    place = int(np.asarray(labels).reshape(-1)[int(map_.argmax())])
    x, y, width, height = (int(value) for value in stats[place][:4])
    rim = round(_GROWN * max(cv2.boundingRect(view.mask)[2:]))
    left, top = max(0, x - rim), max(0, y - rim)
    right, bottom = min(map_.shape[1], x + width + rim), min(map_.shape[0], y + height + rim)
    factor = view.factor
    return Box(left * factor, top * factor, (right - left) * factor, (bottom - top) * factor)
