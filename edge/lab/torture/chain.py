"""The chain's processes and the wires between them.

desk-1 ── wire ──┐
                 ├── broker ── wire ── OMS receiver
desk-2 ── wire ──┘

Each can be ended and started again without the others; a broker comes back on another port, to which the
wires then lead.
"""

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

from edge.lab.errors import MosquittoMissing, ProgramSilent, StationRefused, StationUnreachable
from edge.lab.mosquitto import find_mosquitto
from edge.lab.ports import free_port, is_listening
from edge.lab.station_client import StationClient
from edge.lab.torture.faults import BrokerKind
from edge.lab.torture.folder import ChainFolder
from edge.lab.torture.mischief import Mischief
from edge.lab.torture.mqtt_wire import MqttWire
from edge.lab.torture.nursery import Grown, Nursery, tail
from edge.lab.torture.plan import DESKS, OMS
from edge.lab.torture.shifted_clock import set_shift
from edge.lab.torture.waiting import wait_for

STATION = "edge.lab.torture.station_process:main"
RECEIVER = "edge.lab.torture.oms_process:main"
EMBEDDED = "edge.lab.torture.broker_process:main"
START_S = 40.0


class DeskProcess:
    """One station: its process, its address, its clock.

    Args:
        name: The desk's folder, such as `desk-1`.
        identity: The name by which it goes.
        folder: The chain's.
        nursery: Starts it.
        wire: Its way to the broker.
        entry: What runs; a weakened station in tests.
        data: Its data folder; the chain folder's own for it if left out.
    """

    def __init__(
        self,
        name: str,
        identity: str,
        folder: ChainFolder,
        nursery: Nursery,
        wire: MqttWire,
        *,
        entry: str = STATION,
    ) -> None:
        self.name, self.identity, self.wire = name, identity, wire
        self.data = folder.data(name)
        self._folder, self._nursery, self._entry = folder, nursery, entry
        self.process: Grown | None = None
        self._settle_at(free_port())

    def start(self) -> None:
        """Start it and wait until its page answers.

        Raises:
            ProgramEnded, ProgramSilent: It did not come up.
        """
        if self.process is not None:
            self.process.kill()
        if is_listening("127.0.0.1", self._port):  # a program of somebody else's came while ours was away
            self._settle_at(free_port())
        arguments = [str(self._config), str(self._folder.clock(self.name))]
        process = self._nursery.start(
            self.name, self._entry, arguments, self._folder.logs / f"{self.name}.log"
        )
        self.process = process

        def up() -> bool:
            process.require_alive()
            return self.client.is_up()

        if not wait_for(up, START_S):
            raise ProgramSilent(self.name, START_S, process.log, tail(process.log))

    def _settle_at(self, port: int) -> None:
        self._port = port
        self.client = StationClient(f"http://127.0.0.1:{port}", timeout_s=10.0)
        self._config = self._folder.write_station_config(
            self.name, identity=self.identity, data=self.data, http_port=port, wire_port=self.wire.port
        )

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.alive()

    def kill(self) -> None:
        """SIGKILL, from any thread."""
        if self.process is not None:
            self.process.kill()

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None:
            self.process.stop()
        self.client.close()

    def set_clock(self, shift: timedelta) -> None:
        """Let its clock stand wrong by so much."""
        set_shift(self._folder.clock(self.name), shift)

    def connection(self) -> dict[str, object] | None:
        """What it says of its way to the OMS; None where it does not answer."""
        with suppress(StationUnreachable, StationRefused):
            return dict(self.client.get("/api/state")["connection"])
        return None


class Chain:
    """Everything that runs.

    Args:
        folder: Where everything is kept.
        seed: Seeds the wires.
        station_entry: What runs at the desks; a weakened station in tests.
    """

    def __init__(self, folder: ChainFolder, seed: int, *, station_entry: str = STATION) -> None:
        self.folder = folder
        self.broker_kind = BrokerKind.EMBEDDED
        self._entry = station_entry
        self.nursery = Nursery(folder.logs / "nursery.log")
        self.wires = {name: MqttWire(name, seed * 8 + number) for number, name in enumerate((*DESKS, OMS))}
        for wire in self.wires.values():
            wire.start()
        self.desks = {
            name: DeskProcess(name, name, folder, self.nursery, self.wires[name], entry=station_entry)
            for name in DESKS
        }
        self._broker: Grown | None = None
        self._oms: Grown | None = None

    def stop(self) -> None:
        """End everything, the stations first."""
        with suppress(Exception):
            for desk in self.desks.values():
                desk.stop()
            self.stop_oms()
            self.kill_broker()
        self.nursery.stop()
        for wire in self.wires.values():
            wire.stop()

    # ---- broker

    def start_broker(self, kind: BrokerKind) -> None:
        """Start a broker, on a port of its own, and lead the wires to it.

        Raises:
            ProgramEnded, ProgramSilent: It did not come up.
        """
        self.broker_kind = kind
        port, log = free_port(), self.folder.logs / "broker.log"
        if kind is BrokerKind.EMBEDDED:
            broker = self.nursery.start("broker", EMBEDDED, [str(port)], log)
        else:
            config = self.folder.write_mosquitto_config(port, durable=kind is BrokerKind.MOSQUITTO_DURABLE)
            program = find_mosquitto()
            if program is None:
                raise MosquittoMissing
            broker = self.nursery.start("broker", "exec", [program, "-c", str(config)], log)
        self._broker = broker

        def up() -> bool:
            broker.require_alive()
            return is_listening("127.0.0.1", port)

        if not wait_for(up, START_S):
            raise ProgramSilent("broker", START_S, log, tail(log))
        for wire in self.wires.values():
            wire.lead_to(port)

    def kill_broker(self) -> None:
        """SIGKILL, the embedded broker's child included."""
        if self._broker is None:
            return
        children: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self._broker.pid).children(recursive=True)
        self._broker.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._broker = None

    def broker_alive(self) -> bool:
        """Whether a broker runs."""
        return self._broker is not None and self._broker.alive()

    def change_broker(self, kind: BrokerKind) -> None:
        """Another broker, which knows nothing of the one before."""
        self.kill_broker()
        shutil.rmtree(self.folder.broker, ignore_errors=True)
        self.folder.broker.mkdir()
        self.start_broker(kind)

    # ---- OMS

    def start_oms(self) -> None:
        """Start the receiver."""
        folder = self.folder
        self._oms = self.nursery.start(
            "oms",
            RECEIVER,
            [
                str(folder.oms),
                str(self.wires[OMS].port),
                str(folder.expected),
                str(folder.reference),
                str(folder.oms_clock),
            ],
            folder.logs / "oms.log",
        )

    def oms_alive(self) -> bool:
        """Whether the receiver runs."""
        return self._oms is not None and self._oms.alive()

    def kill_oms(self) -> None:
        """SIGKILL."""
        if self._oms is not None:
            self._oms.kill()

    def stop_oms(self) -> None:
        """End it in order."""
        if self._oms is not None:
            self._oms.stop()

    # ---- all of it

    def mend(self) -> None:
        """Good wires, right disks, and every process up again."""
        for wire in self.wires.values():
            if wire.mischief != Mischief():
                wire.behave(Mischief())
        if not self.broker_alive():
            self.start_broker(self.broker_kind)
        if not self.oms_alive():
            self.start_oms()

    def twin_of(self, desk: DeskProcess, data: Path) -> DeskProcess:
        """A second station that goes by the desk's name, on a copy of its data."""
        name = f"{desk.name}-twin"
        twin = DeskProcess(name, desk.identity, self.folder, self.nursery, desk.wire, entry=self._entry)
        shutil.rmtree(twin.data, ignore_errors=True)
        shutil.copytree(data, twin.data)
        with suppress(FileNotFoundError):
            shutil.copy(self.folder.clock(desk.name), self.folder.clock(name))
        return twin
