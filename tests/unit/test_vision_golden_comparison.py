"""Golden samples: units drawn here, so that what is damaged is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vision.errors import GoldenRefused
from vision.golden.colours import ItemColours
from vision.golden.comparison import GoldenSet
from vision.golden.fusion import SIGNALS, Limits
from vision.golden.light import UsualLight
from vision.golden.maps import to_view
from vision.golden.sufficiency import check_set
from vision.golden.views import ItemView, axis, item_view, squared
from vision.picture import Picture
from vision.surroundings import outline

_RED, _BLUE = (40, 40, 200), (190, 80, 30)


def a_pack(
    seed: int,
    *,
    turn: float = 0.0,
    stained: bool = False,
    bitten: bool = False,
    colour: tuple[int, int, int] = _RED,
) -> Picture:
    """A printed pack on a grey table, a little moved and lit differently each time."""
    generator = np.random.default_rng(seed)
    picture = np.full((240, 320, 3), 120, np.uint8)
    x, y = (int(value) for value in generator.integers(-6, 7, 2))
    corners = np.add([[90, 70], [230, 70], [230, 170], [90, 170]], [x, y])
    cv2.fillPoly(picture, [corners.astype(np.int32)], colour)
    cv2.rectangle(picture, (100 + x, 80 + y), (150 + x, 110 + y), (230, 230, 230), -1)
    cv2.circle(picture, (195 + x, 120 + y), 24, (220, 200, 60), -1)
    cv2.putText(picture, "TEA", (105 + x, 155 + y), cv2.FONT_HERSHEY_SIMPLEX, 1, (250, 250, 250), 2)
    if stained:
        cv2.circle(picture, (130 + x, 135 + y), 13, (20, 60, 70), -1)
    if bitten:
        cv2.circle(picture, (228 + x, 150 + y), 24, (120, 120, 120), -1)
    if turn:
        rotation = cv2.getRotationMatrix2D((160, 120), turn, 1.0)
        picture = cv2.warpAffine(picture, rotation, (320, 240), borderValue=(120, 120, 120))
    lit = picture * generator.uniform(0.95, 1.05) + generator.normal(0, 2.5, picture.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


def views(count: int, **kinds: object) -> list[ItemView]:
    return [item_view(a_pack(seed, **kinds)) for seed in range(count)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def golden() -> GoldenSet:
    return GoldenSet(views(10))


def test_the_item_is_told_from_its_surroundings() -> None:
    found = outline(a_pack(1))
    assert found.confidence > 0.9
    share = np.count_nonzero(found.mask) / found.mask.size
    assert share == pytest.approx(140 * 100 / (240 * 320), rel=0.1)


def test_nothing_is_found_on_an_empty_table() -> None:
    empty = np.clip(np.random.default_rng(1).normal(120, 2, (240, 320, 3)), 0, 255).astype(np.uint8)
    assert outline(empty).confidence < 0.5 or not outline(empty).found


def test_the_same_picture_has_the_same_outline() -> None:
    first, second = outline(a_pack(3)), outline(a_pack(3))
    assert np.array_equal(first.mask, second.mask)


def test_intact_units_pass_and_damaged_ones_do_not(golden: GoldenSet) -> None:
    intact = [golden.compare(item_view(a_pack(seed))).score for seed in range(50, 56)]
    stained = [golden.compare(item_view(a_pack(seed, stained=True))).score for seed in range(60, 64)]
    bitten = [golden.compare(item_view(a_pack(seed, bitten=True))).score for seed in range(70, 74)]
    assert max(intact) < min(stained + bitten)
    assert min(stained + bitten) > 0.5


def test_the_table_is_never_compared(golden: GoldenSet) -> None:
    picture = a_pack(80)
    littered = picture.copy()
    cv2.circle(littered, (20, 20), 9, (10, 200, 220), -1)
    plain = golden.compare(item_view(picture)).score
    assert golden.compare(item_view(littered)).score == pytest.approx(plain, abs=0.1)


def test_the_map_shows_where_the_damage_is(golden: GoldenSet) -> None:
    view = item_view(a_pack(60, stained=True))
    shown = to_view(golden.compare(view), view)
    y, x = np.unravel_index(int(shown.argmax()), shown.shape)
    height, width = shown.shape
    assert (x / width * 320, y / height * 240) == pytest.approx((130, 135), abs=25)


def test_a_side_that_was_never_shown_is_said(golden: GoldenSet) -> None:
    other = np.full((240, 320, 3), 120, np.uint8)
    cv2.circle(other, (160, 120), 60, (200, 60, 20), -1)
    cv2.circle(other, (160, 120), 30, (250, 250, 250), -1)
    assert not golden.compare(item_view(other)).known_side
    assert golden.compare(item_view(a_pack(90))).known_side


def test_units_that_lie_in_any_direction_are_turned_level() -> None:
    turned = [item_view(a_pack(seed, turn=turn)) for seed, turn in enumerate(range(0, 180, 15))]
    learned = GoldenSet(turned)
    intact = learned.compare(item_view(a_pack(40, turn=52))).score
    damaged = learned.compare(item_view(a_pack(41, turn=52, bitten=True))).score
    assert intact < damaged


@pytest.mark.parametrize("lamp", [(0.7, 0.7, 0.7), (1.25, 1.25, 1.25), (0.85, 0.95, 1.1)])
def test_another_lamp_is_no_damage(lamp: tuple[float, float, float]) -> None:
    def lit(picture: Picture, by: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> ItemView:
        return item_view(np.clip(picture * 0.78 * np.array(by), 0, 255).astype(np.uint8))  # nothing burnt out

    learned = GoldenSet([lit(a_pack(seed)) for seed in range(10)])
    intact = [learned.compare(lit(a_pack(seed), lamp)) for seed in range(50, 55)]
    damaged = [learned.compare(lit(a_pack(seed, stained=True), lamp)) for seed in range(60, 63)]
    assert all(one.known_side for one in intact)
    assert np.median([one.score for one in intact]) < 0.5
    assert max(one.score for one in intact) < min(one.score for one in damaged)


def test_a_faded_item_on_the_same_table_stays_faded(golden: GoldenSet) -> None:
    faded = item_view(a_pack(52, colour=(90, 90, 210)))
    assert golden.compare(faded).score > 0.5


def test_light_is_levelled_by_what_item_and_table_both_say() -> None:
    usual = UsualLight(views(6))
    plain = item_view(a_pack(7))
    dim = replace(plain, picture=(plain.picture * 0.7).astype(np.uint8))
    assert np.abs(usual.levelled(dim).picture.astype(int) - plain.picture).mean() < 8
    dark_table = plain.picture.copy()
    dark_table[plain.mask == 0] //= 2
    assert np.array_equal(
        usual.levelled(replace(plain, picture=dark_table)).picture[120, 160], dark_table[120, 160]
    )
    x, y, across, down = cv2.boundingRect(dim.mask)
    boxed = np.zeros_like(dim.mask)
    boxed[y - 6 : y + down + 6, x - 6 : x + across + 6] = 255
    lit = usual.levelled(replace(dim, mask=boxed)).picture.astype(int)
    assert np.abs(lit - plain.picture).mean() < 8, "a box around the item tells its light as its outline does"
    everything = replace(dim, mask=np.full_like(dim.mask, 255))
    assert usual.levelled(everything) is everything, "nothing around it bears witness"


def test_the_axis_of_an_item_and_its_square() -> None:
    view = item_view(a_pack(1, turn=30))
    angle, longer = axis(view.mask)
    assert longer > 1.2
    level = squared(view, angle)
    assert abs(axis(level.mask)[0]) < 4


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(GoldenRefused, match="too few") as refusal:
        GoldenSet(views(3))
    assert refusal.value.reason == "too_few"


def test_a_good_set_needs_no_advice_and_a_small_one_some() -> None:
    assert check_set(views(10)) == []
    assert [one.code for one in check_set(views(6))] == ["few"]


def test_the_same_picture_twice_is_said() -> None:
    advice = check_set([*views(10), item_view(a_pack(3))])
    assert [one.code for one in advice] == ["repeated"]
    assert advice[0].pictures == (10,)


def test_pictures_of_two_products_are_refused() -> None:
    mixed = [*views(6), *[item_view(a_pack(seed, colour=_BLUE)) for seed in range(20, 24)]]
    with pytest.raises(GoldenRefused, match="two products"):
        check_set(mixed)


def test_a_rail_in_the_items_colour_is_no_part_of_it() -> None:
    plain = a_pack(1)
    railed = plain.copy()
    cv2.rectangle(railed, (0, 40), (319, 52), _RED, -1)  # behind the pack, as long as the picture
    colours = ItemColours([item_view(a_pack(seed)) for seed in range(6)])
    assert colours.tells
    box, without = (colours.refined(item_view(picture)).box for picture in (railed, plain))
    assert box == without
    halved = plain.copy()
    cv2.rectangle(halved, (150, 0), (165, 239), (120, 120, 120), -1)
    parts = colours.refined(item_view(halved))
    assert parts.box.width > 0.9 * without.width, "a half that broke off is one"


def test_in_several_poses_the_nearest_unit_and_the_print_count_more() -> None:
    table = np.random.default_rng(4).normal(1, 0.1, (12, len(SIGNALS))).astype(np.float32)
    alike, poses = (Limits.learned(table, alike=alike) for alike in (True, False))

    def ratio(name: str) -> float:
        off = np.where(np.array(SIGNALS) == name, 5, 0).astype(np.float32)
        return poses.fused(off) / alike.fused(off)

    assert ratio("nearest_look") > 2
    assert ratio("displaced") > 2
    assert ratio("usual_look") < 1


def test_units_in_several_poses_are_judged_by_the_nearest_one(golden: GoldenSet) -> None:
    poses = [a_pack(seed) if seed % 2 else cv2.rotate(a_pack(seed), cv2.ROTATE_180) for seed in range(20)]
    several = GoldenSet([item_view(picture) for picture in poses])
    assert golden.lie_alike
    assert not several.lie_alike, "though the same outline fits a pack turned about"
    for turned in (False, True):
        intact, stained = (a_pack(40), a_pack(41, stained=True))
        if turned:
            intact, stained = (cv2.rotate(one, cv2.ROTATE_180) for one in (intact, stained))
        assert several.compare(item_view(intact)).score < 0.5
        assert several.compare(item_view(stained)).score > 0.5
