"""Measures readers of barcodes on folders of pictures: ours beside zxing and zbar alone, in the same run.

Beside `NAME.jpg` stands `NAME.txt` with the code's text; a picture without it is one in which nothing may be
read. Each reader is scored twice: *blind* (every code that it gives counts) and *matched* (only the one that
is among the codes of the folder and their decoys, as a station looks for what the return should hold). Ours
is told these codes, since a station's is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from vision.barcode_worker import ZbarWorker
from vision.barcodes.expected import ExpectedCodes
from vision.barcodes.reader import BarcodeReader
from vision.barcodes.truth import Truth, expected_of, readings
from vision.errors import BarcodeWorkerFailed, PictureRefused
from vision.picture import Picture, decode_picture
from vision.settings import PictureSettings

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(slots=True)
class Score:
    """One reader on one folder.

    Attributes:
        read: Pictures whose code was given, blind.
        wrong: Pictures for which a code was given that isn't theirs, blind.
        matched_read: Pictures whose code was the one picked among the expected.
        matched_wrong: Pictures for which another was.
        times_ms: For each picture.
    """

    read: int = 0
    wrong: int = 0
    matched_read: int = 0
    matched_wrong: int = 0
    times_ms: list[float] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Count another folder in."""
        self.read += other.read
        self.wrong += other.wrong
        self.matched_read += other.matched_read
        self.matched_wrong += other.matched_wrong
        self.times_ms += other.times_ms

    def percentile_ms(self, share: float) -> float:
        """Time under which that share of the pictures stayed; 0 without pictures."""
        return float(np.percentile(self.times_ms, share)) if self.times_ms else 0.0


@dataclass(slots=True)
class FolderResult:
    """A folder's pictures and each reader's score.

    Attributes:
        folder: Its path below the one that was asked for.
        pictures: How many.
        negatives: How many of them have no code that may be read.
        refused: Pictures that are none; no reader saw them.
        expected: How many codes, decoys included, were to be told apart.
        retail: Whether all its codes are EAN or UPC.
        scores: By reader: `ours`, `zxing`, `pyzbar`.
        wrong: `PICTURE: text instead of truth` for each matched read of ours that is wrong.
        unread: Pictures whose code ours didn't give.
    """

    folder: str
    pictures: int = 0
    negatives: int = 0
    refused: int = 0
    expected: int = 0
    retail: bool = True
    scores: dict[str, Score] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class BarcodeTrial:
    """Runs the readers over folders.

    Args:
        reader: Ours.
        zbar: zbar's process for "pyzbar alone"; None where it isn't installed.
        settings: What may be decoded at all.
    """

    def __init__(self, reader: BarcodeReader, zbar: ZbarWorker | None, settings: PictureSettings) -> None:
        self._reader = reader
        self._settings = settings
        self._alone: dict[str, Callable[[Picture], list[str]]] = {"zxing": _zxing_alone}
        if zbar is not None:
            self._alone["pyzbar"] = lambda grey: _zbar_alone(zbar, grey)

    def run(self, root: Path) -> Iterator[FolderResult]:
        """Each folder below `root`, itself included, that holds pictures."""
        for folder in sorted({path.parent for path in root.rglob("*") if path.suffix.lower() in SUFFIXES}):
            pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
            yield self._folder(folder.relative_to(root).as_posix(), pictures)

    def _folder(self, name: str, pictures: Sequence[Path]) -> FolderResult:
        truths = {path: _truth(path) for path in pictures}
        known = [truth for truth in truths.values() if truth is not None]
        expected = expected_of(known)
        self._reader.prepare(expected)
        result = FolderResult(name, expected=len(expected.gtins) + len(expected.texts))
        result.retail = bool(known) and all(truth.retail for truth in known)
        result.scores = {reader: Score() for reader in ("ours", *self._alone)}
        for path, truth in truths.items():
            try:
                picture = decode_picture(path.read_bytes(), self._settings)
            except (PictureRefused, OSError):
                result.refused += 1
                continue
            result.pictures += 1
            result.negatives += truth is None
            grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
            self._picture(result, path.name, grey, truth, expected)
        return result

    def _picture(
        self, result: FolderResult, name: str, grey: Picture, truth: Truth | None, expected: ExpectedCodes
    ) -> None:
        for reader, read in self._alone.items():
            started = time.perf_counter()
            texts = read(grey)
            result.scores[reader].times_ms.append((time.perf_counter() - started) * 1e3)
            _score(result.scores[reader], texts, texts, truth, expected)
        blind = [code.text for code in self._reader.read(grey)]
        started = time.perf_counter()
        texts = [code.text for code in self._reader.read(grey, expected)]
        result.scores["ours"].times_ms.append((time.perf_counter() - started) * 1e3)
        picked = _score(result.scores["ours"], blind, texts, truth, expected)
        if truth is not None and (picked is None or not truth.is_read_as(picked)):
            result.unread.append(name)
        if picked is not None and (truth is None or not truth.is_read_as(picked)):
            result.wrong.append(f"{name}: {picked} instead of {'none' if truth is None else truth.text}")


def _score(
    score: Score, blind: Sequence[str], told: Sequence[str], truth: Truth | None, expected: ExpectedCodes
) -> str | None:
    """Count one picture; returns the text that was picked among the expected."""
    right = truth is not None and any(truth.is_read_as(text) for text in blind)
    score.read += right
    score.wrong += any(truth is None or not truth.is_read_as(text) for text in blind)
    picked = _picked(told, expected)
    if picked is not None:
        matched = truth is not None and truth.is_read_as(picked)
        score.matched_read += matched
        score.matched_wrong += not matched
    return picked


def _picked(texts: Sequence[str], expected: ExpectedCodes) -> str | None:
    known = expected.gtins | expected.texts
    hits: dict[frozenset[str], str] = {}
    for text in texts:
        forms = frozenset(readings(text) & known)
        if forms:
            hits.setdefault(forms, text)
    return next(iter(hits.values())) if len(hits) == 1 else None


def _truth(path: Path) -> Truth | None:
    label = path.with_suffix(".txt")
    return Truth.of(label.read_text("utf-8", "replace")) if label.is_file() else None


def _zxing_alone(grey: Picture) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(grey) if code.valid]


def _zbar_alone(zbar: ZbarWorker, grey: Picture) -> list[str]:
    try:
        return [code.text for code in zbar.read(grey)]
    except BarcodeWorkerFailed:
        return []
