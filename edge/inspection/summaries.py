"""What the station remembers, as the staff read it: inspections, holds, tasks.

The desk (`desk.py`) shows the work in hand; these show the work done and the work still to do. The journal
returns them, the pages and the HTTP API show them. Everything that a person reads is a `Message`; times are
UTC-aware.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.inspection.desk import FindingOnDesk, ItemOnDesk, Message, ViewOnDesk


class OmsState(StrEnum):
    """How far the OMS has come with what this station told it about an inspection."""

    OWED = "owed"  # saved here, not yet handed to the broker
    SENT = "sent"  # with the broker, not yet answered by the OMS
    CONFIRMED = "confirmed"  # applied by the OMS
    EXCEPTION = "exception"  # applied, with an exception such as `over_received`
    REJECTED = "rejected"  # refused by the OMS: a dead letter, and a task for the staff


@dataclass(frozen=True, slots=True)
class InspectionSummary:
    """One saved inspection in the list of today's work."""

    inspection_id: str
    saved_at: datetime
    return_id: str
    reference: str  # the return's code as scanned
    name: str
    sku: str | None
    quantity: str  # decimal with unit code, such as "1 C62"
    grade: str | None
    disposition: str
    place_label: str
    overridden: bool  # a person chose otherwise than the station proposed
    corrected: bool  # undone or changed later; the correction stands in a row of its own
    undoable: bool
    decided_ms: float
    oms_state: OmsState
    oms_note: Message | None = None  # the exception or the reason of a rejection


@dataclass(frozen=True, slots=True)
class MovementSummary:
    """Stock that the inspection moved, such as `2 C62` from `RETURNS` to `AVAILABLE` at `A-04-2`."""

    from_state: str
    to_state: str
    to_place: str
    quantity: str


@dataclass(frozen=True, slots=True)
class InspectionDetail:
    """One saved inspection with everything that led to it."""

    summary: InspectionSummary
    item: ItemOnDesk
    views: list[ViewOnDesk]
    findings: list[FindingOnDesk]
    reasons: list[Message]  # the rules that fired, most important first
    movements: list[MovementSummary]
    model_version: str
    policy_version: str
    decided_by: str  # "station", or the badge of the person who chose otherwise
    reason_code: str | None  # coded reason of an override


@dataclass(frozen=True, slots=True)
class HoldSummary:
    """A unit that waits for a person's decision, in a place, until a deadline."""

    hold_id: str
    inspection_id: str
    name: str
    reason: Message
    place_label: str
    owner: str  # who has to decide, such as `supervisor`
    since: datetime
    deadline: datetime | None  # at the deadline the policy decides
    storage: str  # storage class: a chilled hold counts down
    quantity: str
    grade: str | None
    allowed: list[str]  # dispositions that anyone may choose
    allowed_with_supervisor: list[str]


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """Something to find, move or recount, because the OMS answered with an exception or a rejection."""

    task_id: str
    kind: str  # find, move, recount, repair
    message: Message
    what_next: Message | None
    place_label: str | None
    owner: str
    created_at: datetime
    inspection_id: str | None
    message_id: str | None  # the outbox row behind it
    done_at: datetime | None = None
