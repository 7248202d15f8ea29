"""A hand-written teaching of golden pictures: two articles, two cameras, one supervisor."""

import hashlib
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from builders_station import picture

from edge.errors import WorkflowRefused
from edge.inspection.desk import Message
from edge.inspection.taught import TaughtPicture, TaughtView
from edge.inspection.teaching import FoundCode, Taken, TakenView, TaughtProduct, TaughtSummary

BOSS = "STAFF-BOSS"
NAMES = {"BOTTLE-1": "Steel bottle 1 l", "TEA-500": "CHAIRANG Assam tea, 500 g"}
GTINS = {"08901030865237": "BOTTLE-1"}


class FakeTeaching:
    """Says of a set what its size and `flaws` (by the picture's number, on the top view) say.

    Attributes:
        kept: Digests by SKU and view, in the order of taking.
        flaws: Of the pictures of `BOTTLE-1` from the top.
        trouble: What is wrong with a view's next picture.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], list[str]] = {
            ("BOTTLE-1", "top"): [_name(number) for number in range(7)],
            ("BOTTLE-1", "front"): [_name(number) for number in range(100, 103)],
        }
        self.flaws: dict[int, tuple[str, ...]] = {}
        self.trouble: dict[str, str] = {}
        self.calls: list[tuple[object, ...]] = []

    def products(self) -> list[TaughtSummary]:
        counts: dict[str, int] = {}
        for (sku, _), names in self.kept.items():
            counts[sku] = counts.get(sku, 0) + len(names)
        return [TaughtSummary(sku, NAMES[sku], count) for sku, count in counts.items() if count]

    def find(self, text: str) -> FoundCode:
        if text == BOSS:
            return FoundCode(badge=text)
        sku = text if text in NAMES else GTINS.get(text.zfill(14))
        if sku is None:
            unknown = Message("refused.teach_unknown", {"text": text[:60]})
            raise WorkflowRefused(unknown, Message("next.teach_unknown"))
        return FoundCode(sku=sku)

    def product(self, sku: str) -> TaughtProduct:
        if sku not in NAMES:
            raise WorkflowRefused(Message("refused.teach_unknown", {"text": sku}))
        return TaughtProduct(sku, NAMES[sku], tuple(self._view(sku, view) for view in ("top", "front")))

    def take(self, sku: str, *, views: Sequence[str] | None, badge: str | None) -> Taken:
        self._guard(badge)
        self.calls.append(("take", sku, views, badge))
        done = []
        for view in views or ("top", "front"):
            if view in self.trouble:
                done.append(TakenView(view, kept=False, message=Message(self.trouble[view], {"view": view})))
                continue
            names = self.kept.setdefault((sku, view), [])
            names.append(_name(1000 + len(self.calls) * 10 + len(names)))
            done.append(TakenView(view, kept=True, message=Message("teach.kept", {"view": view})))
        return Taken(tuple(done), self.product(sku))

    def remove(self, sku: str, view: str, name: str, *, badge: str | None) -> TaughtProduct:
        self._guard(badge)
        self.calls.append(("remove", sku, view, name, badge))
        self.kept[sku, view].remove(name)
        self.flaws = {}
        return self.product(sku)

    def picture(self, sku: str, view: str, name: str) -> bytes | None:
        return _small(view) if name in self.kept.get((sku, view), []) else None

    def _guard(self, badge: str | None) -> None:
        if badge != BOSS:
            wanted = Message("refused.teach_supervisor")
            raise WorkflowRefused(wanted, Message("next.teach_supervisor"))

    def _view(self, sku: str, view: str) -> TaughtView:
        names = self.kept.get((sku, view), [])
        flaws = self.flaws if (sku, view) == ("BOTTLE-1", "top") else {}
        count = len(names)
        mixed = [number for number, codes in flaws.items() if "other_colours" in codes]
        alone = [number for number, codes in flaws.items() if "alone" in codes]
        if count == 0:
            standing = Message("teach.none")
        elif mixed:
            standing = Message("teach.two_products", {"numbers": ", ".join(map(str, mixed)), "n": len(mixed)})
        elif count < 5:
            standing = Message("teach.too_few", {"count": count, "fewest": 5})
        elif count < 10:
            standing = Message("teach.few", {"count": count, "good": 10})
        else:
            standing = Message("teach.enough", {"count": count})
        advice = (Message("teach.alone", {"numbers": ", ".join(map(str, alone)), "n": len(alone)}),)
        pictures = tuple(
            TaughtPicture(name, number, flaws.get(number, ())) for number, name in enumerate(names, start=1)
        )
        compared = count >= 5 and not mixed
        return TaughtView(view, True, compared, standing, advice if alone else (), pictures)


def _name(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@cache
def _small(view: str) -> bytes:
    drawn = cv2.imdecode(np.frombuffer(picture(view), np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    done, jpeg = cv2.imencode(".jpg", drawn)
    assert done
    return bytes(jpeg)
