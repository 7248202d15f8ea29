"""Figures of merit, layouts of folders, and floors that show what the surroundings give away."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app
from models.errors import EvaluationRefused
from models.evaluation.anomaly import Options, auroc_of_units, evaluate_anomaly, normal_class
from models.evaluation.figures import (
    auroc,
    average_precision,
    calibration_error,
    drawn_again,
    f1,
    pixel_overlap,
)
from models.evaluation.folders import Grouping, read_boxes, read_classes
from models.evaluation.grades import grade_order, macro_f1
from models.evaluation.hiding import hide_item, hide_middle
from models.evaluation.lamps import Lamps
from models.evaluation.pictures import PictureReader
from models.evaluation.report import Error, Evaluation
from models.evaluation.same_item import evaluate_same_item
from models.evaluation.scoring import Scored
from models.evaluation.sheets import write_sheet
from vision.crop import NEUTRAL
from vision.findings import Box
from vision.picture import Picture, encode_jpeg

_TABLE = 120


def a_pack(
    seed: int, *, colour: tuple[int, int, int] = (40, 40, 200), text: str = "TEA", stain: bool = False
) -> Picture:
    generator = np.random.default_rng(seed)
    picture = np.full((200, 260, 3), _TABLE, np.uint8)
    x, y = (int(value) for value in generator.integers(-5, 6, 2))
    cv2.rectangle(picture, (60 + x, 50 + y), (200 + x, 150 + y), colour, -1)
    cv2.putText(picture, text, (75 + x, 115 + y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (250, 250, 250), 3)
    cv2.circle(picture, (175 + x, 75 + y), 14, (200, 220, 80), -1)
    if stain:
        cv2.circle(picture, (150 + x, 130 + y), 13, (20, 70, 60), -1)
    return np.clip(picture + generator.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_jpeg(picture, quality=92))


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Intact and stained packs of four days each."""
    folder = tmp_path_factory.mktemp("units")
    for day in range(4):
        for unit in range(4):
            write(folder / "intact" / f"day{day}_{unit}.jpg", a_pack(10 * day + unit))
        for unit in range(2):
            write(folder / "stained" / f"day{day}_{unit}.jpg", a_pack(100 + 10 * day + unit, stain=True))
    mask = np.zeros((200, 260), np.uint8)
    cv2.circle(mask, (150, 130), 16, 255, -1)
    (folder / "masks").mkdir()
    for day in range(4):
        cv2.imwrite(str(folder / "masks" / f"day{day}_0.png"), mask)
    for broken in folder.glob("masks/day3_0.png"):
        broken.unlink()
    return folder


def test_ranking_figures_of_known_scores() -> None:
    truths = np.array([True, True, False, False])
    assert auroc(np.array([0.9, 0.8, 0.2, 0.1]), truths) == 1.0
    assert auroc(np.array([0.5, 0.5, 0.5, 0.5]), truths) == 0.5
    assert np.isnan(auroc(np.array([0.5]), np.array([True])))
    assert average_precision(np.array([0.1, 0.2, 0.8, 0.9]), truths) == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert f1(np.array([True, False, True, False]), truths) == 0.5
    assert calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), truths) == 0.0


def test_pixel_overlap_counts_small_regions_as_much_as_large_ones() -> None:
    mask = np.zeros((50, 50), np.bool_)
    mask[2:4, 2:4] = True
    mask[20:40, 20:40] = True
    perfect = mask.astype(float)
    assert pixel_overlap([perfect], [mask]) == pytest.approx(1.0, abs=0.01)
    only_large = perfect.copy()
    only_large[2:4, 2:4] = -1
    assert pixel_overlap([only_large], [mask]) == pytest.approx(0.5, abs=0.01)


def test_intervals_draw_whole_groups() -> None:
    values = np.array([1.0] * 50 + [0.0] * 50)
    each, fours = [str(place) for place in range(100)], [str(place // 25) for place in range(100)]
    alone = drawn_again(lambda places: float(values[places].mean()), each)
    grouped = drawn_again(lambda places: float(values[places].mean()), fours)
    assert alone is not None
    assert grouped is not None
    assert grouped[1] - grouped[0] > 2 * (alone[1] - alone[0])
    assert drawn_again(lambda _: 1.0, ["a", "b", "a"]) is None


@pytest.mark.parametrize(
    ("rule", "group"),
    [
        ("_", "day1"),
        ("4", "day1"),
        (r"day(\d)", "1"),
        ("folder", "intact"),
        ("prefix", "day1"),
        (None, "intact/day1_2"),
    ],
)
def test_groups_by_the_beginning_of_a_name(rule: str | None, group: str) -> None:
    assert Grouping(rule).group(Path("intact/day1_2.jpg")) == group


def test_a_rule_that_is_none_is_refused() -> None:
    with pytest.raises(EvaluationRefused, match="regular expression"):
        Grouping("(")


def test_layouts_with_splits_views_and_masks(tmp_path: Path) -> None:
    picture = a_pack(1)
    write(tmp_path / "train" / "normal" / "1.jpg", picture)
    write(tmp_path / "broken" / "top" / "2.jpg", picture)
    (tmp_path / "masks").mkdir()
    cv2.imwrite(str(tmp_path / "masks" / "2.png"), picture[..., 0])
    broken, normal = sorted(read_classes(tmp_path, Grouping(None)), key=lambda one: one.label)
    assert (broken.label, broken.view, broken.split) == ("broken", "top", "")
    assert broken.mask == tmp_path / "masks" / "2.png"
    assert (normal.label, normal.view, normal.split, normal.mask) == ("normal", "", "train", None)


def test_yolo_boxes_and_polygons(tmp_path: Path) -> None:
    write(tmp_path / "images" / "a.jpg", a_pack(1))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.2 0.4\n0 0.1 0.1 0.3 0.1 0.3 0.4\n")
    (one,) = read_boxes(tmp_path, Grouping(None))
    first, second = one.boxes
    assert (first.label, first.box.x, first.box.height) == ("1", pytest.approx(0.4), pytest.approx(0.4))
    assert (second.box.x, second.box.width) == (pytest.approx(0.1), pytest.approx(0.2))
    (tmp_path / "labels" / "a.txt").write_text("1 0.5\n")
    with pytest.raises(EvaluationRefused, match="YOLO"):
        read_boxes(tmp_path, Grouping(None))


def test_folders_without_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationRefused, match="no folder"):
        read_classes(tmp_path / "nowhere", Grouping(None))
    write(tmp_path / "1.jpg", a_pack(1))
    with pytest.raises(EvaluationRefused, match="classes"):
        read_classes(tmp_path, Grouping(None))


def test_which_class_is_intact() -> None:
    assert normal_class({"none", "minor"}, None) == "none"
    assert normal_class({"x", "y"}, "y") == "y"
    for labels, wanted in (({"x", "y"}, None), ({"none"}, None), ({"x", "y"}, "z")):
        with pytest.raises(EvaluationRefused):
            normal_class(labels, wanted)


def test_hiding_covers_the_item_and_leaves_the_rest() -> None:
    picture = a_pack(1)
    middle = hide_middle(picture)
    assert (middle[100, 130] == NEUTRAL).all()
    assert (middle[2] == picture[2]).all()
    item = hide_item(picture, Box(60, 50, 140, 100))
    assert (item[52:148, 62:198] == NEUTRAL).all()
    assert (item[20] == picture[20]).all()


def test_damage_is_told_and_the_floor_is_not_above_chance_when_the_table_is_clean(units: Path) -> None:
    result = evaluate_anomaly(units, Grouping("_"), Options(golden=8, lamps=1), PictureReader())
    figure = result.figures["auroc"]
    assert figure.value > 0.95
    assert result.figures["auroc_other_light"].value > 0.6
    alarms = [result.figures[name].value for name in ("false_alarms", "false_alarms_other_light")]
    assert all(0 <= share <= 1 for share in alarms)
    assert all(0.1 < value < 0.9 for _, value in figure.floors)
    overlap = result.figures["pixel_aupro"]
    assert overlap.value > dict(overlap.floors)["whole_item"] + 0.1
    assert result.taught == 8
    assert result.groups == 2  # the other two days taught


def test_other_lights_are_drawn_the_same_again_and_differ() -> None:
    picture = a_pack(1)
    first = Lamps(3).relit(picture, Path("a.jpg"), 0)
    assert np.array_equal(first, Lamps(3).relit(picture, Path("elsewhere/a.jpg"), 0))
    others = [(Lamps(4), "a.jpg", 0), (Lamps(3), "b.jpg", 0), (Lamps(3), "a.jpg", 1)]
    for lamps, name, number in others:
        assert not np.array_equal(first, lamps.relit(picture, Path(name), number))


def test_the_floor_shows_a_background_that_gives_the_label_away(tmp_path: Path) -> None:
    for seed in range(12):
        intact = a_pack(seed)
        write(tmp_path / "intact" / f"{seed}.jpg", intact)
    for seed in range(20, 26):
        betrayed = a_pack(seed)
        betrayed[:16, :40] = (30, 200, 240)
        write(tmp_path / "damaged" / f"{seed}.jpg", betrayed)
    result = evaluate_anomaly(tmp_path, Grouping(None), Options(golden=6), PictureReader())
    assert min(dict(result.figures["auroc"].floors).values()) > 0.9
    assert any("No groups" in note for note in result.notes)


def test_pictures_that_cannot_be_read_are_named(units: Path, tmp_path: Path) -> None:
    for path in units.rglob("*.jpg"):
        write(tmp_path / path.relative_to(units), cv2.imread(str(path)))
    bad = tmp_path / "stained" / "day0_0.jpg"
    bad.write_bytes(b"no picture")
    result = evaluate_anomaly(tmp_path, Grouping("_"), Options(golden=8, seed=2), PictureReader())
    assert {path for path, _ in result.refused} <= {bad}
    assert sum(result.pictures.values()) + len(result.refused) >= 10


def test_products_are_told_apart_by_their_print(tmp_path: Path) -> None:
    products = (
        ("tea", "TEA", (40, 40, 200)),
        ("soap", "SOAP", (180, 90, 40)),
        ("rice", "rice", (60, 150, 60)),
    )
    for name, text, colour in products:
        for seed in range(8):
            split = "train" if seed < 5 else "test"
            number = seed % 5  # the same names in both: they are no group
            write(tmp_path / split / name / f"{number}.jpg", a_pack(seed, text=text, colour=colour))
    result = evaluate_same_item(tmp_path, Grouping(None), 5, 1, PictureReader())
    assert result.pictures == {"pictures": 9, "products": 3}
    assert result.figures["top1"].value >= 0.8
    assert max(dict(result.figures["top1"].floors).values()) < result.figures["top1"].value


def test_grades_by_their_folders_names() -> None:
    assert grade_order({"none", "minor", "critical"}) == {"none": 0, "minor": 1, "critical": 3}
    assert grade_order({"A", "d"}) == {"A": 0, "d": 3}
    with pytest.raises(EvaluationRefused):
        grade_order({"good", "bad"})
    assert macro_f1(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_the_command_prints_one_json_document_and_draws_a_sheet(units: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "worst.jpg"
    command = [
        "vision",
        "eval",
        str(units),
        "--task",
        "anomaly",
        "--golden",
        "8",
        "--group-by",
        "_",
        "--json",
    ]
    done = CliRunner().invoke(app, [*command, "--sheet", str(sheet)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["figures"]["auroc"]["value"] > 0.95
    assert set(said["figures"]["auroc"]["floor"]) == {"middle", "item"}
    assert said["figures"]["coverage_at_bound"]["value"] == 0.0
    assert sheet.is_file() is bool(said["worst"])


def test_a_sheet_shows_the_worst(units: Path, tmp_path: Path) -> None:
    result = Evaluation("anomaly", units, "")
    result.errors = [Error(next(units.glob("intact/*.jpg")), "damaged", "normal", 0.9)]
    assert write_sheet(result, tmp_path / "a" / "sheet.jpg", PictureReader()) == 1
    assert cv2.imread(str(tmp_path / "a" / "sheet.jpg")) is not None


def test_a_unit_seen_by_two_cameras_counts_by_its_worst_view() -> None:
    def seen(unit: str, score: float, *, damaged: bool) -> Scored:
        return Scored(Path(unit), unit, damaged, score)

    views = [seen("a", 0.1, damaged=True), seen("a", 0.9, damaged=True), seen("b", 0.2, damaged=False)]
    assert auroc_of_units(views, {"middle": views[::2]}).value == 1.0
    assert auroc_of_units(views, {"middle": views[::2]}).floors == (("middle", 0.0),)


@pytest.mark.parametrize(("task", "figure"), [("damage", "auroc"), ("grade", "macro_f1"), ("boxes", "map50")])
def test_a_package_is_measured_by_command(tmp_path: Path, task: str, figure: str) -> None:
    for seed in range(2):
        for label in ("none", "minor"):
            write(tmp_path / label / "images" / f"{label}{seed}.jpg", a_pack(seed, stain=label == "minor"))
            text = "4 0.58 0.65 0.1 0.13\n" if label == "minor" else ""
            labels = tmp_path / label / "labels"
            labels.mkdir(exist_ok=True)
            (labels / f"{label}{seed}.txt").write_text(text)
    command = ["vision", "eval", str(tmp_path), "--task", task, "--package", "damage-0.7.0", "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["method"] == "damage-0.7.0"
    assert figure in said["figures"]
    assert said["figures"][figure]["floor"]
