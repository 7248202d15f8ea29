"""From an item on the table to a proposal: capture, check picture, detect, grade, decide.

Capture takes one picture from each camera, younger than the scan. The model judges exactly the bytes that are
stored, so that a stored inspection can be judged again to the same result (`replay.py` does so with `see` and
`decide`).
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from edge.clock import ClockReading
from edge.grading.decision import Decision
from edge.grading.disposition import decide
from edge.grading.grade import grade
from edge.grading.observation import (
    CaptureDepth,
    Observation,
    SealState,
)
from edge.grading.policy import PolicyPack
from edge.inspection.observing import observe
from edge.inspection.references import ReferenceStore
from edge.inspection.saved import JudgedView, ModelUsed, PictureBox, PictureFinding
from edge.inspection.session import ItemInHand, OpenReturn
from edge.returns.store import LocalCopy
from hardware.cameras.frame import Frame
from vision.errors import PictureRefused, VisionError
from vision.findings import Box
from vision.view_inspector import ViewInspection

logger = logging.getLogger(__name__)

WAIT_FOR_PICTURE_S = 0.6
"""How long a live camera may take for its next picture; one that is known to be lost costs nothing."""

LOST = "quality.lost"
UNREADABLE = "quality.unreadable"
MODEL_FAILED = "quality.model_failed"
NO_REFERENCE = frozenset({"quality.dark", "quality.bright", "quality.hand", UNREADABLE, MODEL_FAILED})
"""Verdicts on a picture that can't stand for the empty station."""

MOVING = frozenset({"quality.blurred", "quality.hand", "quality.no_item"})
"""Verdicts that are often over a moment later: the item was still being put down."""


class Cameras(Protocol):
    """Where pictures come from (`hardware.cameras.bank`)."""

    def fresh(self, after_ns: int, timeout_s: float) -> dict[str, Frame | None]:
        """One picture of each camera taken after a moment; None from a lost one."""
        ...


class Eyes(Protocol):
    """What looks at pictures (`vision.view_inspector`)."""

    def inspect_all(
        self, frames: Mapping[str, bytes], references: Mapping[str, bytes] | None = None
    ) -> dict[str, ViewInspection]:
        """Inspect the views of one item."""
        ...

    def inspect(self, view: str, jpeg: bytes, reference: bytes | None = None) -> ViewInspection:
        """Inspect one view."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures showed.

    Attributes:
        pictures: JPEG bytes by view; views of lost cameras are missing.
        views: What was made of each, lost ones included.
        timings_ms: Milliseconds by step: `wait` for fresh pictures, `vision` around them, `model` within it.
    """

    pictures: Mapping[str, bytes] = field(default_factory=dict)
    views: tuple[JudgedView, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def trouble(self) -> JudgedView | None:
        """The first view that can't be used."""
        return next((view for view in self.views if not view.usable), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal with all it rests on."""

    seen: Seen
    observation: Observation
    decision: Decision


class Judge:
    """Looks at the item and proposes; saves nothing.

    Args:
        threshold: The tested confidence from which a pack's units need no person; None: not calibrated.
    """

    def __init__(
        self,
        cameras: Cameras,
        eyes: Eyes,
        references: ReferenceStore,
        copy: LocalCopy,
        *,
        model: ModelUsed | None,
        site: str,
        utc_offset_minutes: int,
        threshold: Callable[[PolicyPack], float | None] = lambda _: None,
    ) -> None:
        self._cameras = cameras
        self._eyes = eyes
        self._references = references
        self._copy = copy
        self._site = site
        self._utc_offset_minutes = utc_offset_minutes
        self._threshold = threshold
        self.model = model

    def look(self, item: ItemInHand, after_ns: int) -> Seen:
        """Capture and see: pictures younger than `after_ns`, each checked and searched for damage."""
        if item.depth is CaptureDepth.COUNT:
            return Seen()
        seen = self._capture(after_ns)
        if seen.trouble is not None and seen.trouble.quality in MOVING:
            # The item was still being put down or a hand was in the picture: one more look, then a person is
            # asked.
            seen = self._capture(time.monotonic_ns())
        return seen

    def take_references(self, after_ns: int) -> list[str]:
        """Keep the next usable picture of each camera as its empty station; returns the views kept.

        A picture that is dark, burnt out, flat or in which a hand is seen is not kept.
        """
        taken = []
        for view, frame in self._cameras.fresh(after_ns, WAIT_FOR_PICTURE_S).items():
            seen = self.see({view: frame.jpeg}, {}) if frame is not None else Seen()
            if frame is not None and seen.pictures and seen.views[0].quality not in NO_REFERENCE:
                self._references.put(view, frame.jpeg)
                taken.append(view)
        return taken

    def see(self, pictures: Mapping[str, bytes], references: Mapping[str, tuple[str, bytes]]) -> Seen:
        """Check pictures and search them for damage; a picture that can't be decoded is told, not raised."""
        started = time.perf_counter()
        plain = {view: jpeg for view, (_, jpeg) in references.items() if view in pictures}
        inspected, refused = self._inspect(pictures, plain)
        views = tuple(
            _judged(inspected[view], references.get(view))
            if view in inspected
            else _no_picture(view, refused[view])
            for view in pictures
        )
        timings = {
            "vision": (time.perf_counter() - started) * 1e3,
            "model": _busy_ms([one.model_ran for one in inspected.values() if one.model_ran is not None]),
        }
        readable = {view: jpeg for view, jpeg in pictures.items() if view in inspected}
        return Seen(readable, views, timings)

    def decide(
        self,
        item: ItemInHand,
        opened: OpenReturn,
        seen: Seen,
        policy: PolicyPack,
        clock: ClockReading,
        seal: SealState = SealState.UNKNOWN,
    ) -> Judged:
        """Grade and decide: pure rules on what is known of the unit."""
        observation = observe(
            item,
            opened,
            seen.views,
            blocks=self._copy.blocks,
            model=self.model,
            threshold=self._threshold(policy),
            clock=clock,
            seal=seal,
            site=self._site,
            utc_offset_minutes=self._utc_offset_minutes,
        )
        return Judged(seen, observation, propose(observation, policy))

    def _inspect(
        self, pictures: Mapping[str, bytes], references: Mapping[str, bytes]
    ) -> tuple[dict[str, ViewInspection], dict[str, str]]:
        """What was seen in each picture, and why some could not be judged.

        One bad view must not lose the others.
        """
        with suppress(VisionError):
            return self._eyes.inspect_all(pictures, references), {}
        inspected, refused = {}, {}
        for view, jpeg in pictures.items():
            try:
                inspected[view] = self._eyes.inspect(view, jpeg, references.get(view))
            except PictureRefused as error:
                logger.warning("the picture of camera %s can't be judged: %s", view, error)
                refused[view] = UNREADABLE
            except VisionError:
                logger.exception("the model failed on the picture of camera %s", view)
                refused[view] = MODEL_FAILED
        return inspected, refused

    def _capture(self, after_ns: int) -> Seen:
        started = time.perf_counter()
        frames = self._cameras.fresh(after_ns, WAIT_FOR_PICTURE_S)
        waited = (time.perf_counter() - started) * 1e3
        pictures = {view: frame.jpeg for view, frame in frames.items() if frame is not None}
        seen = self.see(pictures, self._references.current()) if pictures else Seen()
        lost = tuple(_no_picture(view, LOST) for view, frame in frames.items() if frame is None)
        return replace(seen, views=seen.views + lost, timings_ms={**seen.timings_ms, "wait": waited})


def propose(observation: Observation, policy: PolicyPack) -> Decision:
    """The grade by the policy, and what follows from it.

    The same for the same observation and pack, for ever.
    """
    return decide(observation, grade(observation, policy), policy)


def _judged(inspected: ViewInspection, reference: tuple[str, bytes] | None) -> JudgedView:
    return JudgedView(
        view=inspected.view,
        width=inspected.width,
        height=inspected.height,
        quality=inspected.quality.code,
        usable=inspected.quality.ok,
        item_box=_box(inspected.region) if inspected.region is not None else None,
        findings=tuple(
            PictureFinding(
                kind=found.kind,
                box=_box(found.box),
                score=min(max(found.score, 0.0), 1.0),
                extent=min(max(found.extent, 0.0), 1.0),
                source=found.source,
            )
            for found in inspected.findings
        ),
        reference_sha256=reference[0] if reference is not None else None,
        measures=dict(inspected.quality.measures),
    )


def _busy_ms(runs: list[tuple[float, float]]) -> float:
    """How long at least one of several runs went on, milliseconds."""
    busy, until = 0.0, float("-inf")
    for start, end in sorted(runs):
        busy += max(end - max(start, until), 0.0)
        until = max(until, end)
    return busy * 1e3


def _no_picture(view: str, why: str) -> JudgedView:
    return JudgedView(view=view, width=0, height=0, quality=why, usable=False)


def _box(box: Box) -> PictureBox:
    return PictureBox(x=box.x, y=box.y, width=box.width, height=box.height)
