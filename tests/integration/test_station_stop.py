"""`darkstore run` told to stop, as systemd does: everything is put in order before the process ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.lab.ports import free_port
from edge.lab.station_client import StationClient

ROOT = Path(__file__).resolve().parent.parent.parent


def test_sigterm_ends_the_station_in_order(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "station.toml"
    config.write_text(
        f'[station]\nsite = "BLR-001"\nstation = "desk-1"\nport = {port}\n'
        f'data_dir = "{tmp_path}/data"\n[broker]\nport = {free_port()}\n[model]\nname = "none"\n',
        encoding="utf-8",
    )
    with (tmp_path / "log").open("wb") as log:
        station = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--config", str(config)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 60
            with StationClient(f"http://127.0.0.1:{port}") as client:
                while not client.is_up():
                    assert station.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            station.send_signal(signal.SIGTERM)
            assert station.wait(60) == 0, (tmp_path / "log").read_text()
        finally:
            station.kill()
            station.wait()
    # SQLite folds the log into the database only when the last connection is closed properly.
    assert (tmp_path / "data" / "station.db").exists()
    assert not (tmp_path / "data" / "station.db-wal").exists()
