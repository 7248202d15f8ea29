"""Waking a thread that waits for the network, from any other thread."""

import contextlib
import socket


class Wakeup:
    """A pair of sockets: one end is polled together with the network, the other one is poked."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._awake = False

    def fileno(self) -> int:
        """What to poll."""
        return self._reader.fileno()

    def wake(self) -> None:
        """Make the poll return; cheap when it has been woken already."""
        if not self._awake and self._writer.fileno() >= 0:
            self._awake = True
            with contextlib.suppress(OSError):
                self._writer.send(b"\0")

    def drain(self) -> None:
        """Be ready to be woken again; look at what is to be done only after this."""
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)
        self._awake = False

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()
