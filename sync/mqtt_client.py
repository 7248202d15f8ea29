"""The paho client as one connection needs it: session, TLS, TCP, and few system calls.

paho asks the kernel three times for each packet that it reads and once for each that it writes, and builds
a table of all properties for each message and each confirmation. With small messages that is most of the
work, so `BufferedClient` reads and writes in larger pieces, and takes a short way with the packets that
nearly all are. It stands on a handful of paho's inner methods, which a test watches; one of them,
`_ssl_wrap_socket`, is done anew because paho leaves the socket open when the handshake fails.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync.errors import CredentialsUnreadable
from sync.settings import BrokerSettings
from sync.wakeup import Wakeup

CHUNK = 16_384  # bytes read at once, and written at the latest
RECEIVE_MAXIMUM = 1000  # messages that the broker may send us before we acknowledge one


_SUCCESS = ReasonCode(PacketTypes.PUBACK, "Success")
_NO_PROPERTIES = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]


class Arrival(NamedTuple):
    """A message as it came."""

    topic: str
    payload: bytes
    retained: bool
    mid: int
    qos: int


class BufferedClient(Client):
    """A paho client for one connection and one thread, whose owner calls `flush` after each round.

    Args:
        client_id: The session's name at the broker.
        on_arrival: Told of each message.
    """

    def __init__(self, client_id: str, on_arrival: Callable[[Arrival], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self._on_arrival = on_arrival
        self.on_message = self._on_rare_message
        self._input = b""
        self._taken = 0
        self._output = bytearray()
        self._direct = False

    @property
    def has_input(self) -> bool:
        """Whether bytes were read that no packet has been made of yet."""
        return self._taken < len(self._input)

    @property
    def has_output(self) -> bool:
        """Whether bytes wait until the network takes them."""
        return bool(self._output)

    def exchange(self, wakeup: Wakeup, wait: float) -> None:
        """Wait for the network or to be woken, at most `wait` seconds, and read what came."""
        sock = self.socket()
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        poller = select.poll()
        poller.register(wakeup, select.POLLIN)
        poller.register(sock, select.POLLIN | (select.POLLOUT if self.has_output else 0))  # type: ignore[arg-type]
        readable = pending
        for descriptor, happened in poller.poll(0 if pending else wait * 1000):
            if descriptor == wakeup.fileno():
                wakeup.drain()
            else:
                readable = readable or bool(happened & ~select.POLLOUT)
        if readable:
            self.loop_read()
            while self.has_input and self.socket() is not None:
                self.loop_read()

    def flush(self) -> None:
        """Give the network what was written.

        Raises:
            OSError: the connection is gone.
        """
        with contextlib.suppress(BlockingIOError):
            while self._output:
                del self._output[: super()._sock_send(self._output)]

    def write_through(self) -> None:
        """Buffer no more: the next packet is the last one."""
        self.flush()
        self._direct = True

    def ack(self, mid: int, qos: int) -> MQTTErrorCode:
        """A PUBACK without a word, as all of ours are, is written as it stands."""
        if qos != 1 or self._direct:
            return super().ack(mid, qos)
        self._sock_send(b"\x40\x02" + mid.to_bytes(2, "big"))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_publish(self) -> MQTTErrorCode:
        """A message of QoS 1 without properties, as nearly all are, takes a short way."""
        header, packet = self._in_packet["command"], self._in_packet["packet"]
        topic_end = 2 + int.from_bytes(packet[:2], "big")
        start = topic_end + 2
        if header & 0x06 != 0x02 or len(packet) <= start or packet[start] != 0:
            return super()._handle_publish()
        mid = int.from_bytes(packet[topic_end:start], "big")
        payload = bytes(packet[start + 1 :])
        self._on_arrival(Arrival(packet[2:topic_end].decode(), payload, bool(header & 0x01), mid, 1))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _on_rare_message(self, _client: Client, _: Any, message: MQTTMessage) -> None:
        self._on_arrival(
            Arrival(message.topic, bytes(message.payload), message.retain, message.mid, message.qos)
        )

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """A confirmation without a word, as nearly all are, takes a short way."""
        packet = self._in_packet["packet"]
        if cmd != "PUBACK" or len(packet) != 2:
            return super()._handle_pubackcomp(cmd)
        mid = int.from_bytes(packet, "big")
        with self._out_message_mutex:
            if mid in self._out_messages:
                return self._do_on_publish(mid, _SUCCESS, _NO_PROPERTIES)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _packet_read(self) -> MQTTErrorCode:
        """A packet that lies whole in what was read is taken in one piece."""
        if self._in_packet["command"] == 0 and self.has_input:
            self._take_whole_packet()
        return super()._packet_read()

    def _take_whole_packet(self) -> None:
        length, shift, start = 0, 0, self._taken + 1
        while True:  # the length, seven bits a byte (MQTT 5, 1.5.5)
            if start >= len(self._input) or shift > 21:
                return  # paho waits for the rest, or refuses
            byte = self._input[start]
            start += 1
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        end = start + length
        if end > len(self._input):
            return
        self._in_packet["command"] = self._input[self._taken]
        self._in_packet["have_remaining"] = 1
        self._in_packet["remaining_length"] = length
        self._in_packet["packet"] += self._input[start:end]
        self._taken = end

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """Shake hands within the time for connecting; close what failed, or each attempt leaves a socket."""
        assert self._ssl_context is not None  # noqa: S101 - paho calls this with TLS alone
        sock = self._ssl_context.wrap_socket(
            tcp_sock, server_hostname=self._host, do_handshake_on_connect=False
        )
        try:
            sock.settimeout(self.connect_timeout)
            sock.do_handshake()
        except BaseException:
            sock.close()
            raise
        return sock

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._taken >= len(self._input):
            self._input, self._taken = super()._sock_recv(CHUNK), 0
        piece = self._input[self._taken : self._taken + bufsize]
        self._taken += len(piece)
        return piece

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if self._direct:
            return super()._sock_send(buf)
        self._output += buf
        if len(self._output) >= CHUNK:  # the other side works on these while we write the next ones
            self.flush()
        return len(buf)


def connect_properties(settings: BrokerSettings) -> Properties:
    """What we ask of the broker: to keep our session, and not to drown us."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = settings.session_expiry_s
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return properties


def tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    """Certificates to check the broker by, and our own.

    Raises:
        CredentialsUnreadable: a file can't be read, or holds no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        if settings.cert_file is not None and settings.key_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except (OSError, ssl.SSLError) as error:
        raise CredentialsUnreadable("certificate or key", str(error)) from error
    return context


def disable_nagle(_client: Client, _: Any, sock: Any) -> None:
    """Send small packets at once, instead of waiting for the answer to the one before."""
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def close_client(client: Client) -> None:
    """Close the socket without waiting, whatever state the client is in, and cut the reference cycle."""
    sock = client.socket()
    client.on_connect = client.on_disconnect = client.on_message = client.on_publish = None
    client.on_subscribe = client.on_unsubscribe = client.on_socket_open = None
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.close()
