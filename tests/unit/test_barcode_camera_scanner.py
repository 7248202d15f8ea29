"""A station camera as a scanner: several pictures agree, a code counts once, only while the desk waits."""

import cv2
import numpy as np
import pytest
import zxingcpp
from pydantic import TypeAdapter, ValidationError

from edge.camera_scanner import CameraScanner, OpenReturnCodes, camera_scanners
from edge.inspection.session import OpenReturn
from edge.returns.expected import Reference, ReferenceKind
from hardware.cameras.frame import Frame
from hardware.cameras.health import CameraHealth, CameraState
from hardware.errors import DriverUnavailable, ScannerLost
from hardware.scanners.driver import ScannedText
from hardware.scanners.settings import CameraScannerSettings, ScannerSettings
from tests.builders_returns import NOW, a_gtin, a_line, a_product, an_expected_return
from vision.barcodes import expects_gtins
from vision.settings import BarcodeSettings, VisionSettings

GTIN = "8901234567890"
OTHER = "4006381333931"
VISION = VisionSettings(barcodes=BarcodeSettings(use_zbar=False))


def a_picture(*texts: str) -> bytes:
    """What the camera sees: codes side by side, or an empty table."""
    made = [zxingcpp.create_barcode(text, zxingcpp.EAN13) for text in texts]
    bars = [
        np.pad(np.array(zxingcpp.write_barcode_to_image(code, scale=3)), 40, constant_values=255)
        for code in made
    ]
    grey = np.hstack(bars) if bars else np.full((240, 400), 180, np.uint8)
    return cv2.imencode(".jpg", grey)[1].tobytes()


class Table:
    """A camera above a table, with a clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now_ns = 10**9
        self.shown = a_picture()
        self.state = CameraState.LIVE
        self.names = ("top",)

    def fresh(self, after_ns, timeout_s, cameras=None):  # noqa: ARG002
        self.now_ns += 30_000_000
        assert list(cameras) == ["top"]
        return {"top": Frame("top", self.shown, self.now_ns, 1, 640, 480)}

    def health(self):
        return {"top": CameraHealth(self.state, 0.1, 0, None)}

    def sleep(self, seconds):
        self.now_ns += int(seconds * 1e9)


class Desk:
    def __init__(self) -> None:
        self.waits = True
        self.expects = expects_gtins([GTIN])


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def scanner(table, desk):
    made = CameraScanner(
        CameraScannerSettings(camera="top"),
        table,
        VISION,
        waiting=lambda: desk.waits,
        expected=lambda: desk.expects,
        monotonic_ns=lambda: table.now_ns,
        sleep=table.sleep,
    )
    made.open()
    yield made
    made.close()


def looks(scanner, count):
    """What so many looks give, those without a code left out."""
    return [found.text for _ in range(count) if (found := scanner.read(0.25)) is not None]


def test_two_pictures_make_a_scan_with_its_symbology(scanner, table):
    table.shown = a_picture(GTIN)
    assert scanner.read(0.25) is None
    assert scanner.read(0.25) == ScannedText(GTIN, "]E0")


def test_a_code_that_lies_there_counts_once_and_again_after_it_was_away(scanner, table):
    table.shown = a_picture(GTIN)
    assert looks(scanner, 40) == [GTIN]
    table.shown = a_picture()
    assert looks(scanner, 4) == []
    table.shown = a_picture(GTIN)
    assert looks(scanner, 4) == []  # away too shortly: a hand went over it
    table.shown = a_picture()
    looks(scanner, 20)
    table.shown = a_picture(GTIN)
    assert looks(scanner, 4) == [GTIN]


def test_what_the_return_does_not_hold_needs_one_picture_more(scanner, table):
    table.shown = a_picture(OTHER)
    assert looks(scanner, 2) == []
    assert looks(scanner, 1) == [OTHER]


def test_beside_the_expected_code_another_does_not_matter(scanner, table, desk):
    table.shown = a_picture(OTHER, GTIN)
    assert looks(scanner, 10) == [GTIN]


def test_two_things_under_the_camera_are_no_scan(scanner, table, desk):
    desk.expects = None
    table.shown = a_picture(OTHER, GTIN)
    assert looks(scanner, 10) == []


def test_a_code_missed_in_a_picture_between_still_counts(scanner, table):
    table.shown = a_picture(GTIN)
    assert looks(scanner, 1) == []
    table.shown = a_picture()
    assert looks(scanner, 1) == []
    table.shown = a_picture(GTIN)
    assert looks(scanner, 1) == [GTIN]


def test_nobody_looks_while_the_desk_is_busy_and_what_lay_there_is_no_new_scan(scanner, table, desk):
    table.shown = a_picture(GTIN)
    assert looks(scanner, 3) == [GTIN]
    desk.waits = False
    table.shown = a_picture(OTHER)
    assert looks(scanner, 60) == []
    desk.waits = True
    table.shown = a_picture(GTIN)
    assert looks(scanner, 6) == []


def test_a_picture_that_is_none_is_passed_over(scanner, table):
    table.shown = b"\xff\xd8 garbage"
    assert looks(scanner, 3) == []
    table.shown = a_picture(GTIN)
    assert looks(scanner, 2) == [GTIN]


def test_a_lost_camera_is_a_lost_scanner(scanner, table):
    table.state = CameraState.LOST
    with pytest.raises(ScannerLost, match="gives no pictures"):
        scanner.read(0.25)
    with pytest.raises(ScannerLost):
        scanner.open()
    scanner.close()
    table.state = CameraState.LIVE
    with pytest.raises(ScannerLost, match="isn't open"):
        scanner.read(0.25)


def test_a_camera_that_is_not_configured_stops_the_start(table):
    build = camera_scanners(table, VISION, waiting=lambda: True, expected=lambda: None)
    assert isinstance(build("eye", CameraScannerSettings(camera="top")), CameraScanner)
    with pytest.raises(DriverUnavailable, match=r"cameras\.side"):
        build("eye", CameraScannerSettings(camera="side"))


def test_the_settings_section():
    section = TypeAdapter(ScannerSettings)
    read = section.validate_python({"driver": "camera", "camera": "top", "votes": 3})
    assert isinstance(read, CameraScannerSettings)
    with pytest.raises(ValidationError):
        section.validate_python({"driver": "camera", "camera": "top", "vote": 3})


def test_the_open_return_says_which_codes_it_holds():
    opened: list[OpenReturn | None] = [None]
    asked: list[str] = []

    def product(sku):
        asked.append(sku)
        return a_product(sku, gtins=(a_gtin(1), a_gtin(2)))

    codes = OpenReturnCodes(lambda: opened[0], product)
    assert codes() is None
    line = a_line(gtin=a_gtin(3))
    opened[0] = OpenReturn(
        expected=an_expected_return(line),
        reference=Reference(kind=ReferenceKind.RMA, value="R"),
        received_at=NOW,
    )
    known = codes()
    assert known is not None
    assert known.gtins == {a_gtin(1), a_gtin(2), a_gtin(3)}
    assert codes() is known
    assert asked == [line.sku]
