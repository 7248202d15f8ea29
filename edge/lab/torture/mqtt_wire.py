"""A wire between an MQTT client and its broker that can do everything bad that a network may do.

It listens on one port for ever; where it leads to can change, as when a broker comes back elsewhere. Copies
(duplicates, late redeliveries) travel with QoS 0, so that they don't disturb the count of packets on the
connection; the receiver takes them as it takes any delivery.
"""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from edge.lab.torture.mischief import ANSWERS, EVENTS, Memory, Mischief, Struck
from edge.lab.torture.mqtt_packets import (
    NotMqttError,
    PacketReader,
    Publish,
    read_publish,
    write_puback,
    write_publish,
)

CHUNK_BYTES = 65_536
CALL_TIMEOUT_S = 10.0
COPIES_AT_ONCE = 60


class MqttWire:
    """Passes MQTT connections on, in a thread of its own.

    Args:
        name: Whose wire it is.
        seed: Seeds the order of what is reordered, and what is remembered.
        host: Address on both sides.
    """

    def __init__(self, name: str, seed: int, *, host: str = "127.0.0.1") -> None:
        self.name = name
        self.port = 0
        self.struck = Struck()
        self._host = host
        self._leads_to = 0
        self._rng = random.Random(seed)
        self._mischief = Mischief()
        self._memory = Memory(random.Random(seed + 1))
        self._late: list[Publish] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=f"wire-{name}", daemon=True)
        self._lines: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    # ---- what the driver calls

    def start(self) -> None:
        """Listen; afterwards `port` is the one to connect to."""
        self._thread.start()
        self._call(self._open())

    def stop(self) -> None:
        """Drop everything and stop listening."""
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()

    def lead_to(self, port: int) -> None:
        """Where new connections go from now on."""
        self._leads_to = port

    def behave(self, mischief: Mischief) -> None:
        """Do this from now on. Connections from which bytes are missing are dropped."""
        self._call(self._change(mischief))

    @property
    def mischief(self) -> Mischief:
        """What it does now."""
        return self._mischief

    def redeliver(self, count: int) -> int:
        """Deliver so many old publications again, over the connection that is there or comes next."""
        drawn = self._memory.draw(count)
        self._call(self._send_late(drawn))
        return len(drawn)

    # ---- the thread

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _change(self, mischief: Mischief) -> None:
        if mischief.cut or self._mischief.half_open:
            self._drop()
        self._mischief = mischief

    async def _send_late(self, drawn: list[Publish]) -> None:
        self._late.extend(drawn)
        for line in tuple(self._lines):
            line.deliver_late()

    def _drop(self) -> None:
        for line in tuple(self._lines):
            self.struck.dropped_connections += 1
            line.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._mischief.cut or not self._leads_to:
            self.struck.dropped_connections += self._mischief.cut
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._leads_to)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(self, writer, up_writer)
        self._lines.add(line)
        try:
            await asyncio.gather(
                line.pump(reader, writer, up_writer), line.pump(up_reader, up_writer, writer)
            )
        finally:
            line.abort()
            self._lines.discard(line)

    # ---- what a line asks of its wire

    def look_at(self, packet: bytes) -> tuple[Publish | None, bool]:
        """An event or answer that passes, and whether it is swallowed."""
        publish = read_publish(packet)
        if publish is None or not publish.topic.endswith((EVENTS, ANSWERS)):
            return None, False
        if self._mischief.swallows(publish):
            self.struck.swallowed += 1
            return publish, True
        if publish.qos:
            self._memory.keep(publish)
        return publish, False

    def shuffle(self, packets: list[bytes]) -> list[bytes]:
        """The gathered packets in another order."""
        if len(packets) > 1:
            self.struck.reordered += len(packets)
            self._rng.shuffle(packets)
        return packets

    def take_late(self) -> list[Publish]:
        """What is to be delivered again now."""
        taken, self._late = self._late[:COPIES_AT_ONCE], self._late[COPIES_AT_ONCE:]
        self.struck.redelivered += len(taken)
        return taken


class _Line:
    """One connection through the wire, with its two directions."""

    def __init__(self, wire: MqttWire, client: asyncio.StreamWriter, broker: asyncio.StreamWriter) -> None:
        self._wire = wire
        self._client, self._broker = client, broker
        self._gathered: dict[asyncio.StreamWriter, list[bytes]] = {client: [], broker: []}
        for end in (client, broker):
            with contextlib.suppress(OSError):
                end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def abort(self) -> None:
        for end in (self._client, self._broker):
            end.transport.abort()

    def deliver_late(self) -> None:
        for publish in self._wire.take_late():
            self._broker.write(_copy(publish))

    async def pump(
        self, source: asyncio.StreamReader, back: asyncio.StreamWriter, target: asyncio.StreamWriter
    ) -> None:
        """Pass packets on until the source ends."""
        reader = PacketReader()
        greeted = False
        try:
            while data := await source.read(CHUNK_BYTES):
                if self._wire.mischief.delay_s:
                    await asyncio.sleep(self._wire.mischief.delay_s)
                for packet in reader.feed(data):
                    if self._wire.mischief.half_open:
                        continue
                    self._pass(packet, back, target)
                if target is self._broker and greeted:
                    self.deliver_late()
                greeted = True
                await target.drain()
        except (OSError, NotMqttError):
            pass
        finally:
            target.transport.abort() if source.exception() else target.close()

    def _pass(self, packet: bytes, back: asyncio.StreamWriter, target: asyncio.StreamWriter) -> None:
        mischief = self._wire.mischief
        publish, swallowed = self._wire.look_at(packet)
        if swallowed and publish is not None:
            if publish.packet_id is not None:
                back.write(write_puback(publish.packet_id))
            return
        if publish is not None and mischief.reorders:
            self._gather(packet, target)
        else:
            target.write(packet)
        if publish is not None and mischief.duplicates:
            self._wire.struck.duplicated += 1
            target.write(_copy(publish))

    def _gather(self, packet: bytes, target: asyncio.StreamWriter) -> None:
        waiting = self._gathered[target]
        waiting.append(packet)
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(self._wire.mischief.reorder_within_s, self._release, target)

    def _release(self, target: asyncio.StreamWriter) -> None:
        packets, self._gathered[target] = self._gathered[target], []
        if not target.transport.is_closing():
            for packet in self._wire.shuffle(packets):
                target.write(packet)


def _copy(publish: Publish) -> bytes:
    return write_publish(replace(publish, qos=0, packet_id=None, retain=False))
