"""The names by which station and OMS call the same thing: ids, codes, GTINs, epochs, topic levels."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

TOPIC_LEVEL_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def _not_oms(value: str) -> str:
    if value == "oms":
        raise ValueError('"oms" cannot be a site: its topics are those of the OMS itself')
    return value


def _check_digit(value: str) -> str:
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(value[:-1]))
    if (10 - weighted % 10) % 10 != int(value[-1]):
        raise ValueError(f"wrong GTIN check digit in {value}")
    return value


MessageId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$"),
    Field(
        description="Id of a message; stations use UUIDv7. It alone tells a repeated message from a new one."
    ),
]
Site = Annotated[
    str,
    StringConstraints(pattern=TOPIC_LEVEL_PATTERN),
    AfterValidator(_not_oms),
    Field(description="The dark store, as the OMS names it."),
]
Station = Annotated[
    str, StringConstraints(pattern=TOPIC_LEVEL_PATTERN), Field(description="The station within its site.")
]
EpochText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{6,10}-[0-9a-f]{6,32}$"),
    Field(description="One run of the station process: counter and random part.", examples=["000012-9f3ac1"]),
]
Sequence = Annotated[
    int,
    Field(ge=1, le=2_147_483_647, description="Position in the epoch, from 1 without gaps; reveals a loss."),
]
Offset = Annotated[int, Field(ge=0, description="Position in a stream; 0 means nothing received yet.")]
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/+#-]{0,63}$"),
    Field(description="A short code without spaces."),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
ReturnId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x20\x7f]+$"),
    Field(description="The return. A blind return has an id given by the station until the OMS matches it."),
]
LineId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f]+$"),
    Field(description="One line of the return; one SKU can stand on two lines."),
]
InspectionId = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$"), Field(description="One pass over one unit.")
]
Sku = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(description="The merchant's own article code."),
]
Gtin14 = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{14}$"),
    AfterValidator(_check_digit),
    Field(description="The number in the barcode, written as GTIN-14.", examples=["08901234567890"]),
]
Lot = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
Serial = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Place = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(description="A bin, shelf, crate or area of the site.", examples=["A-03-2"]),
]
Person = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$"),
    Field(description="A staff badge's code; never a name.", examples=["S-0143"]),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
