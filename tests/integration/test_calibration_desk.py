"""From a new station that always asks to one that decides alone, and back when the returns change."""

from datetime import timedelta

import pytest
from builders_desk import MODEL, NOW, DeskUnderTest, a_desk, a_seen
from builders_returns import a_product, an_expected_return

from edge.calibration_view import CalibrationsView
from edge.grading.decision import Grade
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import PolicyShelf, load_policies
from edge.inspection.judged_units import judged_units
from edge.inspection.judging import propose
from edge.inspection.records import CalibrationRecord, InspectionRecord
from edge.inspection.saved import OverrideMade, SavedInspection
from edge.inspection.saved_rows import row_of
from vision.findings import DefectKind

PACKS = load_policies()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def a_unit(desk: DeskUnderTest) -> SavedInspection:
    """One sound unit, looked at and accepted at the desk."""
    desk.knows(an_expected_return(), a_product())
    desk.scan("ORD-1001")
    desk.scan("8900000000012")
    desk.accept()
    (row,) = desk.database.sql("SELECT body FROM inspection ORDER BY inspection_id LIMIT 1")
    return SavedInspection.model_validate_json(row[0])


def many(desk: DeskUnderTest, like: SavedInspection, count: int, *, days_ago: int = 30, **changes) -> None:
    """More units of that kind, spread over twenty days; `changes` are fields of the saved inspection."""
    start = desk.database.sql("SELECT count(*) FROM inspection")[0][0]
    with desk.database.write():
        for number in range(start, start + count):
            at = NOW - timedelta(days=days_ago - number % 20, seconds=number)
            observation = changes.get("observation", like.observation).model_copy(update={"now": at})
            update = {**changes, "observation": observation, "inspection_id": f"unit-{number:06d}"}
            one = like.model_copy(update={**update, "saved_at": at})
            desk.database.run(InspectionRecord.insert(**row_of(one)))


def default(desk: DeskUnderTest, *, write: bool = True):
    return desk.book.calibrate(write=write)["default"]


def test_a_new_station_asks_until_it_is_calibrated_and_then_decides_the_same_for_ever(folder):
    with a_desk(folder) as desk:
        first = a_unit(desk)
        assert first.decision.needs_person
        assert "rule.model_uncalibrated" in [rule.code for rule in first.decision.rules]
        assert default(desk).found.reason == "too_few"
        many(desk, first, 320)
        found = default(desk, write=False)
        assert (found.threshold, found.found.days >= 20, found.asked_share) == (0.0, True, 0.0)
        pack = PACKS.of_category("general")
        assert desk.book.threshold(pack) is None, "a dry run puts nothing in force"
        default(desk)
        assert desk.book.threshold(pack) == 0.0
    with a_desk(folder) as desk:  # a restart
        desk.knows(an_expected_return(return_id="R-2"))
        desk.scan("ORD-1001")
        desk.scan("8900000000012")
        for _ in range(3):
            if desk.desk.question is not None:
                desk.answer(desk.desk.question.choices[0].value)
        desk.accept()
        newest = (
            "SELECT body FROM inspection WHERE inspection_id NOT LIKE 'unit-%' ORDER BY inspection_id DESC"
        )
        body = desk.database.sql(newest)[0][0]
        again = SavedInspection.model_validate_json(body)
        assert (again.observation.model.calibrated, again.observation.model.threshold) == (True, 0.0)
        assert "rule.model_uncalibrated" not in [rule.code for rule in again.decision.rules]
        assert propose(again.observation, pack) == again.decision


def test_it_holds_for_that_model_and_those_values_of_the_pack_alone(folder):
    pack = PACKS.of_category("general")
    with a_desk(folder) as desk:
        many(desk, a_unit(desk), 320)
        default(desk)
        assert desk.book.threshold(pack) is not None
        other = {**pack.model_dump(), "bound": {"harm": 0.005, "certainty": 0.95}}
        stricter = PolicyPack.model_validate(other)
        assert desk.book.threshold(stricter) is None
    with a_desk(folder, model=MODEL.model_copy(update={"sha256": "1" * 64})) as desk:
        assert desk.book.threshold(pack) is None
        assert default(desk, write=False).found.labelled == 0, "another model's units say nothing of this one"


def test_plain_accepts_are_no_labels_and_a_second_look_is(folder):
    with a_desk(folder) as desk:
        first = a_unit(desk)
        unasked = first.decision.model_copy(update={"needs_person": False})
        many(desk, first, 50, decision=unasked)
        assert default(desk, write=False).found.labelled == 1
        with desk.database.write():
            desk.database.sql(
                "INSERT INTO second_look (inspection_id, grade, kinds, looked_at) "
                "SELECT inspection_id, 'C', '[]', saved_at FROM inspection WHERE inspection_id LIKE 'unit-%1'"
            )
        units = list(judged_units(desk.database, PACKS, MODEL))
        assert sum(unit.label is not None for unit in units) == 6
        assert sum(unit.label is not None and unit.label.harmful for unit in units) == 5


@pytest.mark.parametrize(
    ("grade", "reason", "harmful"),
    [
        (None, "damage_not_seen", True),  # said damaged, the grade left as it was
        (Grade.B, "damage_not_seen", False),  # cosmetic, by the person's own grade
        (Grade.C, "other", True),
        (None, "shelf_full", False),
        (None, "set_aside.condition_unclear", True),
        (None, "set_aside.wrong_papers", None),
    ],
)
def test_what_a_person_did_is_read_to_the_safe_side(folder, grade, reason, harmful):
    with a_desk(folder) as desk:
        first = a_unit(desk)
        override = OverrideMade(reason_code=reason, by="STAFF-1")
        confirmed = first.confirmed.model_copy(
            update={"grade": grade or first.confirmed.grade, "override": override}
        )
        many(desk, first, 1, confirmed=confirmed)
        units = list(judged_units(desk.database, PACKS, MODEL))
        (label,) = [unit.label for unit in units if unit.inspection_id.startswith("unit-")]
        assert (label.harmful if label is not None else None) is harmful


def test_units_that_the_station_doubts_are_told_from_those_it_is_sure_of(folder):
    with a_desk(folder) as desk:
        first = a_unit(desk)
        many(desk, first, 600)
        weak = a_seen(DefectKind.BREAKAGE, score=0.3)
        seen = {"kind": weak.kind, "score": weak.score, "extent": weak.extent, "view": "top"}
        doubtful = first.observation.model_validate({**first.observation.model_dump(), "findings": (seen,)})
        bad = first.confirmed.model_copy(update={"grade": Grade.C})
        many(desk, first, 200, observation=doubtful, confirmed=bad)
        found = default(desk)
        assert found.threshold == pytest.approx(0.71)
        assert found.asked_share == pytest.approx(200 / 801, abs=0.001)
        said = CalibrationsView(desk.book, PACKS).standings()
        (one,) = [view for view in said if view.policy == "default"]
        assert (one.message.code, one.message.params["threshold"]) == ("calibration.calibrated", "0.71")
        assert (one.message.params["harm"], one.message.params["asked"]) == ("1", 25)


def recent(desk: DeskUnderTest, like: SavedInspection, count: int, light: float) -> None:
    views = tuple(view.model_copy(update={"measures": {"light": light + 0.001}}) for view in like.views)
    unasked = like.decision.model_copy(update={"needs_person": False})
    many(desk, like, count, days_ago=-1, views=views, decision=unasked)


def test_changed_pictures_take_the_calibration_away_and_nothing_gives_it_back_by_itself(folder):
    pack = PACKS.of_category("general")
    with a_desk(folder) as desk:
        first = a_unit(desk)
        views = tuple(view.model_copy(update={"measures": {"light": 180.0}}) for view in first.views)
        many(desk, first, 320, views=views)
        default(desk)
        desk.book.review()
        assert desk.book.threshold(pack) is not None, "nothing new came"
        recent(desk, first, 60, light=40.0)
        desk.clock.time = NOW + timedelta(days=1)
        desk.book.review()
        assert desk.book.threshold(pack) is None
        view = CalibrationsView(desk.book, PACKS)
        (one,) = [each for each in view.standings() if each.policy == "default"]
        assert (one.standing, one.message.code) == ("alarmed", "calibration.alarmed")
        assert one.message.params["sign"] == "picture"
        assert default(desk).found.labelled == 0, "labels of before the change no longer count"
        desk.clock.time = NOW + timedelta(days=3)
        desk.book.review()
        assert desk.book.threshold(pack) is None
    with a_desk(folder) as desk:
        assert desk.book.threshold(pack) is None
        standings = [
            row.standing for row in desk.database.run(CalibrationRecord.select()) if row.policy == "default"
        ]
        assert standings == ["calibrated", "alarmed", "uncalibrated"]


def test_a_review_ends_at_once_when_the_station_stops(folder):
    with a_desk(folder) as desk:
        a_unit(desk)
        desk.book.review(lambda: True)
        assert desk.book.progress(PACKS.of_category("general")) is None


def test_a_station_whose_clock_is_wrong_or_that_has_no_model_changes_nothing(folder):
    with a_desk(folder) as desk:
        desk.clock.right = False
        desk.book.review()
        assert desk.book.progress(PACKS.of_category("general")) is None
    empty = PolicyShelf(PACKS.packs)
    with a_desk(folder, policies=empty) as desk:
        desk.book.model = None
        assert desk.book.calibrate(write=True) == {}
        said = {view.message.code for view in CalibrationsView(desk.book, empty).standings()}
        assert said == {"calibration.no_model"}
