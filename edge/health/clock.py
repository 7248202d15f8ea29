"""May the clock be believed? A wrong one stops nothing but date-based restocking."""

from edge.clock import ClockReading
from edge.health.answer import warning, well
from edge.station.services import HealthCheck


def check_clock(reading: ClockReading) -> HealthCheck:
    """What the station's clock says of itself.

    Args:
        reading: The time, and whether it is believed.
    """
    shown = reading.now.strftime("%Y-%m-%d %H:%M UTC")
    if reading.ok:
        return well("clock", time=shown)
    return warning("clock", "doubtful", time=shown, reason=reading.reason or "-")
