"""Measuring readers: what counts as right, what a decoy is, what the command says."""

import json

import cv2
import numpy as np
import pytest
import typer
import zxingcpp
from typer.testing import CliRunner

from edge import cli_vision
from vision.barcodes.retail_symbols import draw_ean13, gtin13_to_upce, symbols_of, upce_to_gtin13
from vision.barcodes.truth import Truth, check_digit, decoys, expected_of, same_number

GTIN = "8901234567890"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    cli_vision.register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def put(path, text=None, kind="EAN13", label=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((200, 400), 255, np.uint8)
    if text is not None:
        made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
        bars = np.array(zxingcpp.write_barcode_to_image(made, scale=3))
        picture = np.pad(bars, 40, constant_values=255)
    cv2.imwrite(str(path), picture)
    if label is not None:
        path.with_suffix(".txt").write_text(label)


@pytest.mark.parametrize(
    ("label", "text", "right"),
    [
        ("012345678905", "0012345678905", True),
        ("0012345678905", "012345678905", True),
        ("04963406", "0049000006346", True),  # a UPC-E written out
        ("96385074", "96385074", True),
        ("00012345678905", "(01)00012345678905", True),
        ("(01)00012345678905(10)A1", "010001234567890510A1", True),
        ("ABC-123", "ABC-123", True),
        ("31117013206375", "A31117013206375B", True),
        ("012345678905", "012345678906", False),
        ("ABC-123", "ABC-124", False),
    ],
)
def test_a_number_is_the_same_however_it_is_written(label, text, right):
    assert Truth.of(label).is_read_as(text) is right


def test_decoys_are_valid_and_a_digit_off():
    found = decoys(GTIN)
    assert len(found) == 12 * 9
    for decoy in found:
        assert decoy[-1] == check_digit(decoy[:-1])
        assert sum(one != other for one, other in zip(decoy[1:-1], GTIN[:-1], strict=True)) == 1
    assert decoys("AB1") == {f"AB{digit}" for digit in "023456789"}
    short = decoys("04963406")
    assert short
    assert same_number("0049000006346") not in short
    assert all(decoy[-1] == check_digit(decoy[:-1]) for decoy in short)


def test_what_is_expected_of_a_folder_holds_codes_and_decoys():
    expected = expected_of([Truth.of(GTIN), Truth.of("AB1")])
    assert expected(GTIN)
    assert expected("AB1")
    assert expected("AB2")
    assert expected(next(iter(decoys(GTIN))))
    assert not expected("4006381333931")


def test_upce_is_written_out_and_back():
    for short in ("01234565", "00123457", "01234531", "05096893", "04124498"):
        written = upce_to_gtin13(short)
        assert written[-1] == check_digit(written[:-1])
        assert gtin13_to_upce(written) == short
    assert gtin13_to_upce("4006381333931") is None
    assert [symbols_of(gtin) for gtin in ("10012345678902", "8901", "0890123456789X", "٠" * 14)] == [[]] * 4


@pytest.mark.parametrize("text", [GTIN, "4006381333931", "0012345678905"])
def test_bars_are_drawn_as_a_decoder_draws_them(text):
    made = zxingcpp.create_barcode(text, zxingcpp.EAN13)
    row = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))[0]
    assert ((row < 128).astype(int) == draw_ean13(text).modules).all()


def test_every_kind_is_drawn_as_a_decoder_draws_it():
    for text, kind in (("96385074", "EAN8"), ("01234565", "UPCE")):
        made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
        row = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))[0]
        forms = Truth.of(text).forms
        drawn = {symbol.kind: symbol for form in forms for symbol in symbols_of(form)}[kind.lower()]
        assert ((row < 128).astype(int) == drawn.modules).all()


def test_eval_prints_each_folder_beside_the_bare_decoders(run, tmp_path):
    put(tmp_path / "set/ean/1.png", GTIN, label=GTIN)
    put(tmp_path / "set/ean/2.png", "4006381333931", label="4006381333931\n")
    put(tmp_path / "set/none/1.png")
    (tmp_path / "set/none/broken.jpg").write_bytes(b"no picture")
    result = run("barcode", "eval", "set", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    ean, none = report["folders"]
    assert (ean["folder"], ean["pictures"], ean["expected_codes"]) == ("ean", 2, 2 + 2 * 108)
    for reader in ("ours", "zxing"):
        assert ean[reader]["matched_read"] == ean[reader]["read"] == 2
        assert ean[reader]["matched_wrong"] == none[reader]["wrong"] == 0
        assert ean[reader]["p95_ms"] >= ean[reader]["p50_ms"] > 0
    assert (none["pictures"], none["negatives"], none["refused"]) == (1, 1, 1)
    assert report["retail"]["pictures"] == 2
    assert report["total"]["pictures"] == 3


def test_eval_fails_where_a_code_is_taken_for_another(run, tmp_path):
    put(tmp_path / "set/1.png", GTIN, label="4006381333931")
    put(tmp_path / "set/2.png", GTIN, label=GTIN)
    result = run("barcode", "eval", "set")
    assert result.exit_code == 1
    assert f"{GTIN} instead of 4006381333931" in result.output
    assert "EAN and UPC" in result.stdout


def test_eval_of_nothing_is_refused(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, says in (("nowhere", "no folder"), ("empty", "no pictures")):
        result = run("barcode", "eval", folder)
        assert result.exit_code != 0
        assert says in str(result.exception) + result.output


def test_a_picture_or_an_option_may_come_first(run, tmp_path):
    put(tmp_path / "eval.png", GTIN)
    assert f"eval.png: ean13 {GTIN}" in run("barcode", "eval.png").stdout
    assert json.loads(run("barcode", "--json", "eval.png").stdout)[0]["codes"][0]["text"] == GTIN


def test_tilted_pictures_are_drawn_for_eval(run, tmp_path):
    put(tmp_path / "photographs/a.png", GTIN)
    result = run("barcode", "draw-tilted", "photographs", "out", "--count", "1")
    assert result.exit_code == 0, result.output
    assert sorted(path.parent.name for path in (tmp_path / "out").rglob("*.txt")) == [
        "both",
        "leaning",
        "turned",
    ]
