"""Codes read off pictures: upright, tilted, small, hostile; and which of them to believe."""

import contextlib
import os
import signal

import cv2
import numpy as np
import pytest
import zxingcpp

from vision.barcode_worker import ZbarWorker, zbar_installed
from vision.barcodes import Barcode, BarcodeReader, expects_gtins, pick_expected
from vision.errors import BarcodeWorkerFailed
from vision.settings import BarcodeSettings

GTIN = "8901234567890"
OTHER = "8901234567883"
needs_zbar = pytest.mark.skipif(not zbar_installed(), reason="needs Debian package: libzbar0")


def a_code(text: str = GTIN, kind: str = "EAN13", scale: int = 4, angle: float = 0.0) -> np.ndarray:
    """A grey picture of a code on a label, turned by `angle` degrees."""
    options = {"gs1": True} if text.startswith("(") else {}
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind), **options)
    bars = np.array(zxingcpp.write_barcode_to_image(made, scale=scale))
    side = round(max(bars.shape) * 1.8)
    picture = np.full((side, side), 235, np.uint8)
    top, left = (side - bars.shape[0]) // 2, (side - bars.shape[1]) // 2
    picture[top : top + bars.shape[0], left : left + bars.shape[1]] = bars
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1.0)
    return cv2.warpAffine(picture, turn, (side, side), flags=cv2.INTER_CUBIC, borderValue=235)


@pytest.fixture(scope="module")
def reader():
    with BarcodeReader(BarcodeSettings()) as made:
        yield made


def texts(codes):
    return [code.text for code in codes]


def test_an_ean_13_is_read_with_its_place_and_symbology(reader):
    (code,) = reader.read(cv2.cvtColor(a_code(), cv2.COLOR_GRAY2BGR))
    assert (code.text, code.symbology, code.aim, code.decoder) == (GTIN, "ean13", "]E0", "zxing")
    assert len(code.corners) == 4


def test_a_gs1_datamatrix_keeps_its_separator(reader):
    (code,) = reader.read(a_code(f"(01)0{GTIN}(10)L42A(17)270331", "DataMatrix", scale=8))
    assert code.symbology == "datamatrix"
    assert code.aim == "]d2"
    assert code.text == f"010{GTIN}10L42A\x1d17270331"


@pytest.mark.parametrize("angle", [35, 45, 55, -40, 130])
def test_a_tilted_code_is_turned_upright(reader, angle):
    codes = reader.read(a_code(angle=angle))
    assert texts(codes) == [GTIN]
    assert codes[0].decoder == "deskewed"


def test_only_the_symbologies_of_the_settings_are_read():
    with BarcodeReader(BarcodeSettings(formats=("QRCode",))) as only_qr:
        assert only_qr.read(a_code()) == ()
        assert texts(only_qr.read(a_code("RMA-10042", "QRCode", scale=8))) == ["RMA-10042"]


def test_an_unknown_symbology_in_the_settings_is_refused():
    with pytest.raises(ValueError, match="Foo"):
        BarcodeReader(BarcodeSettings(formats=("Foo",)))


def test_nothing_is_read_where_there_is_nothing(reader):
    noise = np.random.default_rng(2).integers(0, 255, (400, 500), dtype=np.uint8)
    assert reader.read(noise) == ()
    assert reader.read(np.full((400, 500, 3), 255, np.uint8)) == ()


def test_a_code_that_is_too_long_is_dropped():
    with BarcodeReader(BarcodeSettings(max_text=10)) as brief:
        assert brief.read(a_code()) == ()


def test_hostile_text_is_text(reader):
    text = "<script>'; DROP TABLE outbox;--"
    assert texts(reader.read(a_code(text, "QRCode", scale=6))) == [text]


def test_asked_for_one_code_the_reader_goes_on_until_it_sees_it(reader):
    both = np.hstack([a_code(OTHER), cv2.resize(a_code(GTIN, angle=45), a_code(OTHER).shape[::-1])])
    assert texts(reader.read(both)) == [OTHER]
    assert set(texts(reader.read(both, expects_gtins([GTIN])))) == {OTHER, GTIN}


def test_several_pictures_vote(reader):
    vote = reader.read_frames([a_code(), a_code(OTHER), a_code(), np.full((300, 300), 255, np.uint8)])
    assert vote.frames == 4
    assert [(code.text, count) for code, count in vote.codes] == [(GTIN, 2), (OTHER, 1)]
    assert vote.winner is not None
    assert vote.winner.text == GTIN
    assert reader.read_frames([a_code(), a_code(OTHER)]).winner is None
    assert reader.read_frames([]).winner is None


def test_a_valid_code_is_believed_only_where_it_is_expected():
    codes = [Barcode(text, "ean13", "]E0", "zxing", ()) for text in (OTHER, GTIN)]
    assert pick_expected(codes, expects_gtins([GTIN])) == codes[1]
    assert pick_expected(codes[:1], expects_gtins([GTIN])) is None
    assert pick_expected(codes, expects_gtins([GTIN, OTHER])) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GTIN, True),
        ("0" + GTIN, True),
        (f"010{GTIN}17270331", True),
        (f"\x1d010{GTIN}10L1", True),
        (f"https://id.gs1.org/01/0{GTIN}/10/L1?17=270331", True),
        (f"https://id.gs1.org/01/0{OTHER}", False),
        (OTHER, False),
        ("", False),
        ("٨٩٠١٢٣٤٥٦٧٨٩٠", False),
        ("RMA-" + GTIN, False),
    ],
)
def test_what_counts_as_an_expected_product_number(text, expected):
    assert expects_gtins([GTIN])(text) is expected


@pytest.mark.zbar
@needs_zbar
def test_zbar_answers_from_its_own_process():
    worker = ZbarWorker(10)
    try:
        (code,) = worker.read(a_code())
        assert (code.type, code.text) == ("EAN13", GTIN)
        assert worker.read(np.full((90, 120), 255, np.uint8)) == ()
    finally:
        worker.close()


@pytest.mark.zbar
@needs_zbar
def test_a_dead_zbar_is_started_again():
    worker = ZbarWorker(10)
    try:
        worker.read(a_code())
        assert worker.process_id is not None
        first = worker.process_id
        os.kill(worker.process_id, signal.SIGKILL)
        with contextlib.suppress(BarcodeWorkerFailed):
            worker.read(a_code())  # the picture in hand when zbar dies may be lost
        assert worker.read(a_code())[0].text == GTIN
        assert worker.process_id != first
    finally:
        worker.close()
    assert worker.process_id is None


def test_a_zbar_that_gives_no_answer_costs_one_way_not_the_reading():
    worker = ZbarWorker(0.000001)
    with pytest.raises(BarcodeWorkerFailed):
        worker.read(a_code())
    with BarcodeReader(BarcodeSettings(), worker) as reader:
        assert texts(reader.read(a_code())) == [GTIN]
        assert reader.read(np.full((300, 300), 255, np.uint8)) == ()


def test_a_upce_is_written_out_and_needs_two_ways_when_nothing_is_expected(reader):
    written = "0012345000065"
    assert texts(reader.read(a_code("01234565", "UPCE"))) == [written]
    assert texts(reader.read(a_code("01234565", "UPCE"), expects_gtins([written]))) == [written]


def test_drawing_ahead_changes_nothing_but_the_wait(reader):
    expected = expects_gtins([GTIN])
    before = reader.read(a_code(angle=20), expected)
    reader.prepare(expected)
    assert reader.read(a_code(angle=20), expected) == before
