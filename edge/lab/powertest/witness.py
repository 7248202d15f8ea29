"""The second machine: writes down what a device under test says it has confirmed, flushed before it answers.

A line protocol over TCP. The witness greets with a random challenge; the other side answers with a proof that
it knows the shared secret (HMAC-SHA-256 over the challenge; the secret itself never travels) and what it
wants: `write` sends confirmations, each answered with `ok`; `read` gets all of them back. What travels is not
secret and not encrypted: numbers and digests of made-up commits.
"""

import hashlib
import hmac
import json
import os
import secrets
import socketserver
import threading
from pathlib import Path
from typing import Any

from edge.lab.powertest.confirmations import LONGEST_LINE, Confirmation, read_lines
from edge.lab.powertest.errors import WitnessRefused, WitnessUnusable

SILENCE_S = 600.0
OK = b"ok\n"


def proof_of(secret: bytes, challenge: str) -> str:
    """What only somebody with the secret can say to a challenge."""
    return hmac.new(secret, challenge.encode(), hashlib.sha256).hexdigest()


class WitnessBook:
    """The file of confirmations of one device.

    Args:
        path: The file; an existing one is continued.

    Raises:
        WitnessUnusable: It holds something else.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        known = read_lines(content)
        self._folder = known[0].folder if known else None
        self._file = path.open("ab")
        self._file.truncate(content.rfind(b"\n") + 1)
        self._path = path
        self._lock = threading.Lock()

    def add(self, confirmation: Confirmation) -> None:
        """Write one down; when this returns it is on the witness's disk.

        Raises:
            WitnessRefused: The file belongs to another device's test.
        """
        with self._lock:
            if self._folder is not None and self._folder != confirmation.folder:
                raise WitnessRefused("its file holds another device's test; give it a new --file")
            self._folder = confirmation.folder
            self._file.write(confirmation.to_line())
            self._file.flush()
            os.fsync(self._file.fileno())

    def content(self) -> bytes:
        """All of it."""
        with self._lock:
            return self._path.read_bytes()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Witness(socketserver.ThreadingTCPServer):
    """Listens for devices under test.

    Args:
        address: Host and port; port 0 takes a free one.
        book: Where confirmations go.
        secret: Shared with the device; empty asks for none.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], book: WitnessBook, secret: bytes) -> None:
        super().__init__(address, _Conversation)
        self.book = book
        self.secret = secret

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    timeout = SILENCE_S
    server: Witness

    def handle(self) -> None:
        challenge = secrets.token_hex(16)
        self.wfile.write(json.dumps({"witness": 1, "challenge": challenge}).encode() + b"\n")
        try:
            self._talk(challenge)
        except (WitnessRefused, WitnessUnusable) as error:
            self.wfile.write(json.dumps({"refused": str(error)}).encode() + b"\n")
        except OSError:
            return  # the plug was pulled: that is what this is for

    def _talk(self, challenge: str) -> None:
        hello = _parsed(self.rfile.readline(LONGEST_LINE))
        expected = proof_of(self.server.secret, challenge)
        if not hmac.compare_digest(str(hello.get("proof", "")), expected):
            raise WitnessRefused("the secrets differ; give both sides the same --secret-file")
        if hello.get("want") == "read":
            content = self.server.book.content()
            self.wfile.write(json.dumps({"bytes": len(content)}).encode() + b"\n" + content)
            return
        self.wfile.write(OK)
        while (line := self.rfile.readline(LONGEST_LINE)).endswith(b"\n"):
            self.server.book.add(Confirmation.from_line(line))
            self.wfile.write(OK)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise WitnessRefused("that was no greeting of ours") from error
    if not isinstance(found, dict):
        raise WitnessRefused("that was no greeting of ours")
    return found
