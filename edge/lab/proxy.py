"""A wire that can be cut: a TCP proxy between the station and the broker.

The demo and the tests put it where a dark store's line to the outside would be. `cut()` ends every
connection and refuses new ones (the router lost power). `half_open()` keeps them open and passes nothing on,
the worse case: nobody is told that the other end is gone. `mend()` lets traffic through again; half-open
connections are dropped then, since bytes are missing from them.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from enum import StrEnum
from typing import Any, Self

CHUNK_BYTES = 65536
CALL_TIMEOUT_S = 10.0


class WireState(StrEnum):
    """What the wire does with traffic."""

    UP = "up"
    CUT = "cut"
    HALF_OPEN = "half_open"


class WireProxy:
    """Passes TCP connections on to one address, in a thread of its own, until told otherwise.

    Args:
        upstream_host: Where connections are passed on to.
        upstream_port: Its port.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
    """

    def __init__(
        self, upstream_host: str, upstream_port: int, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._upstream = (upstream_host, upstream_port)
        self._address = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="wire-proxy", daemon=True)
        self._state = WireState.UP
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = port

    @property
    def state(self) -> WireState:
        """What the wire does now."""
        return self._state

    def start(self) -> None:
        """Listen; afterwards `port` is the one to connect to.

        Raises:
            OSError: The port is taken.
        """
        self._thread.start()
        self._call(self._open())

    def stop(self) -> None:
        """Drop everything and stop listening."""
        if not self._thread.is_alive():
            return
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._call(self._change(WireState.CUT))

    def half_open(self) -> None:
        """Keep connections, pass nothing on."""
        self._call(self._change(WireState.HALF_OPEN))

    def mend(self) -> None:
        """Let traffic through again."""
        self._call(self._change(WireState.UP))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, *self._address)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._drop_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _change(self, state: WireState) -> None:
        if state is WireState.CUT or self._state is WireState.HALF_OPEN:
            self._drop_all()
        self._state = state

    def _drop_all(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._state is WireState.CUT:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, up_writer)
        self._writers.update(ends)
        try:
            for end in ends:
                end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        finally:
            for end in ends:
                end.transport.abort()
                self._writers.discard(end)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass bytes on until the source ends; whatever is swallowed while half open is lost."""
        try:
            while data := await source.read(CHUNK_BYTES):
                if self._state is WireState.HALF_OPEN:
                    continue
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.transport.abort() if source.exception() else target.close()
