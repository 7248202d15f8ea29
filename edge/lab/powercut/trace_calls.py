r"""System calls as `strace -f -xx -y` writes them down, made whole again.

A call that another thread interrupts stands in two pieces, `<unfinished ...>` and `resumed`; here they are
joined, with the line of the beginning and the line of the end: what a call did is certain only between them.
With `-xx` every text is hexadecimal, so that no content can look like syntax.

>>> call = next(read_calls([r'7  fsync(5<\x2f\x61>) = 0']))
>>> call.name, call.result, call.descriptor()
('fsync', 0, (5, '/a'))
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_DESCRIPTOR = re.compile(r"(-?\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?)?")
_TEXT = re.compile(r'"([^"]*)"(\.\.\.)?')


@dataclass(frozen=True, slots=True)
class Call:
    """One finished system call.

    Attributes:
        thread: Who made it.
        name: Such as `pwrite64`.
        arguments: As strace prints them.
        result: What it returned; -1 for an error.
        began: Line of its beginning.
        ended: Line of its end.
    """

    thread: int
    name: str
    arguments: str
    result: int
    began: int
    ended: int

    def descriptor(self) -> tuple[int, str | None]:
        """The descriptor that is the first argument, with what it stood for; None if that was deleted."""
        found = _DESCRIPTOR.match(self.arguments)
        if found is None:
            return -1, None
        number = -100 if found[1] == "AT_FDCWD" else int(found[1])
        return number, None if found[3] or found[2] is None else plain(found[2]).decode(errors="replace")

    def texts(self) -> list[bytes]:
        """Every quoted text among the arguments, in order.

        Raises:
            ValueError: strace cut one short.
        """
        found = []
        for text in _TEXT.finditer(self.arguments):
            if text[2]:
                raise ValueError(f"strace cut a text of {self.name} short")
            found.append(plain(text[1]))
        return found

    def numbers(self) -> list[int]:
        """The plain numbers at the end of the arguments, in order: sizes and offsets."""
        tail = self.arguments.rsplit('"', 1)[-1].rsplit(">", 1)[-1].rsplit("]", 1)[-1]
        return [int(word) for word in re.findall(r"(?<![\w<])-?\d+", tail)]


def plain(hexadecimal: str) -> bytes:
    r"""The bytes that `\x41\x42` stands for."""
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


def read_calls(lines: Iterable[str]) -> Iterator[Call]:
    """Finished calls in the order of their ends; signals and exits are passed over."""
    begun: dict[int, tuple[str, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        thread, rest = int(found[1]), found[2]
        if rest.endswith(_UNFINISHED):
            begun[thread] = (rest[: -len(_UNFINISHED)], number)
            continue
        began = number
        resumed = _RESUMED.match(rest)
        if resumed is not None:
            if thread not in begun:
                continue
            head, began = begun.pop(thread)
            rest = head + resumed[2]
        call = _CALL.fullmatch(rest)
        if call is None or call[3] == "?":
            continue
        yield Call(thread, call[1], call[2], int(call[3], 0), began, number)
