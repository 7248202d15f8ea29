"""What the web station needs of the rest of the station: the seam between the pages and the work.

`create_app` takes one `StationServices`. The bootstrap fills it with the real workflow, journal, delivery and
devices; tests fill it with a hand-written shift (`tests/fakes_station.py`). Every method may be called from
any thread. What cannot be done raises `edge.errors.WorkflowRefused`, whose message the pages show in the
person's language; any other `EdgeError` is shown as an error with its own code and sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from edge.grading.override import OverrideReason
from edge.inspection.desk import Desk, Message
from edge.inspection.summaries import HoldSummary, InspectionDetail, InspectionSummary, OmsState, TaskSummary
from edge.station.teaching import Teaching
from edge.station.trust import Calibrations, Looks
from hardware.scanners.scan import Scan


class ReturnInHand(Protocol):
    """What can be done with the return on the desk."""

    def scan(self, scan: Scan) -> Desk:
        """Take a scanner's read; whatever it holds, the desk says what was understood."""
        ...

    def answer(self, question_id: str, value: str) -> Desk:
        """Answer the open question; `value` is a choice's value, an ISO date, a decimal or text."""
        ...

    def item_without_code(self) -> Desk:
        """Begin a unit whose code cannot be read: the person chooses the line."""
        ...

    def close_return(self) -> Desk:
        """The bag is empty: close the return with what was received and what is missing."""
        ...

    def leave_return(self) -> Desk:
        """Put the bag aside unfinished; scanning it again opens it where it was."""
        ...


class UnitInHand(Protocol):
    """What can be done with the unit on the desk, and with the one saved last."""

    def accept(self, inspection_id: str) -> Desk:
        """Save the proposal as it stands; when this returns, the unit survives a power cut."""
        ...

    def override(
        self,
        inspection_id: str,
        *,
        grade: str | None,
        disposition: str | None,
        reason_code: str,
        badge: str | None,
    ) -> Desk:
        """Save another grade or disposition, with a reason; nearer to sale needs a supervisor's badge."""
        ...

    def retake(self, inspection_id: str) -> Desk:
        """Take new pictures and judge again."""
        ...

    def set_aside(self, inspection_id: str, reason_code: str) -> Desk:
        """Save as `HOLD_FOR_REVIEW`: someone decides later."""
        ...

    def undo(self, inspection_id: str) -> Desk:
        """Correct a saved inspection: its movements are reversed by a new event."""
        ...


class LaterWork(Protocol):
    """What can be done after the unit has left the desk."""

    def resolve_hold(self, hold_id: str, *, disposition: str, reason_code: str, badge: str | None) -> None:
        """End a hold by a decision."""
        ...

    def put_away(self, inspection_id: str, place_code: str) -> None:
        """The unit lies in its place; `place_code` was scanned there."""
        ...

    def finish_task(self, task_id: str) -> None:
        """The staff have done what a task asked for."""
        ...

    def remember_empty_station(self) -> Sequence[str]:
        """Take pictures of the empty station, from which items are told; returns the views taken."""
        ...


class Workflow(ReturnInHand, UnitInHand, LaterWork, Protocol):
    """The work itself; it tells listeners of each change of the desk."""

    @property
    def desk(self) -> Desk:
        """The desk as it is now."""
        ...

    def on_change(self, listener: Callable[[Desk], None]) -> None:
        """Call `listener` with the desk after each change, from any thread.

        The listener returns at once and never raises, so it may be called while the workflow holds its lock.
        """
        ...


class Journal(Protocol):
    """What the station remembers; reading changes nothing."""

    def today(
        self, *, limit: int | None = None, before: str | None = None, states: Sequence[OmsState] = ()
    ) -> Sequence[InspectionSummary]:
        """Today's inspections, newest first; `before` is the inspection to continue from."""
        ...

    def get(self, inspection_id: str) -> InspectionDetail | None:
        """One saved inspection, or None if there is none of that id."""
        ...

    def holds(self) -> Sequence[HoldSummary]:
        """Units that wait for a decision, the nearest deadline first."""
        ...

    def tasks(self) -> Sequence[TaskSummary]:
        """Tasks that are not done, oldest first."""
        ...

    def picture(self, inspection_id: str, view: str) -> bytes | None:
        """The JPEG of a view, of a saved inspection or of the one on the desk; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of the page's top line."""

    inspected_today: int
    returns_today: int
    holds: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Connection:
    """What the station owes to the OMS, and whether it can be told now."""

    broker_connected: bool
    oms_present: bool
    owed: int  # messages that the OMS has not answered, dead letters left out
    in_flight: int
    dead: int
    oldest_owed_at: datetime | None
    session_taken_over: bool  # another client uses this station's name: delivery stands still
    last_error: Message | None = None


@dataclass(frozen=True, slots=True)
class OutboxRowView:
    """One message in the outbox."""

    message_id: str
    epoch: str
    sequence: int
    type: str
    subject: str  # the return
    state: str  # PENDING, SENT, SETTLED, DEAD
    created_at: datetime
    attempts: int
    answer: Message | None  # why it is dead or held back, or the OMS's exception
    not_before: datetime | None  # held back until then


@dataclass(frozen=True, slots=True)
class ComparedMessage:
    """One message that a comparison names."""

    epoch: str
    sequence: int
    message_id: str
    type: str
    subject: str  # the return
    inspection_id: str | None


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What comparing with the OMS has shown, the last time that it ended.

    Attributes:
        state: Of the present comparison: never, due, running, done, unanswered.
        finished_at: When the last one ended; None for never since the start.
        compared: Messages that both sides looked at.
        missing: Messages that the OMS had lost; they were sent again.
        doubled: Messages whose goods the OMS has booked more often than they came in.
        foreign: Places where both hold different messages.
        resent: Messages that had been missing the time before.
        forgotten: Messages that the OMS holds and this station doesn't: its records are an older copy.
        named_missing: Some of them by name, as `named_foreign` and `named_doubled`.
    """

    state: str
    finished_at: datetime | None = None
    compared: int = 0
    missing: int = 0
    doubled: int = 0
    foreign: int = 0
    resent: int = 0
    forgotten: int = 0
    named_missing: tuple[ComparedMessage, ...] = ()
    named_foreign: tuple[ComparedMessage, ...] = ()
    named_doubled: tuple[ComparedMessage, ...] = ()


class Delivery(Protocol):
    """The outbox and its relay, as the staff see them."""

    def connection(self) -> Connection:
        """Cheap enough to be asked once a second."""
        ...

    def rows(
        self, *, states: Sequence[str] | None, limit: int, before: str | None
    ) -> Sequence[OutboxRowView]:
        """Messages, newest first; `before` is the message id to continue from."""
        ...

    def retry(self, message_id: str) -> None:
        """Send a dead letter again as a new event that replaces it."""
        ...

    def release(self, message_id: str) -> None:
        """Leave a dead letter out, and let its return go on without it."""
        ...

    def comparison(self) -> ComparisonView:
        """What comparing with the OMS has shown."""
        ...

    def compare_now(self) -> None:
        """Compare as soon as the OMS is there; returns at once."""
        ...


class HealthState(StrEnum):
    """How a part of the station is."""

    OK = "ok"
    WARNING = "warning"  # work goes on, someone should look
    FAILED = "failed"  # something cannot be done now


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One part of the station; `name` is disk, clock, broker, model, policy, backlog or database."""

    name: str
    state: HealthState
    message: Message
    what_next: Message | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A camera or a scanner."""

    name: str
    kind: str  # camera, scanner
    driver: str
    state: str  # a camera: starting, live, stalled, lost; a scanner: starting, ready, lost
    last_seen_s: float | None  # age of the last picture; for a scanner, time since its last read
    restarts: int = 0
    last_error: Message | None = None


class Devices(Protocol):
    """What is plugged in, and how the station is."""

    def devices(self) -> Sequence[DeviceState]:
        """Cameras, then scanners."""
        ...

    def checks(self) -> Sequence[HealthCheck]:
        """All health checks, run now or not long ago."""
        ...

    def counts(self) -> Counts:
        """Cheap enough to be asked once a second."""
        ...


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs here; every saved inspection names the same."""

    software: str
    model: str
    policy: str
    contract: str
    epoch: str


@dataclass(frozen=True, slots=True)
class ReasonCodes:
    """Coded reasons that the page offers; the catalogues hold `reason.CODE`."""

    override: tuple[str, ...] = tuple(reason.value for reason in OverrideReason)
    set_aside: tuple[str, ...] = ("condition_unclear", "needs_supervisor", "hazard", "wrong_papers", "other")
    resolve: tuple[str, ...] = ("checked_by_hand", "vendor_agreed", "spoilt", "manager_said", "other")


@dataclass(frozen=True, slots=True)
class StationServices:
    """Everything that the web station is given.

    Attributes:
        site: The dark store's code.
        station: This desk's code within the site.
        language: `en`, `hi` or `ta`; a person may choose otherwise for their own screen.
        utc_offset_minutes: The site's offset from UTC, in which the pages say times.
        hosts: Host names under which the pages may be opened, loopback aside; without port.
        workflow: The work in hand.
        journal: The work done.
        delivery: What is owed to the OMS.
        devices: What is plugged in.
        calibrations: How far it may decide alone.
        second_looks: Units graded by a person who doesn't know its answer.
        teaching: Golden pictures, what intact units look like.
        versions: What runs here.
        now: Wall time, UTC-aware.
        monotonic_ns: For the time of a scan's arrival.
        reasons: Coded reasons that the page offers.
        extra_metrics: More figures for `/metrics`: name (without prefix) to value.
    """

    site: str
    station: str
    workflow: Workflow
    journal: Journal
    delivery: Delivery
    devices: Devices
    calibrations: Calibrations
    second_looks: Looks
    teaching: Teaching
    versions: Versions
    now: Callable[[], datetime]
    monotonic_ns: Callable[[], int]
    language: str = "en"
    utc_offset_minutes: int = 330
    hosts: tuple[str, ...] = ()
    reasons: ReasonCodes = field(default_factory=ReasonCodes)
    extra_metrics: Callable[[], Mapping[str, float]] = dict
