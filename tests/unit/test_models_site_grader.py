"""Grades learned from a site's own examples: the head, its file, teaching, and what is refused."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from typer.testing import CliRunner

from edge.cli import app
from edge.cli_grades import say_taught
from models.errors import DigestMismatch, EvaluationRefused, ManifestRefused, ModelShapeMismatch
from models.evaluation.folders import Grouping
from models.evaluation.pictures import PictureReader
from models.grade_head import Head
from models.grade_teaching import FEWEST, MOST_FOLDS, _folds, teach
from models.loading import open_package
from models.registry import SHIPPED_PACKAGES
from models.site_grader import (
    GRADER_FILE,
    HEAD_FILE,
    GraderCard,
    item_looks,
    open_grader,
    read_card,
    write_grader,
)
from vision.errors import DetectorUnusable
from vision.findings import Box
from vision.localisation import Region
from vision.looks import LAYERS, ItemLooks
from vision.picture import Picture, encode_jpeg
from vision.settings import DetectorSettings
from vision.surroundings import standing_out

GRADES = ("none", "minor", "major", "critical")
RUST = (30, 70, 150)


def a_tin(seed: int, spots: int, wall: int = 70) -> Picture:
    """A tin before a wall, with so many spots of rust."""
    rng = np.random.default_rng(seed)
    picture = np.full((260, 260, 3), wall, np.uint8)
    x, y = (int(value) for value in rng.integers(-8, 9, 2))
    cv2.rectangle(picture, (85 + x, 50 + y), (180 + x, 215 + y), (190, 195, 200), -1)
    for line in range(60, 210, 10):
        cv2.line(picture, (85 + x, line + y), (180 + x, line + y), (150, 155, 160), 2)
    for _ in range(spots):
        spot = (int(rng.integers(95, 170)) + x, int(rng.integers(60, 205)) + y)
        cv2.circle(picture, spot, int(rng.integers(5, 9)), RUST, -1)
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def tins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days; on each the wall is another, and a tin has no, two, eight or thirty spots."""
    folder = tmp_path_factory.mktemp("tins")
    for day in range(3):
        for grade, spots in zip(GRADES, (0, 2, 8, 30), strict=True):
            for number in range(2):
                path = folder / grade / f"d{day}_{number}.jpg"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(encode_jpeg(a_tin(day * 100 + number, spots, 50 + 15 * day)))
    return folder


@pytest.fixture(scope="module")
def base():
    (folder,) = SHIPPED_PACKAGES.glob("damage-*")
    return open_package(folder)


def run(*arguments: str):
    return CliRunner().invoke(app, ["model", "teach-grades", *arguments])


def test_what_was_taught_is_measured_on_days_left_out_and_then_grades_others(tins, tmp_path):
    out = tmp_path / "grader"
    taught = json.loads(run(str(tins), "--out", str(out), "--group-by", "_", "--json").stdout)
    assert taught["pictures"] == {"A": 6, "B": 6, "C": 6, "D": 6}
    assert taught["groups"] == 3
    figures, floors = taught["evaluation"]["figures"], taught["evaluation"]["floors"]
    assert figures["pictures"] == 24
    assert figures["macro_f1"] > 0.7
    assert floors["macro_f1"] < 0.5, "with the tin hidden nothing tells its grade"

    others = tmp_path / "others"
    for grade, spots in (("none", 0), ("critical", 30)):
        (others / grade).mkdir(parents=True)
        (others / grade / "e1.jpg").write_bytes(encode_jpeg(a_tin(900 + spots, spots, 120)))
    arguments = ["vision", "eval", str(others), "--task", "grade", "--package", str(out), "--json"]
    measured = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert measured["figures"]["off_by_more_than_one"]["value"] == 0
    assert measured["method"].startswith("grader, taught with damage-")
    assert measured["cpu_ms_per_view"]["p50"] > 0
    arguments[arguments.index("grade")] = "damage"
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code != 0
    assert "grades alone" in str(refused.exception)


@pytest.mark.slow  # teaching once is in the short run already
def test_a_grade_of_one_day_alone_and_a_picture_that_is_none_are_told(tins, tmp_path, base, capsys):
    few = tmp_path / "few"
    shutil.copytree(tins, few)
    for path in (few / "none").glob("d[12]*"):
        path.unlink()
    (few / "minor" / "d0_0.jpg").write_bytes(b"\xff\xd8 no picture")
    (few / "minor" / "d0_2.jpg").write_bytes(encode_jpeg(a_tin(7, 2)))
    taught = teach(few, Grouping("_"), base, item_looks(base), PictureReader())
    assert taught.card.pictures == {"A": 2, "B": 6, "C": 6, "D": 6}
    assert [path.name for path, _ in taught.refused] == ["d0_0.jpg"]
    assert taught.card.evaluation is not None
    assert taught.card.evaluation.figures["pictures"] == 18
    assert any("Grade A comes from one group alone" in note for note in taught.notes)
    say_taught(taught, tmp_path)
    said = " ".join(capsys.readouterr().out.split())
    assert "off_by_more_than_one" in said
    assert "Grade A comes from one group alone" in said
    assert "d0_0.jpgwasleftout" in said.replace(" ", ""), "a long path is broken where the line ends"


@pytest.mark.slow  # teaching once is in the short run already
def test_without_groups_it_is_said_that_the_figures_flatter_and_parts_are_few(tins, tmp_path, base):
    apart = tmp_path / "apart"
    shutil.copytree(tins, apart)
    taught = teach(apart, Grouping(None), base, item_looks(base), PictureReader())
    assert taught.card.groups == 24
    assert any("flatter" in note for note in taught.notes)
    assert len(set(_folds([f"g{number}" for number in range(90)]))) == MOST_FOLDS


def test_too_little_to_learn_from_is_refused(tins, tmp_path, base):
    small = tmp_path / "small"
    shutil.copytree(tins / "none", small / "none")
    shutil.copytree(tins / "major", small / "major")
    with pytest.raises(EvaluationRefused, match=f"at least {FEWEST}"):
        teach(small, Grouping("_"), base, item_looks(base), PictureReader())


def test_a_full_folder_is_not_written_into(tins, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    assert run(str(tins), "--out", str(tmp_path)).exit_code != 0
    assert not (tmp_path / GRADER_FILE).exists()


@pytest.fixture
def grader(tmp_path, base):
    """A grader that was taught from nothing but noise, on disk."""
    rng = np.random.default_rng(1)
    numbers = item_looks(base).of(a_tin(1, 4), standing_out(a_tin(1, 4))).shape[1]
    head = Head.taught(rng.normal(size=(12, 2, numbers)).astype(np.float32), np.arange(12) % 4)
    card = GraderCard(
        base=base.package_id,
        base_sha256=base.manifest.sha256,
        layers=LAYERS,
        margin=DetectorSettings().margin,
        head_sha256="0" * 64,
        pictures={"A": 3},
        groups=1,
    )
    folder = tmp_path / "g"
    write_grader(folder, card, head)
    return folder


def changed(folder: Path, **values: object) -> None:
    card = json.loads((folder / GRADER_FILE).read_text())
    (folder / GRADER_FILE).write_text(json.dumps(card | values))


def test_a_grader_on_disk_grades_as_the_one_that_was_taught(grader, base):
    opened = open_grader(grader, read_card(grader), base)
    picture = a_tin(3, 9)
    again = open_grader(grader, read_card(grader), base)
    assert opened.grade(picture, standing_out(picture)) == again.grade(picture, standing_out(picture))


def test_a_grader_is_refused_with_other_weights_or_a_changed_head(grader, base):
    changed(grader, base_sha256="1" * 64)
    with pytest.raises(DigestMismatch, match="teach the grades again"):
        open_grader(grader, read_card(grader), base)
    changed(grader, base_sha256=base.manifest.sha256)
    content = bytearray((grader / HEAD_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (grader / HEAD_FILE).write_bytes(content)
    with pytest.raises(DigestMismatch, match="changed or damaged"):
        open_grader(grader, read_card(grader), base)


def test_a_head_for_another_number_of_maps_is_refused(grader, base):
    card = read_card(grader)
    short = card.model_copy(update={"layers": card.layers[:1]})
    with pytest.raises(ModelShapeMismatch, match="the network gives"):
        open_grader(grader, short, base)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', "{" * 50_000])
def test_a_card_that_is_none_is_refused(grader, text):
    (grader / GRADER_FILE).write_text(text)
    with pytest.raises(ManifestRefused, match="teach the grades again"):
        read_card(grader)


def a_table(table: np.ndarray) -> bytes:
    return table.astype("<f4").tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" * 7,
        a_table(np.ones((9, 7)))[:-1],
        a_table(np.ones((3, 7))),
        a_table(np.full((9, 7), np.nan)),
        a_table(np.zeros((9, 7))),
    ],
)
def test_a_head_that_is_none_is_refused(content):
    with pytest.raises(ModelShapeMismatch, match="teach the grades again"):
        Head.read(content)


def test_a_layer_that_is_no_map_is_refused(grader, base):
    flat = read_card(grader).model_copy(update={"layers": ("output0",)})
    with pytest.raises(ModelShapeMismatch, match="no map"):
        open_grader(grader, flat, base)


def test_the_item_is_cut_out_as_it_was_when_the_grader_was_taught(grader, base):
    picture = a_tin(3, 9)
    wide = DetectorSettings(margin=0.5)
    opened = open_grader(grader, read_card(grader), base)
    elsewhere = open_grader(grader, read_card(grader), base, wide)
    region = standing_out(picture)
    assert elsewhere.looks_of(picture, region).tolist() == opened.looks_of(picture, region).tolist()
    assert item_looks(base, wide).of(picture, region).tolist() != opened.looks_of(picture, region).tolist()


def test_a_network_without_those_maps_is_refused(base):
    weights = (base.folder / "model.onnx").read_bytes()
    with pytest.raises(DetectorUnusable):
        ItemLooks(weights, base.manifest.input.size, "RGB", DetectorSettings(), ["/nowhere"])
    with pytest.raises(DetectorUnusable, match="64"):
        ItemLooks(weights, 64, "RGB", DetectorSettings())


def test_what_surrounds_the_item_changes_nothing(base):
    looks = item_looks(base)
    mask = np.zeros((260, 260), np.uint8)
    mask[50:215, 90:175] = 255
    region = Region(Box(90, 50, 85, 165), 1.0, "reference", mask, found=True)
    plain, spotted = a_tin(2, 3), a_tin(2, 3)
    spotted[:30] = spotted[:, :60] = (0, 0, 255)
    assert np.array_equal(looks.of(plain, region), looks.of(spotted, region))
    assert not np.array_equal(*looks.of(plain, region)), "as it is, and mirrored"


numbers = hnp.arrays(np.float32, (2, 6), elements=st.floats(-1e6, 1e6, width=32))


@settings(max_examples=60, deadline=None)
@given(numbers, st.integers(0, 2**32 - 1))
def test_beliefs_are_shares_whatever_is_looked_at(looks, seed):
    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 4, 9)
    head = Head.taught(rng.normal(size=(9, 2, 6)).astype(np.float32), grades)
    beliefs = head.beliefs(looks)
    assert beliefs.sum() == pytest.approx(1)
    assert (beliefs >= 0).all()
    assert head.grade(looks) in range(4)
    again = Head.read(head.as_bytes())
    assert again.beliefs(looks) == pytest.approx(beliefs, abs=1e-3)
