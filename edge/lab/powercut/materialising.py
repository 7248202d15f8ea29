"""Writing a state out as a folder that a station can start on, quickly: thousands are written.

Pictures that are certain are linked from a store, since no start changes them; everything else is written.
"""

import hashlib
import os
import shutil
from pathlib import Path

from edge.lab.powercut.disk_model import DiskModel, FileNode
from edge.lab.powercut.disk_states import Arrival, content, tree

PICTURES = "data/pictures/"
MINOR = ("data/drafts/", "data/station.lock")
"""Nothing that is owed depends on these: states that differ in them alone count as one."""


def is_minor(path: str) -> bool:
    """Whether nothing that is owed depends on a path."""
    return path.startswith(MINOR)


class StateWriter:
    """Writes states of one recording under one folder.

    Args:
        folder: A folder of our own, best in memory.
    """

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self._store = folder / "store"
        self._store.mkdir(parents=True)
        self._digests: dict[tuple[int, int], str] = {}
        self.known: dict[int, str] = {}

    def key(self, model: DiskModel, arrival: Arrival) -> bytes:
        """The same for states with the same names and bytes."""
        whole = hashlib.blake2b(digest_size=16)
        for path, file in tree(model, arrival).items():
            if is_minor(path):
                continue
            whole.update(path.encode() + b"\0")
            if file is not None:
                whole.update(self._digest(file, arrival).encode())
        return whole.digest()

    def write(self, model: DiskModel, arrival: Arrival) -> None:
        """Make the folder `state` hold exactly this state."""
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir()
        for path, file in tree(model, arrival).items():
            target = self.state / path
            if file is None:
                target.mkdir()
            elif path.startswith(PICTURES) and arrival.files.get(file.number) is None:
                os.link(self._stored(file), target)
            else:
                target.write_bytes(content(file, arrival.files.get(file.number)))

    def sha256(self, path: Path) -> str:
        """A file's digest; of a linked one it is known."""
        known = self.known.get(path.stat().st_ino)
        return known or hashlib.sha256(path.read_bytes()).hexdigest()

    def _digest(self, file: FileNode, arrival: Arrival) -> str:
        chosen = arrival.files.get(file.number)
        if chosen is not None:
            return hashlib.sha256(content(file, chosen)).hexdigest()
        certain = (file.number, file.generation)
        if certain not in self._digests:
            self._digests[certain] = hashlib.sha256(file.certain).hexdigest()
        return self._digests[certain]

    def _stored(self, file: FileNode) -> Path:
        stored = self._store / f"{file.number}-{file.generation}"
        if not stored.exists():
            stored.write_bytes(file.certain)
            stored.chmod(0o444)
            self.known[stored.stat().st_ino] = hashlib.sha256(file.certain).hexdigest()
        return stored
