"""May the clock be believed? A wrong one stops nothing but date-based restocking."""

from datetime import UTC, timedelta

from edge.clock import ClockReading
from edge.health.answer import warning, well
from edge.station.services import HealthCheck


def check_clock(reading: ClockReading, utc_offset_minutes: int = 0) -> HealthCheck:
    """What the station's clock says of itself, as a clock on the site's wall would show it.

    Args:
        reading: The time, and whether it is believed.
        utc_offset_minutes: The site's offset from UTC (India: 330).
    """
    offset = timedelta(minutes=utc_offset_minutes)
    sign = "-" if utc_offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(utc_offset_minutes), 60)
    zone = f"UTC{sign}{hours}:{minutes:02d}" if utc_offset_minutes else "UTC"
    shown = f"{(reading.now.astimezone(UTC) + offset):%Y-%m-%d %H:%M} {zone}"
    if reading.ok:
        return well("clock", time=shown)
    return warning("clock", "doubtful", time=shown, reason=reading.reason or "-")
