"""Facts read from the unit itself: lot, date, serial, price, weight, components."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from sync.contract.messages.decimals import DecimalText
from sync.contract.messages.identifiers import Gtin14, Lot, Serial, Sku
from sync.contract.messages.quantity import Count, Money, Quantity
from sync.contract.messages.wire import WireModel


class DateKind(StrEnum):
    """What the printed date means."""

    USE_BY = "use_by"
    BEST_BEFORE = "best_before"
    MANUFACTURED = "manufactured"


class DatePrecision(StrEnum):
    """How exact the printed date is."""

    DAY = "day"
    MONTH = "month"


class DateSource(StrEnum):
    """How the station came to know the date."""

    GS1 = "gs1"  # from the code on the item
    TYPED = "typed"  # by a person, from the item
    READ = "read"  # from the picture


class ItemDate(WireModel):
    """A date on the item."""

    kind: DateKind
    value: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    precision: DatePrecision
    source: DateSource


class Component(WireModel):
    """One component of a bundle and how much of it came."""

    sku: Sku | None = None
    gtin: Gtin14 | None = None
    expected: Quantity
    received: Count


class ColdChain(WireModel):
    """How long chilled or frozen goods were out of their temperature, as far as anybody knows."""

    minutes_out_of_cold: Annotated[int, Field(ge=0)] | None = None
    probe_celsius: DecimalText | None = None


class ItemFacts(WireModel):
    """What was read from the unit. `dispatched_serial` is given when it differs from `serial`."""

    lot: Lot | None = None
    serial: Serial | None = None
    dispatched_serial: Serial | None = None
    date: ItemDate | None = None
    mrp: Money | None = None
    net_weight: Quantity | None = None
    cold_chain: ColdChain | None = None
    components: tuple[Component, ...] | None = None
