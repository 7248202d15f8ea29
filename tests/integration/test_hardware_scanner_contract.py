"""What every scanner driver owes, run against each of them, the simulator and the fake."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes_hardware import FakeScanner, PseudoTerminal

from hardware.errors import ScannerError, ScannerLost
from hardware.scanners.driver import RefusedText, ScannedText, ScannerDriver
from hardware.scanners.serial_line import SerialScanner
from hardware.scanners.settings import SerialScannerSettings, SimulatorScannerSettings
from hardware.sim.scanner import SimulatedScanner, send_scan

LIMIT = 2000


@dataclass
class Rig:
    """A scanner and the hand that scans and unplugs."""

    scanner: ScannerDriver
    scan: Callable[[str, str | None], None]
    unplug: Callable[[], None]


def fake(_: Path) -> Iterator[Rig]:
    scanner = FakeScanner(max_length=LIMIT)
    yield Rig(scanner, scanner.scan, scanner.unplug)


def serial_line(folder: Path) -> Iterator[Rig]:
    line = PseudoTerminal(folder / "scanner")
    line.plug_in()
    settings = SerialScannerSettings(port=line.link, max_length=LIMIT)
    yield Rig(
        SerialScanner(settings),
        lambda text, symbology=None: line.send(f"{symbology or ''}{text}\r".encode()),
        line.unplug,
    )
    line.unplug()


def simulator(folder: Path) -> Iterator[Rig]:
    path = folder / "scanner.sock"
    senders: list[threading.Thread] = []

    def scan(text: str, symbology: str | None = None) -> None:
        def send() -> None:
            with contextlib.suppress(ScannerError):  # refused, as some tests mean it to be
                send_scan(path, text, symbology)

        if senders:
            senders[-1].join()
        senders.append(threading.Thread(target=send))
        senders[-1].start()

    yield Rig(SimulatedScanner(SimulatorScannerSettings(socket=path, max_length=LIMIT)), scan, path.unlink)
    for sender in senders:
        sender.join()


@pytest.fixture(params=[fake, serial_line, simulator])
def rig(request, tmp_path) -> Iterator[Rig]:
    making = request.param(tmp_path)
    rig = next(making)
    yield rig
    rig.scanner.close()
    assert next(making, None) is None


def read(rig: Rig) -> ScannedText | RefusedText:
    while (found := rig.scanner.read(0.05)) is None:
        pass
    return found


def read_on(rig: Rig) -> None:
    """Reads until the scanner is gone."""
    for _ in range(100):
        rig.scanner.read(0.01)


def test_closing_is_safe_before_opening_and_twice(rig):
    rig.scanner.close()
    rig.scanner.open()
    rig.scanner.close()
    rig.scanner.close()


def test_nothing_scanned_is_none(rig):
    rig.scanner.open()
    assert rig.scanner.read(0.01) is None
    assert rig.scanner.read(0) is None


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("8901234567894", "]E0"),
        ("0108901234567894\x1d10A1", "]d2"),
        ("RMA-2041", None),
        ("'; DROP TABLE outbox; --", None),
        ("<script>alert(1)</script>", None),
        ("दाल 500 g", None),
        ("\x00\x01\x7f", None),
        ("x" * LIMIT, None),
    ],
)
def test_text_and_symbology_arrive_as_scanned(rig, text, symbology):
    rig.scanner.open()
    rig.scan(text, symbology)
    assert read(rig) == ScannedText(text, symbology)


def test_reads_keep_their_order(rig):
    rig.scanner.open()
    texts = [str(number) for number in range(10)]
    for text in texts[:1]:
        rig.scan(text, None)
    found = [read(rig)]
    for text in texts[1:]:
        rig.scan(text, None)
        found.append(read(rig))
    assert [scanned.text for scanned in found] == texts


def test_an_over_long_read_is_refused_and_the_next_one_is_read(rig):
    rig.scanner.open()
    rig.scan("x" * (LIMIT + 1), None)
    assert read(rig) == RefusedText("scan.too_long", LIMIT + 1)
    rig.scan("next", None)
    assert read(rig) == ScannedText("next")


def test_an_unplugged_scanner_is_lost_with_advice(rig):
    rig.scanner.open()
    rig.unplug()
    with pytest.raises(ScannerLost) as lost:
        read_on(rig)
    assert lost.value.message.endswith(".")


def test_it_can_be_closed_and_opened_again(rig):
    rig.scanner.open()
    rig.scan("before", None)
    read(rig)
    rig.scanner.close()
    rig.scanner.open()
    rig.scan("after", None)
    assert read(rig) == ScannedText("after")


def test_reading_a_closed_scanner_is_an_error(rig):
    with pytest.raises(ScannerLost):
        rig.scanner.read(0.01)
