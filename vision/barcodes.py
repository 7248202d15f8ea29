"""Reads the codes on an item off a picture.

Four ways, cheapest first, until one reads something (or what was asked for): zxing as it is; the code found
by OpenCV, turned upright and given to zxing, for tilted ones; zbar in a process of its own, where installed;
twice the size and sharpened, for small ones. Only the symbologies that the station uses are looked for: each
further one is one more way to misread.

**A right check digit is no proof.** Decoders misread, and two can agree on the same wrong, valid number. So
what counts is whether the code is one that the return is expected to hold (`pick_expected`), and several
pictures are asked (`read_frames`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from vision.barcode_worker import WorkerCode, ZbarWorker, zbar_installed
from vision.errors import BarcodeWorkerFailed
from vision.picture import Picture
from vision.settings import BarcodeSettings

Floats = npt.NDArray[np.float32]
Expected = Callable[[str], bool]
"""Says of a code's text whether the return in hand is expected to hold it."""

_QUIET = 0.12  # surroundings kept with a code that is cut out (its quiet zone), share of its longer side
_MAX_ENLARGED = 4_000_000  # pixels; larger pictures aren't enlarged
_SAME_NAME = {
    "EAN-13": "ean13", "EAN-8": "ean8", "UPC-A": "upca", "UPC-E": "upce", "Code 128": "code128", "ITF": "itf",
    "Code 39": "code39", "DataBar": "databar", "DataBar Expanded": "databar_expanded",
    "Data Matrix": "datamatrix", "QR Code": "qr",
}  # fmt: skip
_FROM_ZBAR = {
    "EAN13": ("ean13", "]E0"), "EAN8": ("ean8", "]E4"), "UPCA": ("upca", "]E0"), "UPCE": ("upce", "]E0"),
    "CODE128": ("code128", "]C0"), "I25": ("itf", "]I0"), "CODE39": ("code39", "]A0"),
    "QRCODE": ("qr", "]Q1"), "DATABAR": ("databar", "]e0"), "DATABAR_EXP": ("databar_expanded", "]e0"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Barcode:
    """One code read off a picture.

    Attributes:
        text: Its text; GS1's separator stays the GS character (U+001D).
        symbology: `ean13`, `datamatrix`, `qr`, …
        aim: AIM symbology identifier such as `]E0`, as a scanner would give it.
        decoder: Which way read it: `zxing`, `deskewed`, `zbar` or `enlarged`.
        corners: Its outline in the picture's pixels.
    """

    text: str
    symbology: str
    aim: str
    decoder: str
    corners: tuple[tuple[float, float], ...]


class BarcodeReader:
    """Reads codes. One thread at a time; close it to end zbar's process."""

    def __init__(self, settings: BarcodeSettings, zbar: ZbarWorker | None = None) -> None:
        """Take the `[vision.barcodes]` section and the zbar process, None where there is none.

        Raises:
            ValueError: If a format's name is unknown.
        """
        self._settings = settings
        self._formats = zxingcpp.barcode_formats_from_str(",".join(settings.formats))
        self._zbar = zbar
        self._finder = cv2.barcode.BarcodeDetector()

    @classmethod
    def with_what_is_installed(cls, settings: BarcodeSettings) -> "BarcodeReader":
        """A reader with zbar where the settings want it and the machine has it."""
        zbar = ZbarWorker(settings.zbar_timeout_s) if settings.use_zbar and zbar_installed() else None
        return cls(settings, zbar)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End zbar's process."""
        if self._zbar is not None:
            self._zbar.close()

    def read(self, picture: Picture, expected: Expected | None = None) -> tuple[Barcode, ...]:
        """Read the codes of a BGR or grey picture; () where none is readable.

        Args:
            picture: The picture; a code needs at least two pixels for its narrowest bar.
            expected: Where given, other ways are tried until a code satisfies it; every code read is
                returned.
        """
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        read: dict[tuple[str, str], Barcode] = {}
        for codes in self._ways(np.ascontiguousarray(grey)):
            for code in codes:
                if code.text and len(code.text) <= self._settings.max_text:
                    read.setdefault((code.symbology, code.text), code)
            enough = bool(read) if expected is None else any(expected(code.text) for code in read.values())
            if enough:
                break
        return tuple(read.values())

    def read_frames(self, pictures: Iterable[Picture], expected: Expected | None = None) -> "Vote":
        """Read several pictures of the same item and let them vote."""
        votes: Counter[tuple[str, str]] = Counter()
        codes: dict[tuple[str, str], Barcode] = {}
        frames = 0
        for picture in pictures:
            frames += 1
            for code in self.read(picture, expected):
                votes[code.symbology, code.text] += 1
                codes.setdefault((code.symbology, code.text), code)
        ranked = sorted(codes, key=lambda key: (-votes[key], key))
        return Vote(frames, tuple((codes[key], votes[key]) for key in ranked))

    def _ways(self, grey: Picture) -> Iterator[Sequence[Barcode]]:
        yield self._zxing(grey, "zxing")
        yield self._deskewed(grey)
        if self._zbar is not None:
            try:
                yield [_from_zbar(code) for code in self._zbar.read(grey) if code.type in _FROM_ZBAR]
            except BarcodeWorkerFailed:
                yield []  # one way less for this picture; the worker starts anew for the next
        if self._settings.enlarge and grey.size <= _MAX_ENLARGED:
            yield self._enlarged(grey)

    def _zxing(self, grey: Picture, decoder: str) -> list[Barcode]:
        found = zxingcpp.read_barcodes(grey, formats=self._formats, text_mode=zxingcpp.TextMode.Plain)
        return [_from_zxing(code, decoder) for code in found if code.valid]

    def _deskewed(self, grey: Picture) -> list[Barcode]:
        """Find linear codes at any angle, turn each upright, read it."""
        found, corners = self._finder.detect(grey)
        if not found or corners is None:
            return []
        codes = []
        for quad in np.asarray(corners, np.float32):
            codes += [
                Barcode(code.text, code.symbology, code.aim, "deskewed", _corners(quad))
                for code in self._zxing(_upright(grey, quad), "deskewed")
            ]
        return codes

    def _enlarged(self, grey: Picture) -> list[Barcode]:
        twice = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(twice, (0, 0), 2)
        sharp = np.asarray(cv2.addWeighted(twice, 2.0, soft, -1.0, 0), np.uint8)
        return [
            Barcode(
                code.text,
                code.symbology,
                code.aim,
                "enlarged",
                tuple((x / 2, y / 2) for x, y in code.corners),
            )
            for code in self._zxing(sharp, "enlarged")
        ]


@dataclass(frozen=True, slots=True)
class Vote:
    """What several pictures of one item said.

    Attributes:
        frames: How many pictures were asked.
        codes: Each code with the number of pictures that it was read from, most votes first.
    """

    frames: int
    codes: tuple[tuple[Barcode, int], ...]

    @property
    def winner(self) -> Barcode | None:
        """The code of most pictures; None where none was read or two have as many votes."""
        if not self.codes or (len(self.codes) > 1 and self.codes[0][1] == self.codes[1][1]):
            return None
        return self.codes[0][0]


def pick_expected(codes: Iterable[Barcode], expected: Expected) -> Barcode | None:
    """The one code that the return is expected to hold; None where there is none, or where there are two.

    A code that is merely valid is not picked: misreads carry right check digits too.
    """
    matching = {(code.symbology, code.text): code for code in codes if expected(code.text)}
    return next(iter(matching.values())) if len(matching) == 1 else None


def expects_gtins(gtins: Iterable[str]) -> Expected:
    """An expectation of product numbers, written with 8 to 14 digits or carried under GS1's `01`.

    >>> expected = expects_gtins(["8901234567890"])
    >>> expected("8901234567890"), expected("0108901234567890" + "10L42"), expected("8901234567883")
    (True, True, False)
    """
    wanted = frozenset(gtin.zfill(14) for gtin in gtins)

    def is_expected(text: str) -> bool:
        if text.isascii() and text.isdigit() and len(text) in {8, 12, 13, 14}:
            return text.zfill(14) in wanted
        element = text.removeprefix("\x1d")
        return element.startswith("01") and element[2:16] in wanted

    return is_expected


def _from_zxing(code: Any, decoder: str) -> Barcode:
    place = code.position
    corners = tuple(
        (float(point.x), float(point.y))
        for point in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    name = str(code.format)
    symbology = _SAME_NAME.get(name, name.lower().replace(" ", "_"))
    return Barcode(code.text, symbology, code.symbology_identifier, decoder, corners)


def _from_zbar(code: WorkerCode) -> Barcode:
    symbology, aim = _FROM_ZBAR[code.type]
    return Barcode(code.text, symbology, aim, "zbar", tuple((float(x), float(y)) for x, y in code.points))


def _upright(grey: Picture, quad: Floats) -> Picture:
    """Cut a quadrilateral (4 corners in order) out as an upright rectangle with some of what surrounds it."""
    across = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    down = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    width, height = max(8, round(across)), max(8, round(down))
    border = max(8, round(_QUIET * max(width, height)))
    target = np.array(
        [
            [border, border],
            [border + width, border],
            [border + width, border + height],
            [border, border + height],
        ],
        np.float32,
    )
    turn = cv2.getPerspectiveTransform(quad, target)
    size = (width + 2 * border, height + 2 * border)
    return np.asarray(cv2.warpPerspective(grey, turn, size, flags=cv2.INTER_CUBIC), np.uint8)


def _corners(quad: Floats) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in quad)
