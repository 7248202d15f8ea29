"""`darkstore bench decision`: from a scan's arrival to a loopback client that has the proposal.

Two simulated 1080p cameras at 30 pictures a second; the wait for a picture taken after the scan is part of
it. The floor is the model alone, run by bare onnxruntime on one thread, as often as the station runs it for
one unit.
"""

import time
from typing import Any

from edge.lab.bench.bare_model import bare_model_ms
from edge.lab.bench.bench_shift import LOOKS, code_of_unit
from edge.lab.bench.bench_station import BenchStation, LiveDesk, bench_station, open_return
from edge.lab.bench.figures import percentile, spread, tell
from edge.lab.drawn_pictures import VIEWS
from hardware.sim.scanner import send_scan

WARM_UP = 5
PAUSE_S = 0.3


def run(returns: int, *, golden: int, as_json: bool) -> None:
    """Measure, and tell."""
    tell("Scan to decision", measure(returns, golden=golden), as_json=as_json)


def measure(returns: int, *, golden: int = 0) -> dict[str, Any]:
    """Scan so many units and accept each; compared with so many golden units of the article."""
    bare = bare_model_ms()
    with bench_station(returns + WARM_UP, golden=golden) as station:
        live = LiveDesk(station.parts)
        try:
            measured = [_one(station, live, number) for number in range(returns + WARM_UP)][WARM_UP:]
        finally:
            live.close()
    totals = [one["total"] for one in measured]
    steps = {
        step: spread([one[step] for one in measured])
        for step in ("wait", "vision", "model", "golden", "rest", "saved")
    }
    other = [one["total"] - one["wait"] - one["model"] - one["golden"] for one in measured]
    looking = [one["vision"] + one["model"] + one["golden"] for one in measured]
    floor = bare * len(VIEWS)
    p50 = percentile(totals, 0.5)
    return {
        "returns": returns,
        "golden_units": golden,
        "pause_between_units_s": PAUSE_S,
        **spread(totals),
        "steps": steps,
        "other_than_picture_and_model": spread(other),
        "two_views_all_signals": spread(looking),
        "accept_to_saved": steps["saved"],
        "bare_onnxruntime_ms": round(floor, 2),
        "model_against_bare": round(percentile([one["model"] for one in measured], 0.5) / floor, 2)
        if floor
        else None,
        "ratio_to_bare_onnxruntime": round(p50 / floor, 2) if floor else None,
        "model_on_every_unit": all(one["model"] > 0 for one in measured),
    }


def _one(station: BenchStation, live: LiveDesk, number: int) -> dict[str, float]:
    """One return: open it, show its unit, scan it, wait for the proposal, accept it, close."""
    plan = station.shift.returns[0]
    open_return(station, live, number)
    station.table.put(plan.units[number % len(LOOKS)])
    # Nobody puts down the next item sooner; and a scan does not keep time with the cameras.
    time.sleep(PAUSE_S + 0.031 * (number % 7) / 7)
    text, symbology = code_of_unit(number)
    started = time.monotonic_ns()
    send_scan(station.folder.scanner, text, symbology)
    desk = live.wait("proposal")
    total = (time.monotonic_ns() - started) / 1e6
    proposal = desk["proposal"]
    timings = proposal["timings_ms"]
    wait, vision, model, golden = (
        float(timings.get(step, 0.0)) for step in ("wait", "vision", "model", "golden")
    )
    accepted = time.monotonic_ns()
    station.parts.client.post("/api/proposal/accept", {"inspection_id": proposal["inspection_id"]})
    saved = (time.monotonic_ns() - accepted) / 1e6
    live.wait("return_open")
    station.parts.client.post("/api/return/close", {})
    live.wait("idle")
    return {
        "total": total,
        "wait": wait,
        "vision": vision - model,
        "model": model,
        "golden": golden,
        "rest": total - wait - vision - golden,
        "saved": saved,
    }
