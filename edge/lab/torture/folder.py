"""Where a chain keeps everything: one folder, which stays when something failed.

CHAIN/driver.jsonl      what the driver saw as saved, and each fault as it struck
CHAIN/desk-1/           a station: station.toml, data/, backup/
CHAIN/oms/              the OMS receiver's ledger, what it publishes, a backup of the ledger
CHAIN/broker/           Mosquitto's settings and what it keeps
CHAIN/logs/             what each process printed
CHAIN/clock, oms.clock  by how many seconds the clocks stand wrong
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from edge.lab.mosquitto import DURABLE, listener
from edge.lab.torture.goods import announced, reference_data
from edge.lab.torture.oms_process import quick_broker
from sync.oms.ledger import LEDGER_FILE

SITE = "BLR-001"
NO_MODEL = "none"


class ChainFolder:
    """Paths and files of one chain.

    Args:
        path: The folder; made here.
        small_disk: Where the data of the desk with the small disk lies; inside `path` otherwise.
    """

    def __init__(self, path: Path, small_disk: Path | None, small_disk_desk: str) -> None:
        self.path = path.absolute()
        self.journal = self.path / "driver.jsonl"
        self.logs = self.path / "logs"
        self.oms = self.path / "oms"
        self.ledger = self.oms / LEDGER_FILE
        self.oms_backup = self.path / "oms-backup.db"
        self.expected = self.oms / "expected.json"
        self.reference = self.oms / "reference.json"
        self.broker = self.path / "broker"
        self.oms_clock = self.path / "oms.clock"
        self._small_disk, self._small_disk_desk = small_disk, small_disk_desk
        for folder in (self.logs, self.oms, self.broker):
            folder.mkdir(parents=True, exist_ok=True)

    def desk(self, name: str) -> Path:
        """A desk's folder."""
        return self.path / name

    def data(self, name: str) -> Path:
        """A desk's data folder."""
        if name == self._small_disk_desk and self._small_disk is not None:
            return self._small_disk / "data"
        return self.desk(name) / "data"

    def clock(self, name: str) -> Path:
        """The file that shifts a desk's clock."""
        return self.desk(name) / "clock"

    def write_oms_files(self, bags: dict[int, int], started_at: datetime) -> None:
        """What the OMS publishes."""
        _write(self.expected, announced(SITE, bags, started_at))
        _write(self.reference, reference_data(SITE))

    def write_station_config(
        self, name: str, *, identity: str, data: Path, http_port: int, wire_port: int
    ) -> Path:
        """A station's settings: an operator's, with waits of tenths of a second.

        Args:
            name: The desk's folder.
            identity: The name by which it goes; a twin goes by another's.
            data: Its data folder.
            http_port: Of its page.
            wire_port: Where its way to the broker begins.
        """
        broker = quick_broker(wire_port)
        config = self.desk(name) / "station.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            f"""# Written by the torture.
[station]
site = "{SITE}"
station = "{identity}"
data_dir = {json.dumps(str(data))}
host = "127.0.0.1"
port = {http_port}

[broker]
port = {broker.port}
keepalive_s = {broker.keepalive_s}
connect_timeout_s = {broker.connect_timeout_s}
reconnect_base_s = {broker.reconnect_base_s}
reconnect_cap_s = {broker.reconnect_cap_s}
stable_after_s = {broker.stable_after_s}

[outbox]
answer_timeout_s = 1.5
retry_base_s = 0.1
retry_cap_s = 1.5

[model]
name = "{NO_MODEL}"

[storage]
reserve_mb = 0
stop_mb = 0
""",
            encoding="utf-8",
        )
        return config

    def write_mosquitto_config(self, port: int, *, durable: bool) -> Path:
        """Mosquitto's settings: as installed, or as `deploy/mosquitto.conf` makes it durable."""
        keeps = self.broker / "kept"
        keeps.mkdir(exist_ok=True)
        config = self.broker / "mosquitto.conf"
        settings = DURABLE.format(folder=keeps) if durable else ""
        config.write_text(listener(port) + settings, encoding="utf-8")
        return config

    def back_up_oms(self) -> None:
        """Copy the ledger as it is, the receiver running or not."""
        self.oms_backup.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(f"{self.ledger.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(self.oms_backup)) as target,
        ):
            source.backup(target)

    def restore_oms(self) -> list[str]:
        """Put the copy back; the receiver must not run. Returns the events that it thereby forgets."""
        forgotten = _events(self.ledger) - _events(self.oms_backup)
        for suffix in ("-wal", "-shm"):
            self.ledger.with_name(self.ledger.name + suffix).unlink(missing_ok=True)
        self.ledger.write_bytes(self.oms_backup.read_bytes())
        return sorted(forgotten)


def _write(path: Path, content: Mapping[str, object]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    new.replace(path)


def _events(ledger: Path) -> set[str]:
    with closing(sqlite3.connect(ledger)) as books:
        return {row[0] for row in books.execute("SELECT id FROM events")}
