"""`darkstore bench outbox`: how fast events are kept, and how fast a backlog is settled by the OMS.

Kept: one durable commit each, against bare sqlite3. Settled: rows that the OMS has applied and answered,
against bare paho from publish to PUBACK, over the same broker, with the same window, TCP_NODELAY at both
ends; in rounds of both by turns, of which the medians count, because a busy machine disturbs single ones.
Mosquitto where it is installed, as in production; else the embedded broker.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from edge.ids import new_id
from edge.lab.bench.bare_puback import bare_publishes_a_second
from edge.lab.bench.bench_events import inspected_events
from edge.lab.bench.commits import bare_commits_a_second, own_commits_a_second
from edge.lab.bench.figures import spread, tell
from edge.lab.errors import BenchFailed
from edge.lab.ports import free_port, is_listening
from edge.lab.processes import Program
from sync.database import Database
from sync.delivery import Delivery
from sync.envelope import OutgoingEvent
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.records import SYNC_MIGRATIONS
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import StationIdentity

COMMITS = 2000
ROUNDS = 3
WINDOW = 500
PATIENCE_S = 180.0
POLL_S = 0.02
HOST = "127.0.0.1"
IDENTITY = StationIdentity("BENCH-1", "desk-1")


def run(rows: int, *, as_json: bool) -> None:
    """Measure, and tell."""
    tell("Outbox", measure(rows), as_json=as_json)


def measure(rows: int) -> dict[str, Any]:
    """Commit and settle so many rows."""
    with tempfile.TemporaryDirectory(prefix="darkstore-bench-") as name:
        folder = Path(name)
        database = Database.open(folder / "station.db", [SYNC_MIGRATIONS], now=_now)
        try:
            outbox = Outbox(
                database, OutboxSettings(window=WINDOW), identity=IDENTITY, now=_now, new_id=new_id
            )
            outbox.begin_epoch()
            commits = min(COMMITS, rows)
            events = list(inspected_events(rows * ROUNDS, _now()))
            rate, took = own_commits_a_second(outbox, events[:commits])
            payload = outbox.get(outbox.rows(limit=1)[0].message_id).envelope
            bare = bare_commits_a_second(folder / "floor.db", payload, commits)
            drain = _rounds(folder, outbox, payload, events, commits)
        finally:
            database.close()
    return {
        "commits_per_s": round(rate),
        "bare_sqlite3_commits_per_s": round(bare),
        "commits_against_bare": round(rate / bare, 2),
        "commit": spread(took),
        **drain,
    }


def _rounds(
    folder: Path, outbox: Outbox, payload: bytes, events: Sequence[OutgoingEvent], kept: int
) -> dict[str, Any]:
    """The floor, then the same number of owed rows settled by the OMS over the same broker; and again.

    Args:
        folder: Where the OMS keeps its ledger.
        outbox: Holds the first `kept` of the events.
        payload: One of them as published.
        events: An equal share for each round.
        kept: How many are owed already.
    """
    rows = len(events) // ROUNDS
    bare, settled = [], []
    with _broker(folder) as (broker, port), _oms(folder, port):
        for number in range(ROUNDS):
            with outbox.database.write():
                for event in events[max(kept, number * rows) : (number + 1) * rows]:
                    outbox.append(event)
            bare.append(bare_publishes_a_second(HOST, port, payload, rows, WINDOW))
            settled.append(_settled_a_second(outbox, port, rows))
    counts = outbox.counts()
    return {
        "rounds": ROUNDS,
        "rows": rows,
        "window": WINDOW,
        "broker": broker,
        "message_bytes": len(payload),
        "settled_per_s": round(median(settled)),
        "bare_puback_per_s": round(median(bare)),
        "settled_against_bare": round(median(settled) / median(bare), 2),
        "settled": counts.settled,
        "dead": counts.dead,
    }


def _settled_a_second(outbox: Outbox, port: int, rows: int) -> float:
    """Let the OMS settle everything that is owed."""
    delivery = Delivery(
        outbox,
        BrokerSettings(host=HOST, port=port),
        handlers={},
        describe=lambda: StationDescription(software="bench", clock_ok=True, model=None, policies=()),
        now=_now,
        new_id=new_id,
    )
    delivery.start()
    try:
        _wait(lambda: delivery.relay.status().oms_present, "the OMS is there")
        began = time.perf_counter()
        _wait(lambda: delivery.relay.status().owed == 0, "everything is settled")
        return rows / (time.perf_counter() - began)
    finally:
        delivery.stop()


@contextmanager
def _broker(folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if mosquitto is None:
        program = Program("broker", ["broker", "--port", str(port)], folder / "broker.log")
        program.start()
        try:
            program.wait_ready(lambda: is_listening(HOST, port), PATIENCE_S)
            yield "embedded", port
        finally:
            program.stop()
        return
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} {HOST}\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n"
        "max_inflight_messages 0\npersistence false\n",
        encoding="ascii",
    )
    with subprocess.Popen(
        [mosquitto, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(lambda: is_listening(HOST, port), "mosquitto listens")
            yield "mosquitto", port
        finally:
            process.terminate()


@contextmanager
def _oms(folder: Path, port: int) -> Iterator[None]:
    program = Program(
        "oms",
        ["oms", "serve", "--broker", f"mqtt://{HOST}:{port}", "--data", str(folder / "oms")],
        folder / "oms.log",
    )
    program.start()
    try:
        program.wait_ready(lambda: "ready" in program.tail(), PATIENCE_S)
        yield
    finally:
        program.stop()


def _wait(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise BenchFailed(f"after {PATIENCE_S:.0f} s it was still not so that {what}")
        time.sleep(POLL_S)


def _now() -> datetime:
    return datetime.now(UTC)
