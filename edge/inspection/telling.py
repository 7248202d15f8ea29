"""What a failure means where no item in hand is at stake: work on what was saved, and minding deadlines."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.errors import EdgeError, WorkflowRefused, code_for_staff
from edge.inspection.desk import Message
from sync.errors import SyncError

logger = logging.getLogger(__name__)

_CAUSES = ("storage_full", "storage_read_only", "database")


@contextmanager
def told_of(work: str) -> Iterator[None]:
    """Say what a failure means for work on what was saved before, where no item in hand is at stake.

    Args:
        work: `undo` or `later`; the catalogues hold `error.WORK.…` with what to do next.

    Raises:
        WorkflowRefused: It could not be written; everything is as it was before.
    """
    try:
        yield
    except WorkflowRefused:
        raise
    except (EdgeError, SyncError) as error:
        logger.exception("what was asked afterwards could not be saved")
        cause = code_for_staff(error).removeprefix("error.")
        code = f"error.{work}.{cause if cause in _CAUSES else 'database'}"
        raise WorkflowRefused(Message(code), Message(f"{code}.next")) from error


def nobody_waits_for(step: Callable[[], object]) -> None:
    """What the station does by itself: a failure says nothing of the item in hand; it is tried again."""
    try:
        step()
    except (EdgeError, SyncError):
        logger.exception("a deadline could not be minded; it is tried again in a minute")
