"""What a wire does to what passes over it, and what it remembers for later."""

import random
from collections import deque
from dataclasses import asdict, dataclass, field

from edge.lab.torture.mqtt_packets import Publish

REMEMBERED = 400
"""Publications that a wire keeps, to deliver them again days later."""

EVENTS = "/events"
ANSWERS = "/acks"


@dataclass(slots=True)
class Mischief:
    """The wire's present behaviour; all off is a good wire.

    Attributes:
        cut: Connections are ended, and new ones refused.
        half_open: Connections stay, nothing passes.
        delay_s: Everything comes so much later, in order.
        forgets: Events are confirmed as a broker would, and thrown away.
        loses_answers: The OMS's answers are confirmed, and thrown away.
        duplicates: Each event and answer comes twice.
        reorders: Events and answers are gathered for a moment and passed on in another order.
        reorder_within_s: How long they are gathered.
    """

    cut: bool = False
    half_open: bool = False
    delay_s: float = 0.0
    forgets: bool = False
    loses_answers: bool = False
    duplicates: bool = False
    reorders: bool = False
    reorder_within_s: float = 0.1

    def swallows(self, publish: Publish) -> bool:
        """Whether a publication is confirmed and thrown away."""
        return (self.forgets and publish.topic.endswith(EVENTS)) or (
            self.loses_answers and publish.topic.endswith(ANSWERS)
        )


@dataclass(slots=True)
class Struck:
    """How often the wire did what it was told: a fault that met nothing has tested nothing."""

    dropped_connections: int = 0
    swallowed: int = 0
    duplicated: int = 0
    reordered: int = 0
    redelivered: int = 0

    def as_counts(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


@dataclass(slots=True)
class Memory:
    """Publications that passed: the newest, and a sample of the older ones."""

    rng: random.Random
    newest: deque[Publish] = field(default_factory=lambda: deque(maxlen=REMEMBERED // 2))
    older: list[Publish] = field(default_factory=list)
    seen: int = 0

    def keep(self, publish: Publish) -> None:
        """Remember it; of older ones an even sample stays."""
        if len(self.newest) == self.newest.maxlen:
            self.seen += 1
            oldest = self.newest[0]
            if len(self.older) < REMEMBERED // 2:
                self.older.append(oldest)
            elif (place := self.rng.randrange(self.seen)) < len(self.older):
                self.older[place] = oldest
        self.newest.append(publish)

    def draw(self, count: int) -> list[Publish]:
        """So many of them, in any order."""
        everything = [*self.older, *self.newest]
        return self.rng.sample(everything, min(count, len(everything)))
