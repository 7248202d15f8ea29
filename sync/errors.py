"""What can go wrong while events are kept and delivered.

    SyncError
    ├── DatabaseError
    │   ├── DatabaseTooNew          written by a later version of this program
    │   ├── DatabaseDamaged         the file fails its integrity check
    │   ├── DatabaseUnwritable      disk full, read-only, or no right to write
    │   ├── DatabaseBusy            another process kept it locked for too long
    │   ├── DatabaseClosed          used after `close()`
    │   ├── TransactionMissing      a write was tried outside `with database.write()`
    │   └── MigrationFailed         a schema step could not be applied
    ├── OutboxError
    │   ├── EventTooLarge           over the size that one event may have
    │   ├── EventInvalid            a field that no envelope can carry
    │   ├── EventUnknown            no message of that id here
    │   ├── EventNotRepairable      only a dead letter can be replaced, retried or released
    │   ├── EpochMissing            an event was committed before the epoch began
    │   └── TransferRefused         an export file that is damaged, foreign or would overwrite
    ├── BrokerError
    │   ├── CredentialsUnreadable   a password or certificate file can't be read
    │   ├── BrokerPortInUse         the embedded broker's port belongs to another program
    │   ├── BrokerNotStarted        the embedded broker did not come up
    │   └── NotConnected            something was to be published while offline
    └── InboundRefused              a received message that is malformed, oversized or unknown

Every error has a stable `code` (the word that pages, logs and metrics know it by) and a sentence that says
what happened, what it means, and what to do next.
"""

from pathlib import Path
from typing import ClassVar


class SyncError(Exception):
    """Base of all errors of `sync`."""

    code: ClassVar[str] = "sync.error"


class DatabaseError(SyncError):
    """Base of errors about the file that keeps everything this station owes."""

    code: ClassVar[str] = "database.error"


class DatabaseTooNew(DatabaseError):
    """The file was written by a later version; an older program must not guess at it."""

    code: ClassVar[str] = "database.too_new"

    def __init__(self, path: Path, set_name: str, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema version {found} of '{set_name}', and this program knows only up to {known}. "
            "It was written by a newer version. Nothing was changed: install that version again, "
            "or use another data folder."
        )
        self.path, self.set_name, self.found, self.known = path, set_name, found, known


class DatabaseDamaged(DatabaseError):
    """The file fails SQLite's integrity check; it must be salvaged, never trusted."""

    code: ClassVar[str] = "database.damaged"

    def __init__(self, path: Path, findings: list[str]) -> None:
        super().__init__(
            f"{path} is damaged ({findings[0] if findings else 'unreadable'}). Nothing was deleted. "
            "Salvage sets the file aside, copies what can be read into a new one and reports each loss."
        )
        self.path, self.findings = path, findings


class DatabaseUnwritable(DatabaseError):
    """The disk is full or read-only, or the file belongs to someone else."""

    code: ClassVar[str] = "database.unwritable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be written: {reason}. What was confirmed before is safe; nothing new is. "
            "Free space on the disk, or make the data folder writable for this user, then try again."
        )
        self.path, self.reason = path, reason


class DatabaseBusy(DatabaseError):
    """Another process held the write lock longer than we wait."""

    code: ClassVar[str] = "database.busy"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is locked by another process. This change was not made. "
            "Close the other program that has the file open (a backup, a database browser) and try again."
        )
        self.path = path


class DatabaseClosed(DatabaseError):
    """The database was used after it was closed."""

    code: ClassVar[str] = "database.closed"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is closed already; the station is stopping. Start it again to go on.")
        self.path = path


class TransactionMissing(DatabaseError):
    """A write that belongs to a transaction was called outside one."""

    code: ClassVar[str] = "database.transaction_missing"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was called outside `with database.write()`. Nothing was written. "
            "Call it inside the transaction that it belongs to."
        )


class MigrationFailed(DatabaseError):
    """A numbered schema step could not be applied; the file is as it was before."""

    code: ClassVar[str] = "database.migration_failed"

    def __init__(self, path: Path, set_name: str, step: str, reason: str) -> None:
        super().__init__(
            f"Step {step} of '{set_name}' could not be applied to {path}: {reason}. "
            "The file is as it was before the step. Keep it, and report this."
        )
        self.path, self.set_name, self.step = path, set_name, step


class OutboxError(SyncError):
    """Base of errors about events that this station owes."""

    code: ClassVar[str] = "outbox.error"


class EventTooLarge(OutboxError):
    """The event's envelope exceeds the size that the contract allows; checked at commit, never at publish."""

    code: ClassVar[str] = "outbox.event_too_large"

    def __init__(self, event_type: str, size: int, limit: int) -> None:
        super().__init__(
            f"The {event_type} event takes {size} bytes, over the limit of {limit}. It was not committed. "
            "Shorten its texts or split the quantity into several inspections."
        )
        self.event_type, self.size, self.limit = event_type, size, limit


class EventInvalid(OutboxError):
    """A field of the event can't stand in an envelope."""

    code: ClassVar[str] = "outbox.event_invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(
            f"The event's {field} {reason}. It was not committed. Correct the field and try again."
        )
        self.field = field


class EventUnknown(OutboxError):
    """No message with that id is in this outbox."""

    code: ClassVar[str] = "outbox.event_unknown"

    def __init__(self, message_id: str) -> None:
        super().__init__(
            f"No message {message_id} is kept here. It may belong to another station, or be settled and "
            "past its retention. `darkstore outbox list` shows what is kept."
        )
        self.message_id = message_id


class EventNotRepairable(OutboxError):
    """The asked change is possible for messages of another state only."""

    code: ClassVar[str] = "outbox.event_not_repairable"

    def __init__(self, message_id: str, state: str, asked: str) -> None:
        super().__init__(
            f"Message {message_id} is {state}, so {asked} is not possible. Nothing was changed. "
            "Only messages that the OMS rejected can be replaced or released; only unsettled ones retried."
        )
        self.message_id, self.state = message_id, state


class EpochMissing(OutboxError):
    """Events need the epoch of this run, which is written at the start."""

    code: ClassVar[str] = "outbox.epoch_missing"

    def __init__(self) -> None:
        super().__init__(
            "No epoch was begun, so the event has no sequence. Call `begin_epoch()` at the start."
        )


class TransferRefused(OutboxError):
    """An export file that must not be taken in as it is."""

    code: ClassVar[str] = "outbox.transfer_refused"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} was not imported: {reason}. Nothing was changed. "
            "Copy the file again from the old device, or export it again."
        )
        self.path, self.reason = path, reason


class BrokerError(SyncError):
    """Base of errors about the way to the MQTT broker."""

    code: ClassVar[str] = "broker.error"


class CredentialsUnreadable(BrokerError):
    """A configured password, certificate or key can't be read."""

    code: ClassVar[str] = "broker.credentials_unreadable"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            f"The broker's {what} can't be used: {reason}. The station would not reach the broker. "
            "Correct the path in [broker], or the file's rights, and start again."
        )


class BrokerPortInUse(BrokerError):
    """Another program listens where the embedded broker should."""

    code: ClassVar[str] = "broker.port_in_use"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use by another program, so the embedded broker can't start. "
            "Stop that program, or choose another port."
        )
        self.host, self.port = host, port


class BrokerNotStarted(BrokerError):
    """The embedded broker's process ended or stayed silent."""

    code: ClassVar[str] = "broker.not_started"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The embedded broker did not start: {reason}. Events stay safe in the outbox meanwhile. "
            "Start it again, or configure an outside broker in [broker]."
        )


class NotConnected(BrokerError):
    """Nothing is handed to the client library while offline: it would keep it in memory and lose it."""

    code: ClassVar[str] = "broker.not_connected"

    def __init__(self) -> None:
        super().__init__("There is no connection to the broker. Events stay in the outbox and follow later.")


class InboundRefused(SyncError):
    """A received message that can't be used; it is kept in quarantine."""

    code: ClassVar[str] = "inbound.refused"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"A received message was refused ({reason}): {detail}. It is kept in quarantine.")
        self.reason, self.detail = reason, detail
