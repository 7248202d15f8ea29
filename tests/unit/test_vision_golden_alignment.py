"""Laying one item over another: where to begin may be known, and then it arrives at the same place."""

import cv2
import numpy as np
import pytest

from vision.golden.alignment import fit, fit_picture, laid_over
from vision.golden.views import SIDE, Square


def a_square(turn: float = 0.0, right: float = 0.0, down: float = 0.0) -> Square:
    """A printed pack, moved a little."""
    picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (40, 30), (150, 165), 255, cv2.FILLED)
    cv2.rectangle(picture, (40, 30), (150, 165), (60, 90, 200), cv2.FILLED)
    cv2.circle(picture, (80, 70), 22, (230, 230, 230), cv2.FILLED)
    cv2.rectangle(picture, (95, 110), (140, 150), (20, 160, 60), cv2.FILLED)
    moved = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, 1.0)
    moved[:, 2] += (right, down)
    grey = (128, 128, 128)
    return Square(
        np.asarray(cv2.warpAffine(picture, moved, (SIDE, SIDE), borderValue=grey), np.uint8),
        np.asarray(cv2.warpAffine(mask, moved, (SIDE, SIDE), flags=cv2.INTER_NEAREST), np.uint8),
        np.eye(2, 3, dtype=np.float32),
        100.0,
    )


def off_by(placing: np.ndarray, other: np.ndarray) -> float:
    """Farthest that the two maps bring a corner of the pack apart, pixels."""
    corners = np.array([[[40, 30], [150, 30], [150, 165], [40, 165]]], np.float32)
    apart = cv2.perspectiveTransform(corners, placing) - cv2.perspectiveTransform(corners, other)
    return float(np.linalg.norm(apart, axis=2).max())


@pytest.mark.parametrize(("turn", "right", "down"), [(4, 3, -5), (-6, 0, 2), (0, -7, 6)])
def test_a_known_beginning_leads_to_the_same_place(turn, right, down):
    template, moving = fit_picture(a_square()), fit_picture(a_square(turn, right, down))
    alone, likeness = fit(template, moving, tilted=True)
    near, _ = fit(template, fit_picture(a_square(turn + 1, right, down + 1)), tilted=False)
    begun, as_like = fit(template, moving, tilted=True, start=near)
    assert likeness > 0.97
    assert as_like > 0.97
    assert off_by(begun, alone) < 1.5


@pytest.mark.parametrize(
    "far",
    [
        np.array([[1, 0, 500], [0, 1, 500], [0, 0, 1]], np.float32),  # past the picture: nothing overlaps
        np.array([[2, 0, -96], [0, 2, -96], [0, 0, 1]], np.float32),  # twice as large
    ],
)
def test_a_beginning_that_leads_nowhere_is_forgotten(far):
    template, moving = fit_picture(a_square()), fit_picture(a_square(3, 2, 2))
    begun, likeness = fit(template, moving, tilted=True, start=far)
    assert likeness > 0.97
    assert off_by(begun, fit(template, moving, tilted=True)[0]) < 1.5


def test_an_item_laid_over_its_like_covers_it():
    template, moved = a_square(), a_square(5, 4, -3)
    placing, _ = fit(fit_picture(template), fit_picture(moved), tilted=False)
    over = laid_over(moved, placing)
    both = np.count_nonzero((over.mask > 0) & (template.mask > 0))
    assert both / np.count_nonzero((over.mask > 0) | (template.mask > 0)) > 0.95
