"""The two streams that fill the local copy, as the delivery layer hands them over."""

from collections.abc import Sequence

from edge.returns.store import LocalCopy
from sync.contract.messages import ExpectedCancel, ExpectedUpsert
from sync.database import Database
from sync.streams import StreamItem


class ExpectedStream:
    """Returns on their way."""

    def __init__(self, copy: LocalCopy) -> None:
        self._copy = copy

    def apply(self, items: Sequence[StreamItem], database: Database) -> None:
        """Take items in, inside the transaction that stores the offset."""
        del database
        self._copy.apply_expected([one for one in items if isinstance(one, ExpectedUpsert | ExpectedCancel)])

    def reset(self, database: Database) -> None:
        """The stream was rebuilt: forget what was expected."""
        del database
        self._copy.forget_expected()


class ReferenceStream:
    """Articles, places and block lists."""

    def __init__(self, copy: LocalCopy) -> None:
        self._copy = copy

    def apply(self, items: Sequence[StreamItem], database: Database) -> None:
        """Take items in, inside the transaction that stores the offset."""
        del database
        self._copy.apply_reference(
            [one for one in items if not isinstance(one, ExpectedUpsert | ExpectedCancel)]
        )

    def reset(self, database: Database) -> None:
        """The stream was rebuilt.

        Forget articles and places, and keep blocks until their new list is here.
        """
        del database
        self._copy.forget_reference()
