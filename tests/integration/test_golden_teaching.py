"""Teaching golden pictures at a real desk: who may, what is kept, what is said of it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from builders_desk import SITE, DeskUnderTest, Table, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return
from builders_vision import a_golden_unit, a_jpeg

from edge.errors import WorkflowRefused
from edge.golden_setup import golden_comparer, golden_teaching
from edge.inspection.taught import TaughtView
from edge.inspection.teaching import GoldenTeaching
from edge.settings import Settings
from vision.settings import VisionSettings
from vision.view_inspector import ViewInspector

BOSS = "STAFF-BOSS"
BLUE = (190, 80, 30)


class Class:
    """A teaching with everything that a test wants to touch."""

    def __init__(self, folder: Path, desk: DeskUnderTest, teaching: GoldenTeaching) -> None:
        self.folder, self.desk, self.teaching = folder, desk, teaching

    def show(self, picture, view: str = "top") -> None:
        self.desk.table.pictures[view] = None if picture is None else a_jpeg(picture)

    def teach(self, *pictures) -> TaughtView:
        """Show intact units one after the other; gives what the top view's are worth then."""
        for picture in pictures:
            self.show(picture)
            taken = self.teaching.take("SKU-1", views=["top"], badge=BOSS)
            assert taken.views[0].kept, taken.views
        return self.top()

    def top(self) -> TaughtView:
        return self.teaching.product("SKU-1").views[0]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Class]:
    settings = Settings.model_validate(
        {
            "station": {"site": SITE, "station": "desk-1", "data_dir": tmp_path},
            "cameras": {
                "top": {"driver": "folder", "folder": "unused"},
                "front": {"driver": "folder", "folder": "unused"},
            },
        }
    )
    table = Table({"top": None, "front": None})
    comparer = golden_comparer(settings)
    with (
        ViewInspector(VisionSettings()) as eyes,
        a_desk(tmp_path, table=table, eyes=eyes, golden=comparer) as desk,
    ):
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        teaching = golden_teaching(settings, comparer, desk.parts, table, desk.database, desk.clock)
        yield Class(tmp_path, desk, teaching)


def refusal(step) -> str:
    with pytest.raises(WorkflowRefused) as refused:
        step()
    return refused.value.message.code


def test_only_a_supervisor_may_by_the_badge_shown_or_the_one_at_the_desk(school: Class) -> None:
    school.show(a_golden_unit(1))
    take = school.teaching.take
    assert refusal(lambda: take("SKU-1", views=None, badge=None)) == "refused.teach_supervisor"
    assert refusal(lambda: take("SKU-1", views=None, badge="STAFF-0001")) == "refused.teach_supervisor"
    assert not (school.folder / "golden").exists()
    school.desk.scan(BOSS)
    assert take("SKU-1", views=["top"], badge=None).views[0].kept
    told = school.desk.database.sql("SELECT who, action, subject FROM audit WHERE action LIKE 'golden%'")
    assert [tuple(row) for row in told] == [(BOSS, "golden.taken", "SKU-1")]


def test_each_camera_is_told_apart_a_lost_one_and_an_empty_table_too(school: Class) -> None:
    empty = a_golden_unit(1) * 0 + 4  # darkness
    school.show(a_golden_unit(1))
    school.show(None, "front")
    first = {one.view: one for one in school.teaching.take("SKU-1", views=None, badge=BOSS).views}
    assert (first["top"].kept, first["front"].message.code) == (True, "quality.lost")
    school.show(empty, "front")
    second = {one.view: one for one in school.teaching.take("SKU-1", views=None, badge=BOSS).views}
    assert second["top"].message.code == "teach.same_picture"
    assert second["front"].message.code == "quality.dark"
    product = school.teaching.product("SKU-1")
    assert [(view.view, len(view.pictures), view.compared) for view in product.views] == [
        ("top", 1, False),
        ("front", 0, False),
    ]


def test_it_is_said_when_they_suffice_and_then_units_are_compared(school: Class) -> None:
    few = school.teach(*[a_golden_unit(seed) for seed in range(4)])
    assert (few.standing.code, few.standing.params) == ("teach.too_few", {"count": 4, "fewest": 5})
    start = school.teach(a_golden_unit(4))
    assert (start.standing.code, start.compared) == ("teach.few", True)
    good = school.teach(*[a_golden_unit(seed) for seed in range(5, 10)])
    assert (good.standing.code, good.advice) == ("teach.enough", ())
    assert [one.number for one in good.pictures] == list(range(1, 11))
    school.desk.scan("ORD-1001")
    school.desk.table.pictures = {"top": a_jpeg(a_golden_unit(50, stained=True))}
    school.desk.scan(a_gtin(1))
    assert school.desk.desk.proposal.disposition == "HOLD_FOR_REVIEW"


def test_pictures_of_two_articles_are_named_removed_and_never_compared_with(school: Class) -> None:
    tea = [a_golden_unit(seed) for seed in range(5)]
    mixed = school.teach(*tea, *[a_golden_unit(seed, colour=BLUE, print_="RICE") for seed in (20, 21)])
    assert (mixed.standing.code, mixed.compared) == ("teach.two_products", False)
    assert mixed.standing.params["numbers"] == "6, 7"
    odd = [one for one in mixed.pictures if one.flaws == ("other_colours",)]
    assert [one.number for one in odd] == [6, 7]
    for one in odd:
        school.teaching.remove("SKU-1", "top", one.name, badge=BOSS)
    assert (school.top().standing.code, school.top().compared) == ("teach.few", True)
    again = partial(school.teaching.remove, "SKU-1", "top", odd[0].name, badge=BOSS)
    assert refusal(again) == "refused.teach_gone"


def test_a_broken_picture_is_named_and_can_be_removed(school: Class) -> None:
    school.teach(*[a_golden_unit(seed) for seed in range(6)])
    name = school.top().pictures[2].name
    (school.folder / "golden" / "SKU-1" / "top" / f"{name}.jpg").write_bytes(b"spoilt")
    broken = school.top()
    assert broken.advice[0].code == "teach.broken"
    assert not broken.compared
    flawed = [one.name for one in broken.pictures if "broken" in one.flaws]
    assert flawed == [name]
    assert school.teaching.picture("SKU-1", "top", name) is None
    school.teaching.remove("SKU-1", "top", name, badge=BOSS)
    assert len(school.top().pictures) == 5


def test_codes_find_the_article_and_nothing_else(school: Class) -> None:
    find = school.teaching.find
    assert find("SKU-1").sku == "SKU-1"
    assert find(a_gtin(1)[1:]).sku == "SKU-1"
    assert find(f"(01){a_gtin(1)}(10)LOT-9").sku == "SKU-1"
    assert find(BOSS).badge == BOSS
    for stranger in (a_gtin(9), "../../etc", "ORD-1001", "x" * 400):
        assert refusal(lambda text=stranger: find(text)) == "refused.teach_unknown"
    assert refusal(lambda: school.teaching.product("../../etc")) == "refused.teach_unknown"


def test_not_while_a_unit_is_being_inspected(school: Class) -> None:
    school.show(a_golden_unit(1))
    school.show(a_golden_unit(2), "front")
    school.desk.scan("ORD-1001")
    school.desk.scan(a_gtin(1))
    take = partial(school.teaching.take, "SKU-1", views=None, badge=BOSS)
    assert refusal(take) == "refused.item_in_hand"


def test_pictures_are_shown_small(school: Class) -> None:
    view = school.teach(a_golden_unit(1))
    jpeg = school.teaching.picture("SKU-1", "top", view.pictures[0].name)
    assert 0 < len(jpeg) < len(a_jpeg(a_golden_unit(1)))
    assert school.teaching.picture("SKU-1", "top", "0" * 64) is None
    assert school.teaching.picture("../../etc", "top", view.pictures[0].name) is None
