"""Dates on packs: what a date means, how exactly it is known, and where it was taken from.

An EAN-13 carries no date; a GS1 code may; else a person types what the pack says. India prints many packs
with month and year only (`BEST BEFORE 06/27`): that is good until the month's last day, while a
*manufacturing* month counts from its first day, so that neither lends a pack days it may not have.

>>> PackDate.expiring(DateKind.BEST_BEFORE, 2027, 6, source=DateSource.TYPED).last_good_day(None)
datetime.date(2027, 6, 30)
>>> PackDate.expiring(DateKind.MANUFACTURED, 2027, 6, source=DateSource.TYPED).last_good_day(90)
datetime.date(2027, 8, 30)
"""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from edge.returns.catalogue import DateKind
from edge.returns.values import FrozenValue


class DatePrecision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"


class DateSource(StrEnum):
    """Where a date was taken from; only what was taken from the item itself counts for restocking."""

    GS1 = "gs1"  # in the scanned code
    TYPED = "typed"  # read off the pack by a person
    READ = "read"  # read off the pack by a machine
    DISPATCHED = "dispatched"  # from the OMS: what left the store, which need not be what came back

    @property
    def is_from_item(self) -> bool:
        """Whether the unit in hand itself bears it."""
        return self is not DateSource.DISPATCHED


class PackDate(FrozenValue):
    """A date as a pack bears it.

    Attributes:
        day: The date; for month precision the month's last day, of manufacture the first.
    """

    kind: DateKind
    day: date
    precision: DatePrecision = DatePrecision.DAY
    source: DateSource

    @classmethod
    def expiring(
        cls, kind: DateKind, year: int, month: int, day: int | None = None, *, source: DateSource
    ) -> "PackDate":
        """A date from its parts; without a day it is known to the month only.

        Raises:
            ValueError: There is no such day.
        """
        if day is not None:
            return cls(kind=kind, day=date(year, month, day), source=source)
        first = date(year, month, 1)
        last = first.replace(day=calendar.monthrange(year, month)[1])
        shown = first if kind is DateKind.MANUFACTURED else last
        return cls(kind=kind, day=shown, precision=DatePrecision.MONTH, source=source)

    def last_good_day(self, shelf_life_days: int | None) -> date | None:
        """The last day on which the unit is still good.

        None where the shelf life would be needed and is unknown.
        """
        if self.kind is not DateKind.MANUFACTURED:
            return self.day
        if shelf_life_days is None:
            return None
        try:
            return self.day + timedelta(days=shelf_life_days)
        except OverflowError:
            return None
