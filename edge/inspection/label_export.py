"""What people said of stored units, as a labelled set from which a damage model can be trained.

YOLO's layout: each picture is the crop that the model is shown, with a text file of boxes beside it. A box is
written only where a person confirmed that finding; a picture without boxes only where a person called the
unit intact. A defect that a person saw and no box shows is no lesson for a detector: such units stand in
`grades.csv` alone. Nothing about customers, prices or articles is written.
"""

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.errors import EvidenceMissing
from edge.grading.decision import Grade
from edge.grading.override import OverrideReason
from edge.inspection.judged_units import SAYS_DAMAGED, SET_ASIDE, waits_for_a_look
from edge.inspection.saved import JudgedView, SavedInspection
from edge.inspection.stored import StoredInspections
from vision.crop import Crop
from vision.errors import PictureRefused
from vision.findings import DAMAGE, Box, DefectKind
from vision.view_inspector import ViewInspector

CLASSES = DAMAGE
"""The numbers of the label files; a wrong item or an unnamed difference is no defect."""

VALIDATED = 0.2
"""Share of the days that is kept for validating: pictures of one day resemble each other."""

SmallBox = tuple[int, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a person said of a unit.

    Attributes:
        source: `second_look`, `override`, or `asked` (a person had to decide, and accepted).
        confirmed: Kinds of the station's findings that the person confirmed.
        intact: The person saw nothing.
    """

    source: str
    grade: Grade | None
    confirmed: frozenset[DefectKind]
    intact: bool


def truth_of(saved: SavedInspection, second: tuple[Grade, frozenset[DefectKind]] | None) -> Truth | None:
    """What a person said of a unit; None where nobody judged its condition."""
    found = frozenset(
        one.finding.kind
        for one in saved.decision.findings
        if one.counted and one.finding.kind is not DefectKind.UNLIKE
    )
    if second is not None:
        grade, kinds = second
        confirmed = kinds & found if kinds <= found else frozenset()
        return Truth("second_look", grade, confirmed, intact=not kinds and grade is Grade.A)
    confirmed_grade, override = saved.confirmed.grade, saved.confirmed.override
    if override is not None:
        if override.reason_code.startswith(SET_ASIDE):
            return None
        said_sound = override.reason_code == OverrideReason.NO_DAMAGE
        said_damaged = override.reason_code in SAYS_DAMAGED
        if not said_sound and not said_damaged and confirmed_grade is saved.decision.grade:
            return None  # about the place or the date, not the condition
        intact = said_sound and confirmed_grade is Grade.A
        return Truth("override", confirmed_grade, frozenset(), intact)
    if not saved.decision.needs_person or confirmed_grade is None or waits_for_a_look(saved):
        return None
    return Truth("asked", confirmed_grade, found, intact=not found and confirmed_grade is Grade.A)


def export_labels(
    stored: StoredInspections, eyes: ViewInspector, folder: Path, *, accepted: bool = False
) -> dict[str, int]:
    """Write the set into an empty or new folder; returns how much of what was written.

    Args:
        stored: The station's inspections.
        eyes: With the model's detector: it knows how the model is shown an item.
        folder: Where to.
        accepted: Also units that a person was asked about and accepted as proposed: many more, but who
            accepts a grade has not looked at each box.
    """
    for part in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / kind / part).mkdir(parents=True, exist_ok=True)
    counts = Counter[str]()
    with (folder / "grades.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["inspection", "day", "category", "grade", "source", "station_grade", "pictures"])
        for inspection_id in stored.ids():
            saved = stored.get(inspection_id)
            truth = truth_of(saved, stored.second_look(inspection_id)) if saved is not None else None
            if saved is None or truth is None or saved.state == "UNDONE" or saved.model is None:
                continue
            if truth.source == "asked" and not accepted:
                continue
            pictures = _write(saved, truth, stored, eyes, folder)
            counts.update(units=1, pictures=len(pictures), intact=len(pictures) if truth.intact else 0)
            counts["boxes"] += sum(pictures.values())
            seen = saved.observation
            station = saved.decision.grade.value if saved.decision.grade is not None else ""
            grade = truth.grade.value if truth.grade is not None else ""
            row = [inspection_id, seen.today, seen.category, grade, truth.source, station]
            table.writerow([*row, " ".join(pictures)])
    names = "".join(f"  {number}: {kind.value}\n" for number, kind in enumerate(CLASSES))
    (folder / "data.yaml").write_text(
        f"train: images/train\nval: images/val\nnames:\n{names}", encoding="utf-8"
    )
    return {name: counts[name] for name in ("units", "pictures", "intact", "boxes")}


def _write(
    saved: SavedInspection, truth: Truth, stored: StoredInspections, eyes: ViewInspector, folder: Path
) -> dict[str, int]:
    """The unit's pictures that teach something, with their number of boxes."""
    wanted = [view for view in saved.views if view.usable and (truth.intact or _confirmed(view, truth))]
    if not wanted:
        return {}
    part, written = _part(saved), {}
    try:
        pictures, references = stored.pictures(saved), stored.references(saved)
    except EvidenceMissing:
        return {}
    for view in wanted:
        crop = _crop(eyes, pictures.get(view.view), references.get(view.view))
        if crop is None:
            continue
        name = f"{saved.inspection_id}-{view.view}"
        boxes = [] if truth.intact else _confirmed_boxes(view, truth, crop)
        cv2.imwrite(str(folder / "images" / part / f"{name}.png"), crop.square)
        lines = "".join(f"{number} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for number, x, y, w, h in boxes)
        (folder / "labels" / part / f"{name}.txt").write_text(lines, encoding="ascii")
        written[f"{part}/{name}"] = len(boxes)
    return written


def _crop(eyes: ViewInspector, jpeg: bytes | None, reference: bytes | None) -> Crop | None:
    if jpeg is None:
        return None
    try:
        return eyes.cut_out(jpeg, reference)
    except PictureRefused:
        return None


def _confirmed(view: JudgedView, truth: Truth) -> bool:
    return any(found.kind in truth.confirmed and found.kind in CLASSES for found in view.findings)


def _confirmed_boxes(view: JudgedView, truth: Truth, crop: Crop) -> list[SmallBox]:
    """Class, centre and extent as shares of the square."""
    size, boxes = crop.square.shape[0], []
    for found in view.findings:
        if found.kind not in truth.confirmed or found.kind not in CLASSES:
            continue
        place = found.box
        left, top, right, bottom = crop.to_square(Box(place.x, place.y, place.width, place.height))
        centre = ((left + right) / 2 / size, (top + bottom) / 2 / size)
        boxes.append((CLASSES.index(found.kind), *centre, (right - left) / size, (bottom - top) / size))
    return boxes


def _part(saved: SavedInspection) -> str:
    """Whole days are kept for validating, chosen by the date alone."""
    digest = hashlib.sha256(saved.observation.today.isoformat().encode()).digest()
    return "val" if int.from_bytes(digest[:8], "big") < VALIDATED * 2**64 else "train"
