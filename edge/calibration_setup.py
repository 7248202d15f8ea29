"""Calibration and second looks of a station, opened alone for the commands that look at them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from edge.bootstrap import DATABASE_FILE, EDGE_MIGRATIONS
from edge.calibration_view import CalibrationsView
from edge.clock import SystemClock
from edge.grading.policy_loading import load_policies
from edge.inspection.calibrating import CalibrationBook
from edge.inspection.second_looks import SecondLooks
from edge.locking import DataFolderLock
from edge.settings import Settings
from edge.station_model import load_model
from edge.waking import unsealed
from sync.database import Database
from sync.records import SYNC_MIGRATIONS


@contextmanager
def open_calibration(settings: Settings, *, exclusive: bool) -> Iterator[CalibrationsView]:
    """The calibration alone.

    Args:
        settings: The whole settings file.
        exclusive: It will be written: refuse while a station runs on the same data.

    Raises:
        StationLocked: `exclusive`, and a station runs.
    """
    data = settings.station.data_dir
    with ExitStack() as stack:
        if exclusive:
            stack.enter_context(DataFolderLock(data))
            stack.enter_context(unsealed(data / DATABASE_FILE))
        clock = SystemClock()
        database = Database.open(data / DATABASE_FILE, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
        stack.callback(database.close)
        policies = load_policies(settings.policies)
        model, _, _ = load_model(settings)
        yield CalibrationsView(CalibrationBook(database, policies, model, clock), policies)


@contextmanager
def open_second_looks(settings: Settings) -> Iterator[SecondLooks]:
    """What second looks have shown; also beside a running station, since it writes nothing."""
    clock = SystemClock()
    path = settings.station.data_dir / DATABASE_FILE
    database = Database.open(path, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    try:
        yield SecondLooks(database, clock, share=settings.second_looks.share)
    finally:
        database.close()
