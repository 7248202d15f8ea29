"""Every code that is drawn must be read back from the JPEG that the camera would give."""

from datetime import date

import cv2
import numpy as np
import pytest
import zxingcpp

from models.training.rendering import (
    CodeKind,
    ItemSpec,
    Shape,
    StationLook,
    View,
    encode_jpeg,
    render_item,
    render_view,
)
from models.training.rendering.codes import code_modules, element_string

GTIN = "8901234567890"
EXPIRY = date(2027, 3, 31)


def read_back(spec: ItemSpec, view: View, seed: int) -> list[str]:
    item = render_item(spec, np.random.default_rng(seed))
    jpeg = encode_jpeg(render_view(item, view, StationLook(seed=seed), seed).bgr, 80)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    formats = [zxingcpp.EAN13, zxingcpp.DataMatrix]
    found = zxingcpp.read_barcodes(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    return [code.text for code in found]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("code", [CodeKind.EAN13, CodeKind.DATAMATRIX])
def test_the_code_on_the_main_panel_is_read_off_the_jpeg(shape: Shape, code: CodeKind, seed: int) -> None:
    spec = ItemSpec(shape, "TOOR DAL", GTIN, lot="L42A", expiry=EXPIRY, colours=seed, code=code)
    view = View.TOP if shape is Shape.POUCH else View.FRONT
    wanted = GTIN if code is CodeKind.EAN13 else f"010{GTIN}1727033110L42A"
    assert wanted in read_back(spec, view, seed)


@pytest.mark.parametrize("shape", [Shape.CARTON, Shape.CAN, Shape.BOTTLE])
def test_a_lying_pack_shows_its_code_to_the_top_camera(shape: Shape) -> None:
    spec = ItemSpec(shape, "TOOR DAL", GTIN, colours=5, lying=True)
    assert GTIN in read_back(spec, View.TOP, 5)


def test_an_item_without_code_shows_none() -> None:
    spec = ItemSpec(Shape.CARTON, "TOOR DAL", GTIN, code=CodeKind.NONE)
    assert code_modules(spec) is None
    assert read_back(spec, View.FRONT, 1) == []


def test_a_wrong_check_digit_cannot_be_printed() -> None:
    spec = ItemSpec(Shape.CAN, "TOOR DAL", "8901234567891")
    with pytest.raises(ValueError, match="check digit"):
        render_item(spec, np.random.default_rng(1))


def test_element_string_leaves_out_an_expiry_that_is_not_known() -> None:
    assert element_string(GTIN, None, "A1") == f"(01)0{GTIN}(10)A1"
