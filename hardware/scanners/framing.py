r"""Where one read ends and the next begins on a line that carries bytes.

Scanners mark it in different ways, as they were last configured: a carriage return, a line feed or both after
the text, or STX before and ETX after it. By default all of these are understood:

    >>> framer = LineFramer(max_length=100)
    >>> framer.feed(b"8901234567894\r\n\x02A1\x03par")
    [b'8901234567894', b'A1']
    >>> framer.feed(b"tial\r")
    [b'partial']

What is longer than the limit is thrown away up to its end, and reported:

    >>> LineFramer(max_length=4).feed(b"123456\r12\r")
    [RefusedText(reason='scan.too_long', length=6), b'12']
"""

from hardware.scanners.driver import RefusedText

_STX = 0x02
_ETX = 0x03
_LINE_ENDS = frozenset(b"\r\n")


class LineFramer:
    """Cuts a stream of bytes into reads.

    Args:
        max_length: Longest read in bytes.
        stx_etx_only: The line uses STX and ETX alone: what lies outside of them is noise, line ends inside
            are text.
    """

    def __init__(self, max_length: int, *, stx_etx_only: bool = False) -> None:
        self._max_length = max_length
        self._stx_etx_only = stx_etx_only
        self._read = bytearray()
        self._dropped = 0
        self._inside = not stx_etx_only

    def feed(self, data: bytes) -> list[bytes | RefusedText]:
        """Takes what came in and returns the reads that are now complete; empty ones are passed over."""
        done: list[bytes | RefusedText] = []
        for byte in data:
            if byte == _STX:
                if self._read or self._dropped:
                    done.append(RefusedText("scan.interrupted", len(self._read) + self._dropped))
                self._begin(inside=True)
            elif byte == _ETX or (byte in _LINE_ENDS and not self._stx_etx_only):
                self._finish(done)
            elif not self._inside:
                continue
            elif self._dropped or len(self._read) >= self._max_length:
                self._dropped += 1
            else:
                self._read.append(byte)
        return done

    def finish(self) -> list[bytes | RefusedText]:
        """Ends the read in hand, as silence on the line does for scanners that send no end mark."""
        done: list[bytes | RefusedText] = []
        self._finish(done)
        return done

    def reset(self) -> None:
        """Forgets a read that will never be completed, because the scanner was unplugged."""
        self._begin(inside=not self._stx_etx_only)

    @property
    def pending(self) -> bool:
        """Whether a read has begun and not ended."""
        return bool(self._read or self._dropped)

    def _finish(self, done: list[bytes | RefusedText]) -> None:
        if self._dropped:
            done.append(RefusedText("scan.too_long", len(self._read) + self._dropped))
        elif self._read:
            done.append(bytes(self._read))
        self._begin(inside=not self._stx_etx_only)

    def _begin(self, *, inside: bool) -> None:
        self._read.clear()
        self._dropped = 0
        self._inside = inside
