"""The reference OMS receiver as the lab starts it: `darkstore oms serve` in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.lab.processes import Program

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0


@contextmanager
def oms_receiver(folder: Path, port: int) -> Iterator[Program]:
    """A receiver at the broker on that port of this machine; its ledger lies in `folder/oms`.

    Raises:
        ProgramEnded, ProgramSilent: It did not come up.
    """
    program = Program(
        "oms",
        ["oms", "serve", "--broker", f"mqtt://{HOST}:{port}", "--data", str(folder / "oms")],
        folder / "oms.log",
    )
    program.start()
    try:
        program.wait_ready(lambda: "ready" in program.tail(), START_TIMEOUT_S)
        yield program
    finally:
        program.stop()
