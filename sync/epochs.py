"""An epoch is one run of the station process.

Sequences count from 1 in each epoch. A database restored from a backup can't know that it was restored, and
would give the same sequences to different events; the random part of the new epoch keeps the two apart. The
counter only helps people to see which run came later.

>>> from datetime import timezone
>>> Epoch(counter=12, random="9f3ac1", started_at=datetime(2026, 11, 22, tzinfo=timezone.utc)).text
'000012-9f3ac1'
"""

import re
from dataclasses import dataclass
from datetime import datetime

EPOCH = re.compile(r"(\d{6,10})-([0-9a-f]{6,32})")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One run of the station process.

    Attributes:
        counter: Runs of this database, from 1.
        random: Six hexadecimal digits, drawn at the start.
        started_at: Wall time of the start.
    """

    counter: int
    random: str
    started_at: datetime

    @property
    def text(self) -> str:
        """As it stands in envelopes and acknowledgements."""
        return f"{self.counter:06d}-{self.random}"


@dataclass(frozen=True, slots=True)
class EpochSummary:
    """What the birth says of an epoch.

    Attributes:
        epoch: Its text.
        last_sequence: Events committed in it.
        lost: Sequences (first, last) that a salvage could not bring back.
    """

    epoch: str
    last_sequence: int
    lost: tuple[tuple[int, int], ...] = ()


def rank(epoch: str) -> tuple[int, str]:
    """Orders the epochs of two stations of one name: more starts first, then the random part.

    >>> rank("000012-9f3ac1") > rank("000002-ffffff"), rank("1000000-000000") > rank("999999-000000")
    (True, True)
    """
    counter, _, random = epoch.partition("-")
    return int(counter), random


def is_epoch(text: str) -> bool:
    """Whether a text has the shape of an epoch.

    >>> is_epoch("000012-9f3ac1"), is_epoch("12-xyz")
    (True, False)
    """
    return EPOCH.fullmatch(text) is not None
