"""What the OMS says that people must act on becomes a task.

A refused message, too many received, stock sold already.
"""

from edge.clock import Clock
from edge.inspection.tasks import TaskStore
from sync.answers import Answered, AnswerStatus

KNOWN_EXCEPTIONS = frozenset({"over_received", "shortfall", "count_differs"})


class AnswerTasks:
    """Makes the tasks, inside the transaction that records the answer."""

    def __init__(self, tasks: TaskStore, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock

    def __call__(self, answered: Answered) -> None:
        """The OMS rejected a message, or applied it with an exception."""
        answer = answered.answer
        params: dict[str, str | int | float] = {
            "return": answered.row.subject,
            "reason": (answer.reason or "")[:200],
        }
        if answer.status is AnswerStatus.REJECTED:
            kind, owner = "rejected", "supervisor"
        elif answer.exception in KNOWN_EXCEPTIONS:
            kind, owner = str(answer.exception), "staff"
        else:
            kind, owner = "exception", "supervisor"
            params["exception"] = (answer.exception or "")[:60]
        self._tasks.add(
            kind, f"task.{kind}", params, self._clock.reading(), message_id=answer.message_id, owner=owner
        )
