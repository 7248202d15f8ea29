"""The whole shift from a seed: the hard cases mixed with ordinary returns."""

import random
from datetime import datetime

from edge.lab.shift.hard_cases import RECALL, write_hard_cases
from edge.lab.shift.ordinary import write_ordinary
from edge.lab.shift.plan import Shift
from edge.lab.shift.writing import ShiftWriter


def write_shift(site: str, started_at: datetime, *, seed: int, returns: int) -> Shift:
    """Write a shift of so many returns.

    Args:
        site: The dark store.
        started_at: When it begins, UTC.
        seed: Equal seeds give equal shifts.
        returns: How many; with fewer than there are hard cases some are left out.
    """
    writer = ShiftWriter(site, started_at, random.Random(seed))
    write_hard_cases(writer)
    write_ordinary(writer, max(0, returns - len(writer.plans)))
    return Shift(returns=tuple(writer.plans[:returns]), blocks=(RECALL,))
