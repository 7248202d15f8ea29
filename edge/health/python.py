"""Is this a machine on which the libraries run: 64-bit Linux, Python 3.11 or newer?"""

import platform
import sys

from edge.health.answer import failed, well
from edge.station.services import HealthCheck

OLDEST = (3, 11)


def check_python() -> HealthCheck:
    """The interpreter that runs this."""
    version = platform.python_version()
    if sys.version_info < OLDEST or sys.maxsize < 2**32:
        return failed("python", "unfit", version=version, machine=platform.machine())
    return well("python", version=version, machine=platform.machine())
