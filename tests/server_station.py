"""The web station on a real port of loopback, with a hand-written shift behind it."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fakes_station import FakeShift
from websockets.sync.client import ClientConnection, connect

from edge.station.app import create_app

PATIENCE_S = 20.0


class RunningStation:
    """It can be stopped and started again on the same port, as after a power cut."""

    def __init__(self, shift: FakeShift) -> None:
        self.shift = shift
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.host = f"127.0.0.1:{self.port}"
        self.address = f"http://{self.host}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        config = uvicorn.Config(
            create_app(self.shift.services),
            host="127.0.0.1",
            port=self.port,
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="station")
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._server.started:
            if time.monotonic() > deadline:
                pytest.fail("the server did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._server = self._thread = None


@contextmanager
def running(shift: FakeShift) -> Iterator[RunningStation]:
    """A station for the time of a test."""
    station = RunningStation(shift)
    station.start()
    try:
        yield station
    finally:
        station.stop()


@contextmanager
def http_client(shift: FakeShift) -> Iterator[httpx.Client]:
    """A program that talks to a running station."""
    with running(shift) as station, httpx.Client(base_url=station.address, timeout=PATIENCE_S) as client:
        yield client


class LivePage:
    """What a page hears over its WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def hear(self) -> Any:
        return json.loads(self._connection.recv(timeout=PATIENCE_S))

    def next_of(self, kind: str) -> Any:
        while True:
            message = self.hear()
            if message["type"] == kind:
                return message


@contextmanager
def live_page(station: RunningStation, **options: Any) -> Iterator[LivePage]:
    """Listen to a station as a page does."""
    with connect(f"ws://{station.host}/api/live", **options) as connection:
        yield LivePage(connection)
