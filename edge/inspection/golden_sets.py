"""Golden sets ready to compare with, in memory: learning one takes seconds, comparing hundredths of one.

A set is named by the digests of its pictures, so that added or removed pictures make another set. As few are
held as the memory of a small device bears; the desk prepares those of a return's lines while the first item
is being taken out of the bag.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from edge.errors import EdgeError, GoldenUnusable, StorageFull, StorageReadOnly
from edge.inspection.golden_kept import KeptGolden, set_digest
from edge.inspection.golden_pictures import GoldenPictures, GoldenStore
from vision.errors import PictureDamaged, VisionError
from vision.golden.comparison import FEWEST, Comparison, GoldenSet
from vision.golden.sufficiency import check_set
from vision.golden.views import ItemView, item_view
from vision.photograph import Photograph, open_photograph
from vision.settings import VisionSettings

logger = logging.getLogger(__name__)

SETS_HELD = 8
"""Sets in memory, about 26 MB each with twenty pictures: four products before two cameras."""


@dataclass(slots=True)
class PreparedSet:
    """A golden set that was learned; one comparison at a time."""

    digest: str
    views: list[ItemView]
    golden: GoldenSet
    _one: threading.Lock = field(default_factory=threading.Lock)

    def compare(self, view: ItemView) -> Comparison:
        """How far a unit is from the golden ones."""
        # One flow field is calculated at a time; two views have a set each.
        with self._one:
            return self.golden.compare(view)


_Stamp = tuple[tuple[str, int, int], ...]


class GoldenSets:
    """Prepares golden sets, keeps their pictures for ever, and holds some in memory."""

    def __init__(
        self, store: GoldenStore, kept: KeptGolden, settings: VisionSettings, held: int = SETS_HELD
    ) -> None:
        self.store = store
        self._kept = kept
        self._settings = settings
        self.held = held
        self._ready: OrderedDict[str, Future[PreparedSet]] = OrderedDict()
        self._refused: dict[tuple[str, str], tuple[_Stamp, str]] = {}
        self._lock = threading.Lock()

    def taught(self, sku: str, view: str) -> bool:
        """Whether a product has enough pictures to compare with."""
        return self._pictures(sku, view) is not None

    def present(self, sku: str, view: str) -> PreparedSet | None:
        """A product's present set; None where it has too few pictures, or none.

        Raises:
            GoldenUnusable: A picture is broken, or the set can't be kept for replay.
        """
        pictures = self._pictures(sku, view)
        if pictures is None:
            return None
        stamp = _stamp(pictures)
        with self._lock:
            refused = self._refused.get((sku, view))
        if refused is not None and refused[0] == stamp:
            raise GoldenUnusable(refused[1])
        digest = set_digest(path.stem for path in pictures.paths)
        try:
            return self._prepared(digest, lambda: self._read(pictures))
        except GoldenUnusable as error:
            with self._lock:
                self._refused[sku, view] = (stamp, str(error))
            logger.warning(
                "the golden pictures of %s, camera %s, can't be used: %s. Units are judged without them; "
                "see `darkstore reference check`",
                sku,
                view,
                error,
            )
            raise

    def kept(self, digest: str) -> PreparedSet:
        """A set that an inspection named.

        Raises:
            EvidenceMissing: It is gone or damaged.
            GoldenUnusable: It was kept, and yet can't be compared with.
        """
        return self._prepared(digest, lambda: self._kept.read(digest))

    def view_of(self, photograph: Photograph) -> ItemView:
        """The item of a picture, as golden pictures and fresh ones are both seen."""
        return item_view(photograph.working)

    def item_of(self, jpeg: bytes, digest: str) -> ItemView:
        """The item of a golden picture.

        Raises:
            PictureRefused: It can't be decoded, or isn't what it was.
        """
        if hashlib.sha256(jpeg).hexdigest() != digest:
            raise PictureDamaged("its digest differs from its name")
        return self.view_of(self._open(jpeg))

    def _pictures(self, sku: str, view: str) -> GoldenPictures | None:
        try:
            pictures = self.store.of(sku, view)
        except (VisionError, OSError):  # an SKU or a camera that nothing can be kept for
            return None
        return pictures if len(pictures.paths) >= FEWEST else None

    def _read(self, pictures: GoldenPictures) -> Mapping[str, bytes]:
        found = {}
        for path in pictures.paths:
            try:
                jpeg = path.read_bytes()
            except OSError as error:
                raise GoldenUnusable(f"{path.name} can't be read ({error.strerror})") from error
            if hashlib.sha256(jpeg).hexdigest() != path.stem:
                raise GoldenUnusable(f"{path.name} is damaged: its digest differs")
            found[path.stem] = jpeg
        try:
            self._kept.keep(pictures.sku, pictures.view, found)
        except (StorageFull, StorageReadOnly) as error:
            raise GoldenUnusable(str(error)) from error
        return found

    def _prepared(self, digest: str, read: Callable[[], Mapping[str, bytes]]) -> PreparedSet:
        with self._lock:
            known = self._ready.get(digest)
            mine = known is None
            waiting: Future[PreparedSet] = known if known is not None else Future()
            self._ready[digest] = waiting
            self._ready.move_to_end(digest)
            while len(self._ready) > self.held:
                self._ready.popitem(last=False)
        if mine:
            try:
                waiting.set_result(self._learned(digest, read()))
            except Exception as error:
                with self._lock:
                    if self._ready.get(digest) is waiting:
                        del self._ready[digest]
                if isinstance(error, EdgeError):
                    waiting.set_exception(error)
                else:  # a library failed on these pictures; the desk must not
                    logger.exception("golden pictures %s could not be learned", digest[:12])
                    waiting.set_exception(GoldenUnusable(f"learning them failed ({error!r})"))
        return waiting.result()

    def _learned(self, digest: str, pictures: Mapping[str, bytes]) -> PreparedSet:
        views = []
        for name in sorted(pictures):
            try:
                views.append(self.view_of(self._open(pictures[name], kept=True)))
            except VisionError as error:
                raise GoldenUnusable(f"{name[:12]}: {error}") from error
        try:
            check_set(views)  # two products mixed pass everything
            return PreparedSet(digest, views, GoldenSet(views))
        except VisionError as error:
            raise GoldenUnusable(str(error)) from error

    def _open(self, jpeg: bytes, *, kept: bool = False) -> Photograph:
        """What is kept was accepted once: refusing one now would make all of the set useless."""
        least = max(self._settings.quality.work_side, self._settings.localisation.work_side)
        return open_photograph(jpeg, least, self._settings.picture, kept=kept)


def _stamp(pictures: GoldenPictures) -> _Stamp:
    """What changes when a picture does: names, sizes, times."""
    found = []
    for path in pictures.paths:
        try:
            state = path.stat()
        except OSError:
            found.append((path.name, -1, -1))
        else:
            found.append((path.name, state.st_size, state.st_mtime_ns))
    return tuple(found)
