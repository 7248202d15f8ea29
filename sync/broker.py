"""An MQTT 5 broker for a machine that has none: rumqttd, run by iotcore in a child process.

Production uses Mosquitto; this one serves a demo, a desk without IT, and tests. It listens on the loopback
alone, takes messages far above our own limits (its default of 20 kB drops the connection of a bigger one
for ever), and is started again when it dies. It keeps nothing on disk: what it held is gone with it, which
costs nothing here, because an event is owed until the OMS itself has answered.
"""

import logging
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from iotcore import Broker

from sync.errors import BrokerNotStarted, BrokerPortInUse

logger = logging.getLogger(__name__)

MAX_PAYLOAD = 4 * 1024 * 1024  # bytes
CHECK_S = 0.5  # how often the child is looked at
LOOPBACK = "127.0.0.1"

CONFIGURATION = """\
id = 0

[router]
id = 0
max_connections = 1010
max_outgoing_packet_count = 500
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "stations"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {max_payload}
max_inflight_count = 500
dynamic_filters = true
"""


class EmbeddedBroker:
    """A supervised MQTT 5 broker on this machine.

    Args:
        host: Address to listen on; another than the loopback opens an unguarded broker to the network.
        port: Port to listen on.

    Raises:
        BrokerPortInUse: by `start`, when another program has the port.
        BrokerNotStarted: by `start`, when the child doesn't come up.
    """

    def __init__(self, host: str = LOOPBACK, port: int = 1883) -> None:
        self.host, self.port = host, port
        self._child: Broker | None = None
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None
        self.restarts = 0

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._child is not None and bool(self._child.is_running)

    @property
    def process_id(self) -> int | None:
        """The child's, for those who measure or watch it."""
        process = None if self._child is None else self._child._process  # noqa: SLF001  # not offered otherwise
        return None if process is None else int(process.pid)

    def start(self) -> Self:
        """Start the child, wait until it accepts connections, and watch over it."""
        try:
            self._start_child()
        except OSError as error:
            self.stop()
            raise BrokerPortInUse(self.host, self.port) from error
        except RuntimeError as error:
            self.stop()
            raise BrokerNotStarted(str(error)) from error
        self._stopping.clear()
        self._supervisor = threading.Thread(target=self._supervise, name="broker-supervisor", daemon=True)
        self._supervisor.start()
        return self

    def stop(self) -> None:
        """End the child and release the port; safe to call twice."""
        self._stopping.set()
        if self._supervisor is not None:
            self._supervisor.join()
            self._supervisor = None
        if self._child is not None:
            self._child.stop()
            self._child = None

    def wait(self) -> None:
        """Block until `stop` is called from a signal handler or another thread."""
        self._stopping.wait()

    def _start_child(self) -> None:
        # It reads its file while it starts; so nothing is left behind, however we end afterwards.
        with tempfile.TemporaryDirectory(prefix="broker-") as folder:
            path = Path(folder, "broker.toml")
            path.write_text(
                CONFIGURATION.format(host=self.host, port=self.port, max_payload=MAX_PAYLOAD),
                encoding="utf-8",
            )
            self._child = Broker(config_path=str(path))
            self._child.start()

    def _supervise(self) -> None:
        wait = CHECK_S
        while not self._stopping.wait(wait):
            child = self._child
            if child is None or child.is_running:
                wait = CHECK_S
                continue
            logger.error("the embedded broker ended; it is started again")
            try:
                child.stop()
                self._start_child()
                self.restarts += 1
            except (OSError, RuntimeError) as error:
                wait = min(wait * 2, 30.0)
                logger.warning("%s", BrokerNotStarted(str(error)))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
