"""What every test shares: skips with a reason to act on, and a check that no test leaves anything running.

A test that needs a Debian package carries its marker (`broker`, `browser`, `zbar`, `strace`). Where it is
missing the test is skipped and counted; with `DARKSTORE_NO_SKIPS=1`, as in CI, such a skip fails the run.
"""

import ctypes
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# A slow machine is no failure, and a failure found is found again.
hypothesis.settings.register_profile("darkstore", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("darkstore")

REASON = "needs Debian package: "
LEAK_GRACE_S = 5.0
# Helpers of Python's own that live until the interpreter ends.
LASTING_PROCESSES = ("resource_tracker", "forkserver")


def _has_program(name: str) -> bool:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _missing_packages() -> dict[str, str]:
    """Marker → Debian package, for those that are not installed here."""
    present = {
        "broker": ("mosquitto", _has_program("mosquitto")),
        "browser": ("chromium", _has_program("chromium")),
        "zbar": ("libzbar0", _has_library("libzbar.so.0")),
        "strace": ("strace", _has_program("strace")),
    }
    return {marker: package for marker, (package, found) in present.items() if not found}


def pytest_configure(config: pytest.Config) -> None:
    """Debian keeps mosquitto where an ordinary user's path does not lead."""
    del config
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a package that is not here."""
    missing = _missing_packages()
    for item in items:
        for marker, package in missing.items():
            if item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=REASON + package))


def _skips_for_packages(reporter: object) -> dict[str, int]:
    counted: dict[str, int] = {}
    for report in getattr(reporter, "stats", {}).get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if REASON in reason:
            package = reason.split(REASON, 1)[1].split()[0].strip(".,;:")
            counted[package] = counted.get(package, 0) + 1
    return counted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run, and the one line that makes them run."""
    counted = _skips_for_packages(terminalreporter)
    if counted:
        listed = ", ".join(f"{number} for {package}" for package, number in sorted(counted.items()))
        terminalreporter.write_line("")
        terminalreporter.write_line(
            f"{sum(counted.values())} tests skipped for missing Debian packages: {listed}"
        )
        terminalreporter.write_line(f"  sudo apt install --no-install-recommends {' '.join(sorted(counted))}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skip for a missing package is a failure: a green run must have run everything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        os.environ.get("DARKSTORE_NO_SKIPS") == "1"
        and _skips_for_packages(reporter)
        and session.exitstatus == 0
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def _children() -> set[psutil.Process]:
    alive = set()
    for child in psutil.Process().children(recursive=True):
        try:
            lasting = any(word in part for part in child.cmdline() for word in LASTING_PROCESSES)
            if child.status() != psutil.STATUS_ZOMBIE and not lasting:
                alive.add(child)
        except psutil.Error:  # ended while we looked
            continue
    return alive


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a thread or a process behind: on a station that is a leak an hour."""
    if request.node.get_closest_marker("browser") is not None:
        yield  # the browser's own helpers come and go
        return
    threads, children = _threads(), _children()
    yield
    deadline = time.monotonic() + LEAK_GRACE_S
    while True:
        left_threads, left_children = _threads() - threads, _children() - children
        if not left_threads and not left_children:
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    commands = []
    for child in left_children:
        try:
            commands.append(" ".join(child.cmdline()))
            child.kill()
        except psutil.Error:
            continue
    names = sorted(thread.name for thread in left_threads)
    pytest.fail(f"left running: threads {names}, processes {commands}")
