"""How fast a backlog is settled by the OMS, against bare paho from publish to PUBACK.

Both over the same broker, with the same window of events and the same bytes of each, and TCP_NODELAY at both
ends; the drain joins events as a station does, the floor publishes each by itself. In rounds of both by
turns, of which the medians count, because a busy machine disturbs single ones. A round settles a bounded part
of a large backlog: nothing but what is in flight depends on what lies behind it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from edge.ids import new_id
from edge.lab.bench.bare_puback import bare_publishes_a_second
from edge.lab.errors import BenchFailed
from edge.lab.mosquitto import FAST, HOST, Mosquitto, find_mosquitto
from edge.lab.oms_receiver import oms_receiver
from edge.lab.ports import free_port, is_listening
from edge.lab.processes import Program
from sync.delivery import Delivery
from sync.outbox import Outbox
from sync.presence import StationDescription
from sync.settings import BrokerSettings

PATIENCE_S = 180.0
SHORT_POLL_S = 0.001
SETTLED_POLL_S = 0.004  # one in a hundred of the shortest round


def drain_rounds(
    folder: Path, outbox: Outbox, *, payload: bytes, rounds: int, each: int, fill: Callable[[], None]
) -> dict[str, Any]:
    """The floor, then as many owed rows settled by the OMS over the same broker; and again.

    Args:
        folder: Where broker and OMS keep their files.
        outbox: Owes `each` rows at least, after each `fill`.
        payload: An event as published.
        rounds: How often.
        each: Rows settled in a round.
        fill: Called before each round: owe again what the round before settled, or nothing.
    """
    bare, settled, left = [], [], []
    with lab_broker(folder) as (broker, port), oms_receiver(folder, port):
        for _ in range(rounds):
            fill()
            bare.append(bare_publishes_a_second(HOST, port, payload, each, outbox.settings.window))
            settled.append(_settled_a_second(outbox, port, each))
            left.append(outbox.counts().owed)
    counts = outbox.counts()
    return {
        "rounds": rounds,
        "rows_settled_each_round": each,
        "window": outbox.settings.window,
        "broker": broker,
        "message_bytes": len(payload),
        "settled_per_s": round(median(settled)),
        "bare_puback_per_s": round(median(bare)),
        "settled_against_bare": round(median(settled) / median(bare), 2),
        "settled_against_bare_each_round": [
            round(own / floor, 2) for own, floor in zip(settled, bare, strict=True)
        ],
        "settled": counts.settled,
        "dead": counts.dead,
        "still_owed_after_each_round": left,
    }


def _settled_a_second(outbox: Outbox, port: int, rows: int) -> float:
    """Let the OMS settle so many rows, from the moment at which the station may send."""
    delivery = Delivery(
        outbox,
        BrokerSettings(host=HOST, port=port),
        handlers={},
        describe=lambda: StationDescription(software="bench", clock_ok=True, model=None, policies=()),
        now=lambda: datetime.now(UTC),
        new_id=new_id,
    )
    before = outbox.counts().settled
    goal = before + rows
    delivery.start()
    try:
        _wait(lambda: delivery.relay.status().oms_present, "the OMS is there", SHORT_POLL_S)
        began = time.perf_counter()
        _wait(lambda: outbox.counts().settled >= goal, "the rows are settled", SETTLED_POLL_S)
        took = time.perf_counter() - began
        return (outbox.counts().settled - before) / took
    finally:
        delivery.stop()


@contextmanager
def lab_broker(folder: Path) -> Iterator[tuple[str, int]]:
    """Mosquitto where it is installed, as in production; else the embedded broker. Its name and port."""
    if find_mosquitto() is not None:
        with Mosquitto(folder / "broker", FAST) as broker:
            yield "mosquitto", broker.port
        return
    port = free_port()
    program = Program("broker", ["broker", "--port", str(port)], folder / "broker.log")
    program.start()
    try:
        program.wait_ready(lambda: is_listening(HOST, port), PATIENCE_S)
        yield "embedded", port
    finally:
        program.stop()


def _wait(reached: Callable[[], bool], what: str, poll_s: float) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise BenchFailed(f"after {PATIENCE_S:.0f} s it was still not so that {what}")
        time.sleep(poll_s)
