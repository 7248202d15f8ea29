"""From an item on the table to a proposal: capture, check picture, detect, grade, decide.

Capture takes one picture from each camera, younger than the scan. The model judges exactly the bytes that are
stored, so that a stored inspection can be judged again to the same result (`replay.py` does so with `see` and
`decide`).
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from edge.clock import ClockReading
from edge.grading.decision import Decision
from edge.grading.disposition import decide
from edge.grading.grade import grade
from edge.grading.observation import (
    CaptureDepth,
    GoldenVerdict,
    Observation,
    SealState,
)
from edge.grading.policy import PolicyPack
from edge.inspection.comparing import Compare, Compared, GoldenComparer
from edge.inspection.judged_views import busy_ms, judged_view, no_picture
from edge.inspection.observing import observe
from edge.inspection.references import ReferenceStore
from edge.inspection.saved import JudgedView, ModelUsed
from edge.inspection.session import ItemInHand, OpenReturn, sku_of
from edge.returns.store import LocalCopy
from hardware.cameras.frame import Frame
from vision.errors import PictureRefused, VisionError
from vision.view_inspector import Meanwhile, SeenView, ViewInspection

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
        self,
        frames: Mapping[str, bytes],
        references: Mapping[str, bytes] | None = None,
        *,
        meanwhile: Meanwhile | None = None,
    ) -> dict[str, ViewInspection]:
        """Inspect the views of one item."""
        ...

    def inspect(
        self, view: str, jpeg: bytes, reference: bytes | None = None, *, meanwhile: Meanwhile | None = None
    ) -> ViewInspection:
        """Inspect one view."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures showed.

    Attributes:
        pictures: JPEG bytes by view; views of lost cameras are missing.
        views: What was made of each, lost ones included.
        timings_ms: Milliseconds by step: `wait` for fresh pictures; `vision` for looking at them, within it
            `model`; `golden` for what comparing with golden pictures took beyond the network.
            One view may still be decoded while another is compared: that time counts as `golden`.
    """

    pictures: Mapping[str, bytes] = field(default_factory=dict)
    views: tuple[JudgedView, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def golden_broken(self) -> JudgedView | None:
        """The first view that could not be compared, because a golden picture is broken."""
        broken = GoldenVerdict.BROKEN
        return next((view for view in self.views if view.golden and view.golden.verdict is broken), None)

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
        golden: Compares with golden pictures; None: nothing is compared.
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
        golden: GoldenComparer | None = None,
    ) -> None:
        self._cameras = cameras
        self._eyes = eyes
        self._references = references
        self._copy = copy
        self._site = site
        self._utc_offset_minutes = utc_offset_minutes
        self._threshold = threshold
        self._golden = golden
        self.model = model

    def look(self, item: ItemInHand, opened: OpenReturn, after_ns: int) -> Seen:
        """Capture and see: pictures younger than `after_ns`, each checked, searched for damage, compared."""
        if item.depth is CaptureDepth.COUNT:
            return Seen()
        compare = self.comparing(item, opened)
        seen = self._capture(after_ns, compare)
        if seen.trouble is not None and seen.trouble.quality in MOVING:
            # The item was still being put down or a hand was in the picture: one more look, then a person is
            # asked.
            seen = self._capture(time.monotonic_ns(), compare)
        return seen

    def comparing(self, item: ItemInHand, opened: OpenReturn) -> Compare | None:
        """What compares this unit with the present golden pictures of its product."""
        sku = sku_of(item, opened.line(item.line_id))
        if self._golden is None or sku is None:
            return None
        return partial(self._golden.fresh, sku, [line.sku for line in opened.expected.lines])

    def comparing_again(self, views: Iterable[JudgedView]) -> Compare | None:
        """What compares a stored unit with the golden pictures that its views name."""
        named = {view.view: view.golden for view in views if view.golden is not None}
        return partial(self._golden.again, named) if self._golden is not None and named else None

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

    def see(
        self,
        pictures: Mapping[str, bytes],
        references: Mapping[str, tuple[str, bytes]],
        compare: Compare | None = None,
    ) -> Seen:
        """Check pictures, search them for damage, compare them with golden ones.

        A picture that can't be decoded is told, not raised.

        Args:
            pictures: JPEG bytes by view.
            references: Digest and bytes of each view's empty station.
            compare: With golden pictures; None: nothing is compared.

        Raises:
            EvidenceMissing: A stored golden set that `compare` needs is gone.
        """
        started = time.perf_counter()
        plain = {view: jpeg for view, (_, jpeg) in references.items() if view in pictures}
        golden = _Comparing(compare) if compare is not None else None
        inspected, refused = self._inspect(pictures, plain, golden)
        spent = (time.perf_counter() - started) * 1e3
        ran = [one.model_ran for one in inspected.values() if one.model_ran is not None]
        model = busy_ms(ran)
        compared = golden.done if golden is not None else {}
        timings = {"vision": spent, "model": model}
        if golden is not None and compared:
            timings["golden"] = busy_ms(ran + golden.ran) - model
            timings["vision"] -= timings["golden"]
        views = tuple(
            judged_view(inspected[view], references.get(view), compared.get(view))
            if view in inspected
            else no_picture(view, refused[view])
            for view in pictures
        )
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
        self, pictures: Mapping[str, bytes], references: Mapping[str, bytes], meanwhile: Meanwhile | None
    ) -> tuple[dict[str, ViewInspection], dict[str, str]]:
        """What was seen in each picture, and why some could not be judged.

        One bad view must not lose the others.
        """
        with suppress(VisionError):
            return self._eyes.inspect_all(pictures, references, meanwhile=meanwhile), {}
        inspected, refused = {}, {}
        for view, jpeg in pictures.items():
            try:
                seen = self._eyes.inspect(view, jpeg, references.get(view), meanwhile=meanwhile)
                inspected[view] = seen
            except PictureRefused as error:
                logger.warning("the picture of camera %s can't be judged: %s", view, error)
                refused[view] = UNREADABLE
            except VisionError:
                logger.exception("the model failed on the picture of camera %s", view)
                refused[view] = MODEL_FAILED
        return inspected, refused

    def _capture(self, after_ns: int, compare: Compare | None) -> Seen:
        started = time.perf_counter()
        frames = self._cameras.fresh(after_ns, WAIT_FOR_PICTURE_S)
        waited = (time.perf_counter() - started) * 1e3
        pictures = {view: frame.jpeg for view, frame in frames.items() if frame is not None}
        seen = self.see(pictures, self._references.current(), compare) if pictures else Seen()
        lost = tuple(no_picture(view, LOST) for view, frame in frames.items() if frame is None)
        return replace(seen, views=seen.views + lost, timings_ms={**seen.timings_ms, "wait": waited})


class _Comparing:
    """Compares the views of one unit, each as soon as it can be, and keeps what came of it."""

    def __init__(self, compare: Compare) -> None:
        self._compare = compare
        self.done: dict[str, Compared] = {}
        self.ran: list[tuple[float, float]] = []

    def __call__(self, seen: SeenView) -> None:
        if seen.view in self.done:  # another view was refused, and this one is looked at again
            return
        started = time.perf_counter()
        found = self._compare(seen)
        if found is not None:
            self.done[seen.view] = found
            self.ran.append((started, time.perf_counter()))


def propose(observation: Observation, policy: PolicyPack) -> Decision:
    """The grade by the policy, and what follows from it.

    The same for the same observation and pack, for ever.
    """
    return decide(observation, grade(observation, policy), policy)
