"""Whether a picture is good enough to judge an item by, and if not, what the staff should change.

Only the item counts: a black mat around a well-lit tin is not a dark picture, and a sharp table behind a
blurred carton is not a sharp one. The verdict is a code with a sentence in the catalogues of translations, so
the page can ask for the right thing: hold still, more light, take the hand away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from vision.localisation import Region
from vision.picture import Picture, reduced
from vision.settings import QualitySettings
from vision.sharpness import edge_spread

_OVERVIEW_SIDE = 320  # longer side of the picture that contrast and hands are told by
_BURNT_OUT = 250  # grey level from which a pixel holds no detail
_HAND_SOLIDITY = 0.85  # a carton fills its outline; fingers and an arm holding something don't


class QualityVerdict(StrEnum):
    """What is wrong with a picture, or `ok`."""

    OK = "ok"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    NO_ITEM = "no_item"
    HAND = "hand"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdict on one picture and the figures it rests on.

    Attributes:
        verdict: What is wrong, or `ok`.
        measures: `blur` (edge spread in pixels of the reduced picture), `light` (grey level that 95 of 100 of
            the item's pixels stay under), `burnt` (share of the item burnt out), `contrast` (spread of grey
            levels), `hand` (share of the picture that is skin from the border inwards).
        reference_fits: False when the empty-station reference doesn't show this view any more.
    """

    verdict: QualityVerdict
    measures: Mapping[str, float]
    reference_fits: bool = True

    @property
    def ok(self) -> bool:
        """Whether the item may be judged by this picture."""
        return self.verdict is QualityVerdict.OK

    @property
    def code(self) -> str:
        """Message code of the verdict, such as `quality.blurred`."""
        return f"quality.{self.verdict.value}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Message codes of what should be put right although the picture can be judged."""
        return () if self.reference_fits else ("quality.reference_moved",)


def check_quality(
    picture: Picture,
    region: Region,
    settings: QualitySettings,
    *,
    repeated: bool = False,
    overview: Picture | None = None,
) -> Quality:
    """Judge a BGR picture, full size or reduced.

    Args:
        picture: The view.
        region: Where the item is in `picture`'s pixels, from `Localiser.locate`.
        settings: Limits.
        repeated: Whether the camera gave the very bytes of an earlier picture, which a living sensor never
            does.
        overview: The same view at the size it was found at, where that is at hand already.
    """
    if overview is None:
        overview = reduced(picture, _OVERVIEW_SIDE)
    item, outline = _item(picture, region, settings.work_side)
    burnt = (item >= _BURNT_OUT) & outline
    measures = {
        "light": _brightest(item),
        "burnt": float(np.count_nonzero(burnt)) / max(1, int(np.count_nonzero(outline))),
        "contrast": float(cv2.meanStdDev(cv2.cvtColor(overview, cv2.COLOR_BGR2GRAY))[1][0, 0]),
        "blur": edge_spread(item.astype(np.float32)),
        "hand": _hand_share(overview, region),
    }
    rounded = {name: round(value, 6) for name, value in measures.items()}
    return Quality(_verdict(rounded, region, settings, repeated=repeated), rounded, region.reference_fits)


def _brightest(grey: Picture) -> float:
    """The grey level that 95 of 100 pixels stay below or reach."""
    counted = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return float(np.searchsorted(counted, 0.95 * counted[-1]))


def _verdict(
    measures: Mapping[str, float], region: Region, settings: QualitySettings, *, repeated: bool
) -> QualityVerdict:
    """The first thing to put right; each later check would be misled by the earlier ones."""
    if repeated:
        return QualityVerdict.FROZEN
    if measures["light"] < settings.dark_level:
        return QualityVerdict.DARK
    if measures["burnt"] > settings.bright_share:
        return QualityVerdict.BRIGHT
    # Without a reference an item is only denied where there is nothing at all to see.
    if not region.found and (region.against_reference or measures["contrast"] < settings.min_contrast):
        return QualityVerdict.NO_ITEM
    if measures["hand"] > settings.hand_share:
        return QualityVerdict.HAND
    if measures["blur"] > settings.max_blur:
        return QualityVerdict.BLURRED
    return QualityVerdict.OK


def _item(picture: Picture, region: Region, work_side: int) -> tuple[Picture, npt.NDArray[np.bool_]]:
    """The item's box and a little around it, as the picture reduced to `work_side` shows it.

    Returns:
        It in grey, and which of its pixels are the item's own: a burnt-out backdrop does no harm.
    """
    height, width = picture.shape[:2]
    shrink = max(1.0, max(height, width) / work_side)
    border = 4 * shrink
    left, top = max(0, int(region.box.x - border)), max(0, int(region.box.y - border))
    right = min(width, int(region.box.x + region.box.width + border + shrink))
    bottom = min(height, int(region.box.y + region.box.height + border + shrink))
    grey = np.asarray(cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY), np.uint8)
    if shrink > 1:
        size = (max(1, round(grey.shape[1] / shrink)), max(1, round(grey.shape[0] / shrink)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    if not region.mask.size:
        return grey, np.ones(grey.shape, np.bool_)
    across, down = region.mask.shape[1] / width, region.mask.shape[0] / height
    mask = region.mask[int(top * down) : ceil(bottom * down), int(left * across) : ceil(right * across)]
    return grey, cv2.resize(mask, grey.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _hand_share(small: Picture, region: Region) -> float:
    """Skin-coloured, ragged, and coming in from the border: share of the picture.

    Told only against a reference, because a wooden table has the colour of skin too.
    """
    if not region.against_reference or not region.mask.size:
        return 0.0
    height, width = region.mask.shape
    luma, red, blue = cv2.split(
        cv2.cvtColor(cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2YCrCb)
    )
    skin = (red > 138) & (red < 175) & (blue > 77) & (blue < 127) & (luma > 50) & (region.mask > 0)
    kernel = np.ones((5, 5), np.uint8)
    blobs = cv2.morphologyEx(np.asarray(skin * np.uint8(255), np.uint8), cv2.MORPH_OPEN, kernel)
    largest = 0.0
    contours, _ = cv2.findContours(blobs, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        area = cv2.contourArea(contour)
        touches = x <= 2 or y <= 2 or x + w >= width - 2 or y + h >= height - 2
        solidity = area / max(cv2.contourArea(cv2.convexHull(contour)), 1.0)
        if touches and solidity < _HAND_SOLIDITY:
            largest = max(largest, area / region.mask.size)
    return largest
