"""A whole station: golden pictures taught with its cameras, a unit compared, judged again elsewhere."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders_desk import the_places
from builders_returns import a_gtin, a_line, a_product, an_expected_return
from builders_vision import a_golden_unit, a_jpeg

from edge.bootstrap import DATABASE_FILE, EDGE_MIGRATIONS, open_station
from edge.clock import SystemClock
from edge.lab.ports import free_port
from edge.returns.store import LocalCopy
from edge.settings import load_settings
from hardware.scanners.scan import Scan
from sync.database import Database
from sync.records import SYNC_MIGRATIONS

ROOT = Path(__file__).resolve().parents[2]
BOSS = "STAFF-BOSS"


class LivingCamera:
    """Puts a picture of what lies on the table into a folder, again and again, each a little later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jpeg = a_jpeg(a_golden_unit(0))
        folder.mkdir()

    @contextmanager
    def filming(self) -> Iterator[None]:
        stop = threading.Event()

        def film() -> None:
            last, number = None, 0
            while not stop.wait(0.05):
                number += 1
                new = self.folder / f"{number:06d}.jpg"
                new.with_suffix(".part").write_bytes(self.jpeg)
                new.with_suffix(".part").rename(new)
                if last is not None:
                    last.unlink()
                last = new

        thread = threading.Thread(target=film)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def a_config(folder: Path) -> Path:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\nsite = "blr-01"\nstation = "desk-1"\ndata_dir = {json.dumps(str(folder / "data"))}\n'
        f"port = {free_port()}\n"
        f'[broker]\nhost = "127.0.0.1"\nport = {free_port()}\n'
        f'[staff]\nsupervisors = ["{BOSS}"]\n[storage]\nreserve_mb = 0\nstop_mb = 0\n'
        f'[cameras.top]\ndriver = "folder"\nfolder = {json.dumps(str(folder / "camera"))}\norder = "newest"\n'
        "pictures_per_second = 30\n",
        encoding="utf-8",
    )
    return config


def fill_copy(folder: Path) -> None:
    """The OMS's streams have told of the return before."""
    folder.mkdir()
    clock = SystemClock()
    database = Database.open(folder / DATABASE_FILE, [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=clock.now)
    copy = LocalCopy(database, now=clock.now)
    with database.write():
        copy._put_product(a_product(mrp=1500))
        copy._put_return(an_expected_return(a_line(mrp=1500)))
        for place in the_places():
            database.sql(
                "INSERT INTO place (place_id, body) VALUES (?, ?)", (place.place_id, place.model_dump_json())
            )
    database.close()


def wait_until_filming(services) -> None:
    deadline = time.monotonic() + 30
    while any(device.state != "live" for device in services.devices.devices() if device.kind == "camera"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_station_teaches_compares_and_replays(tmp_path: Path) -> None:
    config, camera = a_config(tmp_path), LivingCamera(tmp_path / "camera")
    fill_copy(tmp_path / "data")
    with camera.filming(), open_station(load_settings(config)) as station:
        services = station.services
        wait_until_filming(services)
        kept = 0
        for seed in range(6):
            camera.jpeg = a_jpeg(a_golden_unit(seed))
            time.sleep(0.3)  # the unit is put down
            kept += sum(one.kept for one in services.teaching.take("SKU-1", views=None, badge=BOSS).views)
        assert kept >= 5
        assert services.teaching.product("SKU-1").views[0].compared

        def scan(text: str):
            return services.workflow.scan(Scan(text, "test", services.monotonic_ns()))

        camera.jpeg = a_jpeg(a_golden_unit(60, stained=True))
        time.sleep(0.3)
        scan("ORD-1001")
        desk = scan(a_gtin(1))
        assert desk.proposal is not None, desk.notice
        assert "golden" in desk.proposal.timings_ms
        assert "rule.golden_unlike" in [reason.code for reason in desk.proposal.reasons]
        services.workflow.accept(desk.proposal.inspection_id)
    replayed = subprocess.run(
        [sys.executable, "-m", "edge", "replay", "--all", "--json", "--config", str(config)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert json.loads(replayed.stdout)["identical"] == 1
