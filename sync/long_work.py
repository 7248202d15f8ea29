"""Work that a received message asks for and that is too long for one transaction.

Steps run in turn with everything else, each in a transaction of its own. The message is acknowledged to the
broker after the last one: a crash in between, and the broker delivers it again.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator

from sync.answers import Work
from sync.database import Database
from sync.errors import DatabaseError
from sync.wire import Received

logger = logging.getLogger(__name__)

END = object()


class LongWork:
    """The queue of such work.

    Args:
        database: Where each step is committed.
        acknowledge: Called with the message when its work is done.
    """

    def __init__(self, database: Database, acknowledge: Callable[[Received], None]) -> None:
        self._database = database
        self._acknowledge = acknowledge
        self._queue: deque[tuple[Received, Work, Iterator[None]]] = deque()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, message: Received, work: Work) -> None:
        """Begin it after what is waiting already."""
        if work.steps is not None:
            self._queue.append((message, work, work.steps()))

    def step(self) -> None:
        """Do one step of the first.

        Raises:
            DatabaseError: the step was undone; the work begins again from its start.
        """
        if not self._queue:
            return
        message, work, steps = self._queue.popleft()
        try:
            with self._database.write():
                ended = next(steps, END) is END
        except DatabaseError:
            self.add(message, work)
            raise
        except Exception:
            logger.exception("the work that a message on %s asked for failed; it is given up", message.topic)
            ended = True
        if ended:
            self._acknowledge(message)
            work.afterwards()
        else:
            self._queue.appendleft((message, work, steps))
