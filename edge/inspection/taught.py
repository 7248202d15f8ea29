"""What a product's golden pictures are worth: do they suffice, which one looks unlike the rest?

The same check as `darkstore reference check`; pictures are numbered as they were taken.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.inspection.desk import Message
from edge.inspection.golden_sets import GoldenSets
from vision.errors import GoldenRefused, VisionError
from vision.golden.comparison import FEWEST
from vision.golden.sufficiency import GOOD_NUMBER, check_set
from vision.golden.views import ItemView

VIEWS_HELD = 90
"""Items cut out of golden pictures that are held in memory, so that a page can ask again and again."""


@dataclass(frozen=True, slots=True)
class TaughtPicture:
    """One golden picture.

    Attributes:
        name: Its digest.
        number: Its place in the order of taking, from 1.
        flaws: Codes of what is odd about it (`alone`, `other_colours`, `no_item`, `repeated`, `broken`).
    """

    name: str
    number: int
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaughtView:
    """The golden pictures of one product from one camera.

    Attributes:
        attached: The camera is one of this station's.
        compared: Units are compared with them.
        standing: Whether they suffice, in one sentence.
        advice: What a person should know besides.
    """

    view: str
    attached: bool
    compared: bool
    standing: Message
    advice: tuple[Message, ...] = ()
    pictures: tuple[TaughtPicture, ...] = ()


_Stamp = tuple[int, int, str]


class GoldenReview:
    """Looks over golden pictures; writes nothing."""

    def __init__(self, sets: GoldenSets) -> None:
        self._sets = sets
        self._items: OrderedDict[_Stamp, ItemView] = OrderedDict()
        self._known: dict[tuple[str, str], tuple[tuple[_Stamp, ...], TaughtView]] = {}
        self._lock = threading.Lock()

    def of(self, sku: str, view: str, *, attached: bool) -> TaughtView:
        """What the pictures of one product from one camera are worth.

        Raises:
            GoldenRefused: No picture can be kept for such an SKU or camera.
        """
        paths = sorted(self._sets.store.of(sku, view).paths, key=_stamp)
        stamps = tuple(_stamp(path) for path in paths)
        with self._lock:
            known = self._known.get((sku, view))
            if known is not None and known[0] == stamps and known[1].attached == attached:
                return known[1]
            found = self._reviewed(view, paths, attached=attached)
            self._known[sku, view] = (stamps, found)
            return found

    def _reviewed(self, view: str, paths: Sequence[Path], *, attached: bool) -> TaughtView:
        items = [self._item(path) for path in paths]
        whole = [place for place, item in enumerate(items) if item is not None]
        flaws: dict[int, list[str]] = {place: [] for place in range(len(paths))}
        for place, item in enumerate(items):
            if item is None:
                flaws[place].append("broken")
        compared, standing, advice = self._verdict(
            [item for item in items if item is not None], whole, flaws, len(paths)
        )
        broken = [place for place, item in enumerate(items) if item is None]
        if broken:
            compared = False
            advice = (_about("teach.broken", broken), *advice)
        pictures = tuple(
            TaughtPicture(path.stem, place + 1, tuple(flaws[place])) for place, path in enumerate(paths)
        )
        return TaughtView(view, attached, compared, standing, advice, pictures)

    @staticmethod
    def _verdict(
        items: list[ItemView], places: list[int], flaws: dict[int, list[str]], count: int
    ) -> tuple[bool, Message, tuple[Message, ...]]:
        if count == 0:
            return False, Message("teach.none"), ()
        if len(items) < FEWEST:
            return False, Message("teach.too_few", {"count": len(items), "fewest": FEWEST}), ()
        try:
            found = check_set(items)
        except GoldenRefused as error:
            odd = [places[place] for place in error.pictures]
            for place in odd:
                flaws[place].append("other_colours")
            return False, _about("teach.two_products", odd), ()
        said = []
        for one in found:
            about = [places[place] for place in one.pictures]
            for place in about:
                flaws[place].append(one.code)
            if one.code != "few":
                said.append(_about(f"teach.{one.code}", about))
        if any(one.code == "few" for one in found):
            few = Message("teach.few", {"count": len(items), "good": GOOD_NUMBER})
            return True, few, tuple(said)
        return True, Message("teach.enough", {"count": len(items)}), tuple(said)

    def _item(self, path: Path) -> ItemView | None:
        stamp = _stamp(path)
        if stamp in self._items:
            self._items.move_to_end(stamp)
            return self._items[stamp]
        try:
            item = self._sets.item_of(path.read_bytes(), path.stem)
        except (OSError, VisionError):
            return None
        self._items[stamp] = item
        while len(self._items) > VIEWS_HELD:
            self._items.popitem(last=False)
        return item


def _about(code: str, places: Sequence[int]) -> Message:
    return Message(code, {"numbers": ", ".join(str(place + 1) for place in places), "n": len(places)})


def _stamp(path: Path) -> _Stamp:
    """When a picture was taken, and what changes when it does."""
    try:
        state = path.stat()
    except OSError:
        return 0, -1, path.stem
    return state.st_mtime_ns, state.st_size, path.stem
