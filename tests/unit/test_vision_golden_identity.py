"""Which product is it? Packs of one maker, drawn here: the same frame and logo, another word or colour."""

import cv2
import numpy as np
import pytest

from vision.errors import GoldenRefused
from vision.golden.agreement import agreement, looks, overlay
from vision.golden.identity import Identified, ProductMarks, find_marks
from vision.golden.marks import MARK_NUMBERS, marks_of
from vision.golden.views import FINE_VIEW, ItemView, item_view
from vision.picture import Picture

PRODUCTS = {
    "whole": ("MILK 3%", (40, 40, 200)),
    "half": ("MILK 1%", (60, 150, 40)),
    "oat": ("OAT", (190, 90, 30)),
}


def a_carton(product: str, seed: int, *, shelf: bool = False) -> Picture:
    """A carton of one maker on a plain table or before a full shelf, each time a little turned and lit."""
    word, colour = PRODUCTS[product]
    generator = np.random.default_rng(seed)
    if shelf:
        small = generator.integers(0, 255, (45, 45, 3), np.uint8)
        picture = cv2.resize(small, (360, 360), interpolation=cv2.INTER_NEAREST)
    else:
        picture = np.full((360, 360, 3), 120, np.uint8)
    front = np.full((200, 130, 3), 235, np.uint8)
    cv2.rectangle(front, (0, 0), (129, 40), (60, 120, 30), -1)
    cv2.putText(front, "FARM", (18, 30), cv2.FONT_HERSHEY_DUPLEX, 1.0, (250, 250, 250), 2)
    cv2.putText(front, word, (6, 90), cv2.FONT_HERSHEY_DUPLEX, 0.85, colour, 2)
    cv2.circle(front, (65, 145), 36, colour, -1)
    cv2.putText(front, word[:3], (40, 152), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (250, 250, 250), 2)
    turn = cv2.getRotationMatrix2D((65, 100), float(generator.uniform(-12, 12)), 1.0)
    turn[:, 2] += (115 + generator.uniform(-6, 6), 80 + generator.uniform(-6, 6))
    laid = cv2.warpAffine(front, turn, (360, 360))
    where = cv2.warpAffine(np.full(front.shape[:2], 255, np.uint8), turn, (360, 360)) > 127
    picture[where] = laid[where]
    lit = picture * generator.uniform(0.85, 1.1) + generator.normal(0, 3, picture.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def marks() -> ProductMarks:
    return ProductMarks({name: [item_view(a_carton(name, seed)) for seed in range(5)] for name in PRODUCTS})


@pytest.mark.parametrize("product", PRODUCTS)
def test_products_of_one_maker_are_told_apart(marks: ProductMarks, product: str) -> None:
    for seed in range(50, 53):
        found = marks.identify(item_view(a_carton(product, seed)))
        assert found.best == product
        assert found.score(product) > 0.5
        assert all(found.score(other) < 0.5 for other in PRODUCTS if other != product)


def test_before_a_full_shelf_the_item_is_taken_to_be_in_the_middle() -> None:
    known = ProductMarks(
        {name: [item_view(a_carton(name, seed, shelf=True)) for seed in range(5)] for name in PRODUCTS}
    )
    for place, product in enumerate(PRODUCTS):
        assert known.identify(item_view(a_carton(product, 60 + place, shelf=True))).best == product


def test_the_table_has_no_marks_and_a_shelf_has_few_at_its_rim() -> None:
    littered = a_carton("oat", 1)
    cv2.putText(littered, "X", (4, 30), cv2.FONT_HERSHEY_DUPLEX, 1.0, (0, 0, 0), 2)
    on_table = marks_of(item_view(littered))
    assert on_table.picture.shape[0] < 300  # the item's own cut
    assert on_table.weights.min() == 1.0
    before_shelf = marks_of(item_view(a_carton("oat", 1, shelf=True)))
    assert before_shelf.weights.min() < 0.6 < before_shelf.weights.max()


def test_a_picture_without_marks_speaks_for_nothing(marks: ProductMarks) -> None:
    found = marks.identify(item_view(np.full((200, 200, 3), 90, np.uint8)))
    assert {found.score(name) for name in PRODUCTS} == {0.0}
    assert find_marks(item_view(np.full((200, 200, 3), 90, np.uint8))).shape == (0, MARK_NUMBERS)


def test_a_product_whose_pictures_have_no_marks_is_never_the_best() -> None:
    blank = [item_view(np.full((200, 200, 3), 90, np.uint8))] * 5
    known = ProductMarks({"blank": blank, "oat": [item_view(a_carton("oat", seed)) for seed in range(5)]})
    assert known.identify(item_view(a_carton("oat", 70))).best == "oat"
    assert ProductMarks({"a": blank, "b": blank}).identify(item_view(a_carton("oat", 70))).score("a") == 0.0


def test_the_same_picture_gives_the_same_answer(marks: ProductMarks) -> None:
    view = item_view(a_carton("half", 80))
    assert marks.identify(view) == marks.identify(view)


def test_a_score_is_even_between_two_products_with_like_evidence() -> None:
    found = Identified((("a", 0.4), ("b", 0.4), ("c", -0.1)))
    assert found.score("a") == found.score("b") == 0.5
    assert found.score("c") == found.score("unknown") == 0.0
    assert Identified((("a", 0.9), ("b", 0.3))).score("a") > 0.9


def test_one_product_alone_cannot_be_told_from_others() -> None:
    with pytest.raises(GoldenRefused, match="two at least"):
        ProductMarks({"oat": [item_view(a_carton("oat", 1))]})


def test_marks_lie_over_their_likes_or_nowhere() -> None:
    places = np.random.default_rng(1).uniform(0, 300, (40, 2)).astype(np.float32)
    turn = cv2.getRotationMatrix2D((150, 150), 25, 1.3).astype(np.float32)
    there = places @ turn[:, :2].T + turn[:, 2]
    there[:8] += 90  # some likes are wrong
    found = overlay(places, there)
    assert found is not None
    assert found.placing == pytest.approx(turn, abs=0.5)
    assert found.bearing.sum() >= 30
    assert overlay(places[:4], there[:4]) is None
    assert overlay(places, places * 9) is None  # nine times as large: not the same print


def test_another_word_on_the_same_pack_agrees_less() -> None:
    golden = marks_of(item_view(a_carton("whole", 2)))
    own, other = (marks_of(item_view(a_carton(name, 2))) for name in ("whole", "half"))
    still = overlay(golden.places, golden.places)
    assert still is not None
    everywhere = np.arange(len(golden.places))
    same = agreement(own, golden, looks(golden.picture), still, everywhere)
    another = agreement(other, golden, looks(golden.picture), still, everywhere)
    assert same.edges > another.edges
    assert same.colour > another.colour


def test_a_small_view_keeps_what_the_marks_need() -> None:
    picture = a_carton("oat", 3)
    everything = np.full(picture.shape[:2], 255, np.uint8)
    large = item_view(picture, everything)
    assert large.picture.shape[0] < 240
    assert large.fine is not None
    assert large.fine.shape == picture.shape
    wide = cv2.resize(picture, (1280, 1280))
    mask = np.zeros((1280, 1280), np.uint8)
    mask[400:800, 500:700] = 255
    roomy: ItemView = item_view(wide, mask)
    assert max(roomy.picture.shape) > FINE_VIEW
    assert roomy.fine is None
