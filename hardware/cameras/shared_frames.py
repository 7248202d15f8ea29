"""The newest picture of one camera, in memory that the camera's process and the station share.

The memory is anonymous (`memfd_create`): no name to clean up, gone with the last process that holds it. It is
sealed against growing and shrinking, so that a child can't crash its parent by cutting it.

    page 0      counters: number of the newest picture, length of the report; then the report (why the child
    gave up) slot 0..2   version, number, taken_at_ns, length, width, height, digest; then the JPEG's bytes

The writer fills the slot after the newest one, so a reader has at least two picture intervals to copy. Should
the reader still be overtaken, two things tell it: the slot's version (odd while it is written, changed
afterwards) and a CRC over header and picture, which also holds on processors that reorder stores. A torn copy
is read again, never handed out.

One writer; any number of readers in one process. A writer that was killed in the middle leaves an odd version
in one slot; the next writer goes on from the counters.
"""

import contextlib
import fcntl
import mmap
import os
import struct
import zlib
from typing import NamedTuple, Self

from hardware.errors import PictureTooLarge

SLOTS = 3
_PAGE = 4096
_NEWEST = 0  # index of each counter in eight-byte words
_REPORT_LENGTH = 1
_REPORT_AT = 64
_REPORT_LIMIT = _PAGE - _REPORT_AT
_HEADER = struct.Struct("=QQQIII")  # number, taken_at_ns, length, width, height, digest
_HEADER_AT = 8  # after the slot's version
_PICTURE_AT = 64
_DIGESTED = struct.Struct("=QQQII")
_ATTEMPTS = 16


class StoredFrame(NamedTuple):
    """A picture copied out of shared memory.

    Attributes:
        jpeg: The picture's bytes.
        taken_at_ns: Monotonic nanoseconds at which it was taken.
        number: Counts this camera's pictures from 1, across restarts of its process.
        width: Pixels.
        height: Pixels.
    """

    jpeg: bytes
    taken_at_ns: int
    number: int
    width: int
    height: int


class SharedFrames:
    """The three slots. `create()` in the station, `attach()` in the camera's process.

    Attributes:
        fd: Descriptor of the memory, to be passed to the camera's process.
        max_picture_bytes: Room for one picture.
    """

    def __init__(self, fd: int, max_picture_bytes: int) -> None:
        self.fd = fd
        self.max_picture_bytes = max_picture_bytes
        self._stride = _stride(max_picture_bytes)
        self._memory = mmap.mmap(fd, _PAGE + SLOTS * self._stride)
        self._bytes = memoryview(self._memory)
        self._words = self._bytes.cast("Q")  # an aligned eight-byte store each, which struct doesn't promise
        self._last_jpeg: bytes | None = None
        self._last_crc = 0

    @classmethod
    def create(cls, name: str, max_picture_bytes: int) -> Self:
        """Sets aside memory for one camera; pages that no picture needs stay unused."""
        fd = os.memfd_create(f"camera-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, _PAGE + SLOTS * _stride(max_picture_bytes))
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
            return cls(fd, max_picture_bytes)
        except BaseException:
            os.close(fd)
            raise

    @classmethod
    def attach(cls, fd: int, max_picture_bytes: int) -> Self:
        """Opens the memory that the parent created, by its inherited descriptor."""
        return cls(fd, max_picture_bytes)

    def close(self) -> None:
        """Lets go of the memory. Safe to call twice."""
        if self.fd < 0:
            return
        fd, self.fd = self.fd, -1
        self._words.release()
        self._bytes.release()
        with contextlib.suppress(BufferError):  # a reader is copying right now; it frees the memory when done
            self._memory.close()
        os.close(fd)

    def write(self, jpeg: bytes, taken_at_ns: int, width: int, height: int) -> int:
        """Makes this the newest picture and returns its number.

        Raises:
            PictureTooLarge: It doesn't fit.
        """
        if len(jpeg) > self.max_picture_bytes:
            raise PictureTooLarge(len(jpeg), self.max_picture_bytes)
        number = self._words[_NEWEST] + 1
        base = self._base(number)
        version_at = base // 8
        digest = zlib.crc32(_DIGESTED.pack(number, taken_at_ns, len(jpeg), width, height), self._crc(jpeg))
        version = self._words[version_at] | 1
        self._words[version_at] = version
        _HEADER.pack_into(
            self._bytes, base + _HEADER_AT, number, taken_at_ns, len(jpeg), width, height, digest
        )
        self._bytes[base + _PICTURE_AT : base + _PICTURE_AT + len(jpeg)] = jpeg
        self._words[version_at] = version + 1
        self._words[_NEWEST] = number
        return number

    def newest_taken_at_ns(self) -> int:
        """When the newest picture was taken, 0 if there is none: a hint, to be confirmed by `newest()`."""
        number = self._words[_NEWEST]
        if number == 0:
            return 0
        return self._words[(self._base(number) + _HEADER_AT) // 8 + 1]

    def newest(self) -> StoredFrame | None:
        """The newest whole picture, or None if there is none (yet)."""
        for _ in range(_ATTEMPTS):
            number = self._words[_NEWEST]
            if number == 0:
                return None
            frame = self._copy(number)
            if frame is not None:
                return frame
        return None

    def report(self, text: str) -> None:
        """Leaves word of what went wrong; it outlives the process that wrote it."""
        data = text.encode("utf-8", "replace")[:_REPORT_LIMIT]
        self._words[_REPORT_LENGTH] = 0
        self._bytes[_REPORT_AT : _REPORT_AT + len(data)] = data
        self._words[_REPORT_LENGTH] = len(data)

    def reported(self) -> str:
        """The last report, or an empty text."""
        length = min(self._words[_REPORT_LENGTH], _REPORT_LIMIT)
        return bytes(self._bytes[_REPORT_AT : _REPORT_AT + length]).decode("utf-8", "replace")

    def _base(self, number: int) -> int:
        return _PAGE + (number % SLOTS) * self._stride

    def _crc(self, jpeg: bytes) -> int:
        if jpeg is not self._last_jpeg:
            self._last_crc = zlib.crc32(jpeg)
            self._last_jpeg = jpeg
        return self._last_crc

    def _copy(self, number: int) -> StoredFrame | None:
        base = self._base(number)
        version = self._words[base // 8]
        if version % 2:
            return None
        stored, taken_at_ns, length, width, height, digest = _HEADER.unpack_from(
            self._bytes, base + _HEADER_AT
        )
        if stored != number or length > self.max_picture_bytes:
            return None
        jpeg = bytes(self._bytes[base + _PICTURE_AT : base + _PICTURE_AT + length])
        if self._words[base // 8] != version:
            return None
        if digest != zlib.crc32(_DIGESTED.pack(stored, taken_at_ns, length, width, height), zlib.crc32(jpeg)):
            return None
        return StoredFrame(jpeg, taken_at_ns, stored, width, height)


def _stride(max_picture_bytes: int) -> int:
    return -(-(_PICTURE_AT + max_picture_bytes) // _PAGE) * _PAGE
