"""Reading what strace wrote: whole calls out of pieces, changes of one folder, the moment of a telling."""

from pathlib import Path

import pytest

from edge.lab.powercut import trace_calls
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
    describe,
)
from edge.lab.powercut.trace_calls import read_calls
from edge.lab.powercut.trace_reading import read_trace

ROOT = Path("/st")


def hexa(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return "".join(f"\\x{byte:02x}" for byte in raw)


def fd(number: int, path: str) -> str:
    return f"{number}<{hexa(path)}>"


def text(value: str | bytes) -> str:
    return f'"{hexa(value)}"'


HERE = f"AT_FDCWD<{hexa('/elsewhere')}>"


def read(*lines: str) -> list[Operation]:
    return read_trace([f"7 {line}" if not line[0].isdigit() else line for line in lines], ROOT)


def test_doctests() -> None:
    import doctest

    assert doctest.testmod(trace_calls).failed == 0


def test_a_call_in_pieces_is_joined() -> None:
    calls = list(
        read_calls(
            [
                f"7 fsync({fd(5, '/st/a')} <unfinished ...>",
                f"8 pwrite64({fd(5, '/st/a')}, {text('x')}, 1, 3) = 1",
                "9 +++ exited with 0 +++",
                "7 <... fsync resumed>) = 0",
            ]
        )
    )
    assert [(call.name, call.began, call.ended) for call in calls] == [("pwrite64", 1, 1), ("fsync", 0, 3)]


def test_files_are_made_written_and_forced() -> None:
    assert read(
        f"openat({HERE}, {text('/st/a')}, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0640) = {fd(5, '/st/a')}",
        f"write({fd(5, '/st/a')}, {text('one')}, 3) = 3",
        f"write({fd(5, '/st/a')}, {text('two')}, 3) = 2",
        f"pwrite64({fd(5, '/st/a')}, {text('z')}, 1, 100) = 1",
        f"fsync({fd(5, '/st/a')}) = 0",
        f"ftruncate({fd(5, '/st/a')}, 7) = 0",
    ) == [
        Create(0, "a"),
        Truncate(0, "a", 0),
        Write(1, "a", 0, b"one"),
        Write(2, "a", 3, b"tw"),
        Write(3, "a", 100, b"z"),
        Sync(4, 4, "a"),
        Truncate(5, "a", 7),
    ]


def test_names_are_changed() -> None:
    assert read(
        f"mkdir({text('/st/day')}, 0777) = 0",
        f"rename({text('/st/a')}, {text('/st/b')}) = 0",
        f"unlink({text('/st/b')}) = 0",
        f"unlinkat({fd(4, '/st')}, {text('c')}, 0) = 0",
        f"mkdir({text('/st/day')}, 0777) = -1 EEXIST (File exists)",
        f"openat({fd(3, '/st')}, {text('d')}, O_RDWR|O_CREAT, 0640) = {fd(9, '/st/d')}",
    ) == [
        Create(0, "day", folder=True),
        Rename(1, "a", "b"),
        Remove(2, "b"),
        Remove(3, "c"),
        Create(5, "d"),
    ]


def test_a_sync_covers_what_ended_before_it_began() -> None:
    [sync] = read(
        f"fdatasync({fd(5, '/st/a')} <unfinished ...>", "8 close(3) = 0", "7 <... fdatasync resumed>) = 0"
    )
    assert sync == Sync(at=2, began=0, path="a")


def test_what_lies_elsewhere_or_means_nothing_is_passed_over() -> None:
    assert (
        read(
            f"pwrite64({fd(5, '/elsewhere/a')}, {text('x')}, 1, 0) = 1",
            f"pwrite64({fd(5, '/st/station.db-shm')}, {text('x')}, 1, 0) = 1",
            f"fallocate({fd(6, '/st/outbox.reserve')}, 0, 0, 4096) = 0",
            f"write({fd(5, '/st/a')}(deleted), {text('x')}, 1) = 1",
            f"fsync({fd(5, '/st/a')}) = -1 EIO (Input/output error)",
        )
        == []
    )


@pytest.mark.parametrize(
    "line",
    [
        f"fallocate({fd(6, '/st/a')}, 0, 0, 4096) = 0",
        f"link({text('/st/a')}, {text('/st/b')}) = 0",
        f"rename({text('/st/a')}, {text('/gone')}) = 0",
        f"write({fd(5, '/st/a')}, {text('x')}..., 900) = 900",
    ],
)
def test_what_is_not_understood_is_no_recording(line: str) -> None:
    with pytest.raises(ValueError, match=r"understood|moved|short"):
        read(line)


def test_saved_is_told_when_the_answer_begins_to_leave() -> None:
    request = 'POST /api/proposal/accept HTTP/1.1\r\nHost: x\r\n\r\n{"inspection_id": "i-1"}'
    assert read(
        f"recvfrom({fd(9, 'socket:[1]')}, {text(request)}, 65536, 0, NULL, NULL) = 70",
        f"sendto({fd(9, 'socket:[1]')}, {text('HTTP/1.1 200 OK')} <unfinished ...>",
        f"8 fsync({fd(5, '/st/a')}) = 0",
        "7 <... sendto resumed>, 15, 0, NULL, 0) = 15",
    ) == [Mark(1, Told.SAVED, "i-1"), Sync(2, 2, "a")]


def test_a_refusal_tells_nothing() -> None:
    request = 'POST /api/proposal/accept HTTP/1.1\r\n\r\n{"inspection_id": "i-1"}'
    assert (
        read(
            f"recvfrom({fd(9, 'socket:[1]')}, {text(request)}, 65536, 0, NULL, NULL) = 70",
            f"sendto({fd(9, 'socket:[1]')}, {text('HTTP/1.1 409 Conflict')}, 20, 0, NULL, 0) = 20",
        )
        == []
    )


def test_a_body_in_a_piece_of_its_own_is_read() -> None:
    head, body = "POST /api/proposal/set-aside HTTP/1.1\r\n\r\n", '{"inspection_id": "i-2"}'
    assert read(
        f"recvfrom({fd(9, 'socket:[1]')}, {text(head)}, 9, 0, NULL, NULL) = 9",
        f"recvfrom({fd(9, 'socket:[1]')}, {text(body)}, 9, 0, NULL, NULL) = 9",
        f"sendto({fd(9, 'socket:[1]')}, {text('HTTP/1.1 200 OK')}, 20, 0, NULL, 0) = 20",
    ) == [Mark(2, Told.SAVED, "i-2")]


def test_events_and_pages_tell_once() -> None:
    event = b'{"specversion":"1.0","id":"01a2028d-b71d-7a60-857e-bbaa78914fc8","source":"/s"}'
    page = (
        b'{"desk":{"phase":"return_open","current_return":{"return_id":"r-1"},'
        b'"last_saved":{"inspection_id":"i-1"}}}'
    )
    told = read(
        *[f"sendto({fd(9, 'socket:[2]')}, {text(event)}, 20, 0, NULL, 0) = 20"] * 2,
        *[f"sendto({fd(9, 'socket:[1]')}, {text(page)}, 20, 0, NULL, 0) = 20"] * 2,
    )
    assert told == [
        Mark(0, Told.PUBLISHED, "01a2028d-b71d-7a60-857e-bbaa78914fc8"),
        Mark(2, Told.ARRIVED, "r-1"),
        Mark(2, Told.SAVED, "i-1"),
    ]


def test_other_acts_are_told_too() -> None:
    def asked(path: str) -> list[str]:
        return [
            f"recvfrom({fd(9, 'socket:[1]')}, {text(f'POST {path} HTTP/1.1')}, 9, 0, NULL, NULL) = 9",
            f"sendto({fd(9, 'socket:[1]')}, {text('HTTP/1.1 200 OK')}, 20, 0, NULL, 0) = 20",
        ]

    page = text(b'{"phase":"question","current_return":{"return_id":"r-1"}}')
    lines = [f"sendto({fd(9, 'socket:[1]')}, {page}, 20, 0, NULL, 0) = 20"]
    for path in ("inspections/i-1/undo", "inspections/i-2/put-away", "holds/h-1/resolve", "return/close"):
        lines += asked(f"/api/{path}")
    assert [(one.told, one.key) for one in read(*lines) if isinstance(one, Mark)] == [
        (Told.UNDONE, "i-1"),
        (Told.PUT_AWAY, "i-2"),
        (Told.RESOLVED, "h-1"),
        (Told.CLOSED, "r-1"),
    ]


def test_each_operation_can_be_told_to_people() -> None:
    for one in (
        Create(1, "a"),
        Write(1, "a", 0, b""),
        Truncate(1, "a", 0),
        Rename(1, "a", "b"),
        Remove(1, "a"),
        Sync(1, 1, "a"),
        Mark(1, Told.SAVED, "a"),
    ):
        assert "a" in describe(one)
