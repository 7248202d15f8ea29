"""The lab's client against a real server that ends idle connections, as the station's does."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edge.lab import station_client
from edge.lab.station_client import StationClient

IDLE_S = 0.3


class _Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1  # type: ignore[attr-defined]
        answer = json.dumps({"asked": self.server.asked}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Counting) as server:
        server.asked = 0  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_change_is_not_asked_for_on_a_connection_that_the_station_has_closed(server, monkeypatch):
    monkeypatch.setattr(station_client, "KEPT_S", IDLE_S / 3)
    with StationClient(f"http://127.0.0.1:{server.server_port}") as client:
        assert client.post("/api/proposal/accept") == {"asked": 1}
        time.sleep(IDLE_S * 3)
        assert client.post("/api/proposal/accept") == {"asked": 2}
