"""The OMS receiver as `darkstore oms serve` has it, with a shiftable clock and a record of its order.

The order in which events were applied is of no interest to an OMS's books, so the ledger doesn't hold it; the
checker needs it. A trigger in the lab's copy of the ledger numbers each answered event inside the very
transaction that records it.
"""

import logging
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.lab.torture.shifted_clock import ShiftedWall
from sync.mqtt import MqttLink
from sync.oms.ledger import LEDGER_FILE, Ledger
from sync.oms.receiver import SUBSCRIPTIONS, OmsReceiver
from sync.oms.serving import random_id
from sync.oms.settings import OmsSettings
from sync.settings import BrokerSettings
from sync.wire import Link, Publication

ORDER = """
CREATE TABLE IF NOT EXISTS torture_order (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
CREATE TRIGGER IF NOT EXISTS torture_order_of_events AFTER INSERT ON events
BEGIN INSERT INTO torture_order (id) VALUES (new.id); END;
"""
GAP_QUIET_S = 0.7
GAP_CAP_S = 4.0
RECONCILE_EVERY_S = 5.0
WATCH_S = 0.2


def main(arguments: list[str]) -> None:
    """Run until SIGTERM.

    Args:
        arguments: The ledger's folder, the broker's port, the files of expected returns and of reference
            data, and the file that shifts the clock.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    folder, port, expected, reference, clock = arguments
    settings = OmsSettings(
        data_dir=Path(folder),
        broker=quick_broker(int(port)),
        expected=(Path(expected),),
        reference=(Path(reference),),
        watch_s=WATCH_S,
        gap_quiet_s=GAP_QUIET_S,
        gap_cap_s=GAP_CAP_S,
        reconcile_every_s=RECONCILE_EVERY_S,
    )
    now = ShiftedWall(Path(clock))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def link(will: Callable[[], Publication]) -> Link:
        return MqttLink(settings.broker, client_id=settings.client_id, subscriptions=SUBSCRIPTIONS, will=will)

    ledger = Ledger.open(settings.data_dir, now=now)
    try:
        with closing(sqlite3.connect(settings.data_dir / LEDGER_FILE)) as plain:
            plain.executescript(ORDER)
        running = OmsReceiver(settings, ledger, link, now=now, new_id=random_id)
        try:
            running.start()
            while not stop.wait(0.05) and not running.wait_ended(0.05):
                pass
        finally:
            running.stop()
    finally:
        ledger.database.close()
    if running.failure is not None or running.taken_over:
        sys.exit(1)


def quick_broker(port: int) -> BrokerSettings:
    """The wire's address, with waits of tenths of a second, so that a round takes seconds."""
    return BrokerSettings(
        port=port,
        keepalive_s=2,
        connect_timeout_s=2.0,
        reconnect_base_s=0.05,
        reconnect_cap_s=0.4,
        stable_after_s=0.5,
    )
