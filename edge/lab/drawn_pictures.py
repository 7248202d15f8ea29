"""Pictures of the shift's units, drawn ahead, with codes that our own decoder reads off them.

Drawing takes most of a second a view, so it is done ahead, in processes of its own, and kept in the data
folder: a resumed shift finds its pictures there. A unit's code is what `vision/barcodes.py` reads off the
drawn picture; where it reads nothing, the staff would type the number, and that is counted.
"""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from edge.lab.shift.gtin import GS
from edge.lab.shift.plan import Shift, UnitPlan
from edge.lab.table_scene import Code
from hardware.cameras.parent_death import die_with_parent
from models.training.rendering.spec import CodeKind, ItemSpec, StationLook

VIEWS = ("top", "front")
STATION_LOOK = StationLook()
JPEG_QUALITY = 90
BLUR_SIGMA_PX = 8.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """One item to draw: where it goes, what it is, its seed."""

    folder: str
    spec: ItemSpec
    seed: int


def draw(drawing: Drawing) -> str:
    """Draw all views of one item and read its code; returns the folder. Runs in a drawing process."""
    import cv2
    import numpy as np

    from models.training.rendering import encode_jpeg, render_item, render_view
    from vision.barcodes import BarcodeReader
    from vision.settings import BarcodeSettings

    folder = Path(drawing.folder)
    folder.mkdir(parents=True, exist_ok=True)
    sharp = replace(drawing.spec, blurred=False)
    item = render_item(sharp, np.random.default_rng(drawing.seed))
    read: list[dict[str, str]] = []
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
        for view in VIEWS:
            bgr = render_view(item, view, STATION_LOOK, drawing.seed).bgr
            if drawing.spec.blurred:  # out of focus as a knocked lens is: enough to hide a scratch
                bgr = np.asarray(cv2.GaussianBlur(bgr, (0, 0), BLUR_SIGMA_PX), np.uint8)
            (folder / f"{view}.jpg").write_bytes(encode_jpeg(bgr, JPEG_QUALITY))
            if drawing.spec.code is not CodeKind.NONE and not drawing.spec.blurred:
                read.extend({"text": code.text, "aim": code.aim} for code in reader.read(bgr))
    own = [code for code in read if drawing.spec.gtin in code["text"]]
    (folder / "code.json").write_text(json.dumps(own[:1]), encoding="utf-8")
    return drawing.folder


def draw_empty_station() -> dict[str, bytes]:
    """The station with nothing on it: what items are told from."""
    from models.training.rendering import encode_jpeg, render_empty

    return {view: encode_jpeg(render_empty(view, STATION_LOOK), JPEG_QUALITY) for view in VIEWS}


def printed_code(look: ItemSpec) -> Code:
    """What the unit's barcode says, as a person would type it where no scanner reads it."""
    if look.code is not CodeKind.DATAMATRIX:
        return look.gtin, None
    expiry = f"17{look.expiry:%y%m%d}" if look.expiry is not None else ""
    return f"01{look.gtin.zfill(14)}{expiry}10{look.lot}".removesuffix(GS), "]d2"


class DrawnPictures:
    """The pictures of a shift, drawn into a folder.

    Args:
        folder: Where they are kept.
        seed: Equal seeds draw equal pictures.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self.read_off = 0
        self.typed = 0

    def prepare(self, shift: Shift, on_progress: Callable[[int, int], None] = lambda *_: None) -> None:
        """Draw what is not drawn yet, on all processor cores."""
        drawings = [one for one in self._drawings(shift) if not (Path(one.folder) / "code.json").exists()]
        on_progress(0, len(drawings))
        if not drawings:
            return
        workers = min(os.cpu_count() or 1, len(drawings))
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            workers, mp_context=context, initializer=die_with_parent, initargs=(os.getpid(),)
        ) as pool:
            waiting = [pool.submit(draw, drawing) for drawing in drawings]
            for done, finished in enumerate(as_completed(waiting), start=1):
                finished.result()
                on_progress(done, len(drawings))

    def views(self, unit: UnitPlan, *, at_first: bool) -> Mapping[str, bytes]:
        """JPEG bytes of each view."""
        folder = self._folder_of(unit, at_first=at_first and unit.first_look is not None)
        return {view: (folder / f"{view}.jpg").read_bytes() for view in VIEWS}

    def code(self, unit: UnitPlan) -> Code:
        """What our decoder read off the picture; else what is printed, typed."""
        read: Sequence[Mapping[str, str]] = json.loads(
            (self._folder_of(unit, at_first=False) / "code.json").read_text(encoding="utf-8")
        )
        if read:
            self.read_off += 1
            return read[0]["text"], read[0]["aim"] or None
        self.typed += 1
        return printed_code(unit.look)

    def _drawings(self, shift: Shift) -> Iterator[Drawing]:
        number = self._seed * 1000
        for plan in shift.returns:
            for unit in (*plan.units, *plan.late_units):
                number += 1
                yield Drawing(str(self._folder_of(unit, at_first=False)), unit.look, number)
                if unit.first_look is not None:
                    yield Drawing(str(self._folder_of(unit, at_first=True)), unit.first_look, number)

    def _folder_of(self, unit: UnitPlan, *, at_first: bool) -> Path:
        return self._folder / (unit.unit_id.replace("/", "-") + ("-first" if at_first else ""))
