"""From system calls to what happened to the station's folder, and to what the station told the world.

What was told is read off the station's own sends: an answer to the desk that shows an inspection as saved, an
event on its way to the broker. The mark stands where the send *began*; so a thing counts as told even if the
power went in the middle of telling it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.lab.powercut.operations import (
    Create,
    Mark,
    Operation,
    Remove,
    Rename,
    Sync,
    Told,
    Truncate,
    Write,
    holds_nothing,
)
from edge.lab.powercut.trace_calls import Call, plain, read_calls

FILE_CALLS = (
    "open,openat,creat,lseek,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,rename,"
    "renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,fdatasync,"
    "copy_file_range,sendfile,splice"
)
SOCKET_CALLS = "sendto,sendmsg,recvfrom"
TRACED_CALLS = f"{FILE_CALLS},{SOCKET_CALLS}"

_UNSUPPORTED = frozenset({"fallocate", "copy_file_range", "sendfile", "splice"})
_FOLDER = re.compile(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>")
_SAVED = re.compile(rb'"last_saved":\{"inspection_id":"([^"]+)"')
_RETURN = re.compile(rb'"current_return":\{"return_id":"([^"]+)"')
_OPEN = b'"phase":"return_open"'
_EVENT_ID = re.compile(rb'"specversion":"1\.0","id":"([0-9a-f-]{36})"')
_REQUEST = re.compile(rb"POST (/api/[^ ]+) HTTP")
_SUCCESS = re.compile(rb"HTTP/1\.1 2\d\d")
_INSPECTION_ACT = re.compile(r"/api/inspections/([^/]+)/(undo|put-away)")
_HOLD_ACT = re.compile(r"/api/holds/([^/]+)/resolve")


def read_trace(lines: Iterable[str], root: Path) -> list[Operation]:
    """Everything that concerns the folder, sorted by the moment from which it counts.

    Args:
        lines: One run of the station, as strace wrote it.
        root: The station's folder.

    Raises:
        ValueError: A call whose effect on the folder this reader does not know, or a text that was cut short.
    """
    reader = _Reader(root)
    operations = [operation for call in read_calls(lines) for operation in reader.read(call)]
    operations.sort(key=lambda one: one.at)
    return list(_first_tellings(operations))


def _first_tellings(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Without what was told before; a return can be closed more than once, each time with an event."""
    told: set[tuple[Told, str]] = set()
    for one in operations:
        if isinstance(one, Mark) and one.told is not Told.CLOSED:
            if (one.told, one.key) in told:
                continue
            told.add((one.told, one.key))
        yield one


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._known: set[str] = set()
        self._positions: dict[int, int | None] = {}
        self._asked: dict[str, tuple[str, bytes]] = {}
        self._return_in_hand = ""

    def read(self, call: Call) -> Iterator[Operation]:
        """The operations of one call; most calls have none."""
        if call.name in ("sendto", "sendmsg", "recvfrom"):
            yield from self._traffic(call)
            return
        if call.result < 0:
            return
        if call.name in ("open", "openat", "creat"):
            yield from self._open(call)
        elif call.name in ("mkdir", "mkdirat", "unlink", "unlinkat", "rmdir"):
            path = self._relative(self._named(call)[0])
            if path is not None:
                making = call.name.startswith("mkdir")
                yield Create(call.ended, path, folder=True) if making else Remove(call.ended, path)
        elif call.name.startswith("rename"):
            source, target = (self._relative(path) for path in self._named(call))
            if (source is None) != (target is None):
                raise ValueError("a file was moved into or out of the station's folder")
            if source is not None and target is not None:
                yield Rename(call.ended, source, target)
        elif call.name in ("truncate", "link", "linkat", "symlink", "symlinkat"):
            if any(self._relative(path) is not None for path in self._named(call)):
                raise ValueError(f"{call.name} in the station's folder is not understood")
        else:
            yield from self._on_descriptor(call)

    def _on_descriptor(self, call: Call) -> Iterator[Operation]:
        number, full = call.descriptor()
        if full is not None and full.startswith("socket:") and call.name in ("write", "writev"):
            yield from self._sent(call, full, b"".join(call.texts()))
            return
        path = self._relative(full)
        if path is None:
            return
        if call.name in _UNSUPPORTED:
            raise ValueError(f"{call.name} on {path} is not understood")
        if call.name == "lseek":
            self._positions[number] = call.result
        elif call.name in ("fsync", "fdatasync"):
            yield Sync(call.ended, call.began, path)
        elif call.name == "ftruncate":
            yield Truncate(call.ended, path, call.numbers()[-1])
        elif "write" in call.name:
            data = b"".join(call.texts())[: call.result]
            if call.name in ("pwrite64", "pwritev", "pwritev2"):
                offset: int | None = call.numbers()[-1]
            else:
                offset = self._positions.get(number)
                if offset is not None:
                    self._positions[number] = offset + len(data)
            yield Write(call.ended, path, offset, data)

    def _open(self, call: Call) -> Iterator[Operation]:
        path = self._relative(self._named(call)[0])
        if path is None:
            return
        flags = call.arguments.rsplit('"', 1)[-1]
        self._positions[call.result] = None if "O_APPEND" in flags else 0
        if "O_TMPFILE" in flags:
            raise ValueError("a nameless temporary file in the station's folder is not understood")
        if "O_CREAT" in flags or call.name == "creat":
            yield Create(call.ended, path)  # the model passes over it where the file is there
        if "O_TRUNC" in flags or call.name == "creat":
            yield Truncate(call.ended, path, 0)

    def _named(self, call: Call) -> list[str]:
        """The paths among the arguments, made absolute by the folder descriptors before them."""
        paths = [text.decode(errors="surrogateescape") for text in call.texts()]
        if call.name in (
            "open",
            "creat",
            "mkdir",
            "unlink",
            "rmdir",
            "truncate",
            "rename",
            "link",
            "symlink",
        ):
            return paths
        folders = [
            plain(piece[1]).decode(errors="surrogateescape") for piece in _FOLDER.finditer(call.arguments)
        ]
        return [
            path if path.startswith("/") or number >= len(folders) else f"{folders[number]}/{path}"
            for number, path in enumerate(paths)
        ]

    def _relative(self, path: str | None) -> str | None:
        """The path within the station's folder; None for anything outside, or without meaning."""
        if path is None or not (path == self._root or path.startswith(self._root + "/")):
            return None
        if holds_nothing(path):
            return None
        return path[len(self._root) + 1 :]

    def _traffic(self, call: Call) -> Iterator[Operation]:
        _, socket = call.descriptor()
        texts = call.texts() if call.result != 0 else []
        if socket is None or not texts:
            return
        if call.name == "recvfrom":
            request = _REQUEST.match(texts[0])
            if request is not None:
                self._asked[socket] = (request[1].decode(), texts[0].partition(b"\r\n\r\n")[2])
            elif socket in self._asked:  # the body may come in a piece of its own
                path, body = self._asked[socket]
                self._asked[socket] = (path, body + texts[0])
            return
        yield from self._sent(call, socket, b"".join(texts))

    def _sent(self, call: Call, socket: str, data: bytes) -> Iterator[Operation]:
        at = call.began
        if _SUCCESS.match(data) is not None and socket in self._asked:
            yield from self._answered(at, *self._asked.pop(socket))
        for found in _RETURN.finditer(data):
            self._return_in_hand = found[1].decode()
            if _OPEN in data:  # while something is still asked about it, it has not arrived yet
                yield Mark(at, Told.ARRIVED, self._return_in_hand)
        for found in _SAVED.finditer(data):
            yield Mark(at, Told.SAVED, found[1].decode())
        for found in _EVENT_ID.finditer(data):
            yield Mark(at, Told.PUBLISHED, found[1].decode())

    def _answered(self, at: int, path: str, body: bytes) -> Iterator[Operation]:
        if path in ("/api/proposal/accept", "/api/proposal/override", "/api/proposal/set-aside"):
            yield Mark(at, Told.SAVED, str(json.loads(body)["inspection_id"]))
        elif (act := _INSPECTION_ACT.fullmatch(path)) is not None:
            yield Mark(at, Told.UNDONE if act[2] == "undo" else Told.PUT_AWAY, act[1])
        elif (act := _HOLD_ACT.fullmatch(path)) is not None:
            yield Mark(at, Told.RESOLVED, act[1])
        elif path == "/api/return/close":
            yield Mark(at, Told.CLOSED, self._return_in_hand)
