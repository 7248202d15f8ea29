"""Is the second barcode decoder there? It reads codes that the first one misses, tilted ones above all."""

import ctypes

from edge.health.answer import warning, well
from edge.station.services import HealthCheck


def check_libzbar(library: str = "libzbar.so.0") -> HealthCheck:
    """Whether the system's zbar library can be loaded.

    Args:
        library: Its file name.
    """
    try:
        ctypes.CDLL(library)
    except OSError:
        return warning("libzbar", "missing")
    return well("libzbar")
