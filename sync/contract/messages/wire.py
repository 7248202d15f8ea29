"""The base of every message: strict in what we send, tolerant in what we receive.

A message built in our own code refuses a field that the contract doesn't name, so that a typing mistake never
reaches an OMS. A message *received* ignores such fields, because a newer minor version of the other side may
add optional ones (see `docs/integrate-your-oms.md`, compatibility rules).
"""

from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sync.contract.messages.describing import describe

T = TypeVar("T")


class WireModel(BaseModel):
    """A message or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        describe(handler.resolve_ref_schema(schema))
        return schema

    @classmethod
    def from_wire(cls, payload: bytes | str) -> Self:
        """Reads a received JSON text; fields unknown to this version are ignored.

        Types are not guessed: a number where the contract says text is an error.

        Raises:
            pydantic.ValidationError: Not JSON, or not this message.
        """
        return cls.model_validate_json(payload, strict=True, extra="ignore")

    def to_wire(self) -> bytes:
        """The bytes to publish: compact UTF-8 JSON, fields in the contract's order, absent ones left out."""
        return self.model_dump_json(exclude_none=True).encode()

    def to_data(self) -> dict[str, Any]:
        """The same as plain JSON values, for an envelope that somebody else writes."""
        return self.model_dump(mode="json", exclude_none=True)


class WireChoice(RootModel[T], Generic[T]):
    """A message that is one of several shapes, told apart by a word in it."""

    @classmethod
    def from_wire(cls, payload: bytes | str) -> Self:
        """Reads a received JSON text; see `WireModel.from_wire`."""
        return cls.model_validate_json(payload, strict=True, extra="ignore")

    def to_wire(self) -> bytes:
        """The bytes to publish."""
        return self.model_dump_json(exclude_none=True, by_alias=True).encode()
