"""All messages by name. The names are those of the schema files and of the golden payloads."""

from pydantic import BaseModel

from sync.contract.messages.acks import Acks
from sync.contract.messages.birth import Birth
from sync.contract.messages.closed import ReturnClosed, ReturnClosedEvent
from sync.contract.messages.commands import Command
from sync.contract.messages.corrected import ReturnCorrected, ReturnCorrectedEvent
from sync.contract.messages.death import Death
from sync.contract.messages.envelope import Envelope
from sync.contract.messages.expected import ExpectedBatch
from sync.contract.messages.inspected import ReturnInspected, ReturnInspectedEvent
from sync.contract.messages.oms_state import OmsState
from sync.contract.messages.putaway import StockPutaway, StockPutawayEvent
from sync.contract.messages.received import ReturnReceived, ReturnReceivedEvent
from sync.contract.messages.reference import ReferenceBatch
from sync.contract.messages.requests import Request
from sync.contract.messages.resolved import ReturnResolved, ReturnResolvedEvent

EventData = ReturnReceived | ReturnInspected | ReturnResolved | ReturnCorrected | ReturnClosed | StockPutaway
AnyEvent = (
    ReturnReceivedEvent
    | ReturnInspectedEvent
    | ReturnResolvedEvent
    | ReturnCorrectedEvent
    | ReturnClosedEvent
    | StockPutawayEvent
)

EVENTS: dict[str, type[Envelope]] = {
    ReturnReceived.EVENT_TYPE: ReturnReceivedEvent,
    ReturnInspected.EVENT_TYPE: ReturnInspectedEvent,
    ReturnResolved.EVENT_TYPE: ReturnResolvedEvent,
    ReturnCorrected.EVENT_TYPE: ReturnCorrectedEvent,
    ReturnClosed.EVENT_TYPE: ReturnClosedEvent,
    StockPutaway.EVENT_TYPE: StockPutawayEvent,
}
"""The events by their CloudEvents `type`."""

MESSAGES: dict[str, type[BaseModel]] = {
    **{event_type.removeprefix("darkstore."): model for event_type, model in EVENTS.items()},
    "acks.v1": Acks,
    "request.v1": Request,
    "command.v1": Command,
    "expected.v1": ExpectedBatch,
    "reference.v1": ReferenceBatch,
    "birth.v1": Birth,
    "death.v1": Death,
    "oms_state.v1": OmsState,
}
"""Every message that the contract publishes."""


def schema_urn(kind: str) -> str:
    """The name under which a schema is published, also the `dataschema` of an event.

    >>> schema_urn("return.received.v1")
    'urn:darkstore:schema:return.received.v1'
    """
    return f"urn:darkstore:schema:{kind.removeprefix('darkstore.')}"
