"""A station camera that serves as a scanner: what is held under it is read as if it had been scanned.

Looks at the camera's pictures while the desk waits for a scan, and only then: a picture that is being judged
needs the processor, and a code in view during a question is no answer to it. Several pictures must show the
same code, one more where the open return doesn't hold it, since decoders misread and a right check digit is
no proof. A code is given once; it counts again when it was out of sight for a while.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Protocol

from edge.inspection.session import OpenReturn
from edge.returns.catalogue import Product
from hardware.cameras.frame import Frame
from hardware.cameras.health import CameraHealth, CameraState
from hardware.errors import DriverUnavailable, ScannerLost
from hardware.scanners.driver import ScannedText, ScannerDriver
from hardware.scanners.drivers import build_driver
from hardware.scanners.settings import CameraScannerSettings, CommonScannerSettings
from vision.barcodes import Barcode, BarcodeReader, Expected, ExpectedCodes, expects_gtins
from vision.errors import PictureRefused
from vision.picture import decode_picture
from vision.settings import VisionSettings

_REMEMBERED = 2  # pictures beyond the votes in which a code may be missed


class Pictures(Protocol):
    """Where the pictures come from: the camera bank."""

    @property
    def names(self) -> tuple[str, ...]:
        """The configured cameras."""

    def fresh(
        self, after_ns: int, timeout_s: float, cameras: Iterable[str] | None = None
    ) -> dict[str, Frame | None]:
        """The newest picture of each camera taken after a moment."""

    def health(self) -> dict[str, CameraHealth]:
        """How each camera is doing."""


class CameraScanner:
    """One camera as a scanner; a driver like any other to the scanner bank.

    Args:
        settings: Its section.
        pictures: The cameras.
        vision: How pictures are decoded and codes read.
        waiting: Whether the desk waits for a scan now.
        expected: Which codes the open return may hold; None where nobody knows.
        monotonic_ns: Clock.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        settings: CameraScannerSettings,
        pictures: Pictures,
        vision: VisionSettings,
        *,
        waiting: Callable[[], bool],
        expected: Callable[[], Expected | None],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings = settings
        self._pictures = pictures
        self._vision = vision
        self._waiting = waiting
        self._expected = expected
        self._monotonic_ns = monotonic_ns
        self._sleep = sleep
        self._reader: BarcodeReader | None = None
        self._recent: deque[frozenset[tuple[str, str]]] = deque(maxlen=settings.votes + 1 + _REMEMBERED)
        self._given: dict[str, int] = {}  # text → when it was last in sight
        self._looked_ns = 0
        self._was_waiting = False

    def open(self) -> None:
        """Makes the decoders ready.

        Raises:
            ScannerLost: The camera gives no pictures.
        """
        self._must_live()
        self._reader = BarcodeReader.with_what_is_installed(self._vision.barcodes)
        self._recent.clear()

    def read(self, timeout_s: float) -> ScannedText | None:
        """The code that is held under the camera, once enough pictures agree; None if none came in time.

        Raises:
            ScannerLost: The camera gives no pictures any more.
        """
        reader = self._reader
        if reader is None:
            raise ScannerLost(f"The scanner on camera '{self._settings.camera}' isn't open. Open it first.")
        self._must_live()
        if not self._desk_waits():
            self._sleep(timeout_s)
            return None
        pause_s = self._settings.look_every_ms / 1000 - (self._monotonic_ns() - self._looked_ns) / 1e9
        if pause_s > 0:
            self._sleep(min(pause_s, timeout_s))
            if pause_s > timeout_s:
                return None
        name = self._settings.camera
        frame = self._pictures.fresh(self._looked_ns, timeout_s, [name])[name]
        self._looked_ns = self._monotonic_ns()
        if frame is None:
            return None
        expected = self._expected()
        return self._chosen(self._codes(reader, frame, expected), expected)

    def close(self) -> None:
        """Ends the decoders. Safe to call twice."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _codes(self, reader: BarcodeReader, frame: Frame, expected: Expected | None) -> tuple[Barcode, ...]:
        try:
            codes = reader.read(decode_picture(frame.jpeg, self._vision.picture), expected)
        except PictureRefused:
            return ()
        return tuple(code for code in codes if len(code.text.encode()) <= self._settings.max_length)

    def _chosen(self, codes: tuple[Barcode, ...], expected: Expected | None) -> ScannedText | None:
        """Count this picture's votes; the one code that has enough and isn't lying there already."""
        now_ns = self._monotonic_ns()
        self._forget(now_ns)
        for code in codes:
            if code.text in self._given:
                self._given[code.text] = now_ns
        self._recent.append(frozenset((code.text, code.aim) for code in codes))
        votes = Counter(each for seen in self._recent for each in seen if each[0] not in self._given)
        of_the_return = [each for each in votes if expected is not None and expected(each[0])]
        # beside a code that the return holds, others on the pack don't matter
        needed = self._settings.votes + (0 if of_the_return else 1)
        agreed = [each for each in of_the_return or votes if votes[each] >= needed]
        if len(agreed) != 1:
            return None  # none yet, or two things under the camera
        ((text, aim),) = agreed
        self._given |= {other: now_ns for other, _ in votes}
        self._recent.clear()
        return ScannedText(text, aim or None)

    def _desk_waits(self) -> bool:
        waiting = self._waiting()
        if waiting and not self._was_waiting:
            now_ns = self._monotonic_ns()  # nobody looked meanwhile: what lay there still does
            self._given = dict.fromkeys(self._given, now_ns)
            self._recent.clear()
        elif not waiting:
            self._looked_ns = self._monotonic_ns()
        self._was_waiting = waiting
        return waiting

    def _forget(self, now_ns: int) -> None:
        limit_ns = now_ns - int(self._settings.again_after_s * 1e9)
        self._given = {text: seen_ns for text, seen_ns in self._given.items() if seen_ns > limit_ns}

    def _must_live(self) -> None:
        health = self._pictures.health().get(self._settings.camera)
        if health is None:
            raise ScannerLost(
                f"There is no camera '{self._settings.camera}' to scan with. Correct 'camera' in the "
                f"scanner's settings, or add a [cameras.{self._settings.camera}] section."
            )
        if health.state is CameraState.LOST:
            raise ScannerLost(
                f"Camera '{self._settings.camera}', which serves as a scanner, gives no pictures. See to the "
                f"camera; scan with another scanner or the page meanwhile."
            )


def camera_scanners(
    cameras: Pictures,
    vision: VisionSettings,
    *,
    waiting: Callable[[], bool],
    expected: Callable[[], Expected | None],
) -> Callable[[str, CommonScannerSettings], ScannerDriver]:
    """Builds every scanner's driver, those on cameras too.

    Args:
        cameras: The station's cameras.
        vision: How their pictures are read.
        waiting: Whether the desk waits for a scan now.
        expected: Which codes the open return may hold.
    """

    def build(name: str, settings: CommonScannerSettings) -> ScannerDriver:
        """A scanner's driver.

        Raises:
            DriverUnavailable: It can't be loaded, or names a camera that isn't configured.
        """
        if not isinstance(settings, CameraScannerSettings):
            return build_driver(name, settings)
        if settings.camera not in cameras.names:
            raise DriverUnavailable(
                f"Scanner '{name}'", settings.driver, f"there is no [cameras.{settings.camera}] section"
            )
        return CameraScanner(settings, cameras, vision, waiting=waiting, expected=expected)

    return build


class OpenReturnCodes:
    """Which codes the open return may hold; worked out once for each return.

    Args:
        opened: The return on the desk.
        product: The catalogue's article of a SKU.
    """

    def __init__(
        self, opened: Callable[[], OpenReturn | None], product: Callable[[str], Product | None]
    ) -> None:
        self._opened = opened
        self._product = product
        self._known: tuple[str, ExpectedCodes | None] | None = None

    def __call__(self) -> ExpectedCodes | None:
        """The codes; None without a return, or where it names no article."""
        opened = self._opened()
        if opened is None:
            return None
        if self._known is None or self._known[0] != opened.return_id:
            self._known = (opened.return_id, self._codes(opened))
        return self._known[1]

    def _codes(self, opened: OpenReturn) -> ExpectedCodes | None:
        gtins: set[str] = set()
        for line in opened.expected.lines:
            parts = [(line.sku, line.gtin), *((part.sku, part.gtin) for part in line.components)]
            for sku, gtin in parts:
                product = self._product(sku)
                gtins |= set(product.gtins) if product is not None else set()
                gtins |= {gtin} if gtin else set()
        return expects_gtins(gtins) if gtins else None
