"""Scanners on serial lines (pseudo-terminals) and the simulated scanner's socket, whole."""

import json
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes_hardware import PseudoTerminal, open_descriptors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.errors import ScannerBusy, ScannerError, ScannerLost, ScannerNotFound
from hardware.scanners.bank import ScannerBank, ScannerState
from hardware.scanners.driver import RefusedText, ScannedText
from hardware.scanners.scan import Scan
from hardware.scanners.serial_line import SerialScanner
from hardware.scanners.settings import SerialScannerSettings, SimulatorScannerSettings
from hardware.sim.scanner import SimulatedScanner, send_scan


def until(true: Callable[[], bool]) -> None:
    """Waits; the test's own time-out is the limit."""
    while not true():
        time.sleep(0.005)


@pytest.fixture
def line(tmp_path):
    line = PseudoTerminal(tmp_path / "scanner")
    line.plug_in()
    yield line
    line.unplug()


class TestSerialLine:
    def scanner(self, line: PseudoTerminal, **more) -> SerialScanner:
        scanner = SerialScanner(SerialScannerSettings(port=line.link, **more))
        scanner.open()
        return scanner

    def test_a_read_that_comes_in_parts_is_put_together(self, line):
        scanner = self.scanner(line)
        for part in (b"\x02]E08901", b"23456", b"7894"):
            line.send(part)
            assert scanner.read(0.02) is None
        line.send(b"\x03")
        assert scanner.read(5) == ScannedText("8901234567894", "]E0")
        scanner.close()

    def test_several_reads_that_come_at_once_are_told_apart(self, line):
        scanner = self.scanner(line)
        line.send(b"A\r\nB\r\nC\r\n")
        assert [scanner.read(5).text for _ in range(3)] == ["A", "B", "C"]
        assert scanner.read(0) is None
        scanner.close()

    def test_silence_ends_a_read_where_the_scanner_sends_no_mark(self, line):
        scanner = self.scanner(line, end_after_silence_ms=20)
        line.send(b"8901234567894")
        found = None
        while found is None:
            found = scanner.read(0.1)
        assert found == ScannedText("8901234567894")
        scanner.close()

    def test_the_prefix_stays_in_the_text_if_so_configured(self, line):
        scanner = self.scanner(line, aim_prefix=False)
        line.send(b"]E0890\r")
        assert scanner.read(5) == ScannedText("]E0890")
        scanner.close()

    def test_ten_thousand_characters_too_many_are_refused_and_the_line_stays_usable(self, line):
        scanner = self.scanner(line)
        sender = threading.Thread(
            target=lambda: [line.send(b"x" * 1000) for _ in range(20)] and line.send(b"\rA\r")
        )
        sender.start()
        found = []
        while len(found) < 2:
            read = scanner.read(0.1)
            if read is not None:
                found.append(read)
        sender.join()
        assert found == [RefusedText("scan.too_long", 20_000), ScannedText("A")]
        scanner.close()

    def test_a_port_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(ScannerNotFound, match="by-id"):
            SerialScanner(SerialScannerSettings(port=tmp_path / "none")).open()

    def test_a_file_that_is_no_port_is_an_error(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(ScannerError, match="can't be opened"):
            SerialScanner(SerialScannerSettings(port=tmp_path / "file")).open()

    def test_a_port_that_another_program_reads_is_named(self, line):
        first = self.scanner(line)
        with pytest.raises(ScannerBusy):
            self.scanner(line)
        first.close()

    def test_a_scanner_unplugged_and_plugged_in_again_goes_on(self, line):
        scans: list[Scan] = []
        configured = {"counter": SerialScannerSettings(port=line.link, retry_base_s=0.02, retry_cap_s=0.05)}
        with ScannerBank(configured, scans.append) as bank:
            until(lambda: bank.health()["counter"].state is ScannerState.READY)
            line.send(b"before\rhalf a re")
            until(lambda: len(scans) == 1)
            line.unplug()
            until(lambda: bank.health()["counter"].state is ScannerState.LOST)
            line.plug_in()
            until(lambda: bank.health()["counter"].state is ScannerState.READY)
            line.send(b"after\r")
            until(lambda: len(scans) == 2)
        assert [scan.text for scan in scans] == ["before", "after"]

    def test_stopping_leaves_no_descriptor(self, line):
        before = open_descriptors()
        bank = ScannerBank({"counter": SerialScannerSettings(port=line.link)}, print)
        for _ in range(2):
            bank.start()
            until(lambda: bank.health()["counter"].state is ScannerState.READY)
            bank.stop()
            bank.stop()
        assert open_descriptors() == before


class TestSimulator:
    @pytest.fixture
    def path(self, tmp_path) -> Path:
        return tmp_path / "scanner.sock"

    @pytest.fixture
    def scans(self, path):
        scans: list[Scan] = []
        with ScannerBank(
            {"counter": SimulatorScannerSettings(socket=path, max_length=100)}, scans.append
        ) as bank:
            until(lambda: bank.health()["counter"].state is ScannerState.READY)
            yield scans

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    @given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=25))
    def test_any_text_can_be_scanned(self, path, scans, text):
        scans.clear()
        send_scan(path, text, "]Q3")
        until(lambda: scans)
        assert [(scan.text, scan.symbology) for scan in scans] == [(text, "]Q3")]

    def test_over_long_text_is_refused_to_its_sender(self, path, scans):
        with pytest.raises(ScannerError, match=r"scan\.too_long"):
            send_scan(path, "x" * 101)
        with pytest.raises(ScannerError):
            send_scan(path, "x" * 10_000_000)
        send_scan(path, "next")
        until(lambda: scans)

    @pytest.mark.parametrize(
        "line",
        [
            b"8901234567894",
            b"{",
            b"[]",
            b'{"text": 1}',
            b'{"text": ""}',
            b'{"text": "a", "symbology": "E0"}',
            b'{"text": "a", "symbology": 7}',
            b"\xff\xfe",
            b"[" * 500,
        ],
    )
    def test_what_is_no_scan_is_answered_and_nothing_suffers(self, path, scans, line):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(line + b'\n{"text": "good"}\n')
            with caller.makefile() as answers:
                said = [json.loads(answers.readline()) for _ in range(2)]
        assert said == [{"taken": False, "reason": "scan.malformed"}, {"taken": True, "reason": None}]
        until(lambda: scans)
        assert [scan.text for scan in scans] == ["good"]

    def test_a_caller_that_hangs_up_early_is_forgotten(self, path, scans):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(b'{"text": "half')
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(b'{"text": "whole"}\n')
        until(lambda: scans)
        assert [scan.text for scan in scans] == ["whole"]

    @pytest.mark.usefixtures("scans")
    def test_only_the_stations_user_may_scan(self, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_deleted_socket_is_made_again(self, path, scans):
        path.unlink()
        until(path.exists)
        send_scan(path, "again")
        until(lambda: scans)

    def test_nobody_listening_is_an_error_that_says_so(self, path):
        with pytest.raises(ScannerNotFound, match="Start the station"):
            send_scan(path, "x")

    def test_a_station_that_does_not_answer_is_an_error(self, path):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            with pytest.raises(ScannerLost, match="didn't take"):
                send_scan(path, "x", timeout_s=0.05)

    def test_the_socket_of_a_killed_station_is_taken_over(self, path):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
        scanner = SimulatedScanner(SimulatorScannerSettings(socket=path))
        scanner.open()
        scanner.close()
        assert not path.exists()

    def test_the_socket_of_a_running_station_is_not(self, path, scans):
        with pytest.raises(ScannerBusy, match="Another station"):
            SimulatedScanner(SimulatorScannerSettings(socket=path)).open()
        send_scan(path, "still mine")
        until(lambda: scans)

    def test_a_folder_that_is_missing_is_an_error(self, tmp_path):
        with pytest.raises(ScannerError, match="can't be made"):
            SimulatedScanner(SimulatorScannerSettings(socket=tmp_path / "none" / "s")).open()

    def test_a_path_too_long_for_an_address_works(self, tmp_path):
        deep = tmp_path / ("d" * 90) / ("e" * 90)
        deep.mkdir(parents=True)
        scans: list[Scan] = []
        with ScannerBank({"counter": SimulatorScannerSettings(socket=deep / "s")}, scans.append) as bank:
            until(lambda: bank.health()["counter"].state is ScannerState.READY)
            send_scan(deep / "s", "deep")
            until(lambda: scans)
        assert not (deep / "s").exists()
