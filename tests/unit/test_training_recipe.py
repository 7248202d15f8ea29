"""Recipes, datasets and measurements of the detector's training, without its heavy tools."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.dataset import label_line, write_dataset
from models.training.drawn import Drawer, boxes_in, example_gtin
from models.training.errors import PackagingFailed, PicturesMissing, RecipeRefused
from models.training.fit import write_curve
from models.training.measure import Measurement, as_json, average_precision, overlap, ranking, read_labels
from models.training.onnx_export import final_weights
from models.training.recipe import DEFAULT_RECIPE, read_recipe
from models.training.shared_sets import groceries, squared
from models.training.train import main
from vision.crop import Crop
from vision.findings import DAMAGE, Box, DefectKind, Finding

DENT = DefectKind.DEFORMATION


def finding(x: float, score: float, kind: DefectKind = DENT) -> Finding:
    return Finding(kind, Box(x, 0, 10, 10), score, 0.1, "top")


def test_the_shipped_recipe_covers_all_kinds_but_wrong_item() -> None:
    recipe = read_recipe()
    assert set(recipe.classes) == set(DAMAGE)
    assert len(recipe.fit.sizes) == len(recipe.fit.epochs)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("batch = 8", "batch = 'eight'", "batch"),
        ("batch = 8", "", "batch"),
        ("[fit]", "[fit]\nsurprise = 1", "surprise"),
        ('"breakage"', '"rust"', "rust"),
        ("[crops]", "[crops", "no recipe"),
    ],
)
def test_a_broken_recipe_is_refused_by_name(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(DEFAULT_RECIPE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecipeRefused, match=says):
        read_recipe(path)


def test_a_missing_recipe_ends_the_command_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["draw", "--work", str(tmp_path), "--recipe", str(tmp_path / "none.toml")]) == 2
    assert "training.recipe_refused" in capsys.readouterr().err


def test_a_small_dataset_is_written_with_labels_that_read_back(tmp_path: Path) -> None:
    recipe = read_recipe()
    small = replace(recipe, pictures=replace(recipe.pictures, drawn_train=4, drawn_validate=2, drawn_test=2))
    summary = write_dataset(small, tmp_path, None, workers=1)
    assert set(summary) == {"train", "val", "test"}
    pictures = sorted((tmp_path / "images" / "train").glob("*.png"))
    assert len(pictures) == 4
    for path in pictures:
        assert cv2.imread(str(path)).shape == (recipe.input_size, recipe.input_size, 3)
        for kind, box in read_labels(recipe, path):
            assert kind in recipe.classes
            assert min(box.x, box.y) >= -0.01
            assert max(box.x + box.width, box.y + box.height) <= recipe.input_size + 0.01


def test_the_same_number_draws_the_same_sample() -> None:
    recipe = read_recipe()
    first, second = (Drawer(3, 320, recipe.crops, 0.3).pair(5) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.square, other.square)
        assert one.boxes == other.boxes


def test_boxes_follow_the_crop_and_those_cut_away_are_dropped() -> None:
    crop = Crop(
        np.zeros((320, 320, 3), np.uint8),
        left=100,
        top=50,
        scale=0.5,
        pad_x=10,
        pad_y=0,
        width=600,
        height=640,
    )
    boxes = [(DENT, Box(200, 150, 40, 20)), (DENT, Box(0, 0, 105, 100)), (DENT, Box(300, 300, 4, 4))]
    assert boxes_in(crop, boxes, 320) == [(DENT, Box(60.0, 50.0, 20.0, 10.0))]


def test_example_gtins_bear_a_right_check_digit() -> None:
    for number in (0, 7, 123456789):
        digits = [int(digit) for digit in example_gtin(number)]
        weighed = sum(digit * (3 if index % 2 else 1) for index, digit in enumerate(digits))
        assert weighed % 10 == 0
        assert len(digits) == 13


def test_label_lines_are_shares_of_the_square() -> None:
    assert label_line((DENT,), DENT, 0, 0, 320, 160, 320) == "0 0.500000 0.250000 1.000000 0.500000"


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(PicturesMissing, match="grocery"):
        groceries(tmp_path, 1, 320, np.random.default_rng(1), "train")


def test_a_photograph_is_centred_in_the_square() -> None:
    square, scale, x, y = squared(np.full((100, 200, 3), 255, np.uint8), 320)
    assert (scale, x, y) == (1.6, 0, 80)
    assert square[0, 0].tolist() == [114, 114, 114]
    assert square[160, 160].tolist() == [255, 255, 255]


def test_average_precision_counts_a_box_once() -> None:
    truth = [[(DENT, Box(0, 0, 10, 10))], [(DENT, Box(50, 0, 10, 10))]]
    perfect = [[finding(0, 0.9)], [finding(50, 0.8)]]
    assert average_precision(perfect, truth, DENT) == 1.0
    doubled = [[finding(0, 0.9), finding(1, 0.85)], [finding(50, 0.8)]]
    assert average_precision(doubled, truth, DENT) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision([[], []], truth, DENT) == 0.0
    assert average_precision(perfect, truth, DefectKind.OPENING) is None


def test_overlap_and_ranking() -> None:
    assert overlap(Box(0, 0, 1, 1), Box(5, 5, 1, 1)) == 0.0
    assert ranking([0.5], [0.5]) == 0.5
    assert ranking([0.9, 0.8], [0.1]) == 1.0


def test_curves_of_all_stages_are_joined(tmp_path: Path) -> None:
    stages = [tmp_path / "a", tmp_path / "missing", tmp_path / "b"]
    for stage in (stages[0], stages[2]):
        stage.mkdir()
        (stage / "results.csv").write_text("epoch,  train/box_loss\n1, 2.5\n", encoding="utf-8")
    write_curve(stages, tmp_path / "curve.csv")
    rows = (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[:3] for row in rows] == [
        ["stage", "epoch", "train/box_loss"],
        ["1", "1", "2.5"],
        ["3", "1", "2.5"],
    ]


def test_the_last_weights_are_exported(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match="first epoch"):
        final_weights(tmp_path)
    (tmp_path / "weights").mkdir()
    for name in ("best", "last"):
        (tmp_path / "weights" / f"{name}.pt").write_text(name)
    assert final_weights(tmp_path).read_text() == "last"


def test_measurements_are_json() -> None:
    assert '"map50": 0.5' in as_json([Measurement("drawn", {"map50": 0.5})])
