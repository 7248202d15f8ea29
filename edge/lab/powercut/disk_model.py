"""What a disk holds for certain, and what is still on its way to it.

The model is harsher than the filesystems in use, so that what passes here passes there:

- bytes and length of a file are certain only once the file was forced to the disk (`fsync`);
- a name in a folder (made, renamed, removed) is certain only once *that folder* was forced. ext4 would also
  keep the name of a new file that was forced itself; nothing relies on it;
- all that is uncertain arrives in any order, in any part. One sector of 512 bytes is written whole; a rename
  happens or does not. A rename between folders is certain with the folder that the name moved to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from edge.lab.powercut.operations import Change, Create, Remove, Rename, Sync, Truncate, Write

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Edit:
    """One uncertain change of a file: bytes at an offset, or (`data` None) a new length."""

    at: int
    offset: int
    data: bytes | None


@dataclass(eq=False, slots=True)
class FileNode:
    """A file, whatever its name becomes.

    Attributes:
        number: Tells it from other files.
        path: Its first name.
        certain: Its bytes on the medium.
        edits: What is on its way, in order.
        generation: Grows with `certain`.
    """

    number: int
    path: str
    certain: bytes = b""
    edits: list[Edit] = field(default_factory=list)
    generation: int = 0

    @property
    def length(self) -> int:
        """Its length as programs see it now."""
        size = len(self.certain)
        for edit in self.edits:
            size = edit.offset if edit.data is None else max(size, edit.offset + len(edit.data))
        return size

    def force(self, began: int) -> None:
        """Everything that was written before `began` is on the medium now."""
        covered = [edit for edit in self.edits if edit.at < began]
        if not covered:
            return
        self.certain = applied(self.certain, covered)
        self.edits = self.edits[len(covered) :]
        self.generation += 1


@dataclass(eq=False, slots=True)
class FolderNode:
    """A folder, whatever its name: names that are certain, and names as programs see them."""

    number: int
    certain: dict[str, "Node"] = field(default_factory=dict)
    names: dict[str, "Node"] = field(default_factory=dict)


Node = FileNode | FolderNode


@dataclass(frozen=True, slots=True)
class NameChange:
    """One uncertain change of names; `owner` is the folder that makes it certain."""

    at: int
    what: str
    path: str
    owner: FolderNode
    names: tuple[tuple[FolderNode, str, Node | None, Node | None], ...]  # folder, name, before, after

    def carry_out(self, names_of: Callable[[FolderNode], dict[str, Node]]) -> None:
        """Change the names; one that stands for something else meanwhile is not taken away."""
        for folder, name, before, after in self.names:
            names = names_of(folder)
            if after is not None:
                names[name] = after
            elif names.get(name) is before:
                names.pop(name, None)


def applied(certain: bytes, edits: list[Edit]) -> bytes:
    """A file's bytes after all of these edits."""
    content = bytearray(certain)
    for edit in edits:
        if edit.data is None:
            del content[edit.offset :]
            content.extend(bytes(edit.offset - len(content)))
        else:
            content.extend(bytes(max(0, edit.offset - len(content))))
            content[edit.offset : edit.offset + len(edit.data)] = edit.data
    return bytes(content)


class DiskModel:
    """The station's folder on a disk, told operation by operation what happens to it."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.root = FolderNode(0)
        self.changes: list[NameChange] = []

    def put_certain(self, path: str, content: bytes | None) -> None:
        """A file (or with None a folder) that was on the medium before the recording began."""
        folder, name = self._place(path)
        if content is None:
            node: Node = FolderNode(next(self._numbers))
        else:
            node = FileNode(next(self._numbers), path, content)
        folder.certain[name] = folder.names[name] = node

    def apply(self, change: Change) -> None:
        """One operation of the recording.

        Raises:
            KeyError: It names something that the recording never made.
        """
        match change:
            case Create(at=at, path=path, folder=is_folder):
                self._create(at, path, is_folder)
            case Write(at=at, path=path, offset=offset, data=data):
                file = self._file(path)
                start = file.length if offset is None else offset
                file.edits.append(Edit(at, start, data))
            case Truncate(at=at, path=path, size=size):
                file = self._file(path)
                if size != file.length:
                    file.edits.append(Edit(at, size, None))
            case Rename(at=at, path=path, target=target):
                self._rename(at, path, target)
            case Remove(at=at, path=path):
                folder, name = self._place(path)
                gone = folder.names.pop(name)
                names = ((folder, name, gone, None),)
                self.changes.append(NameChange(at, f"removal of {path}", path, folder, names))
            case Sync(began=began, path=path):
                self._force(self._node(path), began)

    def files(self) -> Iterator[FileNode]:
        """Every file that a name leads to, certain or not, once."""
        seen: set[int] = set()
        waiting: list[Node] = [self.root]
        while waiting:
            node = waiting.pop()
            if node.number in seen and node is not self.root:
                continue
            seen.add(node.number)
            if isinstance(node, FileNode):
                yield node
            else:
                waiting.extend(node.names.values())
                waiting.extend(node.certain.values())
        for change in self.changes:
            for _, _, _, after in change.names:
                if isinstance(after, FileNode) and after.number not in seen:
                    seen.add(after.number)
                    yield after

    def live(self) -> dict[str, bytes]:
        """Every file by its path as programs see it now."""
        found: dict[str, bytes] = {}
        waiting: list[tuple[str, FolderNode]] = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for name, node in folder.names.items():
                if isinstance(node, FolderNode):
                    waiting.append((f"{prefix}{name}/", node))
                else:
                    found[prefix + name] = applied(node.certain, node.edits)
        return found

    def _create(self, at: int, path: str, is_folder: bool) -> None:
        folder, name = self._place(path)
        if name in folder.names:
            return
        number = next(self._numbers)
        node: Node = FolderNode(number) if is_folder else FileNode(number, path)
        folder.names[name] = node
        self.changes.append(NameChange(at, f"new {path}", path, folder, ((folder, name, None, node),)))

    def _rename(self, at: int, path: str, target: str) -> None:
        source, old = self._place(path)
        folder, new = self._place(target)
        node = source.names.pop(old)
        folder.names[new] = node
        names = ((source, old, node, None), (folder, new, None, node))
        self.changes.append(NameChange(at, f"renaming {path} to {target}", path, folder, names))

    def _force(self, node: Node, began: int) -> None:
        if isinstance(node, FileNode):
            node.force(began)
            return
        kept = []
        for change in self.changes:
            if change.owner is node and change.at < began:
                change.carry_out(lambda folder: folder.certain)
            else:
                kept.append(change)
        self.changes = kept

    def _place(self, path: str) -> tuple[FolderNode, str]:
        parent, _, name = path.rpartition("/")
        node = self._node(parent)
        if not isinstance(node, FolderNode):
            raise KeyError(path)
        return node, name

    def _node(self, path: str) -> Node:
        node: Node = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, FolderNode):
                raise KeyError(path)
            node = node.names[name]
        return node

    def _file(self, path: str) -> FileNode:
        node = self._node(path)
        if not isinstance(node, FileNode):
            raise KeyError(path)
        return node
