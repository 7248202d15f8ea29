"""What stands before every request: who may ask, how much may be sent, and what the browser may do.

The station listens for a browser on the same machine. A page on the internet, opened in that browser, must
not be able to reach it: not by a name that it lets point to 127.0.0.1 (the Host check), not by sending a
form or a script's request (the Origin and JSON checks), not by putting the page into a frame (the headers).
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.station.errors import (
    BodyTooLarge,
    HostNotAllowed,
    NotJson,
    OriginNotAllowed,
    StationRequestError,
)
from edge.station.problems import ProblemWriter

MAX_BODY_BYTES = 64 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")
READING = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class Guard:
    """ASGI middleware that refuses strangers and marks every answer with the security headers."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], problems: ProblemWriter) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in (*LOOPBACK, *hosts))
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        guarded_send = _with_headers(send, scope)
        try:
            self._check_caller(scope)
            if scope["type"] == "http" and scope["method"] not in READING:
                receive = await _whole_body(scope, receive)
        except StationRequestError as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": error.code})
            else:
                await self._problems.answer(error)(scope, receive, guarded_send)
            return
        await self._app(scope, receive, guarded_send)

    def _check_caller(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(f"//{host}") not in self._hosts:
            raise HostNotAllowed(host=host[:100])
        if scope["type"] == "http" and scope["method"] in READING:
            return
        origin = headers.get("origin")
        # Programs send no Origin; browsers always send one with a change or a WebSocket.
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise OriginNotAllowed(origin=origin[:100])
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise OriginNotAllowed(origin=(origin or "")[:100])


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _whole_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body up to the limit, and give back a `receive` that replays it."""
    headers = Headers(scope=scope)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(limit_kb=MAX_BODY_BYTES // 1024)
    if body and headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise NotJson
    replayed = False

    async def replay() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return replay


def _with_headers(send: Send, scope: Scope) -> Send:
    cache = "no-cache" if scope["path"].startswith("/static/") else "no-store"

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", cache)
        await send(message)

    return send_with_headers
