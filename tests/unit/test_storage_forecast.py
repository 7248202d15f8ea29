"""Days to full: said when there is something to go by, and not before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.disk import MIB, check_disk
from edge.health.forecast import DiskForecast, Forecast
from edge.station.services import HealthState

BEGIN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STOP = 64 * MIB


class Clock:
    def __init__(self) -> None:
        self.time, self.ok = BEGIN, True

    def now(self) -> datetime:
        return self.time

    def is_ok(self) -> bool:
        return self.ok


def a_forecast(folder: Path, clock: Clock) -> DiskForecast:
    return DiskForecast(folder / "free-space.json", now=clock.now, clock_ok=clock.is_ok)


def live(forecast: DiskForecast, clock: Clock, hours: int, free: int, an_hour: int) -> int:
    """Hours go by, each taking its bytes; gives what is free at the end."""
    for _ in range(hours):
        clock.time += HOUR
        free -= an_hour
        forecast.note(free)
    return free


def test_with_little_history_nothing_is_invented(tmp_path: Path) -> None:
    clock = Clock()
    forecast = a_forecast(tmp_path, clock)
    assert forecast.ahead(1000 * MIB, STOP) == Forecast(known=False, days=None, history_hours=0.0)
    free = live(forecast, clock, 6, 1000 * MIB, 100 * MIB)
    found = forecast.ahead(free, STOP)
    assert (found.known, found.days) == (False, None)
    assert found.history_hours == pytest.approx(5)


def test_the_pace_of_the_last_days_is_taken_on(tmp_path: Path) -> None:
    clock = Clock()
    forecast = a_forecast(tmp_path, clock)
    free = live(forecast, clock, 72, 10_000 * MIB, 10 * MIB)
    found = forecast.ahead(free, STOP)
    assert found.known
    assert found.days == pytest.approx((free - STOP) / (240 * MIB), rel=0.01)


def test_a_big_file_that_comes_and_goes_bends_nothing(tmp_path: Path) -> None:
    clock = Clock()
    forecast = a_forecast(tmp_path, clock)
    free = live(forecast, clock, 40, 10_000 * MIB, 10 * MIB)
    live(forecast, clock, 2, free - 6000 * MIB, 10 * MIB)
    free = live(forecast, clock, 40, free, 10 * MIB)
    found = forecast.ahead(free, STOP)
    assert found.days == pytest.approx((free - STOP) / (240 * MIB), rel=0.1)


def test_a_disk_that_does_not_fill_has_no_day(tmp_path: Path) -> None:
    clock = Clock()
    forecast = a_forecast(tmp_path, clock)
    free = live(forecast, clock, 48, 5000 * MIB, 0)
    assert forecast.ahead(free, STOP) == Forecast(known=True, days=None, history_hours=47.0)


def test_a_restart_does_not_forget_and_a_torn_file_does_no_harm(tmp_path: Path) -> None:
    clock = Clock()
    first = a_forecast(tmp_path, clock)
    free = live(first, clock, 24, 5000 * MIB, 10 * MIB)
    again = a_forecast(tmp_path, clock)
    assert again.ahead(free, STOP) == first.ahead(free, STOP)
    (tmp_path / "free-space.json").write_text('[["2026-')
    assert not a_forecast(tmp_path, clock).ahead(free, STOP).known


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_jumps_spoils_nothing(tmp_path: Path, years: int) -> None:
    clock = Clock()
    forecast = a_forecast(tmp_path, clock)
    free = live(forecast, clock, 30, 5000 * MIB, 10 * MIB)
    right, clock.ok = clock.time, False
    clock.time += timedelta(days=365 * years)
    live(forecast, clock, 30, free, 500 * MIB)
    clock.time, clock.ok = right, True
    free = live(forecast, clock, 20, free, 10 * MIB)
    assert forecast.ahead(free, STOP).days == pytest.approx((free - STOP) / (240 * MIB), rel=0.01)


@pytest.mark.parametrize(
    ("forecast", "code", "state"),
    [
        (Forecast(known=False, days=None, history_hours=1), "health.disk.early", HealthState.OK),
        (Forecast(known=True, days=None, history_hours=99), "health.disk.steady", HealthState.OK),
        (Forecast(known=True, days=120.4, history_hours=99), "health.disk.filling", HealthState.OK),
        (Forecast(known=True, days=2.26, history_hours=99), "health.disk.soon", HealthState.WARNING),
    ],
)
def test_the_page_says_it(tmp_path: Path, forecast: Forecast, code: str, state: HealthState) -> None:
    answer = check_disk(tmp_path, free_bytes=lambda _: 5000 * MIB, ahead=lambda *_: forecast)
    assert (answer.message.code, answer.state) == (code, state)
    if forecast.days is not None:
        assert answer.message.params["days"] in (120, 2.3)
