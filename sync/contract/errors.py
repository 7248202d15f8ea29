"""What can be wrong with a received message.

ContractError
└── MessageInvalid              not a message of the contract
    ├── MessageUnreadable       not JSON, or not an object
    ├── MessageUnknown          a type that this version doesn't know
    ├── MessageOversized        more bytes than anybody should send
    └── FieldInvalid            a field is missing, of a wrong type, or out of its range
"""

from typing import ClassVar

from sync.errors import SyncError


class ContractError(SyncError):
    """Base of all errors about messages."""

    code: ClassVar[str] = "contract.error"


class MessageInvalid(ContractError):
    """Not a message of the contract. `field` names the place in it, empty for the whole."""

    code: ClassVar[str] = "contract.invalid"
    field: str = ""


class MessageUnreadable(MessageInvalid):
    """The bytes are not a JSON object."""

    code: ClassVar[str] = "contract.unreadable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The message is not a JSON object ({reason}). It was not used. Send it as UTF-8 JSON."
        )


class MessageUnknown(MessageInvalid):
    """The type is none of this version's."""

    code: ClassVar[str] = "contract.unknown_type"
    field = "type"

    def __init__(self, found: str, known: list[str]) -> None:
        super().__init__(
            f"The message type {found!r} is unknown here. It was not used. "
            f"Known are: {', '.join(known)}. A newer station needs a newer receiver."
        )
        self.found = found


class MessageOversized(MessageInvalid):
    """More bytes than the limit."""

    code: ClassVar[str] = "contract.oversized"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The message has {size} bytes; the limit is {limit}. It was not used.")
        self.size, self.limit = size, limit


class FieldInvalid(MessageInvalid):
    """A field breaks the schema."""

    code: ClassVar[str] = "contract.field_invalid"

    def __init__(self, field: str, reason: str, *, others: int = 0) -> None:
        more = f" ({others} more fields are wrong too)" if others else ""
        super().__init__(
            f"{field or 'the message'}: {reason}{more}. The message was not used. "
            "Compare it with the published JSON Schema."
        )
        self.field, self.reason = field, reason
