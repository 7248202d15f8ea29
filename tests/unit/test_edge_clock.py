"""Which clock is believed: one that fits the release, the records and, where there is one, network time."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import AHEAD, EARLIEST, LATEST, SET_BACK, SystemClock, follows_network_time

RECORDED = datetime(2026, 11, 22, 6, tzinfo=UTC)
YEARS = timedelta(days=3652)


def a_clock(
    now: datetime, recorded: datetime | None = RECORDED, *, synchronised: bool = False
) -> SystemClock:
    return SystemClock(lambda: recorded, wall=lambda: now, synchronised=lambda: synchronised)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (RECORDED + timedelta(days=1), None),
        (RECORDED - SET_BACK, None),
        (RECORDED - SET_BACK - timedelta(seconds=1), "set_back"),
        (RECORDED + AHEAD, None),
        (RECORDED + AHEAD + timedelta(seconds=1), "far_ahead"),
        (RECORDED + YEARS, "far_ahead"),
        (RECORDED - YEARS, "before_release"),
        (datetime(1970, 1, 1, tzinfo=UTC), "before_release"),
        (LATEST + timedelta(days=1), "far_future"),
    ],
)
def test_a_clock_is_measured_against_release_and_records(now: datetime, reason: str | None) -> None:
    reading = a_clock(now).reading()
    assert (reading.ok, reading.reason) == (reason is None, reason)


def test_time_from_the_network_is_believed_over_the_records() -> None:
    """A station that stood still for a year, or that recorded under a wrong clock, is right again."""
    assert a_clock(RECORDED + 2 * AHEAD, synchronised=True).reading().ok
    assert a_clock(RECORDED, recorded=RECORDED + YEARS, synchronised=True).reading().ok
    assert not a_clock(EARLIEST - YEARS, synchronised=True).reading().ok, "but never against reason"


def test_a_station_without_records_believes_any_clock_of_its_time() -> None:
    assert a_clock(RECORDED + YEARS, recorded=None).reading().ok


def test_the_kernel_is_asked_and_always_answers() -> None:
    assert follows_network_time() in (True, False)
