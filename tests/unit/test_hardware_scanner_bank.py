"""Scanners read in the background: each read handed over once, lost scanners taken up again."""

import threading
import time
import tomllib
from collections.abc import Callable

import pytest
from fakes_hardware import FakeScanner
from pydantic import BaseModel, ValidationError

from hardware.backoff import Backoff
from hardware.errors import DriverUnavailable
from hardware.scanners.bank import RefusedScan, ScannerBank, ScannerLine, ScannerState
from hardware.scanners.drivers import DRIVERS, build_driver
from hardware.scanners.scan import Scan
from hardware.scanners.settings import CommonScannerSettings, ScannerSettings, SimulatorScannerSettings


def until(true: Callable[[], bool]) -> None:
    """Waits; the test's own time-out is the limit."""
    while not true():
        time.sleep(0.005)


class Desk:
    """Takes reads as a station does, and can fail as one might."""

    def __init__(self) -> None:
        self.scans: list[Scan] = []
        self.refused: list[RefusedScan] = []
        self.fails = False

    def take(self, scan: Scan) -> None:
        if self.fails:
            raise RuntimeError("the desk fell over")
        self.scans.append(scan)

    def refuse(self, refused: RefusedScan) -> None:
        if self.fails:
            raise RuntimeError("the desk fell over")
        self.refused.append(refused)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def device() -> FakeScanner:
    return FakeScanner(max_length=20)


@pytest.fixture
def line(device, desk):
    line = ScannerLine("counter", device, Backoff(0.01, 0.02), desk.take, desk.refuse, time.monotonic_ns)
    line.start()
    yield line
    line.ask_to_stop()
    line.join()


def test_a_read_is_handed_over_once_with_its_time(line, device, desk):
    before_ns = time.monotonic_ns()
    device.scan("8901234567894", "]E0")
    until(lambda: desk.scans)
    (scan,) = desk.scans
    assert (scan.text, scan.scanner, scan.symbology) == ("8901234567894", "counter", "]E0")
    assert before_ns <= scan.scanned_at_ns <= time.monotonic_ns()
    assert line.health().scans == 1
    assert line.health().last_scan_age_s >= 0


def test_a_refused_read_is_told_and_counted(line, device, desk):
    device.scan("x" * 21)
    device.scan("short")
    until(lambda: desk.scans)
    (refused,) = desk.refused
    assert (refused.scanner, refused.reason, refused.length) == ("counter", "scan.too_long", 21)
    assert line.health().refused == 1


def test_a_station_that_fails_on_a_read_does_not_stop_the_scanner(line, device, desk, caplog):
    desk.fails = True
    device.scan("first")
    device.scan("x" * 21)
    until(lambda: line.health().scans == 1 and line.health().refused == 1)
    desk.fails = False
    device.scan("second")
    until(lambda: desk.scans)
    assert [scan.text for scan in desk.scans] == ["second"]
    assert "the desk fell over" in caplog.text


def test_an_unplugged_scanner_is_lost_and_taken_up_again(line, device, desk):
    until(lambda: line.health().state is ScannerState.READY)
    device.unplug()
    until(lambda: line.health().state is ScannerState.LOST)
    assert "unplugged" in line.health().last_error
    device.plugged_in = True
    device.scan("back")
    until(lambda: desk.scans)
    assert line.health().state is ScannerState.READY
    assert line.health().restarts >= 1
    assert "unplugged" in line.health().last_error


def test_a_driver_that_fails_in_an_unforeseen_way_is_opened_again(line, device, desk):
    until(lambda: line.health().state is ScannerState.READY)
    device.breaks_with = ZeroDivisionError("in the driver")
    device.scan("after")
    until(lambda: desk.scans)
    assert "ZeroDivisionError" in line.health().last_error


def test_reads_are_handed_over_one_at_a_time_in_their_order(device):
    taken, busy = [], threading.Lock()

    def take(scan: Scan) -> None:
        assert busy.acquire(blocking=False)
        taken.append(scan.text)
        busy.release()

    line = ScannerLine("counter", device, Backoff(0.01, 0.02), take, None, time.monotonic_ns)
    for number in range(50):
        device.scan(str(number))
    line.start()
    line.start()
    until(lambda: len(taken) == 50)
    line.ask_to_stop()
    line.join()
    assert taken == [str(number) for number in range(50)]


class Scanners(BaseModel):
    scanners: dict[str, ScannerSettings]


def scanners(text: str) -> dict[str, ScannerSettings]:
    return Scanners.model_validate(tomllib.loads(text)).scanners


def test_every_driver_can_be_configured_and_built():
    found = scanners(
        '[scanners.counter]\ndriver = "serial"\nport = "/dev/serial/by-id/usb-scanner"\n'
        '[scanners.demo]\ndriver = "simulator"\nsocket = "scanner.sock"\n'
    )
    assert {settings.driver for settings in found.values()} == set(DRIVERS)
    for name, settings in found.items():
        build_driver(name, settings).close()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('driver = "bluetooth"', "bluetooth"),
        ('driver = "serial"', "port"),
        ('driver = "serial"\nport = "p"\nbaudrate = 9600', "baudrate"),
        ('driver = "serial"\nport = "p"\nparity = "mark"', "parity"),
        ('driver = "simulator"\nsocket = "s"\nmax_length = 10241', "max_length"),
    ],
)
def test_a_mistake_in_the_settings_is_named(line, named):
    with pytest.raises(ValidationError, match=named):
        scanners(f"[scanners.counter]\n{line}\n")


def test_an_unknown_driver_stops_the_start(desk):
    with pytest.raises(DriverUnavailable, match=r"'counter'.*'rfid'.*serial"):
        ScannerBank({"counter": CommonScannerSettings(driver="rfid")}, desk.take)


def test_a_driver_whose_library_is_missing_stops_the_start(monkeypatch, desk):
    import sys

    monkeypatch.delitem(sys.modules, "hardware.sim.scanner", raising=False)
    monkeypatch.setitem(sys.modules, "selectors", None)
    with pytest.raises(DriverUnavailable, match="doesn't start"):
        ScannerBank({"demo": SimulatorScannerSettings(socket="s")}, desk.take)
