"""Live updates: each change reaches every page, the newest only; nobody slow or gone disturbs the work."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders_station import BAG, NOW
from fakes_station import FakeShift
from server_station import RunningStation, live_page, running
from websockets.exceptions import ConnectionClosed, InvalidStatus

from edge.inspection.desk import Phase
from edge.station import live as live_updates
from edge.station.app import create_app
from edge.station.services import Connection
from hardware.scanners.scan import Scan


@pytest.fixture
def station() -> Iterator[RunningStation]:
    with running(FakeShift()) as started:
        yield started


@pytest.fixture
def shift(station: RunningStation) -> FakeShift:
    return station.shift


def test_a_page_gets_everything_first_and_then_each_change(station, shift):
    with live_page(station) as live:
        assert live.hear()["state"]["desk"]["phase"] == "idle"
        shift.workflow.scan(Scan(BAG, "counter", 0))
        assert live.next_of("desk")["desk"]["current_return"]["reference"] == BAG


def test_every_page_is_told(station, shift):
    with live_page(station) as one, live_page(station) as other:
        one.hear()
        other.hear()
        shift.workflow.scan(Scan(BAG, "counter", 0))
        assert one.next_of("desk")["desk"]["version"] == other.next_of("desk")["desk"]["version"] == 2


def test_changes_from_many_threads_arrive_in_order(station, shift):
    with live_page(station) as live:
        live.hear()
        threads = [
            threading.Thread(target=lambda: [shift.workflow.show(phase=Phase.IDLE) for _ in range(20)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = [0]
        while seen[-1] < 81:
            seen.append(live.next_of("desk")["desk"]["version"])
        assert seen == sorted(set(seen))


def test_the_connection_is_told_when_it_changes(station, shift):
    with live_page(station) as live:
        assert live.hear()["state"]["connection"]["broker_connected"] is True
        shift.delivery.state = Connection(False, False, 9, 0, 0, NOW, False)
        while live.next_of("surroundings")["connection"]["owed"] != 9:
            pass


def test_a_look_that_fails_is_not_the_end(station, shift, monkeypatch):
    monkeypatch.setattr(live_updates, "LOOK_EVERY_S", 0.01)
    counts = shift.devices.counts
    with live_page(station) as live:
        live.hear()
        shift.devices.counts = lambda: 1 / 0
        shift.workflow.scan(Scan(BAG, "counter", 0))
        assert live.next_of("desk")
        shift.devices.counts = lambda: replace(counts(), holds=5)
        while live.next_of("surroundings")["counts"]["holds"] != 5:
            pass


def test_a_station_that_cannot_be_read_says_goodbye(station, shift):
    shift.devices.counts = lambda: 1 / 0
    with live_page(station) as live, pytest.raises(ConnectionClosed):
        live.hear()


def test_pages_that_went_away_are_forgotten(station, shift):
    for _ in range(live_updates.MAX_BROWSERS + 3):
        with live_page(station) as live:
            live.hear()


def test_too_many_pages_are_turned_away(station, shift, monkeypatch):
    monkeypatch.setattr(live_updates, "MAX_BROWSERS", 1)
    with live_page(station) as live:
        live.hear()
        with pytest.raises((ConnectionClosed, InvalidStatus)), live_page(station):
            pass


def test_the_work_goes_on_without_any_page():
    shift = FakeShift()
    create_app(shift.services)
    shift.workflow.scan(Scan(BAG, "counter", 0))
    with running(shift) as station:
        station.stop()
    shift.workflow.scan(Scan(BAG, "counter", 0))
    assert shift.workflow.desk.version == 3
