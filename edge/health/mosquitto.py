"""Is there a broker that keeps messages over its own restart? The embedded one keeps them in memory only."""

import os
import shutil

from edge.health.answer import warning, well
from edge.station.services import HealthCheck


def check_mosquitto(program: str = "mosquitto") -> HealthCheck:
    """Whether Debian's Mosquitto is installed on this machine.

    Args:
        program: Its name.
    """
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")
    return well("mosquitto", path=found) if found else warning("mosquitto", "missing")
