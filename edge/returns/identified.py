"""What a scanned text turned out to be. Exactly one of these; the workflow chooses by type.

| type | what the staff scanned |
|---|---|
| `ReturnReference` | the number of an RMA, an order, a shipment or a bag |
| `ProductCode` | an article: plain GTIN, GS1 element strings, Digital Link, or an in-store weighed label |
| `Sscc` | a logistic unit |
| `UnitLabel` | a label that a dark store put on one unit |
| `PlaceCode` | a shelf, cage or bin |
| `StaffBadge` | who works here |
| `StationCommand` | a code on the desk's command sheet |
| `UnknownCode` | nothing known, with the reason |
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from edge.returns.dates import PackDate
from edge.returns.expected import ReferenceKind
from edge.returns.values import Code, FrozenValue, Gtin14, Quantity, Rupees


class UnclearField(StrEnum):
    """A field of a product code that cannot be told for sure."""

    LOT = "lot"
    SERIAL = "serial"
    DATE = "date"


class ReturnReference(FrozenValue):
    """A number under which a return is known."""

    kind: ReferenceKind
    value: Code


class ProductCode(FrozenValue):
    """An article, with whatever its code says of the unit.

    Attributes:
        gtin14: Padded to 14 digits. None for an in-store weighed label, which bears `item_code` instead.
        item_code: The site's own article number out of a weighed label; it is the SKU or leads to it.
        lot: Batch or lot.
        date: The date that ends its life (use-by or best-before).
        manufactured: The date of its making or packing.
        unclear: Fields that the code bears, but which cannot be told for sure: separators were lost on the
            way, or a date that no calendar has. They are left empty above; a person reads them off the pack.
        serial: Serial number or IMEI.
        net_weight: Net weight in kilograms, or a count, where the code bears one.
        price: Price for the weight, rupees, where a weighed label bears one.
        symbology: AIM identifier of the barcode, where the scanner gave one.
    """

    gtin14: Gtin14 | None = None
    item_code: Code | None = None
    lot: Code | None = None
    date: PackDate | None = None
    manufactured: PackDate | None = None
    serial: Code | None = None
    net_weight: Quantity | None = None
    price: Rupees | None = None
    symbology: str | None = None
    unclear: tuple[UnclearField, ...] = ()


class Sscc(FrozenValue):
    """A serial shipping container code: 18 digits, check digit verified."""

    value: Annotated[str, Field(pattern=r"^[0-9]{18}$")]


class UnitLabel(FrozenValue):
    """A label that tells one unit apart; `site` says whose stock it is."""

    site: Code
    unit: Code

    @property
    def text(self) -> str:
        """As printed."""
        return f"UL:{self.site}:{self.unit}"


class PlaceCode(FrozenValue):
    """The code of a shelf, cage or bin."""

    place_id: Code


class StaffBadge(FrozenValue):
    """A staff member's badge."""

    badge: Code


class Command(StrEnum):
    """What the codes on the desk's command sheet make the station do."""

    ACCEPT = "ACCEPT"
    RETAKE = "RETAKE"
    SET_ASIDE = "SET-ASIDE"
    NO_CODE = "NO-CODE"  # the item's code cannot be read: choose the line
    BAG_EMPTY = "BAG-EMPTY"  # close the return
    LEAVE = "LEAVE"  # put the bag aside unfinished
    UNDO = "UNDO"
    YES = "YES"
    NO = "NO"


class StationCommand(FrozenValue):
    """A command code such as `DS:ACCEPT`."""

    command: Command


class UnknownReason(StrEnum):
    """Why a text is nothing known. The page's sentence is `notice.unknown_code.<reason>`."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    CHECK_DIGIT = "check_digit"  # looks like a GTIN, SSCC or weighed label; the check digit is wrong
    AMBIGUOUS = "ambiguous"  # a GS1 code whose separators were lost can be read in more than one way
    INCOMPLETE = "incomplete"  # a GS1 code that ends too early or holds a field wrongly
    NO_ITEM = "no_item"  # a good GS1 code that names no article, such as a coupon
    UNKNOWN_COMMAND = "unknown_command"
    UNRECOGNISED = "unrecognised"


class UnknownCode(FrozenValue):
    """Nothing known.

    Attributes:
        shown: The text made safe to show: printable, at most 60 characters.
    """

    reason: UnknownReason
    shown: str = ""


Identified = (
    ReturnReference | ProductCode | Sscc | UnitLabel | PlaceCode | StaffBadge | StationCommand | UnknownCode
)
"""Everything that a scanned text can be."""
