"""How a ledger that was restored from a backup is found out by the streams that it gave.

A restored ledger would give the same offsets again, to other items, and a station that has the old ones would
take the new ones for known. Nothing in a restored file says that it was restored. So each run of the receiver
begins every stream beyond a gap of random width, and remembers the gap: an offset that lies in a gap, or
beyond the end, was never given by this ledger. Whoever names one shows that the stream was rolled back; it
then goes on under another id, and stations take it in anew. A stretch that passes over a gap says so
(`exact`), so that a station which stands inside asks first and is not carried over the gap unnoticed.
"""

import secrets
from collections.abc import Callable

from sync.contract.messages import StreamName
from sync.database import Database

NARROWEST = 2**20
WIDEST = 2**31


def a_width() -> int:
    """Wide enough that two runs hardly ever meet, small enough for millions of starts."""
    return NARROWEST + secrets.randbelow(WIDEST - NARROWEST)


class StreamRuns:
    """Begins runs, and tells offsets of this ledger from others.

    Args:
        database: The ledger's.
        width: Draws the width of a gap.
    """

    def __init__(self, database: Database, *, width: Callable[[], int] = a_width) -> None:
        self._database = database
        self._width = width

    def begin(self) -> None:
        """A run of the receiver begins: its offsets follow a gap."""
        with self._database.write():
            for site, stream, offset in self._database.sql(
                "SELECT site, stream, offset FROM streams WHERE offset > 0"
            ):
                begin = offset + self._width()
                self._database.sql(
                    "INSERT INTO stream_gaps (site, stream, first, last) VALUES (?,?,?,?)",
                    (site, stream, offset + 1, begin - 1),
                )
                self._database.sql(
                    "UPDATE streams SET offset = ? WHERE site = ? AND stream = ?", (begin, site, stream)
                )

    def was_given(self, site: str, stream: StreamName, offset: int) -> bool:
        """Whether an offset up to the stream's present end is one of this ledger."""
        found = self._database.sql(
            "SELECT 1 FROM stream_gaps WHERE site = ? AND stream = ? AND ? BETWEEN first AND last",
            (site, stream, offset),
        )
        return not found

    def passes_over(self, site: str, stream: StreamName, after: int, through: int) -> bool:
        """Whether a stretch passes over a gap, so that whoever stands inside it must not simply go on."""
        found = self._database.sql(
            "SELECT 1 FROM stream_gaps WHERE site = ? AND stream = ? AND first > ? AND last < ?",
            (site, stream, after, through),
        )
        return bool(found)

    def rename(self, site: str, stream: StreamName, stream_id: str) -> None:
        """The stream goes on under another id; inside a transaction."""
        self._database.sql(
            "UPDATE streams SET stream_id = ? WHERE site = ? AND stream = ?", (stream_id, site, stream)
        )
        self._database.sql("DELETE FROM stream_gaps WHERE site = ? AND stream = ?", (site, stream))
