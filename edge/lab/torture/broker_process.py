"""The embedded broker as `darkstore broker` has it."""

import signal
import threading

from sync.broker import EmbeddedBroker


def main(arguments: list[str]) -> None:
    """Run until SIGTERM.

    Args:
        arguments: The port.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with EmbeddedBroker(port=int(arguments[0])):
        stop.wait()
