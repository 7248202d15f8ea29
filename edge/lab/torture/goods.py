"""The bags and units that are inspected: announced by the OMS beforehand, each unit told apart by its serial.

Cheap sealed goods of refused deliveries: their policy asks for scans, not for portraits, so that a round
takes seconds. What a crash does to pictures is enumerated elsewhere (`darkstore powercut`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.lab.shift import catalogue as store
from edge.lab.shift.article import Article, pieces
from edge.lab.shift.catalogue import ARTICLES, PLACES
from edge.lab.shift.gtin import GS
from sync.contract.messages.expected import ExpectedLine, ExpectedReturn
from sync.contract.messages.reference import SitePlace
from sync.contract.messages.return_words import (
    Custody,
    Reference,
    ReferenceKind,
    ReturnType,
    StorageClass,
)
from sync.contract.messages.stock import StockState

GOODS: tuple[Article, ...] = (store.NOTEBOOK, store.BISCUITS, store.CHICKPEAS, store.KETCHUP)
DATAMATRIX = "]d2"
SECOND_SHELF = SitePlace(
    place="A-02", label="Shelf A-02", state=StockState.AVAILABLE, storage_class=StorageClass.AMBIENT
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a bag.

    Attributes:
        return_id: The bag's return, as the OMS names it.
        serial: Tells the unit from all others.
        sku: Its article.
        code: What a scanner reads off it.
    """

    return_id: str
    serial: str
    sku: str
    code: str


def reference_of(bag: int) -> str:
    """The number on the bag."""
    return f"RMA-{bag:05d}"


def return_of(bag: int) -> str:
    """The return's name at the OMS."""
    return f"RET-{bag:05d}"


def unit_of(bag: int, unit: int, expiry: datetime) -> Unit:
    """One unit."""
    article = GOODS[(bag + unit) % len(GOODS)]
    serial = f"B{bag:05d}U{unit:02d}"
    date = f"17{expiry:%y%m%d}" if article.shelf_life_days is not None else ""
    code = f"01{article.gtin}{date}21{serial}"
    return Unit(return_of(bag), serial, article.sku, f"{code}{GS}10L{bag % 90 + 10}A")


def expiry_of(started_at: datetime) -> datetime:
    """The date on every dated pack: far enough to be restocked, unless the clock stands wrong."""
    return started_at + timedelta(days=150)


def announced(site: str, bags: dict[int, int], started_at: datetime) -> dict[str, object]:
    """The file of expected returns that the OMS publishes."""
    return {
        "site": site,
        "returns": [
            _expected(site, bag, units, started_at).model_dump(mode="json") for bag, units in bags.items()
        ],
        "cancelled": [],
    }


def reference_data(site: str) -> dict[str, object]:
    """The file of articles and places that the OMS publishes."""
    return {
        "site": site,
        "products": [one.product().model_dump(mode="json", exclude_none=True) for one in ARTICLES],
        "places": [place.model_dump(mode="json") for place in (*PLACES, SECOND_SHELF)],
        "blocks": [],
    }


def _expected(site: str, bag: int, units: int, started_at: datetime) -> ExpectedReturn:
    expiry = expiry_of(started_at)
    counts: dict[str, int] = {}
    for unit in range(1, units + 1):
        sku = unit_of(bag, unit, expiry).sku
        counts[sku] = counts.get(sku, 0) + 1
    by_sku = {article.sku: article for article in GOODS}
    return ExpectedReturn(
        return_id=return_of(bag),
        site=site,
        references=(Reference(kind=ReferenceKind.RMA, value=reference_of(bag)),),
        return_type=ReturnType.RTO_REFUSED,
        custody=Custody.RIDER_ONLY,
        dispatched_at=started_at,
        lines=tuple(
            _line(str(number), by_sku[sku], count)
            for number, (sku, count) in enumerate(sorted(counts.items()), start=1)
        ),
    )


def _line(line_id: str, article: Article, count: int) -> ExpectedLine:
    return ExpectedLine(
        line_id=line_id,
        sku=article.sku,
        gtin=article.gtin,
        name=article.name,
        quantity=pieces(count),
        mrp=article.price,
        storage_class=article.storage,
    )
