"""Live updates: the pages learn of each change of the desk at once, and of the connection once a second.

The workflow changes the desk in its own threads; browsers are served in the event loop. The bridge between
them keeps, for each browser, only the newest of each kind of message: a slow browser skips steps, it never
delays the work and never fills the memory.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from pydantic import BaseModel, TypeAdapter
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.inspection.desk import Desk
from edge.station.schemas import StationState
from edge.station.services import Connection, Counts, DeviceState, StationServices

_log = logging.getLogger(__name__)
_DESK = TypeAdapter(Desk)

MAX_BROWSERS = 32
LOOK_EVERY_S = 1.0
TICK_EVERY_LOOKS = 5  # a tick each 5 s tells a page that the station is alive


class StateMessage(BaseModel):
    """The first message to a page: everything."""

    type: Literal["state"] = "state"
    state: StationState


class DeviceBrief(BaseModel):
    """A device without its age, which would change with every look."""

    name: str
    kind: str
    state: str


class Surroundings(BaseModel):
    """Everything but the desk."""

    type: Literal["surroundings"] = "surroundings"
    connection: Connection
    counts: Counts
    devices: list[DeviceBrief]


def read_state(services: StationServices) -> StationState:
    """The station as the inspection page shows it, now."""
    return StationState(
        site=services.site,
        station=services.station,
        now=services.now(),
        epoch=services.versions.epoch,
        desk=services.workflow.desk,
        connection=services.delivery.connection(),
        counts=services.devices.counts(),
        devices=list(services.devices.devices()),
    )


class _Browser:
    """One connected page, and the newest message of each kind that it has not been sent."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._something = asyncio.Event()

    def put(self, kind: str, text: str) -> None:
        self._waiting[kind] = text
        self._something.set()

    async def take(self) -> list[str]:
        await self._something.wait()
        self._something.clear()
        texts = list(self._waiting.values())
        self._waiting.clear()
        return texts


class LiveUpdates:
    """Pushes the station's state to every connected page."""

    def __init__(self, services: StationServices) -> None:
        self._services = services
        self._browsers: set[_Browser] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._desk_version = -1
        services.workflow.on_change(self._desk_changed)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the application lives."""
        self._loop = asyncio.get_running_loop()
        looking = asyncio.create_task(self._look_around())
        try:
            yield
        finally:
            self._loop = None
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one page until it goes away."""
        if len(self._browsers) >= MAX_BROWSERS:
            await socket.close(code=1013)
            return
        await socket.accept()
        browser = _Browser()
        self._browsers.add(browser)
        sending = asyncio.create_task(self._send_to(socket, browser))
        try:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass  # pages say nothing here; changes come by POST
        finally:
            self._browsers.discard(browser)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending

    async def _send_to(self, socket: WebSocket, browser: _Browser) -> None:
        try:
            state = await asyncio.to_thread(read_state, self._services)
            await socket.send_text(StateMessage(state=state).model_dump_json())
            while True:
                for text in await browser.take():
                    await socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the page went away in the middle of a sentence; `serve` sees that too
        except Exception:
            _log.exception("state_unreadable")
            with contextlib.suppress(RuntimeError):
                await socket.close(code=1011)  # the page says so and comes again

    def _desk_changed(self, desk: Desk) -> None:
        """Called by the workflow, in any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed between the two lines
                loop.call_soon_threadsafe(self._publish_desk, desk)

    def _publish_desk(self, desk: Desk) -> None:
        if desk.version <= self._desk_version:
            return  # two threads overtook each other; the newer desk is out already
        self._desk_version = desk.version
        self._publish("desk", '{"type":"desk","desk":' + _DESK.dump_json(desk).decode() + "}")

    def _publish(self, kind: str, text: str) -> None:
        for browser in self._browsers:
            browser.put(kind, text)

    async def _look_around(self) -> None:
        last, looks = "", 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not self._browsers:
                continue
            looks += 1
            if looks % TICK_EVERY_LOOKS == 0:
                self._publish("tick", f'{{"type":"tick","now":"{self._services.now().isoformat()}"}}')
            try:
                text = (await asyncio.to_thread(self._read_surroundings)).model_dump_json()
            except Exception:
                _log.exception("surroundings_unreadable")  # the next look may succeed; the desk goes on
                continue
            if text != last:
                last = text
                self._publish("surroundings", text)

    def _read_surroundings(self) -> Surroundings:
        services = self._services
        return Surroundings(
            connection=services.delivery.connection(),
            counts=services.devices.counts(),
            devices=_brief(services.devices.devices()),
        )


def _brief(devices: Sequence[DeviceState]) -> list[DeviceBrief]:
    return [DeviceBrief(name=device.name, kind=device.kind, state=device.state) for device in devices]
