"""How a paho client is set up for one connection: session, TLS, TCP."""

import contextlib
import socket
import ssl
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sync.errors import CredentialsUnreadable
from sync.settings import BrokerSettings

RECEIVE_MAXIMUM = 1000  # messages that the broker may send us before we acknowledge one


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
    client.on_subscribe = client.on_socket_open = None
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.close()
