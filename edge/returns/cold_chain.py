"""How long a chilled or frozen unit has been out of the cold.

It counts from the moment the bag left the store, because nobody knows how warm a rider's bag was, up to now,
less the time that the unit lay in a cold hold place of ours. Where the evidence is missing or contradicts
itself the answer is None, which means: not restocked.
"""

from datetime import datetime


def minutes_out_of_cold(
    dispatched_at: datetime | None, now: datetime, *, clock_ok: bool, minutes_in_cold_hold: float = 0.0
) -> float | None:
    """Minutes out of the cold, or None where they cannot be known.

    Args:
        dispatched_at: When the bag left the store, UTC; None where the OMS did not say.
        now: UTC.
        clock_ok: Whether `now` is known to be right.
        minutes_in_cold_hold: Time spent in cold places of this site since its arrival.
    """
    if dispatched_at is None or not clock_ok:
        return None
    minutes = (now - dispatched_at).total_seconds() / 60 - minutes_in_cold_hold
    return minutes if minutes >= 0 else None
