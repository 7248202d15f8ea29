"""Asking a package's detector about whole folders.

The item cut out, its background masked, as at the station.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.evaluation.folders import LabelledPicture
from models.evaluation.hiding import Hider
from models.evaluation.pictures import PictureReader
from models.loading import ModelPackage, detector_spec, read_weights
from vision.detector import OnnxDetector
from vision.findings import Box, DefectKind, Finding
from vision.localisation import Region
from vision.settings import DetectorSettings
from vision.surroundings import standing_out

LOWEST_SCORE = 0.01


@dataclass(frozen=True, slots=True)
class Looked:
    """What the detector found on one picture, down to the lowest scores."""

    labelled: LabelledPicture
    findings: tuple[Finding, ...]
    width: int
    height: int


class Examiner:
    """A package's detector, asked down to the lowest score."""

    def __init__(self, package: ModelPackage, settings: DetectorSettings | None = None) -> None:
        """Load the package's weights.

        Raises:
            PackageRefused: They can't be used.
        """
        spec = detector_spec(package.manifest)
        self.limits = {entry.kind: entry.threshold for entry in spec.classes}
        self.classes = {entry.name: entry.kind for entry in spec.classes}
        self.order = [entry.kind for entry in spec.classes]
        low = replace(
            spec,
            classes=tuple(replace(entry, threshold=LOWEST_SCORE) for entry in spec.classes),
            max_findings=100,
        )
        self._detector = OnnxDetector(read_weights(package), low, settings or DetectorSettings())

    def look(
        self,
        pictures: Sequence[LabelledPicture],
        reader: PictureReader,
        hide: Hider | None = None,
        times: list[float] | None = None,
        *,
        whole: bool = False,
    ) -> list[Looked]:
        """Findings on each picture that can be read.

        Args:
            pictures: What to look at.
            reader: Reads them.
            hide: Covers the item first; the detector then sees the whole picture.
            times: Takes the milliseconds of processor time.
            whole: Don't look for the item: the pictures are cut out already, or hold several.
        """
        looked = []
        for labelled in pictures:
            picture = reader.read(labelled.path)
            if picture is None:
                continue
            height, width = picture.shape[:2]
            region = Region(Box(0, 0, width, height), 0.0, "whole", picture[:0, :0, 0], found=True)
            if hide is not None or not whole:
                item = standing_out(picture)
                if hide is not None:
                    picture = hide(picture, item.box if item.found else None)
                elif item.found:
                    region = item
            started = time.thread_time()
            findings = self._detector.detect(picture, region, "eval")
            if times is not None:
                times.append((time.thread_time() - started) * 1e3)
            looked.append(Looked(labelled, findings, width, height))
        return looked

    def score(self, findings: Sequence[Finding], kinds: frozenset[DefectKind] | None = None) -> float:
        """One number of all findings, 0 to 1: 0.5 is a finding that just counts."""
        return max(
            (self._levelled(one) for one in findings if kinds is None or one.kind in kinds), default=0.0
        )

    def counted(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that reach the package's own thresholds."""
        return [one for one in findings if one.score >= self.limits[one.kind]]

    def _levelled(self, finding: Finding) -> float:
        limit = self.limits[finding.kind]
        if finding.score < limit:
            return 0.5 * finding.score / limit
        return 0.5 + 0.5 * (finding.score - limit) / max(1e-6, 1 - limit)


Grader = Callable[[Sequence[Finding]], str]
"""From the findings that count to a grade, A to D; grading is the station's policy, which it brings along."""
