"""What happened to the station's folder, in order: the only thing that the model of the disk is told.

Paths are relative to the station's folder, `/` between parts. `at` is the place in the trace at which the
effect is certain; `Sync.began` the place from which on a change is no longer covered by it.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Create:
    """A file or folder that was not there."""

    at: int
    path: str
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes into a file; `offset` None is the file's end."""

    at: int
    path: str
    offset: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file's new length, shorter or longer."""

    at: int
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Rename:
    """A file or folder under another name; takes the place of what was there."""

    at: int
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Remove:
    """A name that is gone."""

    at: int
    path: str


@dataclass(frozen=True, slots=True)
class Sync:
    """Everything of a file, or every name in a folder, was forced to the disk."""

    at: int
    began: int
    path: str


class Told(StrEnum):
    """What the station told the world."""

    SAVED = "saved"  # an inspection, shown at the desk
    UNDONE = "undone"
    RESOLVED = "resolved"  # a hold
    PUT_AWAY = "put_away"
    ARRIVED = "arrived"  # a return
    CLOSED = "closed"  # a return
    PUBLISHED = "published"  # an event, handed to the network


@dataclass(frozen=True, slots=True)
class Mark:
    """The moment before the station told something; from here on it is owed.

    Attributes:
        told: What kind of thing.
        key: The inspection, hold, return or message.
    """

    at: int
    told: Told
    key: str


Change = Create | Write | Truncate | Rename | Remove | Sync
Operation = Change | Mark

_EMPTY = ("-shm", "outbox.reserve")


def holds_nothing(path: str) -> bool:
    """Whether a file's bytes mean nothing, so that neither its writes nor its loss matter.

    SQLite makes the shared memory of its log (`-shm`) anew at each first opening; the reserve of room
    (`outbox.reserve`) is there for its size alone, and is taken again.
    """
    return path.endswith(_EMPTY)


def describe(operation: Operation) -> str:
    """One line for people."""
    match operation:
        case Create(path=path, folder=folder):
            return f"made {'folder' if folder else 'file'} {path}"
        case Write(path=path, offset=offset, data=data):
            return f"wrote {len(data)} bytes at {offset} of {path}"
        case Truncate(path=path, size=size):
            return f"set the length of {path} to {size}"
        case Rename(path=path, target=target):
            return f"renamed {path} to {target}"
        case Remove(path=path):
            return f"removed {path}"
        case Sync(path=path):
            return f"forced {path} to the disk"
        case Mark(told=told, key=key):
            return f"told: {told.value} {key}"
