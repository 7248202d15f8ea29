"""Whether a picture is good enough to judge an item by, and if not, what the staff should change.

Only the item counts: a black mat around a well-lit tin is not a dark picture, and a sharp table behind a
blurred carton is not a sharp one. The verdict is a code with a sentence in the catalogues of translations, so
the page can ask for the right thing: hold still, more light, take the hand away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from vision.localisation import Region
from vision.picture import Picture, reduced
from vision.settings import QualitySettings
from vision.sharpness import edge_spread

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
    picture: Picture, region: Region, settings: QualitySettings, *, repeated: bool = False
) -> Quality:
    """Judge a BGR picture, full size or reduced.

    Args:
        picture: The view.
        region: Where the item is in `picture`'s pixels, from `Localiser.locate`.
        settings: Limits.
        repeated: Whether the camera gave the very bytes of an earlier picture, which a living sensor never
            does.
    """
    small = reduced(picture, settings.work_side)
    scale = small.shape[1] / picture.shape[1]
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    height, width = grey.shape
    left, top = max(0, int(region.box.x * scale) - 4), max(0, int(region.box.y * scale) - 4)
    right = min(width, int((region.box.x + region.box.width) * scale) + 5)
    bottom = min(height, int((region.box.y + region.box.height) * scale) + 5)
    item = grey[top:bottom, left:right]
    measures = {
        "light": float(np.percentile(item, 95)),
        "burnt": _burnt_share(grey, region),
        "contrast": float(cv2.meanStdDev(grey)[1][0, 0]),
        "blur": edge_spread(item.astype(np.float32)),
        "hand": _hand_share(small, region),
    }
    rounded = {name: round(value, 6) for name, value in measures.items()}
    return Quality(_verdict(rounded, region, settings, repeated=repeated), rounded, region.reference_fits)


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


def _burnt_share(grey: Picture, region: Region) -> float:
    """Share of the item's own pixels that hold no detail; a burnt-out backdrop does no harm."""
    burnt = grey >= _BURNT_OUT
    if not region.mask.size:
        return float(np.count_nonzero(burnt)) / burnt.size
    mask = cv2.resize(region.mask, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    return float(np.count_nonzero(burnt & mask)) / max(1, int(np.count_nonzero(mask)))


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
