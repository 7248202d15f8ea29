"""How much of a thing: an exact decimal and a unit of measure."""

from typing import Annotated

from pydantic import Field, StringConstraints

from sync.contract.messages.decimals import DecimalText, NonNegativeDecimalText, PositiveDecimalText
from sync.contract.messages.wire import WireModel

UnitCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{2,3}$"),
    Field(description="UN/ECE Recommendation 20 code: `C62` pieces, `KGM` kilograms, `LTR` litres."),
]


class Quantity(WireModel):
    """An amount above zero, such as one piece or 0.735 kg."""

    value: PositiveDecimalText
    unit: UnitCode


class Count(WireModel):
    """An amount that may also be zero."""

    value: NonNegativeDecimalText
    unit: UnitCode


class Money(WireModel):
    """An amount of money, such as the maximum retail price."""

    amount: DecimalText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
