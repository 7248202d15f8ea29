"""Pictures of returned goods, drawn rather than photographed.

The demo station and the first detector need pictures of packed goods with damage whose place is known to the
pixel, and the project ships no photographs. So it draws an inspection station with two cameras (`top`,
`front`), puts a carton, can, bottle or pouch with believable print and real barcodes on it, damages it, and
states the box of each damage. Everything follows from a seed: the same description gives the same bytes.

Only numpy, cv2 and zxingcpp are needed, so that a device without training tools can draw its own demo.
"""

from models.training.rendering.items import render_item
from models.training.rendering.spec import CodeKind, ItemSpec, RenderedView, Shape, StationLook, View
from models.training.rendering.views import encode_jpeg, render_empty, render_view

__all__ = [
    "CodeKind",
    "ItemSpec",
    "RenderedView",
    "Shape",
    "StationLook",
    "View",
    "encode_jpeg",
    "render_empty",
    "render_item",
    "render_view",
]
