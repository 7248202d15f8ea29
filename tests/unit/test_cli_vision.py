"""`darkstore inspect`, `barcode`, `model`, as a person types them."""

import json

import cv2
import numpy as np
import pytest
import typer
import zxingcpp
from typer.testing import CliRunner

from edge import cli_vision
from tests.builders_vision import a_jpeg, a_package, an_empty_station, put_item

GTIN = "8901234567890"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    cli_vision.register(app)

    def call(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def signed(run, tmp_path):
    """Makes and signs a package as a person would, for a station that trusts the signer."""
    run("model", "keygen", "office.key")
    settings = '[station]\nsite = "blr-01"\nstation = "desk-1"\n[model]\ntrusted_keys = ["office.key.pub"]\n'
    (tmp_path / "station.toml").write_text(settings)

    def make(**changes):
        folder = a_package(tmp_path / "usb", name="tiny", **changes)
        assert "is signed" in run("model", "sign", folder, "--key", "office.key").stdout
        return folder

    return make


@pytest.fixture
def package(run, signed):
    """A package of an own name, installed as a person would."""
    run("model", "install", signed())
    return "tiny-1.0.0"


@pytest.fixture
def torn(tmp_path):
    scene = put_item(an_empty_station(seed=2))
    scene[420:580, 820:990] = (0, 0, 255)
    path = tmp_path / "torn.jpg"
    path.write_bytes(a_jpeg(scene))
    return path


def test_inspect_says_what_is_damaged(run, package, torn, tmp_path):
    result = run("inspect", torn, "--model", package, "--json", "--annotate", tmp_path / "drawn.jpg")
    assert result.exit_code == 0, result.output
    (seen,) = json.loads(result.stdout)
    assert seen["quality"]["ok"] is True
    assert seen["findings"][0]["kind"] == "penetration"
    assert seen["model"] == package
    assert cv2.imread(str(tmp_path / "drawn.jpg")).shape == (1080, 1920, 3)


def test_bad_pictures_get_a_sentence_each_and_the_rest_go_on(run, package, torn, tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "letter.jpg").write_text("not a picture")
    (tmp_path / "cut.jpg").write_bytes(torn.read_bytes()[:-500])
    names = ["empty.jpg", "gone.jpg", "letter.jpg", "cut.jpg", tmp_path]
    result = run("inspect", *names, torn, "--model", package)
    assert result.exit_code == 2
    for name in names:
        assert f"{name}: " in result.stderr
    assert "torn.jpg: picture ok; penetration" in result.stdout
    assert "Traceback" not in result.output


def test_barcode_reads_codes_and_shows_control_characters(run, tmp_path):
    code = zxingcpp.create_barcode(f"(01)0{GTIN}(10)L42(17)270331", zxingcpp.DataMatrix, gs1=True)
    bars = np.array(zxingcpp.write_barcode_to_image(code, scale=8))
    cv2.imwrite(str(tmp_path / "code.png"), np.pad(bars, 60, constant_values=255))
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((300, 300), 255, np.uint8))
    result = run("barcode", "code.png", "blank.png")
    assert result.exit_code == 0, result.output
    assert f"code.png: datamatrix 010{GTIN}10L42\\x1d17270331" in result.stdout
    assert "blank.png: no code read" in result.stdout
    listed = json.loads(run("barcode", "code.png", "--json").stdout)
    assert listed[0]["codes"][0]["aim"] == "]d2"


def test_model_packages_are_listed_switched_and_rolled_back(run, package, signed):
    run("model", "install", signed(version="1.1.0"))
    assert run("model", "activate", package).exit_code == 0
    assert run("model", "activate", "tiny-1.1.0").exit_code == 0
    listed = {row["package"]: row["active"] for row in json.loads(run("model", "list", "--json").stdout)}
    assert listed["tiny-1.1.0"] is True
    assert listed["tiny-1.0.0"] is False
    assert "tiny-1.0.0" in run("model", "rollback").stdout
    assert "tiny-1.0.0" in run("model", "list").stdout
