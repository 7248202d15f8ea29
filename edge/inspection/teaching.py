"""Teaching what intact units of a product look like: a supervisor puts them down, one after another.

Each picture is checked like any other before it is kept; whether they suffice is said after each.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.clock import Clock
from edge.errors import WorkflowRefused
from edge.grading.override import Role
from edge.inspection.confirming import Staff
from edge.inspection.desk import Message
from edge.inspection.desk_state import DeskState
from edge.inspection.golden_pictures import GoldenStore
from edge.inspection.judging import LOST, WAIT_FOR_PICTURE_S, Cameras, Judge
from edge.inspection.records import AuditRecord
from edge.inspection.references import ReferenceStore
from edge.inspection.storage import StorageGovernor
from edge.inspection.taught import GoldenReview, TaughtView
from edge.returns.catalogue import Product
from edge.returns.identified import Identified, ProductCode, StaffBadge
from edge.returns.store import LocalCopy
from sync.database import Database
from vision.errors import GoldenRefused, VisionError
from vision.photograph import open_photograph
from vision.picture import encode_jpeg, reduced
from vision.settings import VisionSettings

SMALL_SIDE = 480
"""Longer side of the pictures that the page shows, pixels."""
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class TaughtSummary:
    """A product that has golden pictures; `pictures` of all its cameras."""

    sku: str
    name: str
    pictures: int


@dataclass(frozen=True, slots=True)
class TaughtProduct:
    """A product with its golden pictures by camera; name as the catalogue has it."""

    sku: str
    name: str
    views: tuple[TaughtView, ...]


@dataclass(frozen=True, slots=True)
class FoundCode:
    """What a scan on the teaching page was: a product, or a supervisor's badge."""

    sku: str | None = None
    badge: str | None = None


@dataclass(frozen=True, slots=True)
class TakenView:
    """What came of one camera's picture."""

    view: str
    kept: bool
    message: Message


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of all, and the product as it then is."""

    views: tuple[TakenView, ...]
    product: TaughtProduct


class GoldenTeaching:
    """Takes, shows and removes golden pictures."""

    def __init__(
        self,
        store: GoldenStore,
        review: GoldenReview,
        cameras: Cameras,
        judge: Judge,
        references: ReferenceStore,
        copy: LocalCopy,
        state: DeskState,
        staff: Staff,
        storage: StorageGovernor,
        database: Database,
        clock: Clock,
        *,
        identify: Callable[[str, str | None], Identified],
        views: Sequence[str],
        settings: VisionSettings,
    ) -> None:
        """Put together; `views` are the cameras of this station."""
        self._store = store
        self._review = review
        self._cameras = cameras
        self._judge = judge
        self._references = references
        self._copy = copy
        self._state = state
        self._staff = staff
        self._storage = storage
        self._database = database
        self._clock = clock
        self._identify = identify
        self._views = tuple(views)
        self._settings = settings

    def products(self) -> list[TaughtSummary]:
        """Products that have golden pictures, by name."""
        counts: dict[str, int] = {}
        for one in self._store.all():
            counts[one.sku] = counts.get(one.sku, 0) + len(one.paths)
        found = [TaughtSummary(sku, self._name(sku), count) for sku, count in counts.items()]
        return sorted(found, key=lambda one: (one.name, one.sku))

    def find(self, text: str) -> FoundCode:
        """What a scanned or typed text means here: an SKU, an article's barcode, or a badge.

        Raises:
            WorkflowRefused: It names no product that the catalogue knows.
        """
        named = self._copy.product(text.strip())
        if named is not None:
            return FoundCode(sku=named.sku)
        code = self._identify(text, None)
        if isinstance(code, StaffBadge):
            return FoundCode(badge=code.badge)
        product = self._product_of(code)
        if product is None:
            raise WorkflowRefused(
                Message("refused.teach_unknown", {"text": text.strip()[:_SHOWN]}),
                Message("next.teach_unknown"),
            )
        return FoundCode(sku=product.sku)

    def product(self, sku: str) -> TaughtProduct:
        """A product with its golden pictures, camera by camera.

        Raises:
            WorkflowRefused: There is no such product.
        """
        taught = {one.view for one in self._store.all() if one.sku == sku}
        known = self._copy.product(sku)
        if known is None and not taught:
            raise WorkflowRefused(
                Message("refused.teach_unknown", {"text": sku[:_SHOWN]}), Message("next.teach_unknown")
            )
        shown = [*self._views, *sorted(taught - set(self._views))]
        try:
            views = [self._review.of(sku, view, attached=view in self._views) for view in shown]
        except GoldenRefused as error:
            raise WorkflowRefused(Message("refused.teach_name", {"text": sku[:_SHOWN]})) from error
        return TaughtProduct(sku, self._name(sku), tuple(views))

    def take(self, sku: str, *, views: Sequence[str] | None, badge: str | None) -> Taken:
        """Take a picture of the intact unit that lies there, with each camera or those named.

        Raises:
            WorkflowRefused: No supervisor, a unit is being inspected, or there is no such product.
            StorageFull, StorageReadOnly: It can't be kept.
        """
        who = self._supervisor(badge)
        self.product(sku)
        with self._state.lock:
            if self._state.item is not None:
                in_hand = Message("refused.item_in_hand", {"item": self._state.item.name})
                raise WorkflowRefused(in_hand, Message("next.finish_item"))
            self._storage.require_room()
            frames = self._cameras.fresh(self._clock.monotonic_ns(), WAIT_FOR_PICTURE_S)
        wanted = [view for view in frames if views is None or view in views]
        if not wanted:
            raise WorkflowRefused(Message("refused.no_pictures"), Message("next.look_at_cameras"))
        done = []
        for view in wanted:
            frame = frames[view]
            if frame is None:
                done.append(TakenView(view, kept=False, message=Message(LOST, {"view": view})))
            else:
                done.append(self._keep(sku, view, frame.jpeg, who))
        return Taken(tuple(done), self.product(sku))

    def remove(self, sku: str, view: str, name: str, *, badge: str | None) -> TaughtProduct:
        """Take a picture out of a product's set.

        Raises:
            WorkflowRefused: No supervisor, or there is no such picture.
        """
        who = self._supervisor(badge)
        try:
            self._store.remove(sku, view, name)
        except GoldenRefused as error:
            raise WorkflowRefused(Message("refused.teach_gone"), Message("next.look_again")) from error
        self._note(who, "golden.removed", sku, view, name)
        return self.product(sku)

    def picture(self, sku: str, view: str, name: str) -> bytes | None:
        """A golden picture, small; None where there is none, or a broken one."""
        try:
            paths = {path.stem: path for path in self._store.of(sku, view).paths}
            jpeg = paths[name].read_bytes()
            shown = open_photograph(jpeg, SMALL_SIDE, self._settings.picture).working
        except (KeyError, OSError, VisionError):
            return None
        return encode_jpeg(reduced(shown, SMALL_SIDE))

    def _keep(self, sku: str, view: str, jpeg: bytes, who: str) -> TakenView:
        seen = self._judge.see({view: jpeg}, self._references.current()).views[0]
        if not seen.usable:
            return TakenView(view, kept=False, message=Message(seen.quality, {"view": view}))
        before = len(self._store.of(sku, view).paths)
        try:
            (path,) = self._store.add(sku, view, {view: jpeg})
        except GoldenRefused:
            return TakenView(view, kept=False, message=Message("teach.too_many", {"view": view}))
        if len(self._store.of(sku, view).paths) == before:
            return TakenView(view, kept=False, message=Message("teach.same_picture", {"view": view}))
        self._note(who, "golden.taken", sku, view, path.stem)
        return TakenView(view, kept=True, message=Message("teach.kept", {"view": view}))

    def _supervisor(self, badge: str | None) -> str:
        acting = badge or self._state.badge
        if acting is None or self._staff.role_of(acting) is not Role.SUPERVISOR:
            raise WorkflowRefused(Message("refused.teach_supervisor"), Message("next.teach_supervisor"))
        return acting

    def _product_of(self, code: Identified) -> Product | None:
        if not isinstance(code, ProductCode):
            return None
        if code.gtin14 is not None:
            return self._copy.product_of_gtin(code.gtin14)
        return self._copy.product(code.item_code) if code.item_code is not None else None

    def _name(self, sku: str) -> str:
        known = self._copy.product(sku)
        return known.name if known is not None else sku

    def _note(self, who: str, action: str, sku: str, view: str, name: str) -> None:
        clock = self._clock.reading()
        detail = json.dumps({"view": view, "picture": name}, ensure_ascii=False)
        with self._database.write():
            self._database.run(
                AuditRecord.insert(
                    at=clock.now, clock_ok=clock.ok, who=who, action=action, subject=sku, detail=detail
                )
            )
