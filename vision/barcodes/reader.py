"""Reads the codes on an item off a picture.

Five ways, cheapest first, until one reads something (or what was asked for):

1. zxing on the picture as it is.
2. Where bars stand is found, they are turned upright, and zxing reads them: tilted codes.
3. zbar in a process of its own, where installed.
4. zxing on those bars, and then on the whole picture, enlarged and sharpened: small codes.
5. Where it is known which codes the return may hold: the bars are compared with these. Reads what is out of
   focus, and needs every digit borne out.

Only the symbologies that the station uses are looked for: each further one is one more way to misread.

**A right check digit is no proof.** Decoders misread, and two can agree on the same wrong, valid number. So
what counts is whether the code is one that the return is expected to hold (`pick_expected`), and several
pictures are asked (`read_frames`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from vision.barcode_worker import ZbarWorker, zbar_installed
from vision.barcodes.chains import SymbolSet
from vision.barcodes.code import Barcode
from vision.barcodes.decoders import Zbar, Zxing
from vision.barcodes.expected import Expected, ExpectedCodes
from vision.barcodes.matching import Match, as_barcode, candidates, match_place
from vision.barcodes.places import BarPlace, cut_upright, find_places
from vision.picture import Picture
from vision.settings import BarcodeSettings

_MAX_ENLARGED = 4_000_000  # pixels; larger pictures aren't enlarged
_UPRIGHT_WIDTH = 480
_LEAST_EXPLAINED = 0.85
_LEAST_WEIGHT = 8.0


class BarcodeReader:
    """Reads codes. One thread at a time; close it to end zbar's process."""

    def __init__(self, settings: BarcodeSettings, zbar: ZbarWorker | None = None) -> None:
        """Take the `[vision.barcodes]` section and the zbar process, None where there is none.

        Raises:
            ValueError: If a format's name is unknown.
        """
        self._settings = settings
        self._zxing = Zxing(settings.formats)
        self._zbar = None if zbar is None else Zbar(zbar, settings.formats)
        self._matched_with: tuple[ExpectedCodes, dict[str, SymbolSet]] | None = None

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
            picture: The picture; decoders need at least two pixels for the narrowest bar.
            expected: Where given, other ways are tried until a code satisfies it; every code read is
                returned. Where it lists its codes, bars are compared with them in the end.
        """
        grey = np.ascontiguousarray(
            picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8
        )
        read: dict[tuple[str, str], Barcode] = {}
        ways: Counter[tuple[str, str]] = Counter()
        for codes in self._ways(grey, expected):
            for code in codes:
                if code.text and len(code.text) <= self._settings.max_text:
                    read.setdefault((code.symbology, code.text), code)
            ways.update({(code.symbology, code.text) for code in codes})
            if self._enough(read.values(), ways, expected):
                break
        return tuple(
            code
            for key, code in read.items()
            if (expected is not None and expected(code.text)) or _believable(key, ways)
        )

    def prepare(self, expected: Expected) -> None:
        """Draw the expected codes ahead, so that the first blurred picture isn't kept waiting."""
        if isinstance(expected, ExpectedCodes) and self._settings.match_expected:
            self._drawn(expected)

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

    def _enough(
        self, read: Iterable[Barcode], ways: "Counter[tuple[str, str]]", expected: Expected | None
    ) -> bool:
        if expected is not None:
            return any(expected(code.text) for code in read)
        return any(_believable((code.symbology, code.text), ways) for code in read)

    def _ways(self, grey: Picture, expected: Expected | None) -> Iterator[Sequence[Barcode]]:
        yield self._zxing.read(grey, "zxing")
        places = find_places(grey, self._settings.places)
        for place in places:
            yield self._upright(grey, place, sharpen=False)
        if self._zbar is not None:
            yield self._zbar.read(grey)
        if self._settings.enlarge:
            for place in places:
                yield self._upright(grey, place, sharpen=True)
            if grey.size <= _MAX_ENLARGED:
                yield self._enlarged(grey)
        if isinstance(expected, ExpectedCodes) and self._settings.match_expected:
            for place in places[: self._settings.matched_places]:
                yield self._matched(grey, place, expected)

    def _upright(self, grey: Picture, place: BarPlace, *, sharpen: bool) -> list[Barcode]:
        cut = cut_upright(grey, place, max(_UPRIGHT_WIDTH, round(place.width)))
        if sharpen:
            cut = _sharpened(cut, 3)
        read = self._zxing.read(cut, "enlarged" if sharpen else "deskewed", upright=True)
        return [replace(code, corners=place.corners) for code in read]

    def _enlarged(self, grey: Picture) -> list[Barcode]:
        twice = np.asarray(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
        read = self._zxing.read(_sharpened(twice, 2), "enlarged")
        return [replace(code, corners=tuple((x / 2, y / 2) for x, y in code.corners)) for code in read]

    def _matched(self, grey: Picture, place: BarPlace, expected: ExpectedCodes) -> list[Barcode]:
        match = match_place(grey, place, self._drawn(expected), self._settings.matched_lines)
        return [as_barcode(match, place)] if match is not None and self._believed(match) else []

    def _drawn(self, expected: ExpectedCodes) -> dict[str, SymbolSet]:
        if self._matched_with is None or self._matched_with[0] != expected:
            self._matched_with = (expected, candidates(expected))
        return self._matched_with[1]

    def _believed(self, match: Match) -> bool:
        return (
            match.doubt <= self._settings.max_doubt
            and match.explained >= _LEAST_EXPLAINED
            and match.weight >= _LEAST_WEIGHT
        )


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


def _believable(code: tuple[str, str], ways: "Counter[tuple[str, str]]") -> bool:
    """Half of a tilted EAN-13 passes for a UPC-E, which is short and has no middle: two ways must see it."""
    return code[0] != "upce" or ways[code] > 1


def _sharpened(grey: Picture, blur: float) -> Picture:
    soft = cv2.GaussianBlur(grey, (0, 0), blur)
    return np.asarray(cv2.addWeighted(grey, 2.0, soft, -1.0, 0), np.uint8)
