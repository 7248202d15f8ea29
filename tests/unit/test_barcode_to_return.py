"""From a picture to what the station understands: GS1 DataMatrix and Digital Link keep all they say."""

import cv2
import numpy as np
import pytest
import zxingcpp

from edge.returns.identified import ProductCode
from edge.returns.identify import identify
from edge.returns.patterns import SitePatterns
from tests.builders_returns import TODAY
from vision.barcodes import BarcodeReader, expects_gtins, pick_expected
from vision.settings import BarcodeSettings

GTIN14 = "08901234567890"


def a_picture(text: str, kind: str, *, gs1: bool = False, lean: float = 0.0) -> np.ndarray:
    """A code on a label, leaning away on its right side by a share of its height."""
    options = {"gs1": True} if gs1 else {}
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind), **options)
    bars = np.pad(np.array(zxingcpp.write_barcode_to_image(made, scale=6)), 60, constant_values=255)
    height, width = bars.shape
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = flat + np.array([[0, 0], [0, lean * height], [0, -lean * height], [0, 0]], np.float32)
    turn = cv2.getPerspectiveTransform(flat, seen)
    grey = cv2.warpPerspective(bars, turn, (width, height), borderValue=255)
    return cv2.cvtColor(cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize("lean", [0.0, 0.1])
@pytest.mark.parametrize(
    ("text", "kind", "gs1"),
    [
        (f"(01){GTIN14}(10)L42(17)270331(21)S9", "DataMatrix", True),
        (f"(01){GTIN14}(17)270331(10)L42(21)S9", "QRCode", True),
        (f"https://id.gs1.org/01/{GTIN14}/10/L42/21/S9?17=270331", "QRCode", False),
        (f"https://id.gs1.org/01/{GTIN14}/10/L42/21/S9?17=270331", "DataMatrix", False),
    ],
)
def test_lot_date_and_serial_come_through(text, kind, gs1, lean):
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
        (code,) = reader.read(a_picture(text, kind, gs1=gs1, lean=lean))
    found = identify(code.text, code.aim, SitePatterns(), today=TODAY)
    assert isinstance(found, ProductCode)
    assert (found.gtin14, found.lot, found.serial) == (GTIN14, "L42", "S9")
    assert found.date is not None
    assert str(found.date.day) == "2027-03-31"
    assert found.unclear == ()


def test_a_product_under_gs1_is_picked_as_expected():
    expected = expects_gtins([GTIN14])
    for text, kind, gs1 in (
        (f"(01){GTIN14}(10)L42", "DataMatrix", True),
        (f"https://id.gs1.org/01/{GTIN14}/10/L42", "QRCode", False),
    ):
        with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
            codes = reader.read(a_picture(text, kind, gs1=gs1), expected)
        assert pick_expected(codes, expected) is not None


def test_a_upce_is_the_product_that_it_stands_for():
    with BarcodeReader(BarcodeSettings(use_zbar=False)) as reader:
        codes = reader.read(a_picture("01234565", "UPCE"), expects_gtins(["0012345000065"]))
    found = identify(codes[0].text, codes[0].aim, SitePatterns(), today=TODAY)
    assert isinstance(found, ProductCode)
    assert found.gtin14 == "00012345000065"
