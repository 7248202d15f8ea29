"""The station's web server.

One process, loopback unless the settings say otherwise, a clear word if the port is taken.
"""

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from edge.bootstrap import Station
from edge.errors import PortInUse
from edge.station.app import create_app

LARGEST_WEBSOCKET_MESSAGE = 64 * 1024
SWITCH_INTERVAL_S = 0.0005  # a view's next step must not wait 5 ms, Python's own interval, for another thread


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started.

    Raises:
        PortInUse: Another program has it, or this user may not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"{host}:{port} can't be used ({error.strerror}): another program has this port. Stop it, or set "
            "another port in [station] of the settings. Nothing was started."
        ) from error
    return listener


def serve(station: Station, listener: socket.socket, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve pages and API until SIGINT or SIGTERM.

    Args:
        station: At work already.
        listener: From `bind`.
        ready: Called when requests are answered.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    config = uvicorn.Config(
        create_app(station.services),
        log_level="warning",
        access_log=False,
        ws_max_size=LARGEST_WEBSOCKET_MESSAGE,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config, ready)
    if threading.current_thread() is threading.main_thread():
        # uvicorn ends its serving at SIGTERM and then raises the signal again; without a handler of our own
        # that would end the process there and then, with no farewell to the OMS and nothing put in order.
        signal.signal(signal.SIGTERM, _leave)
    server.run(sockets=[listener])


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise SystemExit(0)


def _spare_the_collector() -> None:
    """Leave what was made at the start out of every later search for cycles.

    There are some 150,000 objects; looking through them takes a tenth of a second, in which nobody is served.
    """
    gc.collect()
    gc.freeze()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _spare_the_collector()
            self._ready()
