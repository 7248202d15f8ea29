"""A real browser on a real server: Debian's chromium, uvicorn on loopback, a hand-written shift behind it."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from fakes_station import FakeShift

from edge.station.app import create_app

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 20.0


class RunningStation:
    """The web station on a port of its own; it can be stopped and started again, as a power cut does."""

    def __init__(self, shift: FakeShift) -> None:
        self.shift = shift
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        config = uvicorn.Config(
            create_app(self.shift.services),
            host="127.0.0.1",
            port=self.port,
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="station")
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > deadline:
                pytest.fail("the server did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(START_S)
        self._server = self._thread = None


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Chromium for a module's tests; a longer life would keep Playwright's event loop in other tests' way."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def station() -> Iterator[RunningStation]:
    running = RunningStation(FakeShift())
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_page(browser, station) -> Iterator[Callable[..., object]]:
    """Open a page of the station; a script error or a refused resource on it fails the test."""
    with contextlib.ExitStack() as stack:
        problems: list[str] = []

        def open_(path="/", *, width=1280, height=800, language=None, may_log_errors=False, **options):
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            stack.callback(context.close)
            if language:
                cookie = {"name": "darkstore_language", "value": language, "url": station.address}
                context.add_cookies([cookie])
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            if not may_log_errors:
                page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
            page.on("dialog", lambda dialog: problems.append(f"a script opened: {dialog.message}"))
            page.goto(station.address + path)
            return page

        yield open_
    assert problems == []


@pytest.fixture
def desk(open_page) -> Callable[..., object]:
    """Open the inspection page and wait until it shows the desk."""

    def open_desk(**options):
        page = open_page("/", **options)
        page.wait_for_selector("#desk[data-phase]:not([data-phase=''])")
        page.wait_for_selector("html[data-wire=up]")
        return page

    return open_desk
