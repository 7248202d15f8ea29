"""What people said of stored units becomes a labelled set: boxes that they confirmed, intact ones without."""

import csv
import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders_desk import DeskUnderTest, a_desk, a_seen
from builders_returns import a_product, an_expected_return
from hypothesis import given
from hypothesis import strategies as st

from edge.grading.decision import Grade
from edge.inspection.label_export import CLASSES, export_labels, truth_of
from edge.inspection.saved import OverrideMade, SavedInspection
from edge.inspection.stored import StoredInspections
from models.training.errors import PicturesMissing
from models.training.labelled import add_labelled
from models.training.recipe import read_recipe
from vision.crop import Crop
from vision.findings import Box, DefectKind

CROP = Crop(np.full((320, 320, 3), 90, np.uint8), 100, 100, 0.4, 0, 40, 800, 600)
DENT = DefectKind.DEFORMATION


class Cutter:
    """Cuts every picture alike."""

    def cut_out(self, jpeg: bytes, reference: bytes | None = None) -> Crop | None:
        del reference
        return None if jpeg == b"front-dark" else CROP


def stored(desk: DeskUnderTest) -> StoredInspections:
    return StoredInspections(desk.database, desk.parts.store, desk.parts.pictures, desk.parts.references)


def one_unit(desk: DeskUnderTest, name: str, *findings) -> None:
    desk.knows(an_expected_return(), a_product())
    desk.table.put(name, *findings)
    if desk.parts.state.opened is None:
        desk.scan("ORD-1001")
    desk.scan("8900000000012")
    desk.accept()


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def labels(folder: Path) -> dict[str, str]:
    return {path.stem[-5:].lstrip("-"): path.read_text() for path in sorted(folder.glob("labels/*/*.txt"))}


def test_confirmed_boxes_and_intact_pictures_are_written_as_the_model_sees_them(tmp_path):
    with a_desk(tmp_path / "data") as desk:
        one_unit(desk, "dented", a_seen(DENT))
        nothing = {"units": 0, "pictures": 0, "intact": 0, "boxes": 0}
        assert export_labels(stored(desk), Cutter(), tmp_path / "none") == nothing, "a click confirms no box"
        written = export_labels(stored(desk), Cutter(), tmp_path / "set", accepted=True)
        assert written == {"units": 1, "pictures": 1, "intact": 0, "boxes": 1}
        (label,) = (tmp_path / "set").glob("labels/*/*-top.txt")
        number, *place = label.read_text().split()
        assert CLASSES[int(number)] is DENT
        # 300 x 200 pixels at (200, 200), in a crop that begins at (100, 100), at 0.4, 40 pixels down
        assert [float(each) * 320 for each in place] == pytest.approx([100, 120, 120, 80], abs=0.01)
        (picture,) = (tmp_path / "set").glob("images/*/*-top.png")
        assert np.array_equal(cv2.imread(str(picture)), CROP.square)
        (row,) = rows(tmp_path / "set")
        assert (row["grade"], row["source"], row["category"]) == ("C", "asked", "general")
        assert "path:" not in (tmp_path / "set" / "data.yaml").read_text()
    with a_desk(tmp_path / "other") as desk:
        one_unit(desk, "sound")
        written = export_labels(stored(desk), Cutter(), tmp_path / "sound", accepted=True)
        assert written == {"units": 1, "pictures": 2, "intact": 2, "boxes": 0}
        assert set(labels(tmp_path / "sound").values()) == {""}


def test_a_second_look_outweighs_what_was_accepted(tmp_path):
    with a_desk(tmp_path / "data") as desk:
        one_unit(desk, "dented", a_seen(DENT))
        (saved,) = stored(desk).newest(5)
        assert truth_of(saved, (Grade.A, frozenset())).intact
        agreed = truth_of(saved, (Grade.C, frozenset({DENT})))
        assert (agreed.confirmed, agreed.intact) == ({DENT}, False)
        more = truth_of(saved, (Grade.C, frozenset({DENT, DefectKind.BREAKAGE})))
        assert (more.confirmed, more.intact) == (frozenset(), False), "a defect without a box teaches nothing"


@pytest.mark.parametrize(
    ("reason", "grade", "said"),
    [
        ("no_damage", Grade.A, (True, Grade.A)),
        ("damage_not_seen", None, (False, Grade.C)),
        ("shelf_full", None, None),
        ("set_aside.condition_unclear", None, None),
    ],
)
def test_overrides_are_read_by_their_reason(tmp_path, reason, grade, said):
    with a_desk(tmp_path / "data") as desk:
        one_unit(desk, "dented", a_seen(DENT))
        (saved,) = stored(desk).newest(5)
    update = {"override": OverrideMade(reason_code=reason), **({"grade": grade} if grade else {})}
    changed = saved.model_copy(update={"confirmed": saved.confirmed.model_copy(update=update)})
    truth = truth_of(changed, None)
    assert (None if truth is None else (truth.intact, truth.grade)) == said
    assert truth is None or truth.confirmed == frozenset()


def test_a_plain_accept_that_nobody_was_asked_about_is_no_truth(tmp_path):
    with a_desk(tmp_path / "data") as desk:
        one_unit(desk, "sound")
        (saved,) = stored(desk).newest(5)
    unasked = saved.decision.model_copy(update={"needs_person": False})
    assert truth_of(SavedInspection(**{**dict(saved), "decision": unasked}), None) is None


def test_the_training_takes_the_set_with_its_own_numbers(tmp_path):
    with a_desk(tmp_path / "data") as desk:
        one_unit(desk, "dented", a_seen(DENT))
        export_labels(stored(desk), Cutter(), tmp_path / "set", accepted=True)
    for part in ("train", "val"):
        for kind in ("images", "labels"):
            (tmp_path / "dataset" / kind / part).mkdir(parents=True)
    recipe = read_recipe()
    only = dataclasses.replace(recipe, classes=(DefectKind.BREAKAGE, DENT))
    assert add_labelled(only, tmp_path / "set", tmp_path / "dataset") == {"deformation": 1}
    (label,) = (tmp_path / "dataset").glob("labels/*/site-*.txt")
    assert label.read_text().startswith("1 ")
    other = dataclasses.replace(recipe, classes=(DefectKind.BREAKAGE,))
    assert add_labelled(other, tmp_path / "set", tmp_path / "dataset") == {}
    with pytest.raises(PicturesMissing):
        add_labelled(recipe, tmp_path, tmp_path / "dataset")


@given(st.floats(100, 500), st.floats(100, 400), st.floats(1, 300), st.floats(1, 250))
def test_a_box_comes_back_from_the_square_as_it_was(x, y, width, height):
    back = CROP.to_full(*CROP.to_square(Box(x, y, width, height)))
    assert (back.x, back.y, back.width, back.height) == pytest.approx((x, y, width, height), abs=1e-6)
