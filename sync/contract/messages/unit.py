"""Which physical unit was inspected, so that the same one is never counted twice."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from sync.contract.messages.identifiers import Serial
from sync.contract.messages.wire import WireModel


class UnitKind(StrEnum):
    """By what a unit is told apart from its like."""

    SERIAL = "serial"  # the maker's serial or IMEI
    LABEL = "label"  # a unit label that the station printed and stuck on
    COUNT = "count"  # nothing on the unit tells it apart: the OMS counts against the line's quantity


class UnitIdentity(WireModel):
    """The unit. `value` is the serial or label; for a counted one, its number on the line."""

    kind: UnitKind
    value: Serial | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.kind is not UnitKind.COUNT and self.value is None:
            raise ValueError(f"value is missing: a unit told apart by {self.kind.value} needs it")
        return self
