"""Builds a receiver from its settings, and runs it until it is told to stop."""

import fcntl
import gc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sync.mqtt import MqttLink
from sync.oms.errors import ReceiverRunning, SessionTakenOver
from sync.oms.ledger import Ledger
from sync.oms.receiver import SUBSCRIPTIONS, OmsReceiver
from sync.oms.settings import OmsSettings
from sync.wire import Link, Publication

LOCK_FILE = "oms.lock"
POLL_S = 0.2


def utc_now() -> datetime:
    """Wall time."""
    return datetime.now(UTC)


def random_id() -> str:
    """An id of a command, a run or a stream."""
    return str(uuid.uuid4())


@contextmanager
def receiver(settings: OmsSettings) -> Iterator[OmsReceiver]:
    """A running receiver on the settings' broker and data folder.

    Raises:
        LoadingError: A file of expected returns or reference data can't be used.
        ReceiverRunning: Another one works on the same ledger.
        DatabaseError: The ledger can't be opened.
    """

    def link(will: Callable[[], Publication]) -> Link:
        return MqttLink(settings.broker, client_id=settings.client_id, subscriptions=SUBSCRIPTIONS, will=will)

    with _locked(settings.data_dir):
        ledger = Ledger.open(settings.data_dir, now=utc_now)
        try:
            running = OmsReceiver(settings, ledger, link, now=utc_now, new_id=random_id)
            try:
                running.start()
                yield running
            finally:
                running.stop()
        finally:
            ledger.database.close()


def serve(settings: OmsSettings, *, should_stop: Callable[[], bool], on_ready: Callable[[], None]) -> None:
    """Runs a receiver until `should_stop`.

    Raises:
        SessionTakenOver: Another receiver took our place at the broker.
        OmsError, DatabaseError: It could not be started; see `receiver`.
    """
    with receiver(settings) as running:
        _spare_the_collector()
        announced = False
        while not should_stop():
            if not announced and running.wait_ready(POLL_S):
                announced = True
                on_ready()
            elif running.wait_ended(POLL_S):
                break
        if running.taken_over:
            raise SessionTakenOver(settings.client_id)
        if running.failure is not None:
            raise running.failure


def _spare_the_collector() -> None:
    """Batches are big and soon gone: looking for cycles every 700 objects costs a fifth of the rate."""
    gc.freeze()
    gc.set_threshold(50_000)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReceiverRunning(folder) from error
        yield
