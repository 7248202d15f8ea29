"""Is there room for what must be kept, and may it be written?

Pictures go first when space runs short; an event is never shed, so some space must always be free for the
queue.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from edge.health.answer import failed, warning, well
from edge.health.forecast import Forecast
from edge.station.services import HealthCheck

MIB = 1024 * 1024
LOW_BYTES = 2048 * MIB
FULL_BYTES = 200 * MIB
SOON_DAYS = 7.0


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def check_disk(
    folder: Path,
    *,
    low_bytes: int = LOW_BYTES,
    full_bytes: int = FULL_BYTES,
    free_bytes: Callable[[Path], int] = _free_bytes,
    ahead: Callable[[int, int], Forecast] | None = None,
) -> HealthCheck:
    """Free space under the data folder, and the right to write there.

    Args:
        folder: The data folder, which need not exist yet.
        low_bytes: Below this someone should make room.
        full_bytes: Below this no new return should be begun.
        free_bytes: How free space is asked for.
        ahead: Looks ahead, from what is free now and what is full; only a running station can.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        free = free_bytes(existing)
    except OSError as error:
        return failed("disk", "unreadable", folder=str(folder), problem=error.strerror or str(error))
    read_only = bool(os.statvfs(existing).f_flag & os.ST_RDONLY)
    if read_only or not os.access(existing, os.W_OK):
        return failed("disk", "read_only", folder=str(folder))
    free_mb = free // MIB
    if free < full_bytes:
        return failed("disk", "full", free_mb=free_mb, folder=str(folder))
    if free < low_bytes:
        return warning("disk", "low", free_mb=free_mb, folder=str(folder))
    return well("disk", free_mb=free_mb) if ahead is None else _ahead(ahead(free, full_bytes), free_mb)


def _ahead(forecast: Forecast, free_mb: int) -> HealthCheck:
    if not forecast.known:
        return well("disk", "early", free_mb=free_mb)
    if forecast.days is None:
        return well("disk", "steady", free_mb=free_mb)
    days = round(forecast.days, 1) if forecast.days < SOON_DAYS else round(forecast.days)
    if forecast.days < SOON_DAYS:
        return warning("disk", "soon", free_mb=free_mb, days=days)
    return well("disk", "filling", free_mb=free_mb, days=days)
