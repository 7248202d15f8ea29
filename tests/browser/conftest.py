"""A real browser on a real server: Debian's chromium, uvicorn on loopback, a hand-written shift behind it."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from fakes_station import FakeShift
from server_station import RunningStation, running

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
    with running(FakeShift()) as started:
        yield started


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
