"""Accepting a device model: a writer that is killed, a disk that lies, and a witness that knows better."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.lab.powertest.confirmations import Confirmation, read_lines
from edge.lab.powertest.errors import FolderUnusable, WitnessRefused, WitnessUnreachable, WitnessUnusable
from edge.lab.powertest.folder import TestFolder
from edge.lab.powertest.verifying import verify
from edge.lab.powertest.witness import Witness, WitnessBook
from edge.lab.powertest.witness_line import WitnessLine
from edge.lab.powertest.writing import write_commits

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = b"sixteen bytes at least"


@contextmanager
def a_witness(file: Path, secret: bytes = b"") -> Iterator[Witness]:
    server = Witness(("127.0.0.1", 0), WitnessBook(file), secret)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        server.book.close()


def address(witness: Witness) -> tuple[str, int]:
    return "127.0.0.1", witness.port


def write(folder: TestFolder, witness: Witness, commits: int) -> None:
    with WitnessLine(address(witness), b"") as line:
        assert write_commits(folder, line, commits=commits, per_second=10_000, picture_kb=2) == commits


def heard(witness: Witness) -> list[Confirmation]:
    with WitnessLine(address(witness), b"", want="read") as line:
        return line.read_all()


def test_a_killed_writer_has_kept_all_that_was_witnessed(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "witness"
    with a_witness(file) as witness:
        writer = subprocess.Popen(
            [
                *(sys.executable, "-m", "edge", "powertest", "write", "--data", str(data)),
                *("--per-second", "10000", "--picture-kb", "2", "--witness", f"127.0.0.1:{witness.port}"),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 60
            while file.stat().st_size < 5000:
                assert writer.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        done = CliRunner().invoke(
            app,
            ["powertest", "verify", "--data", str(data), "--witness", f"127.0.0.1:{witness.port}", "--json"],
        )
    verdict = json.loads(done.stdout)
    assert done.exit_code == 0, verdict
    assert verdict["confirmed"] == verdict["kept"] == len(read_lines(file.read_bytes())) > 0
    assert verdict["unwitnessed"] <= 1


def test_a_disk_that_dropped_its_newest_writes_is_found_out(tmp_path: Path) -> None:
    folder, file = TestFolder(tmp_path / "data"), tmp_path / "witness"
    with a_witness(file) as witness:
        write(folder, witness, 3)
        shutil.copytree(folder.path, tmp_path / "what the disk really had")
        write(folder, witness, 4)
        assert verify(folder, heard(witness)).good
    shutil.rmtree(folder.path)
    (tmp_path / "what the disk really had").rename(folder.path)
    verdict = verify(folder, read_lines(file.read_bytes()))
    assert (verdict.runs, verdict.confirmed, verdict.kept, len(verdict.missing)) == (2, 7, 3, 4)
    assert len(verdict.pictures_missing) == 8
    assert not verdict.good
    arguments = ["powertest", "verify", "--data", str(folder.path), "--file", str(file)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert "lost what it had confirmed" in told.stdout


def test_a_log_that_was_cut_short_is_found_out(tmp_path: Path) -> None:
    folder, left = TestFolder(tmp_path / "data"), tmp_path / "left"
    with a_witness(tmp_path / "witness") as witness:
        with WitnessLine(address(witness), b"") as line:

            def at_the_cut(number: int) -> None:
                if number == 4:
                    shutil.copytree(folder.path, left)

            write_commits(folder, line, commits=4, per_second=10_000, picture_kb=2, on_confirmed=at_the_cut)
        confirmations = heard(witness)
    shutil.rmtree(folder.path)
    left.rename(folder.path)
    log = folder.path / "station.db-wal"
    os.truncate(log, log.stat().st_size - 30_000)
    verdict = verify(folder, confirmations)
    assert verdict.confirmed == 4
    assert 0 < len(verdict.missing) <= 4
    assert not verdict.pictures_missing
    assert verdict.damage is None


def test_a_damaged_picture_and_a_damaged_database_are_found_out(tmp_path: Path) -> None:
    folder = TestFolder(tmp_path / "data")
    with a_witness(tmp_path / "witness") as witness:
        write(folder, witness, 3)
        confirmations = heard(witness)
    first, second, _ = (next(iter(one.pictures)) for one in confirmations)
    (folder.pictures / first).write_bytes(b"zeros")
    (folder.pictures / second).unlink()
    verdict = verify(folder, confirmations)
    assert (verdict.kept, verdict.pictures_damaged, verdict.pictures_missing) == (1, (first,), (second,))
    database = folder.path / "station.db"
    content = bytearray(database.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    database.write_bytes(content)
    verdict = verify(folder, confirmations)
    assert verdict.damage is not None
    assert not verdict.good


def test_everything_gone_is_no_pass(tmp_path: Path) -> None:
    folder = TestFolder(tmp_path / "data")
    with a_witness(tmp_path / "witness") as witness:
        write(folder, witness, 2)
        shutil.rmtree(folder.path)
        verdict = verify(folder, heard(witness))
    assert (verdict.kept, len(verdict.missing)) == (0, 2)
    with pytest.raises(FolderUnusable, match="no power test"):
        verify(folder, [])


def test_nothing_witnessed_is_no_pass(tmp_path: Path) -> None:
    folder = TestFolder(tmp_path / "data")
    folder.begin()
    assert not verify(folder, []).good


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "station.db").write_bytes(b"a station lives here")
    with pytest.raises(FolderUnusable, match="holds no power test"):
        TestFolder(tmp_path).begin()
    with a_witness(tmp_path / "witness") as witness:
        write(TestFolder(tmp_path / "one"), witness, 1)
        with pytest.raises(WitnessRefused, match="another device"):
            write(TestFolder(tmp_path / "two"), witness, 1)
        with pytest.raises(FolderUnusable, match="another folder"):
            verify(TestFolder(tmp_path / "two"), heard(witness))


def test_secrets_must_agree(tmp_path: Path) -> None:
    with a_witness(tmp_path / "witness", SECRET) as witness:
        WitnessLine(address(witness), SECRET).close()
        with pytest.raises(WitnessRefused, match="secrets differ"):
            WitnessLine(address(witness), b"another secret altogether")


def test_strangers_are_not_taken_for_a_witness(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            connection, _ = server.accept()
            connection.sendall(b"220 mail.example.net\r\n")
            connection.close()

        stranger = threading.Thread(target=answer)
        stranger.start()
        with pytest.raises(WitnessUnreachable, match="no witness"):
            WitnessLine(("127.0.0.1", port), b"")
        stranger.join()
    with pytest.raises(WitnessUnreachable, match="does not answer"):
        WitnessLine(("127.0.0.1", port), b"")


def test_the_witness_goes_on_after_its_own_crash(tmp_path: Path) -> None:
    file = tmp_path / "witness"
    folder = TestFolder(tmp_path / "data")
    with a_witness(file) as witness:
        write(folder, witness, 2)
    with file.open("ab") as torn:
        torn.write(b'{"folder": "half a li')
    with a_witness(file) as witness:
        write(folder, witness, 1)
        assert len(heard(witness)) == 3
    (tmp_path / "other").write_bytes(b"a letter\n")
    with pytest.raises(WitnessUnusable, match="no confirmation"):
        WitnessBook(tmp_path / "other")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["witness", "--file", "f", "--host", "0.0.0.0"], "secret-file"),  # noqa: S104
        (["write", "--data", "d", "--witness", "host:port"], "HOST:PORT"),
        (["verify", "--data", "d"], "--witness"),
        (["verify", "--data", "d", "--witness", "h:1", "--secret-file", "missing"], "can't be read"),
    ],
)
def test_wrong_use_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["powertest", *arguments])
    assert said in str(done.exception)
