"""`python -m edge.lab.torture.nursery_process PARENT`: imports the chain once, then forks on demand.

Reads one JSON object a line: `{"entry", "arguments", "log"}` is answered with the new process's id,
`{"reap": pid}` with its wait status. Ends with its input, or with the driver.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from hardware.cameras.parent_death import die_with_parent

PREPARED = ("edge.lab.torture.station_process", "edge.lab.torture.oms_process", "sync.broker")


def main() -> None:
    """Serve until the input ends."""
    die_with_parent(int(sys.argv[1]))
    for name in PREPARED:
        importlib.import_module(name)
    gc.freeze()
    children: set[int] = set()
    for line in sys.stdin:
        wanted = json.loads(line)
        if "reap" in wanted:
            _, status = os.waitpid(wanted["reap"], 0)
            children.discard(wanted["reap"])
            answer = status
        else:
            answer = _fork(wanted)
            children.add(answer)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _fork(wanted: dict[str, Any]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        die_with_parent(parent)
        _own_files(Path(wanted["log"]))
        _be(wanted["entry"], wanted["arguments"])
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _own_files(log: Path) -> None:
    """The child's own standard files: nothing in, everything out to its log."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the process's life
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115


def _be(entry: str, arguments: list[str]) -> None:
    if entry == "exec":
        os.execvp(arguments[0], arguments)  # noqa: S606 - the driver's own words
    module, function = entry.split(":")
    getattr(importlib.import_module(module), function)(arguments)


if __name__ == "__main__":
    main()
