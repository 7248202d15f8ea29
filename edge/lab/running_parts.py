"""The demo's running parts, each a process of its own: broker, OMS receiver, station; and the wire between.

station ──► wire (can be cut) ──► broker ◄── OMS receiver
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.cli_errors import CommandFailed, Exit
from edge.lab.demo_folder import DemoFolder
from edge.lab.ports import free_port, is_listening
from edge.lab.processes import Program
from edge.lab.proxy import WireProxy
from edge.lab.station_client import StationClient

START_TIMEOUT_S = 40.0
MQTT_PORT = 1883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "BrokerAddress":
        """From `mqtt://host:port`, `host:port` or `host`.

        Raises:
            CommandFailed: It is none of them.
        """
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        try:
            port = parts.port or MQTT_PORT
        except ValueError as error:
            raise CommandFailed(f"--broker {url}: the port is no number.", Exit.USAGE) from error
        if parts.scheme not in ("mqtt", "tcp") or not parts.hostname:
            raise CommandFailed(f"--broker {url}: write it as mqtt://HOST:PORT.", Exit.USAGE)
        return cls(parts.hostname, port)


class RunningParts:
    """Starts and ends everything that the demo runs.

    Args:
        folder: The demo's data folder.
        broker: An outside broker; None starts the embedded one.
        http_port: The station's port; None takes a free one.
    """

    def __init__(
        self, folder: DemoFolder, *, broker: BrokerAddress | None = None, http_port: int | None = None
    ) -> None:
        self._folder = folder
        self._own_broker = broker is None
        self._broker = broker or BrokerAddress("127.0.0.1", free_port())
        self.wire = WireProxy(self._broker.host, self._broker.port)
        self.http_port = http_port or free_port()
        self.address = f"http://127.0.0.1:{self.http_port}"
        self.client = StationClient(self.address)
        self.programs: dict[str, Program] = {}

    def start(self) -> None:
        """Start broker, wire, OMS receiver and station; afterwards all are ready.

        Raises:
            CommandFailed: The outside broker does not answer.
            ProgramEnded, ProgramSilent: One of ours did not come up.
        """
        if self._own_broker:
            self._run("broker", "broker", "--host", self._broker.host, "--port", str(self._broker.port))
            self.programs["broker"].wait_ready(
                lambda: is_listening(self._broker.host, self._broker.port), START_TIMEOUT_S
            )
        elif not is_listening(self._broker.host, self._broker.port):
            raise CommandFailed(
                f"No broker answers at {self._broker.host}:{self._broker.port}. "
                "Start it, or leave --broker away.",
                Exit.NOT_NOW,
            )
        self.wire.start()
        folder = self._folder
        self._run(
            "oms",
            "oms",
            "serve",
            "--broker",
            f"mqtt://{self._broker.host}:{self._broker.port}",
            "--data",
            str(folder.oms),
            "--expected",
            str(folder.expected),
            "--reference",
            str(folder.reference),
        )
        folder.write_station_config(
            http_port=self.http_port, broker_host="127.0.0.1", broker_port=self.wire.port
        )
        self.start_station()

    def start_station(self) -> None:
        """Start the station, or start it again."""
        self._run("station", "run", "--config", str(self._folder.station_config))
        self.programs["station"].wait_ready(self.client.is_up, START_TIMEOUT_S)

    def stop(self) -> None:
        """End everything, the station first."""
        self.client.close()
        for name in ("station", "oms", "broker"):
            if name in self.programs:
                self.programs[name].stop()
        self.wire.stop()

    def _run(self, name: str, *arguments: str) -> None:
        program = Program(name, arguments, self._folder.logs / f"{name}.log")
        self.programs[name] = program
        program.start()
