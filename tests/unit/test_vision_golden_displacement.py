"""Displaced print: a bent edge is told, a slightly other view, another outline and a blank pack are not."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vision.golden.displacement import Print, Search, print_grey
from vision.golden.views import SIDE, Square


def a_square(*, printed: bool = True, outline_off: int = 0) -> Square:
    """A pack with patches of print; the outline may be drawn too large."""
    picture = np.full((SIDE, SIDE, 3), 114, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(picture, (20, 20), (171, 171), (70, 90, 200), cv2.FILLED)
    grown = 20 - outline_off
    cv2.rectangle(mask, (grown, grown), (SIDE - 1 - grown, SIDE - 1 - grown), 255, cv2.FILLED)
    if printed:
        generator = np.random.default_rng(3)
        for x, y in generator.integers(26, 150, (90, 2)).tolist():
            colour = generator.integers(0, 256, 3).tolist()
            cv2.rectangle(picture, (x, y), (x + 14, y + 9), colour, cv2.FILLED)
    return Square(picture, mask, np.eye(2, 3, dtype=np.float32), 100.0)


def moved(square: Square, down: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Square:
    """Each place moved down by so many pixels."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    rows = y - down(x, y).astype(np.float32)
    picture = cv2.remap(square.picture, x, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.remap(square.mask, x, rows, cv2.INTER_NEAREST)
    return Square(np.asarray(picture, np.uint8), np.asarray(mask, np.uint8), square.placing, square.size)


def displaced(golden: Square, unit: Square) -> npt.NDArray[np.float32]:
    shown = Print.of(golden)
    return shown.displaced(Search().flow(shown.grey, print_grey(unit)))


def dent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Six pixels at (130, 60), nothing farther than some twenty."""
    return np.asarray(6 * np.exp(-((x - 130) ** 2 + (y - 60) ** 2) / (2 * 10**2)))


def other_view(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """As a pack leaning a little: more at one end, and bowed."""
    return np.asarray(4 * (x / SIDE) + 3 * (y / SIDE - 0.5) ** 2 * 4)


def test_a_dent_moves_print_where_it_is() -> None:
    found = displaced(a_square(), moved(a_square(), dent))
    right_and_high = found[:24, 24:].max()
    assert right_and_high == found.max()
    assert found[24:].max() < 0.8 * right_and_high
    assert found[:, :24].max() < 0.8 * right_and_high


def test_another_view_is_no_dent() -> None:
    view = displaced(a_square(), moved(a_square(), other_view)).max()
    both = displaced(a_square(), moved(moved(a_square(), other_view), dent)).max()
    dented = displaced(a_square(), moved(a_square(), dent)).max()
    assert view < 0.8 * dented, "though it moves the print as far as the dent does, and all of it"
    assert both > 1.5 * view, "a dent is told in another view too"


def test_an_outline_drawn_otherwise_moves_nothing() -> None:
    assert displaced(a_square(), a_square(outline_off=6)).max() < 0.3
    assert displaced(a_square(outline_off=6), a_square()).max() < 0.5


def test_without_print_nothing_is_told() -> None:
    blank = a_square(printed=False)
    assert displaced(blank, blank).max() == 0
    assert displaced(blank, moved(blank, dent)).max() == 0


@pytest.mark.parametrize("value", [0.0, 10.0])
def test_a_uniform_move_is_no_displacement(value: float) -> None:
    flow = np.full((SIDE, SIDE, 2), value, np.float32)
    assert Print.of(a_square()).displaced(flow).max() < 0.05
