"""The station's HTTP API, as the driver and the command line use it: plain requests on loopback.

Works on a kept-open connection, since the driver measures; answers are the JSON objects that the API
documents.
"""

import http.client
import json
import socket
import time
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from edge.lab.errors import StationRefused, StationUnreachable

JsonObject = dict[str, Any]

KEPT_S = 2.0
"""Longest rest of a kept-open connection: the station's server closes one after five seconds."""


class StationClient:
    """One connection to a station.

    Args:
        address: Such as `http://127.0.0.1:8321`.
        timeout_s: Longest wait for an answer.
    """

    def __init__(self, address: str, timeout_s: float = 30.0) -> None:
        parts = urlsplit(address)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"a station's address looks like http://127.0.0.1:8321, not {address!r}")
        self.address = address.rstrip("/")
        self._host, self._port = parts.hostname, parts.port or 80
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str, **query: str | int) -> Any:
        """GET a JSON answer."""
        return json.loads(self._ask("GET", path + ("?" + urlencode(query) if query else ""), None))

    def get_bytes(self, path: str) -> bytes:
        """GET something that is not JSON, such as a picture."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: JsonObject | None = None) -> Any:
        """POST a JSON body; the answer's JSON, or None for an empty one."""
        answer = self._ask("POST", path, json.dumps(body or {}).encode())
        return json.loads(answer) if answer else None

    def is_up(self) -> bool:
        """Whether the station answers."""
        try:
            self.get("/api/state")
        except (StationUnreachable, StationRefused):
            return False
        return True

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        request = f"{method} {path}"
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if time.monotonic() - self._used > KEPT_S:
            self.close()  # what changes something can't be asked twice, so it must not meet a closed one
        for attempt in (1, 2):
            fresh = self._connection is None
            connection = self._open(request)
            try:
                connection.request(method, path, body=body, headers=headers)
                response = connection.getresponse()
                content = response.read()
                self._used = time.monotonic()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                self.close()
                # The server may close a kept-open connection between two requests; only then is asking again
                # safe.
                if fresh or attempt == 2 or method != "GET":
                    raise StationUnreachable(request, str(error) or type(error).__name__) from error
                continue
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise StationUnreachable(request, str(error) or type(error).__name__) from error
            if response.status >= 400:
                raise StationRefused(request, response.status, *_problem(content))
            return content
        raise AssertionError("two attempts end in an answer or an error")

    def _open(self, request: str) -> http.client.HTTPConnection:
        if self._connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
            try:
                connection.connect()
            except OSError as error:
                raise StationUnreachable(request, str(error)) from error
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        return self._connection


def in_path(text: str) -> str:
    """An identifier made safe for use in a path."""
    return quote(text, safe="")


def _problem(content: bytes) -> tuple[str, str | None]:
    """The sentence of a problem answer, and its code."""
    try:
        problem = json.loads(content)
    except ValueError:
        return content[:200].decode("utf-8", "replace"), None
    if not isinstance(problem, dict):
        return str(problem)[:200], None
    sentence = str(problem.get("message") or problem)
    what_next = problem.get("what_next") or {}
    return f"{sentence} {what_next.get('message', '')}".strip(), problem.get("code")
