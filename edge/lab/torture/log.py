"""The driver's own journal, written by several threads: what was shown, and what was done to the chain.

A line: `{"kind": …, "at": …, "round": …, …}`. Kinds:

    round      a round begins, on a broker
    started    a desk shows which run of its station this is
    asked      a proposal was accepted; the answer has not come yet
    not_shown  a station refused a unit, or said that something is wrong
    saved      a unit was shown as saved
    undone     an inspection was shown as taken back
    put_away   a unit's bin was taken
    closed     a bag was shown as closed
    restored   a station went back to an old copy of its data
    fault      something was done to the chain

and `oms_restored`: the OMS went back to an old copy of its books, and which events it forgot thereby.
"""

import threading
from pathlib import Path
from typing import Any

from edge.lab.driver_journal import DriverJournal


class TortureLog:
    """The journal, safe for threads.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal = DriverJournal(path)
        self._lock = threading.Lock()
        self.round = 0

    def write(self, kind: str, **fields: Any) -> None:
        """Write one line; when this returns it is on the disk."""
        with self._lock:
            self._journal.write(kind, round=self.round, **fields)

    def fault(self, kind: str, target: str, what: str) -> None:
        """Something was done to the chain just now."""
        self.write("fault", fault=kind, target=target, what=what)

    def close(self) -> None:
        """Close the file."""
        self._journal.close()
