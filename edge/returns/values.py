"""Values that every part of a return is made of: frozen, strict, and exact through JSON.

A stored inspection is replayed from its JSON, so whatever a decision looks at must come back as it was
written.

>>> two = Quantity(value=Decimal("2"))
>>> str(two)
'2 C62'
>>> Quantity.model_validate_json(two.model_dump_json()) == two
True
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.returns.errors import UnitsDiffer

PIECES = "C62"
"""UN/ECE Recommendation 20 code of "one piece"."""

KILOGRAMS = "KGM"
"""UN/ECE Recommendation 20 code of a kilogram."""

Code = Annotated[str, Field(min_length=1, max_length=100)]
"""A merchant's identifier: never empty, never longer than a label can carry."""

Gtin14 = Annotated[str, Field(pattern=r"^[0-9]{14}$")]
"""A GTIN padded with zeros to 14 digits, its check digit already verified where it was read."""

Rupees = Annotated[Decimal, Field(ge=0, le=100_000_000, allow_inf_nan=False)]
"""An amount in Indian rupees."""


UnitCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$")]
"""UN/ECE Recommendation 20 code of a unit."""


class FrozenValue(BaseModel):
    """A value object: unknown fields are refused, nothing changes after construction."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Quantity(FrozenValue):
    """How much of something, as a decimal with its unit: `2 C62` (pieces), `0.750 KGM`.

    Attributes:
        value: The amount; zero is allowed, less is not.
        unit: UN/ECE Recommendation 20 code.
    """

    value: Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    unit: UnitCode = PIECES

    @classmethod
    def pieces(cls, count: int) -> "Quantity":
        """`count` pieces."""
        return cls(value=Decimal(count))

    @classmethod
    def kilograms(cls, weight: Decimal) -> "Quantity":
        """A net weight in kilograms."""
        return cls(value=weight, unit=KILOGRAMS)

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing."""
        return self.value == 0

    @property
    def is_pieces(self) -> bool:
        """Whether it counts pieces."""
        return self.unit == PIECES

    def plus(self, other: "Quantity") -> "Quantity":
        """Both together.

        Raises:
            UnitsDiffer: The two are not measured in the same unit.
        """
        self._same_unit(other)
        return Quantity(value=self.value + other.value, unit=self.unit)

    def less(self, other: "Quantity") -> "Quantity":
        """What is left after taking `other` away: never below zero.

        Raises:
            UnitsDiffer: The two are not measured in the same unit.
        """
        self._same_unit(other)
        return Quantity(value=max(self.value - other.value, Decimal(0)), unit=self.unit)

    def _same_unit(self, other: "Quantity") -> None:
        if self.unit != other.unit:
            raise UnitsDiffer(self.unit, other.unit)

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}"
