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
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_SHAPE = re.compile(PATTERN.removeprefix("^").removesuffix("$"))
_LONGEST = len("-123456789012.123456")


def _parse(value: object, info: ValidationInfo) -> object:
    """Takes text from the wire, and also `Decimal` and `int` from our own code; never a float."""
    if info.mode != "json" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = f"{Decimal(value):f}"
    found = _read(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if found is None:
        raise ValueError('must be a decimal number as text, such as "1.500"')
    return found


@lru_cache(maxsize=1024)
def _read(text: str) -> Decimal | None:
    """None where it is no such number. Remembered, since most quantities are the same few."""
    return Decimal(text) if _SHAPE.fullmatch(text) else None


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
