"""What others see of the relay, and what it asks of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sync.wire import Received


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """How delivery stands, for the page and the health checks.

    Attributes:
        connected: To the broker.
        oms_present: The OMS said that it is there.
        in_flight: Events sent and unanswered on this connection.
        owed: Events that the OMS has not answered for good.
        last_error: A stable code of the last thing that went wrong; None when all is well since.
        last_error_detail: What the other side said.
        session_taken_over: Another station uses our identity; the relay is stopped until a person looks.
        last_answer_at: When the OMS last answered.
    """

    connected: bool = False
    oms_present: bool = False
    in_flight: int = 0
    owed: int = 0
    last_error: str | None = None
    last_error_detail: str | None = None
    session_taken_over: bool = False
    last_answer_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What others do at the turns of a connection, in the relay's thread.

    Attributes:
        on_connected: The broker took us: announce the station.
        on_oms_present: The OMS is there: ask for what was missed.
        on_tick: About once a second.
        on_unusable: A received message could not be worked on; inside the transaction that undid it.
    """

    on_connected: Callable[[], None] = lambda: None
    on_oms_present: Callable[[], None] = lambda: None
    on_tick: Callable[[], None] = lambda: None
    on_unusable: Callable[[Received, Exception], None] = lambda _message, _error: None
