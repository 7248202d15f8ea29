"""Exact decimal numbers, written as text so that no side rounds a weight or a price.

>>> from pydantic import TypeAdapter
>>> adapter = TypeAdapter(DecimalText)
>>> adapter.validate_python("1.50")
Decimal('1.50')
>>> adapter.dump_python(adapter.validate_python("1.50"), mode="json")
'1.50'
"""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_SHAPE = re.compile(PATTERN.removeprefix("^").removesuffix("$"))


def _parse(value: object, info: ValidationInfo) -> object:
    """Takes text from the wire, and also `Decimal` and `int` from our own code; never a float."""
    if info.mode != "json" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = f"{Decimal(value):f}"
    if not isinstance(value, str) or not _SHAPE.fullmatch(value):
        raise ValueError('must be a decimal number as text, such as "1.500"')
    return Decimal(value)


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be above zero")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be below zero")
    return value


DecimalText = Annotated[
    Decimal,
    BeforeValidator(_parse),
    PlainSerializer(lambda value: f"{value:f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["1", "0.735"]}),
]
PositiveDecimalText = Annotated[DecimalText, AfterValidator(_positive)]
NonNegativeDecimalText = Annotated[DecimalText, AfterValidator(_not_negative)]
