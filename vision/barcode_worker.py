"""The second barcode decoder, zbar, in a process of its own.

zbar reads codes that the first decoder misses, tilted ones above all, but has crashed on hostile pictures. So
it never runs inside the station: it gets grey pixels through a pipe and answers with text, and if it dies or
hangs the station loses one answer and starts it again.

Run as `python -m vision.barcode_worker`. In: a header of two unsigned 32-bit little-endian numbers (width,
height) and then `width × height` grey bytes. Out: a header of one such number and as many bytes of JSON, a
list of `{"type", "text", "points"}`, or `{"error": …}`.
"""

import ctypes.util
import json
import os
import selectors
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from threading import Lock
from typing import IO, Any

import numpy as np

from vision.errors import BarcodeWorkerFailed
from vision.picture import Picture

_HEADER = struct.Struct("<II")
_LENGTH = struct.Struct("<I")
_MAX_ANSWER = 1024 * 1024
_MAX_PIXELS = 64_000_000
_TYPES = ("EAN13", "EAN8", "UPCA", "UPCE", "CODE128", "CODE39", "I25", "QRCODE", "DATABAR", "DATABAR_EXP")


@dataclass(frozen=True, slots=True)
class WorkerCode:
    """One code that zbar read: its own name of the symbology, the text, the outline in picture pixels."""

    type: str
    text: str
    points: tuple[tuple[int, int], ...]


def zbar_installed() -> bool:
    """Whether Debian's libzbar0, or the like, is on this machine."""
    return ctypes.util.find_library("zbar") is not None


class ZbarWorker:
    """Asks zbar in a child process that is started when first needed and again after it failed."""

    def __init__(self, timeout_s: float) -> None:
        """Take the longest that one picture may take."""
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    @property
    def process_id(self) -> int | None:
        """The child's process id, None while there is none."""
        return None if self._process is None else self._process.pid

    def read(self, grey: Picture) -> tuple[WorkerCode, ...]:
        """Read the codes of a grey picture `(height, width)`.

        Raises:
            BarcodeWorkerFailed: If zbar died, hung or isn't installed; the next call starts it anew.
        """
        with self._lock:
            try:
                return self._ask(np.ascontiguousarray(grey))
            except (OSError, ValueError, struct.error) as error:
                self._kill()
                raise BarcodeWorkerFailed("zbar gave no answer; the other barcode reader goes on.") from error

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._kill()

    def _ask(self, grey: Picture) -> tuple[WorkerCode, ...]:
        deadline = time.monotonic() + self._timeout_s
        process = self._started()
        height, width = grey.shape
        _write(process.stdin, _HEADER.pack(width, height) + grey.tobytes(), deadline)
        (length,) = _LENGTH.unpack(_read(process.stdout, _LENGTH.size, deadline))
        if length > _MAX_ANSWER:
            raise ValueError(f"an answer of {length} bytes")
        answer = json.loads(_read(process.stdout, length, deadline))
        if isinstance(answer, dict):
            raise OSError(str(answer.get("error")))
        return tuple(
            WorkerCode(
                str(code["type"]), str(code["text"]), tuple((int(x), int(y)) for x, y in code["points"])
            )
            for code in answer
        )

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            # The child ends by itself when the station does: its input then closes.
            process = subprocess.Popen(
                [sys.executable, "-m", "vision.barcode_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C at the terminal is the station's business
            )
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
            self._process = process
        return self._process

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # unsent bytes of a dead child: nobody waits for them
        self._process = None


def _write(stream: IO[bytes] | None, data: bytes, deadline: float) -> None:
    if stream is None:
        raise ValueError("no pipe")
    rest = memoryview(data)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_WRITE)
        while rest:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError("zbar takes no more pixels")
            rest = rest[os.write(stream.fileno(), rest) :]


def _read(stream: IO[bytes] | None, length: int, deadline: float) -> bytes:
    if stream is None:
        raise ValueError("no pipe")
    parts = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(parts) < length:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError("zbar doesn't answer")
            part = os.read(stream.fileno(), length - len(parts))
            if not part:
                raise ValueError("zbar died")
            parts += part
    return bytes(parts)


def _decode(width: int, height: int, pixels: bytes) -> list[dict[str, Any]]:
    """One picture, one symbology list: all symbologies together raise when an add-on is present."""
    from pyzbar import pyzbar

    wanted = [getattr(pyzbar.ZBarSymbol, name) for name in _TYPES if hasattr(pyzbar.ZBarSymbol, name)]
    found = []
    for code in pyzbar.decode((pixels, width, height), symbols=wanted):
        points = [(int(point.x), int(point.y)) for point in code.polygon]
        found.append({"type": str(code.type), "text": code.data.decode("utf-8", "replace"), "points": points})
    return found


def main() -> int:
    """Answer pictures until the input closes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(_HEADER.size):
        if len(header) < _HEADER.size:
            return 1
        width, height = _HEADER.unpack(header)
        if width * height > _MAX_PIXELS:
            return 1
        pixels = source.read(width * height)
        if len(pixels) < width * height:
            return 1
        try:
            answer: Any = _decode(width, height, pixels)
        except Exception as error:  # whatever zbar throws, the parent is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        data = json.dumps(answer).encode()
        sink.write(_LENGTH.pack(len(data)) + data)
        sink.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
