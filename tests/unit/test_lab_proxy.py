"""The wire between station and broker: up, cut, half open."""

import socket
import threading
from collections.abc import Iterator

import pytest

from edge.lab.proxy import WireProxy, WireState


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(1000):
                    connection.sendall(data)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    acceptor.join()
    for thread in threads:
        thread.join()


def call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def ends(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_it_passes_bytes_on_both_ways(echo_port: int) -> None:
    with WireProxy("127.0.0.1", echo_port) as wire, call(wire.port) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        assert wire.state is WireState.UP


def test_a_cut_ends_connections_and_refuses_new_ones(echo_port: int) -> None:
    with WireProxy("127.0.0.1", echo_port) as wire, call(wire.port) as connection:
        connection.sendall(b"x")
        connection.recv(1)
        wire.cut()
        assert ends(connection)
        with call(wire.port) as another:
            assert ends(another)
        wire.mend()
        with call(wire.port) as third:
            third.sendall(b"back")
            assert third.recv(100) == b"back"


def test_half_open_keeps_connections_and_passes_nothing(echo_port: int) -> None:
    with WireProxy("127.0.0.1", echo_port) as wire, call(wire.port) as connection:
        connection.sendall(b"x")
        connection.recv(1)
        wire.half_open()
        connection.sendall(b"lost")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        wire.mend()
        connection.settimeout(5)
        assert ends(connection)


def test_an_upstream_that_is_down_ends_the_connection() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with WireProxy("127.0.0.1", unused.getsockname()[1]) as wire, call(wire.port) as connection:
            assert ends(connection)


def test_a_taken_port_is_said(echo_port: int) -> None:
    wire = WireProxy("127.0.0.1", echo_port, port=echo_port)
    with pytest.raises(OSError, match="in use"):
        wire.start()
    wire.stop()
