"""Do the golden pictures suffice? Said when they are taught, not when a unit is judged wrongly.

A picture that is unlike all others is another product, a damaged unit, or a side that was shown only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.errors import GoldenRefused
from vision.golden.alignment import coarse
from vision.golden.comparison import FEWEST
from vision.golden.views import Floats, ItemView, axis, squared

GOOD_NUMBER = 10
_SURE_PLACE = 0.5
_ALONE = 0.45  # likeness to the most alike other picture below which a picture stands alone
_OTHER_COLOURS = 0.35  # shared colours below which two pictures show different products


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should know about a picture or the set.

    Attributes:
        code: `few`, `alone`, `other_colours`, `no_item` or `repeated`.
        message: The sentence.
        pictures: Places of the pictures that it is about.
    """

    code: str
    message: str
    pictures: tuple[int, ...] = ()


def check_set(views: Sequence[ItemView]) -> list[Advice]:
    """What is wanting in a golden set; empty when nothing is.

    Raises:
        GoldenRefused: They can't serve at all: too few, or of two products.
    """
    if len(views) < FEWEST:
        raise GoldenRefused(
            f"{len(views)} pictures are too few: show at least {FEWEST} intact units, better {GOOD_NUMBER}.",
            "too_few",
        )
    advice = []
    unsure = tuple(place for place, view in enumerate(views) if view.confidence < _SURE_PLACE)
    if unsure:
        advice.append(
            Advice("no_item", "The item hardly stands out from the table here: use a plain table.", unsure)
        )
    _refuse_two_products(views)
    looks = _alikeness(views)
    np.fill_diagonal(looks, -1)
    nearest = looks.max(axis=1)
    alone = tuple(int(place) for place in np.flatnonzero(nearest < _ALONE))
    if alone:
        advice.append(
            Advice("alone", "Unlike all others: a side shown once (show it again), or a damaged unit.", alone)
        )
    repeated = _repeated(views)
    if repeated:
        advice.append(Advice("repeated", "The same picture twice: show another unit.", repeated))
    if len(views) < GOOD_NUMBER:
        advice.append(
            Advice("few", f"{len(views)} pictures do for a start; {GOOD_NUMBER} make the limits firm.")
        )
    return advice


def _repeated(views: Sequence[ItemView]) -> tuple[int, ...]:
    """Pictures that were among those before them."""
    found = []
    for place, view in enumerate(views):
        before = (other.picture for other in views[:place] if other.picture.shape == view.picture.shape)
        if any(np.array_equal(view.picture, picture) for picture in before):
            found.append(place)
    return tuple(found)


def _refuse_two_products(views: Sequence[ItemView]) -> None:
    """Two groups of at least two pictures each that share hardly any colours are two products."""
    shares = np.array([_colours(view) for view in views])
    common = np.sqrt(shares) @ np.sqrt(shares).T
    first = common[int(np.argmax(common.sum(axis=1)))]
    others = np.flatnonzero(first < _OTHER_COLOURS)
    if len(others) >= 2 and common[np.ix_(others, others)].mean() > 2 * _OTHER_COLOURS:
        names = ", ".join(str(place + 1) for place in others)
        raise GoldenRefused(
            f"The pictures show two products: numbers {names} have quite other colours. Teach each on "
            "its own.",
            "unlike",
            tuple(int(place) for place in others),
        )


def _alikeness(views: Sequence[ItemView]) -> Floats:
    poses = [
        [coarse(squared(view, angle + turn)) for turn in (0, 180)]
        for view in views
        for angle in [axis(view.mask)[0]]
    ]
    first = np.array([pose[0] for pose in poses])
    turned = np.array([pose[1] for pose in poses])
    return np.asarray(np.maximum(first @ first.T, first @ turned.T), np.float32)


def _colours(view: ItemView) -> Floats:
    inside = view.picture[view.mask > 0].astype(np.int32)
    index = ((inside[:, 0] >> 5) * 8 + (inside[:, 1] >> 5)) * 8 + (inside[:, 2] >> 5)
    counts = np.bincount(index, minlength=512).astype(np.float32)
    return counts / max(1.0, float(counts.sum()))
