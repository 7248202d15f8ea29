"""Writes returns down: numbers, dates and lots that fit together, counted within one shift."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from edge.lab.shift.article import KILOGRAMS, Article, pieces
from edge.lab.shift.plan import ReturnPlan, UnitPlan
from sync.contract.messages.expected import ExpectedComponent, ExpectedLine, ExpectedReturn
from sync.contract.messages.quantity import Quantity
from sync.contract.messages.return_words import Custody, Reference, ReferenceKind, ReturnType
from vision.findings import DefectKind

FRESH_MINUTES = 8
"""How long a rider's round takes: short enough for chilled goods."""

PREFIX = {
    ReferenceKind.RMA: "RMA",
    ReferenceKind.ORDER: "ORD",
    ReferenceKind.SHIPMENT: "SHP",
    ReferenceKind.BAG: "BAG",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a return to be written: what was dispatched.

    Attributes:
        article: What it is.
        count: How many pieces; kilograms for weighed goods.
        lot: The lot dispatched; None chooses one.
        serials: The serials dispatched.
    """

    article: Article
    count: int | Decimal = 1
    lot: str | None = None
    serials: tuple[str, ...] = ()


class ShiftWriter:
    """Counts returns and makes up lots, dates and numbers; equal seeds write equal shifts.

    Args:
        site: The dark store.
        started_at: When the shift begins, UTC; dates are told from it.
        random_source: Seeded.
    """

    def __init__(self, site: str, started_at: datetime, random_source: random.Random) -> None:
        self.site = site
        self.started_at = started_at
        self.random = random_source
        self.plans: list[ReturnPlan] = []

    @property
    def play_id(self) -> str:
        """The name of the return that is written next."""
        return f"R{len(self.plans) + 1:02d}"

    def lot(self) -> str:
        """A lot number as makers print them."""
        return (
            f"L{self.random.randrange(10, 99)}{self.random.choice('ABCDEFGH')}{self.random.randrange(1, 9)}"
        )

    def serial(self) -> str:
        """A serial number as makers print them."""
        return f"SN{self.random.randrange(10**8, 10**9)}"

    def day(self, days: int) -> datetime:
        """So many days from the shift's day."""
        return self.started_at + timedelta(days=days)

    def unit(
        self,
        number: int,
        article: Article,
        *,
        lot: str | None = None,
        days_left: int | None = None,
        defects: tuple[DefectKind, ...] = (),
        severity: float = 0.7,
        answers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> UnitPlan:
        """One unit of the return that is being written.

        Args:
            number: Which one of the return, from 1.
            article: What it is.
            lot: Its lot; None makes one up.
            days_left: Days to the printed date; None takes most of the shelf life.
            defects: What is wrong with it.
            severity: How bad.
            answers: What the staff answer, besides the date on the pack, which they always read off it.
            **more: Anything else of a `UnitPlan`.
        """
        expiry = None
        if article.shelf_life_days is not None:
            expiry = self.day(int(article.shelf_life_days * 0.8) if days_left is None else days_left).date()
        look = article.look(lot=lot or self.lot(), expiry=expiry, defects=defects, severity=severity)
        read_off = {"expiry_date": expiry.isoformat()} if expiry is not None else {}
        return UnitPlan(
            unit_id=f"{self.play_id}/{number}",
            article=article,
            look=look,
            answers={**read_off, **(answers or {})},
            **more,
        )

    def write(
        self,
        cases: Sequence[str],
        lines: Sequence[Line],
        units: Sequence[UnitPlan],
        *,
        kind: ReferenceKind = ReferenceKind.RMA,
        return_type: ReturnType = ReturnType.RTO_REFUSED,
        custody: Custody = Custody.RIDER_ONLY,
        minutes_out: int = FRESH_MINUTES,
        site: str | None = None,
        announced: bool = True,
        **more: Any,
    ) -> None:
        """Write one return down.

        Args:
            cases: The cases that it shows.
            lines: What was dispatched.
            units: What comes back.
            kind: By which number it is known.
            return_type: Why it comes back.
            custody: In whose hands it was.
            minutes_out: Minutes since it left the store.
            site: Where it was to come, if not here.
            announced: Whether the OMS has told the stations of it.
            **more: Anything else of a `ReturnPlan`.
        """
        number = len(self.plans) + 1
        reference = f"{PREFIX[kind]}-{self.started_at:%y%m%d}-{number:04d}"
        expected = ExpectedReturn(
            return_id=f"RET-{self.started_at:%y%m%d}-{number:04d}",
            site=site or self.site,
            references=(Reference(kind=kind, value=reference),),
            return_type=return_type,
            custody=custody,
            dispatched_at=self.started_at - timedelta(minutes=minutes_out),
            lines=tuple(self._line(place, line) for place, line in enumerate(lines, start=1)),
        )
        plan = ReturnPlan(
            play_id=self.play_id,
            reference=reference,
            cases=tuple(cases),
            units=tuple(units),
            expected=expected if announced else None,
        )
        self.plans.append(replace(plan, **more))

    def _line(self, place: int, line: Line) -> ExpectedLine:
        article = line.article
        weighed = article.weighed
        return ExpectedLine(
            line_id=str(place),
            sku=article.sku,
            gtin=article.gtin,
            name=article.name,
            quantity=Quantity(value=Decimal(line.count), unit=KILOGRAMS)
            if weighed
            else pieces(int(line.count)),
            dispatched_lots=(line.lot,) if line.lot else (),
            dispatched_serials=line.serials,
            mrp=article.price,
            storage_class=article.storage,
            components=tuple(
                ExpectedComponent(sku=part.sku, gtin=part.gtin, name=part.name, quantity=pieces(1))
                for part in article.parts
            ),
        )
