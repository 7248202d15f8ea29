"""Parses received messages, and says of a wrong one which field is wrong and why.

    event = parse_event(payload)                 # one of the event classes, told apart by `type`
    acks = parse(Acks, payload)                  # any other message
    validate("request.v1", payload)              # by its name in `MESSAGES`

Fields unknown to this version are ignored; everything else is checked strictly, as the JSON Schemas say.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from sync.contract.errors import FieldInvalid, MessageOversized, MessageUnknown, MessageUnreadable
from sync.contract.messages import EVENTS, MESSAGES, AnyEvent

MAX_RECEIVED_BYTES = 256 * 1024
"""Nothing in the contract comes near; stretches of a stream are cut far below."""

M = TypeVar("M", bound=BaseModel)

_ANY_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="type")])


def parse(model: type[M], payload: bytes) -> M:
    """Reads a received message of a known class.

    Raises:
        MessageInvalid: With the field that is wrong.
    """
    if len(payload) > MAX_RECEIVED_BYTES:
        raise MessageOversized(len(payload), MAX_RECEIVED_BYTES)
    try:
        return model.model_validate_json(payload, strict=True, extra="ignore")
    except ValidationError as error:
        raise _named(error) from error
    except RecursionError as error:
        raise MessageUnreadable("nested too deeply") from error


def parse_event(payload: bytes) -> AnyEvent:
    """Reads a station's event by its `type`.

    Raises:
        MessageUnknown: The type is not one of this version's.
        MessageInvalid: With the field that is wrong.
    """
    if len(payload) > MAX_RECEIVED_BYTES:
        raise MessageOversized(len(payload), MAX_RECEIVED_BYTES)
    try:
        return _ANY_EVENT.validate_json(payload, strict=True, extra="ignore")
    except ValidationError as error:
        event_type = read_object(payload).get("type")
        if not isinstance(event_type, str):
            raise FieldInvalid("type", "is missing or not text") from error
        if event_type not in EVENTS:
            raise MessageUnknown(event_type[:80], sorted(EVENTS)) from error
        raise _named(error) from error
    except RecursionError as error:
        raise MessageUnreadable("nested too deeply") from error


def validate(kind: str, payload: bytes) -> BaseModel:
    """Reads a received message by its kind, a key of `MESSAGES` such as `acks.v1`.

    Raises:
        MessageUnknown: There is no such kind.
        MessageInvalid: With the field that is wrong.
    """
    model = MESSAGES.get(kind)
    if model is None:
        raise MessageUnknown(kind, sorted(MESSAGES))
    return parse(model, payload)


def read_object(payload: bytes) -> dict[str, Any]:
    """The JSON object in `payload`, unchecked.

    Raises:
        MessageUnreadable: No JSON, or no object.
        MessageOversized: Too many bytes.
    """
    if len(payload) > MAX_RECEIVED_BYTES:
        raise MessageOversized(len(payload), MAX_RECEIVED_BYTES)
    try:
        found = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise MessageUnreadable(str(error)) from error
    if not isinstance(found, dict):
        raise MessageUnreadable(f"it is a {type(found).__name__}")
    return found


def _named(error: ValidationError) -> MessageUnreadable | FieldInvalid:
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    if first["type"] == "json_invalid":
        return MessageUnreadable(first["msg"])
    reason = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    if isinstance(given, str | int | float) and first["type"] != "missing":
        reason += f", got {given!r}"[:100]
    return FieldInvalid(_path(first["loc"]), reason, others=len(problems) - 1)


def _path(location: tuple[int | str, ...]) -> str:
    """The place in the message: `data.movements[0].quantity.value`.

    A union told apart by a word adds that word to pydantic's location; it is no field, so it's left out.
    """
    path = ""
    for place, part in enumerate(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif not _is_tag(location, place):
            path += f".{part}" if path else part
    return path


_TAGS_AT_ROOT = frozenset({"snapshot", "reconciliation", "resend", "rebirth", "reconcile"})
_TAGS_OF_ITEMS = frozenset({"upsert", "cancel", "product", "place", "block", "removed"})


def _is_tag(location: tuple[int | str, ...], place: int) -> bool:
    if place == 0:
        return location[0] in _TAGS_AT_ROOT or location[0] in EVENTS
    return location[0] == "items" and place == 2 and location[2] in _TAGS_OF_ITEMS
