"""What can go wrong in the receiver.

OmsError (a SyncError)
├── LoadingError            a file of expected returns or reference data can't be used
├── JournalUnreadable       the journal to compare with is damaged
├── ReceiverRunning         another receiver works on the same ledger
├── SessionTakenOver        another receiver took our place at the broker
└── LedgerMissing           there is no ledger in the data folder
"""

from pathlib import Path
from typing import ClassVar

from sync.errors import SyncError


class OmsError(SyncError):
    """Base of all errors of the receiver."""

    code: ClassVar[str] = "oms.error"


class LoadingError(OmsError):
    """A file to publish from is missing, not JSON, or breaks its schema."""

    code: ClassVar[str] = "oms.loading"

    def __init__(
        self, path: Path, reason: str, *, remedy: str = "Correct the file", starting: bool = False
    ) -> None:
        """Says what is wrong where, what it means, and what to do.

        Args:
            path: The file.
            reason: What is wrong, with the place in the file.
            remedy: What to do about it.
            starting: At the start the receiver doesn't go on without the file; later it keeps what it had.
        """
        meaning, after = (
            ("The receiver was not started", "and start it again")
            if starting
            else ("Stations keep what they were told before", "; it is read again as soon as it changes")
        )
        gap = " " if starting else ""
        super().__init__(f"{path} was not loaded: {reason}. {meaning}. {remedy}{gap}{after}.")
        self.path, self.reason, self.remedy = path, reason, remedy


class JournalUnreadable(OmsError):
    """A line of the journal is not what it should be."""

    code: ClassVar[str] = "oms.journal"

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(
            f"{path}, line {line}: {reason}. Nothing was compared. Each line is a JSON object with "
            "inspection_id, message_id, type and saved_at."
        )
        self.path, self.line = path, line


class LedgerMissing(OmsError):
    """There is no ledger to read."""

    code: ClassVar[str] = "oms.ledger_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no ledger at {path}. Nothing was compared. Name the receiver's data folder."
        )
        self.path = path


class ReceiverRunning(OmsError):
    """Two receivers on one ledger would count everything twice."""

    code: ClassVar[str] = "oms.running"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another receiver works on the ledger in {path}. This one was not started. "
            "Stop that one first, or name another data folder."
        )
        self.path = path


class SessionTakenOver(OmsError):
    """A second receiver came to the broker under our name."""

    code: ClassVar[str] = "oms.session_taken_over"

    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"Another client connected to the broker as {client_id!r}, so this receiver ended. "
            "Nothing is lost: stations keep what is unanswered. Run one receiver only."
        )
        self.client_id = client_id
