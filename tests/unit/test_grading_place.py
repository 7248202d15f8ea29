"""The same dent counts for more at the edge where a pack says so, and never for less anywhere."""

import doctest

from builders_returns import a_finding, an_observation, the_policies, the_policy
from hypothesis import given
from hypothesis import strategies as st

from edge.grading import defect_place
from edge.grading.decision import Decision, Disposition, Grade, Severity
from edge.grading.defect_place import EDGE_SHARE, DefectPlace, place_of
from edge.grading.disposition import decide
from edge.grading.grade import grade, severity
from edge.grading.observation import Observation, SeenFinding
from edge.grading.policy import PolicyPack
from edge.grading.policy_tables import DefectPolicy
from edge.inspection.observing import seen_findings
from edge.inspection.saved import JudgedView, PictureBox, PictureFinding
from vision.findings import DAMAGE, Box, DefectKind

ITEM = Box(100, 50, 800, 400)
SHARE = st.floats(0, 1, allow_nan=False)
PIXELS = st.floats(0, 2000, allow_nan=False)
BOXES = st.builds(Box, PIXELS, PIXELS, PIXELS, PIXELS)
FINDINGS = st.lists(
    st.builds(
        SeenFinding,
        kind=st.sampled_from(DefectKind),
        score=SHARE,
        extent=SHARE,
        view=st.sampled_from(["top", "front"]),
        source=st.sampled_from(["detector", "golden", "person"]),
    ),
    max_size=4,
).map(tuple)


@st.composite
def tables(draw):
    low, high = sorted([draw(SHARE), draw(SHARE)])
    return DefectPolicy(
        count_from=draw(SHARE),
        major_from=low,
        critical_from=high,
        edge_at_least=draw(st.sampled_from(Severity)),
        minor=Grade.B,
        major=Grade.C,
        critical=Grade.D,
    )


def with_edge(pack: PolicyPack, at_least: Severity) -> PolicyPack:
    changed = {
        kind.value: pack.defects.of(kind).model_copy(update={"edge_at_least": at_least}) for kind in DAMAGE
    }
    return pack.model_copy(update={"defects": pack.defects.model_copy(update=changed)})


def decided(seen: Observation, pack: PolicyPack) -> Decision:
    return decide(seen, grade(seen, pack), pack)


def middle_at(across: float, down: float) -> Box:
    """A small defect whose middle lies at a share of the item's box."""
    return Box(ITEM.x + across * ITEM.width - 5, ITEM.y + down * ITEM.height - 5, 10, 10)


def test_the_border_on_each_side_is_the_edge():
    just_in, just_out = EDGE_SHARE + 0.01, EDGE_SHARE - 0.01
    assert place_of(middle_at(0.5, 0.5), ITEM) is DefectPlace.FACE
    assert place_of(middle_at(just_in, 1 - just_in), ITEM) is DefectPlace.FACE
    for across, down in ((just_out, 0.5), (1 - just_out, 0.5), (0.5, just_out), (0.5, 1 - just_out)):
        assert place_of(middle_at(across, down), ITEM) is DefectPlace.EDGE
    assert place_of(middle_at(1.2, 0.5), ITEM) is DefectPlace.EDGE


def test_nothing_is_said_without_an_item():
    assert place_of(middle_at(0, 0), None) is None
    assert place_of(middle_at(0, 0), Box(5, 5, 0, 10)) is None


@given(BOXES, BOXES, st.floats(0.1, 10), PIXELS)
def test_the_place_is_the_same_from_nearer_or_elsewhere(defect, item, scale, away):
    def moved(box):
        return Box(box.x * scale + away, box.y * scale + away, box.width * scale, box.height * scale)

    def middles(defect, item):
        yield (defect.x + defect.width / 2 - item.x) / item.width
        yield (defect.y + defect.height / 2 - item.y) / item.height

    if item.width > 1 and item.height > 1:
        borders = (EDGE_SHARE, 1 - EDGE_SHARE)
        clear = all(abs(share - border) > 1e-6 for share in middles(defect, item) for border in borders)
        assert not clear or place_of(moved(defect), moved(item)) is place_of(defect, item)


@given(tables(), SHARE, st.sampled_from([None, *DefectPlace]))
def test_the_place_never_lowers_a_severity(table, extent, place):
    unplaced = severity(a_finding(extent=extent), table)
    placed = severity(a_finding(extent=extent, place=place), table)
    assert placed.gravity >= unplaced.gravity
    if place is DefectPlace.EDGE:
        assert placed is unplaced.worse_of(table.edge_at_least)
    else:
        assert placed is unplaced


@given(FINDINGS, st.sampled_from(the_policies().packs), st.sampled_from(Severity))
def test_what_was_stored_without_a_place_is_decided_as_before(findings, pack, at_least):
    before = with_edge(pack, Severity.MINOR)
    stored = an_observation(findings=findings).model_dump(mode="json")
    for finding in stored["findings"]:
        del finding["place"]
    seen = Observation.model_validate(stored)
    ignored = {"policy_version"}
    after = decided(seen, with_edge(pack, at_least)).model_dump(exclude=ignored)
    assert after == decided(seen, before).model_dump(exclude=ignored)


@given(FINDINGS, st.sampled_from(the_policies().packs))
def test_a_pack_of_before_decides_the_same_wherever_the_defects_lie(findings, pack):
    before = with_edge(pack, Severity.MINOR)
    at_edge = tuple(one.model_copy(update={"place": DefectPlace.EDGE}) for one in findings)
    plain, placed = (decided(an_observation(findings=each), before) for each in (findings, at_edge))
    assert (plain.grade, plain.disposition, plain.rules) == (placed.grade, placed.disposition, placed.rules)


def test_a_small_dent_on_the_rim_of_a_tin_is_told_and_kept_from_the_shelf():
    food = {"category": "ambient_food", "goods_class": "food"}
    pack = the_policy("ambient_food")
    on_face = decided(an_observation(**food, findings=(a_finding(extent=0.03, place="face"),)), pack)
    on_rim = decided(an_observation(**food, findings=(a_finding(extent=0.03, place="edge"),)), pack)
    assert (on_face.grade, on_face.disposition) == (Grade.B, Disposition.RESTOCK_MARKDOWN)
    assert (on_rim.grade, on_rim.disposition) == (Grade.C, Disposition.RETURN_TO_VENDOR)
    told = next(rule for rule in on_rim.rules if rule.code.startswith("rule.finding."))
    assert told.code == "rule.finding.at_edge"
    assert told.params == {
        "kind": "deformation",
        "severity": "major",
        "view": "top",
        "percent": 3,
        "grade": "C",
    }


def test_a_defect_that_is_as_grave_by_its_size_alone_is_told_by_its_size():
    large = an_observation(findings=(a_finding(extent=0.2, place="edge"),))
    codes = [rule.code for rule in decided(large, the_policy("ambient_food")).rules]
    assert "rule.finding.deformation.major" in codes
    assert "rule.finding.at_edge" not in codes


def test_the_edge_changes_nothing_where_the_pack_says_minor():
    chip = an_observation(findings=(a_finding(extent=0.03, place="edge"),))
    assert decided(chip, the_policy("electronics")).grade is Grade.B


def test_findings_of_the_views_get_their_place_from_the_item_of_their_own_view():
    def view(name: str, item: PictureBox | None) -> JudgedView:
        found = PictureFinding(
            kind=DefectKind.DEFORMATION,
            box=PictureBox(x=10, y=10, width=20, height=20),
            score=0.9,
            extent=0.1,
        )
        return JudgedView(
            view=name,
            width=800,
            height=600,
            quality="quality.ok",
            usable=True,
            item_box=item,
            findings=(found,),
        )

    seen = seen_findings(
        [
            view("top", PictureBox(x=0, y=0, width=400, height=400)),
            view("front", PictureBox(x=0, y=0, width=40, height=40)),
            view("left", None),
        ]
    )
    assert [one.place for one in seen] == [DefectPlace.EDGE, DefectPlace.FACE, None]


def test_the_examples_of_the_module_hold():
    assert doctest.testmod(defect_place).failed == 0
    assert doctest.testmod(defect_place).attempted > 2
