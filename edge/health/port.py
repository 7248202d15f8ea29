"""Is the station's port free?"""

import socket

from edge.health.answer import failed, well
from edge.station.services import HealthCheck


def check_port(host: str, port: int) -> HealthCheck:
    """Whether the pages can be served there.

    Args:
        host: Address to listen on.
        port: Port to listen on.
    """
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return failed("port", "taken", host=host, port=port, problem=error.strerror or str(error))
    return well("port", host=host, port=port)
