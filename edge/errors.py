"""Errors of the station.

    EdgeError
    ├── SettingsInvalid        the settings file can't be used as it stands
    ├── PortInUse              the web page's port belongs to another program
    ├── StationLocked          another station process works on the same data folder
    ├── StorageFull            the disk took nothing more; what was saved before stays saved
    │   └── RoomTooShort       too little is free to begin another unit; nothing was begun
    ├── StorageReadOnly        the data folder can't be written
    ├── EvidenceMissing        a stored picture is gone or no longer what it was
    ├── GoldenUnusable         golden pictures can't be compared with; units are judged without them
    └── WorkflowRefused        the desk can't do that now; carries the message for the person at the desk

Every message says what happened, what it means for the item in hand, and what to do next.
"""

from edge.inspection.desk import Message
from sync.errors import DatabaseUnwritable


class EdgeError(Exception):
    """Base of everything that the station raises on purpose."""

    code = "error.station"


class SettingsInvalid(EdgeError):
    """The settings file can't be used as it stands; the message names file, key and what is allowed."""

    code = "error.settings"


class PortInUse(EdgeError):
    """The web page's port belongs to another program."""

    code = "error.port_in_use"


class StationLocked(EdgeError):
    """Another station process works on this data folder; two writers would lose the order of events."""

    code = "error.station_locked"


class StorageFull(EdgeError):
    """The disk is full. The item in hand isn't saved; all saved before is safe.

    Free space, then accept again.
    """

    code = "error.storage_full"


class RoomTooShort(StorageFull):
    """Too little is free to begin another unit. Nothing was begun; all saved before is safe.

    Free space, then scan the unit again.
    """

    code = "error.storage_short"


class StorageReadOnly(EdgeError):
    """The data folder can't be written. The item in hand isn't saved.

    Call the person who looks after the device.
    """

    code = "error.storage_read_only"


class EvidenceMissing(EdgeError):
    """A stored picture is gone or its digest no longer fits; the inspection can't be replayed from it."""

    code = "error.evidence_missing"


class GoldenUnusable(EdgeError):
    """Golden pictures of a product can't be compared with; its units are judged without them."""

    code = "error.golden_unusable"


class WorkflowRefused(EdgeError):
    """The desk can't do that now.

    Attributes:
        message: What happened, for the person at the desk.
        what_next: What to do next, if there is something.
    """

    code = "error.refused"

    def __init__(self, message: Message, what_next: Message | None = None) -> None:
        super().__init__(message.code)
        self.message = message
        self.what_next = what_next


def code_for_staff(error: Exception) -> str:
    """What the staff are told of an error: a database that a full disk refuses is a full disk to them."""
    if isinstance(error, EdgeError):
        return error.code
    if isinstance(error, DatabaseUnwritable):
        return StorageFull.code if "full" in error.reason else StorageReadOnly.code
    return "error.database"
