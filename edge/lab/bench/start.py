"""`darkstore bench start`: from a cold start to the first decision, and the memory of all processes.

The local copy is there already, as on any morning but the first. PSS counts what processes share once.
"""

import time
from pathlib import Path
from typing import Any

import psutil

from edge.lab.bench.bench_shift import code_of_unit
from edge.lab.bench.bench_station import LiveDesk, bench_station, open_return
from edge.lab.bench.figures import tell
from hardware.sim.scanner import send_scan

MB = 1e6


def run(*, as_json: bool) -> None:
    """Measure, and tell."""
    tell("Cold start", measure(), as_json=as_json)


def measure() -> dict[str, Any]:
    """Stop the station, start it again, scan at once."""
    floor = _bare_interpreter_ms()
    with bench_station(10) as station:
        parts = station.parts
        station.table.put(station.shift.returns[0].units[0])
        parts.client.close()
        parts.programs["station"].stop()
        started = time.monotonic()
        parts.start_station()
        up = time.monotonic() - started
        live = LiveDesk(parts)
        try:
            open_return(station, live)
            text, symbology = code_of_unit(1)
            send_scan(station.folder.scanner, text, symbology)
            live.wait("proposal")
            first = time.monotonic() - started
        finally:
            live.close()
        pss = {name: _pss_mb(program.pid) for name, program in parts.programs.items()}
    return {
        "first_decision_s": round(first, 2),
        "serving_s": round(up, 2),
        "bare_python_start_s": round(floor / 1e3, 3),
        "pss_mb": round(pss["station"], 1),
        "pss_of_everything_mb": round(sum(pss.values()), 1),
        "pss_by_program_mb": {name: round(value, 1) for name, value in pss.items()},
    }


def _bare_interpreter_ms() -> float:
    """The floor: Python starting, importing what no station can do without, and ending."""
    import subprocess
    import sys

    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import cv2, numpy, onnxruntime, fastapi"], check=True)
    return (time.perf_counter() - started) * 1e3


def _pss_mb(pid: int | None) -> float:
    """Summed proportional set size of a process and all its descendants, megabytes."""
    if pid is None:
        return 0.0
    parent = psutil.Process(pid)
    total = 0.0
    for process in (parent, *parent.children(recursive=True)):
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        total += int(line.split()[1]) * 1024 / MB
    return total
