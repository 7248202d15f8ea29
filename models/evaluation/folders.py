"""Folders of labelled pictures, as people keep them.

DIR/CLASS/….jpg                        a class a folder (`none`, `minor`, …; or a product a folder)
DIR/SPLIT/CLASS/….jpg                  with `train`, `val`, `valid` or `test` above (or below) the class
DIR/CLASS/VIEW/….jpg                   with a folder a camera angle below the class
DIR/[SPLIT/]images/….jpg, labels/….txt YOLO boxes: class, centre x, centre y, width, height (or a polygon)
DIR/masks/NAME.png                     beside any of them: the damage of picture NAME, above 0
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import EvaluationRefused
from vision.findings import Box

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
SPLITS = {"train", "val", "valid", "validation", "test"}
TEACHING = "train"
NORMAL = {"none", "normal", "intact", "good", "ok", "sound", "closed", "undamaged"}
_BESIDE = {"masks", "labels"}
_LARGEST_LABEL = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box of the truth, in shares of the picture's sides."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and what is known of it.

    Attributes:
        path: The file.
        label: Its class: the folder's name; empty for pictures with boxes.
        view: The camera angle, where the folders tell one.
        split: `train`, `test` and so on, where the folders tell one.
        group: Day, unit or photographer: what is never split between teaching and measuring.
        mask: Picture of the damage, where there is one.
        boxes: Boxes of the truth.
    """

    path: Path
    label: str
    group: str
    view: str = ""
    split: str = ""
    mask: Path | None = None
    boxes: tuple[LabelledBox, ...] = ()


class Grouping:
    """Which group a picture belongs to, by the beginning of its name (`--group-by`).

    A number is so many leading characters; `_` or `-` means all before the first of it; `folder` the folder
    that holds it; anything else is a regular expression that the name begins with (its first bracket counts).

    >>> Grouping("_").group(Path("minor/20220709_001.jpg"))
    '20220709'
    >>> Grouping("6").group(Path("minor/20220709_001.jpg"))
    '202207'
    >>> Grouping(None).group(Path("minor/20220709_001.jpg"))
    'minor/20220709_001'
    """

    def __init__(self, rule: str | None) -> None:
        """Take the rule; None makes each picture a group of its own.

        Raises:
            EvaluationRefused: The rule is no regular expression.
        """
        self.rule = rule
        self._start: re.Pattern[str] | None = None
        if rule is None or rule == "folder":
            return
        if rule.isdigit() and int(rule) > 0:
            text = f".{{1,{int(rule)}}}"
        elif rule in {"_", "-", "prefix", "PREFIX"}:
            text = r"[^_-]+" if rule.isalpha() else f"[^{rule}]+"
        else:
            text = rule
        try:
            self._start = re.compile(text)
        except re.error as error:
            raise EvaluationRefused(f"--group-by {rule!r} is no regular expression: {error}.") from error

    def group(self, path: Path) -> str:
        """The group's name; a name that the rule doesn't fit is a group of its own."""
        if self.rule == "folder":
            return path.parent.name
        found = self._start.match(path.name) if self._start is not None else None
        if found is None or not found.group():
            return f"{path.parent.name}/{path.stem}"
        return (found.group(1) if found.re.groups and found.group(1) else found.group()) or path.stem


def read_classes(folder: Path, grouping: Grouping) -> list[LabelledPicture]:
    """All pictures below `folder` with their class.

    Raises:
        EvaluationRefused: There are no pictures in folders of classes.
    """
    found = []
    for path in _pictures(folder):
        parts = list(path.relative_to(folder).parts[:-1])
        splits = [part for part in parts if part.lower() in SPLITS]
        rest = [part for part in parts if part.lower() not in SPLITS]
        if not rest:
            continue
        mask = _beside(folder, path, "masks", ".png")
        found.append(
            LabelledPicture(
                path,
                rest[0],
                grouping.group(path) if grouping.rule else str(path.relative_to(folder).with_suffix("")),
                "/".join(rest[1:]),
                splits[0].lower() if splits else "",
                mask,
            )
        )
    if not found:
        raise EvaluationRefused(
            f"{folder} holds no pictures in folders of classes. Lay it out as DIR/CLASS/PICTURE.jpg."
        )
    return found


def read_boxes(folder: Path, grouping: Grouping) -> list[LabelledPicture]:
    """All pictures below `folder` that have a YOLO label file.

    Raises:
        EvaluationRefused: There are none, or a label file can't be understood.
    """
    found = []
    for path in _pictures(folder):
        label = path.parent.parent / "labels" / f"{path.stem}.txt"
        if path.parent.name != "images" or not label.is_file():
            label = path.with_suffix(".txt")
        if not label.is_file():
            continue
        splits = [part.lower() for part in path.relative_to(folder).parts if part.lower() in SPLITS]
        found.append(
            LabelledPicture(
                path, "", grouping.group(path), "", splits[0] if splits else "", boxes=yolo_boxes(label)
            )
        )
    if not found:
        raise EvaluationRefused(
            f"{folder} holds no pictures with boxes. Lay it out as DIR/images/NAME.jpg and "
            "DIR/labels/NAME.txt."
        )
    return found


def yolo_boxes(label: Path) -> tuple[LabelledBox, ...]:
    """The boxes of a YOLO label file; a polygon becomes the box around it.

    Raises:
        EvaluationRefused: The file is too large or holds something else.
    """
    try:
        if label.stat().st_size > _LARGEST_LABEL:
            raise EvaluationRefused(f"{label} is too large to be a file of boxes.")
        return tuple(_boxes(label.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise EvaluationRefused(f"{label} can't be read as YOLO boxes: {error}.") from error


def _boxes(text: str) -> Iterator[LabelledBox]:
    for line in filter(None, map(str.strip, text.splitlines())):
        label, *rest = line.split()
        numbers = [float(entry) for entry in rest]
        if len(numbers) in {4, 5}:
            x, y, width, height = numbers[:4]
            yield LabelledBox(label, Box(x - width / 2, y - height / 2, width, height))
        elif len(numbers) >= 6 and len(numbers) % 2 == 0:
            across, down = numbers[::2], numbers[1::2]
            left, top = min(across), min(down)
            yield LabelledBox(label, Box(left, top, max(across) - left, max(down) - top))
        else:
            raise ValueError(f"{len(numbers)} numbers in the line {line[:60]!r}")


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise EvaluationRefused(f"There is no folder {folder}.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURES
        and path.is_file()
        and not _BESIDE & {part.lower() for part in path.relative_to(folder).parts[:-1]}
    )


def _beside(folder: Path, path: Path, kind: str, suffix: str) -> Path | None:
    for above in path.parents:
        candidate = above / kind / f"{path.stem}{suffix}"
        if candidate.is_file():
            return candidate
        if above == folder:
            return None
    return None
