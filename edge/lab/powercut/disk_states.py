"""The states that a cut at one moment may leave: some by plan, as many more by chance as are wanted.

A state says what arrived of everything that was on its way: which changes of names, and for each file which
length and, sector by sector, which version. A sector's version is the file's as it was after some edit, so
two writes into one sector arrive in their order; sectors among themselves arrive in any.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.lab.powercut.disk_model import (
    SECTOR,
    DiskModel,
    Edit,
    FileNode,
    FolderNode,
    NameChange,
    Node,
    applied,
)

NOTHING = -1  # the version before the first edit


@dataclass(frozen=True, slots=True)
class FileArrival:
    """What arrived of one file's edits.

    Attributes:
        length: Version of its length.
        sectors: Version of each sector that the edits touch.
    """

    length: int
    sectors: dict[int, int]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrived of everything that was on its way.

    Attributes:
        plan: How it was chosen, for people.
        names: Whether each uncertain change of names happened, in order.
        files: By file number; a file that is not named here kept what is certain.
    """

    plan: str
    names: tuple[bool, ...]
    files: dict[int, FileArrival]


def touched_sectors(file: FileNode) -> set[int]:
    """Sectors that the file's uncertain edits may change."""
    touched: set[int] = set()
    length = len(file.certain)
    for edit in file.edits:
        first, beyond = _span(edit, length)
        length = edit.offset if edit.data is None else max(length, edit.offset + len(edit.data))
        touched.update(range(first // SECTOR, -(-beyond // SECTOR)))
    return touched


def content(file: FileNode, arrival: FileArrival | None) -> bytes:
    """The file's bytes in a state."""
    if arrival is None or not file.edits:
        return file.certain
    last = len(file.edits) - 1
    if arrival.length == last and all(version == last for version in arrival.sectors.values()):
        return applied(file.certain, file.edits)
    result = bytearray(file.certain)
    length = len(result)
    lengths = [length]
    for number, edit in enumerate(file.edits):
        first, beyond = _span(edit, length)
        length = edit.offset if edit.data is None else max(length, edit.offset + len(edit.data))
        lengths.append(length)
        result.extend(bytes(max(0, length - len(result))))
        data = bytes(beyond - first) if edit.data is None else _padded(edit, first)
        for sector in range(first // SECTOR, -(-beyond // SECTOR)):
            if arrival.sectors[sector] >= number:
                start, end = max(first, sector * SECTOR), min(beyond, (sector + 1) * SECTOR)
                result[start:end] = data[start - first : end - first]
    wanted = lengths[arrival.length + 1]
    result.extend(bytes(max(0, wanted - len(result))))
    return bytes(result[:wanted])


def tree(model: DiskModel, arrival: Arrival) -> dict[str, FileNode | None]:
    """Every name that a state holds, folders (None) before what lies in them."""
    names: dict[int, dict[str, Node]] = {}

    def names_of(folder: FolderNode) -> dict[str, Node]:
        return names.setdefault(folder.number, dict(folder.certain))

    for change, happened in zip(model.changes, arrival.names, strict=True):
        if happened:
            change.carry_out(names_of)
    found: dict[str, FileNode | None] = {}
    waiting: list[tuple[str, FolderNode]] = [("", model.root)]
    while waiting:
        prefix, folder = waiting.pop()
        for name, node in sorted(names_of(folder).items()):
            path = prefix + name
            found[path] = node if isinstance(node, FileNode) else None
            if isinstance(node, FolderNode):
                waiting.append((path + "/", node))
    return found


class ArrivalChooser:
    """Chooses states of one moment; equal random sources choose equal states.

    Args:
        model: The disk at that moment.
        rng: Seeded.
        minor: Says of a path that nothing depends on it; such things are left to chance, never planned for.
    """

    def __init__(
        self, model: DiskModel, rng: random.Random, *, minor: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._rng = rng
        self._minor = minor
        self._changes: list[NameChange] = model.changes
        self._files = [file for file in model.files() if file.edits]
        self._touched = {file.number: sorted(touched_sectors(file)) for file in self._files}

    @property
    def uncertain(self) -> int:
        """How many things were on their way: changes of names, and edits of files."""
        return len(self._changes) + sum(len(file.edits) for file in self._files)

    def nothing(self) -> Arrival:
        """Nothing arrived: what an honest disk holds at the least."""
        return Arrival("nothing arrived", (False,) * len(self._changes), {})

    def planned(self) -> Iterator[Arrival]:
        """Each thing alone and each thing missing; last writes torn; lengths without bytes."""
        everything = {file.number: self._all(file) for file in self._files}
        if not self._changes and not everything:
            return
        every_name, no_name = (True,) * len(self._changes), (False,) * len(self._changes)
        yield Arrival("everything arrived", every_name, everything)
        yield Arrival("names arrived, bytes did not", every_name, {})
        yield Arrival("bytes arrived, names did not", no_name, everything)
        for number, change in enumerate(self._changes):
            if self._minor(change.path):
                continue
            alone = tuple(other == number for other in range(len(self._changes)))
            yield Arrival(f"only the {change.what} arrived", alone, everything)
            missing = tuple(not one for one in alone)
            yield Arrival(f"all but the {change.what} arrived", missing, everything)
        for file in self._files:
            if self._minor(file.path):
                continue
            others = {number: one for number, one in everything.items() if number != file.number}
            only = {file.number: everything[file.number]}
            yield Arrival(f"all but the bytes of {file.path} arrived", every_name, others)
            yield Arrival(f"only the bytes of {file.path} arrived", no_name, only)
            torn = {**others, file.number: self._torn(file)}
            yield Arrival(f"the last write to {file.path} was torn", every_name, torn)
            last = len(file.edits) - 1
            bare = FileArrival(last, dict.fromkeys(self._touched[file.number], NOTHING))
            plan = f"{file.path} got its length, not its bytes"
            yield Arrival(plan, every_name, {**others, file.number: bare})

    def by_chance(self) -> Iterator[Arrival]:
        """Any part of everything, without end."""
        while True:
            share = self._rng.choice((0.1, 0.5, 0.9))
            names = tuple(self._rng.random() < share for _ in self._changes)
            files: dict[int, FileArrival] = {}
            for file in self._files:
                kind = self._rng.random()
                if kind < 0.2:
                    continue
                files[file.number] = self._all(file) if kind < 0.4 else self._some(file, share)
            yield Arrival(f"a random part arrived, about {share:.0%}", names, files)

    def _all(self, file: FileNode) -> FileArrival:
        last = len(file.edits) - 1
        return FileArrival(last, dict.fromkeys(self._touched[file.number], last))

    def _torn(self, file: FileNode) -> FileArrival:
        last = len(file.edits) - 1
        sectors = {
            sector: last if self._rng.random() < 0.5 else last - 1 for sector in self._touched[file.number]
        }
        return FileArrival(last, sectors)

    def _some(self, file: FileNode, share: float) -> FileArrival:
        last = len(file.edits) - 1

        def version() -> int:
            return last if self._rng.random() < share else self._rng.randint(NOTHING, last)

        return FileArrival(version(), {sector: version() for sector in self._touched[file.number]})


def _span(edit: Edit, length: int) -> tuple[int, int]:
    """First byte that an edit changes, and the byte behind its last, zeros that it lays included."""
    if edit.data is None:
        return min(edit.offset, length), max(edit.offset, length)
    return min(edit.offset, length), edit.offset + len(edit.data)


def _padded(edit: Edit, first: int) -> bytes:
    data = edit.data or b""
    return data if edit.offset == first else bytes(edit.offset - first) + data
