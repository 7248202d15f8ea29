"""A simulated scanner: whoever runs the demo or a test "scans" by writing to a Unix socket.

Each line is a JSON object, `{"text": "8901234567894", "symbology": "]E0"}`, so that any text can be scanned,
line ends and control characters included. Each is answered by a line, `{"taken": true}` or why not:

    send_scan(Path("counter.sock"), "8901234567894")
"""

import json
import os
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hardware.errors import ScannerBusy, ScannerError, ScannerLost, ScannerNotFound
from hardware.scanners.driver import RefusedText, ScannedText
from hardware.scanners.settings import SimulatorScannerSettings

_LONGEST_ESCAPE = 6  # one byte of text as JSON: \u001d
_FRAME_ROOM = 256
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_LONGEST_ADDRESS = 100


class SimulatedScanner:
    """Listens on a Unix socket and gives what is sent there as reads.

    Args:
        settings: Where the socket is.
    """

    def __init__(self, settings: SimulatorScannerSettings) -> None:
        self._path = settings.socket
        self._max_length = settings.max_length
        self._longest_line = settings.max_length * _LONGEST_ESCAPE + _FRAME_ROOM
        self._listener: socket.socket | None = None
        self._selector: selectors.BaseSelector | None = None
        self._callers: dict[socket.socket, bytearray] = {}
        self._ready: deque[ScannedText | RefusedText] = deque()

    def open(self) -> None:
        """Makes the socket; one that a killed station left behind is replaced.

        Raises:
            ScannerBusy: Another station listens there.
            ScannerError: The socket can't be made.
        """
        self.close()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with _address(self._path) as address:
                if self._path.is_socket():
                    self._remove_abandoned(address)
                listener.bind(address)
                self._path.chmod(0o600)
            listener.listen()
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise ScannerError(
                f"The simulated scanner's socket {self._path} can't be made ({error}). Check that its folder "
                f"is there and writable."
            ) from error
        except ScannerError:
            listener.close()
            raise
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def read(self, timeout_s: float) -> ScannedText | RefusedText | None:
        """The next text that was sent.

        Raises:
            ScannerLost: The scanner isn't open, or its socket was deleted.
        """
        deadline_s = time.monotonic() + timeout_s
        while not self._ready:
            if self._selector is None or not self._path.exists():
                raise ScannerLost(f"The simulated scanner's socket {self._path} is gone; it is made again.")
            remaining_s = deadline_s - time.monotonic()
            if remaining_s < 0:
                return None
            for key, _ in self._selector.select(remaining_s):
                self._serve(key.fileobj)
        return self._ready.popleft()

    def close(self) -> None:
        """Ends all connections and removes the socket."""
        for caller in list(self._callers):
            self._hang_up(caller)
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)
        self._ready.clear()

    def _remove_abandoned(self, address: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(address)
            except ConnectionRefusedError:
                self._path.unlink(missing_ok=True)
                return
        raise ScannerBusy(
            f"Another station listens at {self._path}. End it, or give this scanner another 'socket'."
        )

    def _serve(self, who: object) -> None:
        if who is self._listener and self._listener is not None and self._selector is not None:
            with suppress(BlockingIOError):
                caller, _ = self._listener.accept()
                caller.setblocking(False)
                self._callers[caller] = bytearray()
                self._selector.register(caller, selectors.EVENT_READ)
        elif isinstance(who, socket.socket):
            self._listen_to(who)

    def _listen_to(self, caller: socket.socket) -> None:
        try:
            data = caller.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up(caller)
            return
        heard = self._callers[caller]
        heard += data
        while (end := heard.find(b"\n")) >= 0:
            line = bytes(heard[:end])
            del heard[: end + 1]
            self._take(caller, line)
        if len(heard) > self._longest_line:
            self._ready.append(RefusedText("scan.too_long", len(heard)))
            self._answer(caller, "scan.too_long")
            self._hang_up(caller)

    def _take(self, caller: socket.socket, line: bytes) -> None:
        found = _parse(line, self._max_length)
        self._ready.append(found)
        self._answer(caller, found.reason if isinstance(found, RefusedText) else None)

    def _answer(self, caller: socket.socket, reason: str | None) -> None:
        answer = {"taken": reason is None, "reason": reason}
        with suppress(OSError):  # the caller went away without waiting
            caller.sendall(json.dumps(answer).encode() + b"\n")

    def _hang_up(self, caller: socket.socket) -> None:
        if self._callers.pop(caller, None) is not None:
            if self._selector is not None:
                self._selector.unregister(caller)
            caller.close()


def send_scan(path: Path, text: str, symbology: str | None = None, *, timeout_s: float = 5.0) -> None:
    """Scans a text with the simulated scanner and returns when the station has it.

    Args:
        path: The scanner's socket.
        text: What the barcode says.
        symbology: AIM identifier such as `]E0`, or None.
        timeout_s: Seconds to wait for the station's answer.

    Raises:
        ScannerNotFound: Nobody listens at that socket: the station isn't running (yet).
        ScannerLost: The station went away, or didn't answer in time.
        ScannerError: The station refused the text, for example for its length.
    """
    line = json.dumps({"text": text, "symbology": symbology}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(timeout_s)
        try:
            with _address(path) as address:
                caller.connect(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ScannerNotFound(
                f"No simulated scanner listens at {path}. Start the station first, or correct the path."
            ) from error
        try:
            with suppress(BrokenPipeError):  # an over-long line is answered before it is heard to its end
                caller.sendall(line)
            with caller.makefile("rb") as answers:
                answer = answers.readline(1024)
        except OSError as error:
            raise ScannerLost(
                f"The station at {path} didn't take the scan ({error}). See whether it runs."
            ) from error
    if not answer:
        raise ScannerLost(f"The station at {path} hung up without an answer. See whether it runs.")
    refused = json.loads(answer).get("reason")
    if refused is not None:
        raise ScannerError(f"The station refused the scan of {len(text)} characters: {refused}.")


def _parse(line: bytes, max_length: int) -> ScannedText | RefusedText:
    malformed = RefusedText("scan.malformed", len(line))
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return malformed
    if not isinstance(said, dict) or not isinstance(said.get("text"), str) or not said["text"]:
        return malformed
    symbology = said.get("symbology")
    if symbology is not None and not (isinstance(symbology, str) and _SYMBOLOGY.fullmatch(symbology)):
        return malformed
    length = len(said["text"].encode("utf-8", "surrogatepass"))
    if length > max_length:
        return RefusedText("scan.too_long", length)
    return ScannedText(said["text"], symbology)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The socket's address; a path too long for one is shortened through its folder's descriptor."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield os.fspath(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
