"""How a return comes in: why, through whose hands, under which number, and how it fits what was expected."""

from enum import StrEnum

from sync.contract.messages.identifiers import Text
from sync.contract.messages.wire import WireModel


class ReturnType(StrEnum):
    """Why the goods come back."""

    RTO_REFUSED = "RTO_REFUSED"
    RTO_UNDELIVERED = "RTO_UNDELIVERED"
    CANCELLED_IN_TRANSIT = "CANCELLED_IN_TRANSIT"
    CUSTOMER_RETURN = "CUSTOMER_RETURN"
    EXCHANGE = "EXCHANGE"


class Custody(StrEnum):
    """Whose hands held the goods after dispatch."""

    RIDER_ONLY = "RIDER_ONLY"
    CUSTOMER = "CUSTOMER"


class ReferenceKind(StrEnum):
    """What kind of number stands on the bag."""

    RMA = "rma"
    ORDER = "order"
    SHIPMENT = "shipment"
    BAG = "bag"


class Reference(WireModel):
    """A number by which a return can be found."""

    kind: ReferenceKind
    value: Text


class ReturnMatch(StrEnum):
    """Whether the station knew the return."""

    EXPECTED = "expected"
    PROVISIONAL = "provisional"  # not in the station's copy: received blind, the OMS matches it later


class LineMatch(StrEnum):
    """How the unit fits the lines of its return."""

    EXPECTED = "expected"
    PROVISIONAL = "provisional"  # the return is blind: there are no lines to compare with
    EXCESS = "excess"  # a line's goods, beyond the quantity that it expects
    WRONG_PRODUCT = "wrong_product"  # ours, but on no line of this return
    NOT_OURS = "not_ours"  # a stranger's item
    OTHER_SITE = "other_site"  # another site's unit: it is sent there, and counted there


class StorageClass(StrEnum):
    """The temperature at which the goods are kept."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"
