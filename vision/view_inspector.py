"""All that is done with the pictures of one item: decode, find the item, judge the picture, find damage.

Two 1080p views are prepared side by side (OpenCV lets go of Python's lock while it works), and as soon as the
item of one is cut out the network looks at it, on a core each where there are two; meanwhile the picture is
judged, and whatever else is to look at it does so. What the network says of a picture that isn't good enough
counts for nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import Any, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt

from vision.crop import Crop
from vision.errors import PictureRefused
from vision.findings import Box, Finding
from vision.localisation import EmptyStation, Localiser, Region
from vision.photograph import Photograph, open_photograph
from vision.picture import Picture, reduced
from vision.quality import Quality, check_quality
from vision.settings import VisionSettings

Floats = npt.NDArray[np.float32]
_REFERENCES_KEPT = 16


class Detector(Protocol):
    """Finds damage on the item; every method may be called from several threads at once."""

    def prepare(self, picture: Picture, region: Region) -> tuple[Crop, Floats]:
        """Cut the item out and lay it out as the network's input."""

    def enlarges(self, picture: Picture, region: Region) -> bool:
        """Whether the item has fewer pixels in this picture than the network's input has for it."""

    def infer(self, tensor: Floats) -> Floats:
        """Run the network."""

    def interpret(self, raw: Floats, crop: Crop, region: Region, view: str) -> tuple[Finding, ...]:
        """Turn the network's answer into findings."""


@dataclass(frozen=True, slots=True)
class SeenView:
    """One view of one item before anything was looked for on it.

    Attributes:
        view: Name of the camera's view.
        quality: Whether the picture is good enough.
        region: The item's box in full-picture pixels, None where no item was told from its surroundings.
        region_confidence: How sure the place is, 0 to 1.
        width: Pixels of the full picture.
        height: Pixels of the full picture.
        photograph: The picture.
    """

    view: str
    quality: Quality
    region: Box | None
    region_confidence: float
    width: int
    height: int
    photograph: Photograph = field(repr=False, compare=False)

    @property
    def picture(self) -> Picture:
        """The full BGR picture; it may have to be decoded once more for it."""
        return self.photograph.full()


@dataclass(frozen=True, slots=True)
class ViewInspection(SeenView):
    """What one view of one item shows; of a picture that isn't good enough nothing is said.

    Attributes:
        findings: Best first, boxes in full-picture pixels.
        detector_ran: False where the picture was refused or the station has no model: no findings then means
            nothing.
        timings_ms: Milliseconds by step: `decode`, `prepare` (reduce, find the item, judge the picture,
            crop), `model`, `interpret`.
        model_ran: From when to when the network ran, by `time.perf_counter`; None where it didn't.
    """

    findings: tuple[Finding, ...]
    detector_ran: bool
    timings_ms: Mapping[str, float]
    model_ran: tuple[float, float] | None = field(default=None, repr=False, compare=False)


Meanwhile = Callable[[SeenView], None]
"""Looks at a picture that is good enough while the network does; called from several threads at once."""


@dataclass(slots=True)
class _Prepared:
    seen: SeenView
    region: Region  # in pixels of the full picture
    timings: dict[str, float]
    task: tuple[Crop, Floats] | None


class ViewInspector:
    """Inspects views. Safe to use from several threads; close it to end its threads."""

    def __init__(self, settings: VisionSettings, detector: Detector | None = None) -> None:
        """Take the `[vision]` section and the active model's detector, or None to look for no damage."""
        # Views run side by side already; OpenCV's own threads would only take turns with them.
        cv2.setNumThreads(settings.opencv_threads)
        self._settings = settings
        self._detector = detector
        self._localiser = Localiser(settings.localisation)
        self._references: dict[bytes, EmptyStation] = {}
        self._references_lock = Lock()
        self._viewers = ThreadPoolExecutor(settings.view_threads, thread_name_prefix="view")
        self._network = ThreadPoolExecutor(settings.detector.at_once, thread_name_prefix="model")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads after the work in hand."""
        self._viewers.shutdown()
        self._network.shutdown()

    def inspect(
        self,
        view: str,
        jpeg: bytes,
        reference: bytes | None = None,
        *,
        previous: bytes | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> ViewInspection:
        """Inspect one view.

        Args:
            view: Name of the camera's view, such as `top`.
            jpeg: The picture's bytes as stored; the same bytes, reference and model give the same findings.
            reference: Picture of this view with nothing on the station, where there is one.
            previous: Bytes of the view's picture of the item before, where a repeat would mean a frozen
                camera.
            meanwhile: Looks at the picture too, if it is good enough; what it raises ends the inspection.

        Raises:
            PictureRefused: If the bytes are no picture that can be decoded safely; its `view` names the
                camera.
            DetectorFailed: If the network fails.
        """
        try:
            prepared, answer = self._start(view, jpeg, reference, previous)
            if meanwhile is not None and prepared.seen.quality.ok:
                try:
                    meanwhile(prepared.seen)
                except BaseException:
                    _given_up(answer)
                    raise
            return self._finish(prepared, answer)
        except PictureRefused as error:
            error.view = view
            raise

    def inspect_all(
        self,
        frames: Mapping[str, bytes],
        references: Mapping[str, bytes] | None = None,
        previous: Mapping[str, bytes] | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> dict[str, ViewInspection]:
        """Inspect the views of one item at the same time; the order of `frames` is kept.

        `meanwhile` looks at each picture that is good enough, as in `inspect`.

        Raises:
            PictureRefused: If one of them is no picture; its `view` names the camera.
            DetectorFailed: If the network fails.
        """
        references, previous = references or {}, previous or {}
        waiting = {
            view: self._viewers.submit(
                self.inspect,
                view,
                jpeg,
                references.get(view),
                previous=previous.get(view),
                meanwhile=meanwhile,
            )
            for view, jpeg in frames.items()
        }
        wait(waiting.values())  # no view's work goes on behind the back of an error
        return {view: future.result() for view, future in waiting.items()}

    def cut_out(self, jpeg: bytes, reference: bytes | None = None) -> Crop | None:
        """The item as the model is shown it; None without a model, or where the picture can't be judged.

        Args:
            jpeg: The picture's bytes as stored.
            reference: The empty-station picture that it was compared with, where there was one.

        Raises:
            PictureRefused: If the bytes are no picture that can be decoded safely.
        """
        photograph = self._open(jpeg)
        region, overview = self._find_item(photograph, reference)
        if not check_quality(photograph.working, region, self._settings.quality, overview=overview).ok:
            return None
        task = self._cut_out(photograph, region)
        return task[0] if task is not None else None

    def forget_references(self) -> None:
        """Drop prepared empty-station pictures, after the staff took new ones."""
        with self._references_lock:
            self._references.clear()

    def _start(
        self, view: str, jpeg: bytes, reference: bytes | None, previous: bytes | None
    ) -> tuple[_Prepared, Future[tuple[Floats, float, float]] | None]:
        timings: dict[str, float] = {}
        with _timed(timings, "decode"):
            photograph = self._open(jpeg)
        answer = None
        with _timed(timings, "prepare"):
            region, overview = self._find_item(photograph, reference)
            task = self._cut_out(photograph, region)
            if task is not None:
                answer = self._network.submit(self._run_network, task[1])
            limits, repeated = self._settings.quality, previous == jpeg
            quality = check_quality(photograph.working, region, limits, repeated=repeated, overview=overview)
        if answer is not None and not quality.ok:
            _given_up(answer)
            task = answer = None
        full = region.scaled(1, 1, photograph.factor, photograph.factor)
        place = full.box if full.found else None
        seen = SeenView(
            view, quality, place, full.confidence, photograph.width, photograph.height, photograph
        )
        return _Prepared(seen, full, timings, task), answer

    def _find_item(self, photograph: Photograph, reference: bytes | None) -> tuple[Region, Picture]:
        """Where the item is, in pixels of the working picture, and the small picture it was found on."""
        overview = self._overview(photograph)
        place = self._localiser.locate(overview, self._reference(reference) if reference else None)
        return _between(place, overview, photograph.working), overview

    def _cut_out(self, photograph: Photograph, region: Region) -> tuple[Crop, Floats] | None:
        """The network's input, from the full picture where the item is too small in half of it."""
        if self._detector is None:
            return None
        factor = photograph.factor
        if factor == 1 or not self._detector.enlarges(photograph.working, region):
            crop, tensor = self._detector.prepare(photograph.working, region)
            return crop.enlarged(factor), tensor
        return self._detector.prepare(photograph.full(), region.scaled(1, 1, factor, factor))

    def _open(self, jpeg: bytes, *, kept: bool = False) -> Photograph:
        """What is kept was accepted once: refusing it now would stop all units of its camera."""
        least = max(self._settings.quality.work_side, self._settings.localisation.work_side)
        return open_photograph(jpeg, least, self._settings.picture, kept=kept)

    def _overview(self, photograph: Photograph) -> Picture:
        return reduced(photograph.working, self._settings.localisation.work_side)

    def _run_network(self, tensor: Floats) -> tuple[Floats, float, float]:
        detector: Any = self._detector
        started = time.perf_counter()
        raw = detector.infer(tensor)
        return raw, started, time.perf_counter()

    def _finish(
        self, prepared: _Prepared, answer: Future[tuple[Floats, float, float]] | None
    ) -> ViewInspection:
        seen, timings = prepared.seen, prepared.timings
        findings: tuple[Finding, ...] = ()
        model_ran = None
        if answer is not None and self._detector is not None and prepared.task is not None:
            raw, *ran = answer.result()
            model_ran = (ran[0], ran[1])
            timings["model"] = (ran[1] - ran[0]) * 1e3
            with _timed(timings, "interpret"):
                findings = self._detector.interpret(raw, prepared.task[0], prepared.region, seen.view)
        return ViewInspection(
            view=seen.view,
            quality=seen.quality,
            region=seen.region,
            region_confidence=seen.region_confidence,
            width=seen.width,
            height=seen.height,
            photograph=seen.photograph,
            findings=findings,
            detector_ran=answer is not None,
            timings_ms={name: round(value, 3) for name, value in timings.items()},
            model_ran=model_ran,
        )

    def _reference(self, jpeg: bytes) -> EmptyStation:
        """Decode and prepare an empty-station picture once; it serves until the staff take another."""
        with self._references_lock:
            known = self._references.get(jpeg)
        if known is None:
            # Reduced in the same steps as the views, so that the same pixels are compared.
            known = self._localiser.prepare(self._overview(self._open(jpeg, kept=True)))
            with self._references_lock:
                while len(self._references) >= _REFERENCES_KEPT:
                    self._references.pop(next(iter(self._references)))
                self._references[jpeg] = known
        return known


def _given_up(answer: Future[tuple[Floats, float, float]] | None) -> None:
    """Don't run the network; where it has begun, let it end."""
    if answer is not None:
        answer.cancel()
        wait([answer])


def _between(region: Region, seen: Picture, wanted: Picture) -> Region:
    """A region of one size of a view, in pixels of another size of it."""
    return region.scaled(seen.shape[1], seen.shape[0], wanted.shape[1], wanted.shape[0])


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    timings[step] = (time.perf_counter() - started) * 1e3
