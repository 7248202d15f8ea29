"""Does the way to the OMS stand? Without it the station works on, and owes."""

import socket

from edge.health.answer import failed, warning, well
from edge.station.services import Connection, HealthCheck


def check_connection(connection: Connection) -> HealthCheck:
    """The running station's own view of its delivery.

    Args:
        connection: What the relay says.
    """
    if connection.session_taken_over:
        return failed("broker", "taken_over")
    if not connection.broker_connected:
        return warning("broker", "offline", owed=connection.owed)
    if not connection.oms_present:
        return warning("broker", "oms_absent", owed=connection.owed)
    return well("broker")


def check_broker_reachable(host: str, port: int, timeout_s: float = 3.0) -> HealthCheck:
    """Before the start: does something accept connections there?

    Args:
        host: The broker's host.
        port: Its port.
        timeout_s: Longest wait.
    """
    try:
        socket.create_connection((host, port), timeout=timeout_s).close()
    except OSError as error:
        return warning("broker", "unreachable", host=host, port=port, problem=error.strerror or str(error))
    return well("broker", "reachable", host=host, port=port)
