"""Cases of the protocol as docs/protocol.md draws them, each by itself, over a network that obeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_protocol import OMS, SimOms, SimStation, World

from sync.records import OutboxState


class Site:
    """An OMS and stations that are added as needed."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.oms = SimOms(self.world)
        self.stations: list[SimStation] = []

    def station(self, name: str) -> SimStation:
        self.stations.append(SimStation(self.world, name))
        return self.stations[-1]

    def rounds(self, number: int = 4, *, seconds: float = 0.0) -> None:
        for _ in range(number):
            for station in self.stations:
                self.world.network.deliver(station.identity.client_id)
                station.turn()
            self.world.network.deliver(OMS)
            self.oms.turn()
            self.world.clock.seconds += seconds

    def close(self) -> None:
        for station in self.stations:
            station.close()
        self.oms.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_a_stream_that_a_restored_oms_rolled_back_is_renamed_and_taken_in_anew(site: Site):
    """Else the same offsets would come again for other items, and stations would take those for known."""
    desk = site.station("desk-1")
    site.oms.expect(2)
    site.rounds()
    site.oms.back_up()
    site.oms.expect(3)  # the station has these, and the backup has not
    site.rounds(seconds=2)
    before = desk.delivery.streams.places()[0]
    assert desk.kept() == site.oms.stream()

    site.oms.restore()
    site.oms.expect(4)
    site.rounds(8, seconds=2)
    after = desk.delivery.streams.places()[0]
    assert after.stream_id != before.stream_id
    assert desk.kept() == site.oms.stream()


def test_a_snapshot_for_another_station_does_not_hide_that_a_stream_was_rolled_back(site: Site):
    desk = site.station("desk-1")
    site.oms.expect(2)
    site.rounds()
    site.oms.back_up()
    site.oms.expect(3)
    site.rounds(seconds=2)
    site.oms.restore()
    site.world.network.deliver(desk.identity.client_id)
    desk.turn()
    site.world.network.sessions[OMS].clear()  # what it asked is lost
    site.station("desk-2")
    site.rounds(seconds=2)
    assert desk.kept() == site.oms.stream()


def test_an_oms_that_merely_restarts_keeps_its_streams(site: Site):
    desk = site.station("desk-1")
    site.oms.expect(3)
    site.rounds()
    before = desk.delivery.streams.places()[0]
    site.oms.restart()
    site.oms.expect(5)
    site.rounds(8, seconds=2)
    after = desk.delivery.streams.places()[0]
    assert after.stream_id == before.stream_id
    assert desk.kept() == site.oms.stream()


def test_a_new_station_gets_a_snapshot_that_does_not_disturb_the_other(site: Site):
    first = site.station("desk-1")
    site.oms.expect(3)
    site.rounds()
    first.database.sql("CREATE TRIGGER again BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'again'); END")
    second = site.station("desk-2")
    site.rounds()
    assert second.kept() == first.kept() == site.oms.stream()
    assert first.delivery.relay.status().last_error is None


def test_a_re_imaged_station_gets_everything_anew(site: Site):
    desk = site.station("desk-1")
    desk.back_up()
    site.oms.expect(3)
    site.rounds()
    desk.restore()
    assert desk.kept() == {}
    site.rounds()
    assert desk.kept() == site.oms.stream()


def test_what_a_salvage_lost_is_named_and_nobody_waits_for_it(site: Site):
    desk = site.station("desk-1")
    site.rounds()
    site.world.network.disconnect(desk.identity.client_id)
    kept, *_ = (desk.commit("A", "good") for _ in range(3))
    epoch = kept.epoch
    assert desk.salvage(2).lost_events == ((epoch, 2, 3),)
    site.rounds(6, seconds=10)
    assert desk.outbox.get(kept.message_id).state is OutboxState.SETTLED
    lost = site.oms.ledger.database.sql("SELECT epoch, first, last FROM lost_sequences")
    assert lost == [(epoch, 2, 3)]
    assert not [one for one in site.world.network.retained if "commands" in one]


def test_an_imported_outbox_is_answered_to_its_carrier_and_sent_again_by_it(site: Site, tmp_path: Path):
    dying, carrier = site.station("desk-1"), site.station("desk-2")
    heard = dying.commit("A", "good")
    site.rounds()
    site.world.network.disconnect(dying.identity.client_id)
    dying.restart()
    site.world.network.disconnect(dying.identity.client_id)
    owed = [dying.commit(subject, "good") for subject in "ABB"]  # in a run that the OMS never heard of
    dying.outbox.export_to(tmp_path / "owed.jsonl")
    site.stations.remove(dying)
    dying.close()

    site.oms.back_up()
    carrier.outbox.import_from(tmp_path / "owed.jsonl")
    carrier.restart()
    site.rounds(8)
    assert {carrier.states()[row.message_id] for row in owed} == {"SETTLED"}
    assert set(site.oms.statuses()) == {heard.message_id, *(row.message_id for row in owed)}

    site.oms.restore()  # it forgets them, and the dying station is dead
    site.rounds(12, seconds=10)
    assert set(site.oms.statuses()) == {heard.message_id, *(row.message_id for row in owed)}
    assert site.oms.applied_units() == (4, 4)


def test_an_import_keeps_what_was_repaired_or_released_from_holding_a_return_back(site: Site, tmp_path: Path):
    dying, carrier = site.station("desk-1"), site.station("desk-2")
    dead = dying.commit("A", "bad")
    site.rounds()
    dying.repair(dead)
    site.rounds()
    site.world.network.disconnect(dying.identity.client_id)
    later = dying.commit("A", "good")
    dying.outbox.export_to(tmp_path / "owed.jsonl")
    carrier.outbox.import_from(tmp_path / "owed.jsonl")
    carrier.restart()
    site.rounds(8)
    assert carrier.outbox.get(dead.message_id).state is OutboxState.DEAD
    assert carrier.outbox.get(later.message_id).state is OutboxState.SETTLED


def test_a_retry_ends_where_what_it_waits_for_never_comes(site: Site):
    desk = site.station("desk-1")
    early, later, other = desk.commit("A", "early"), desk.commit("A", "good"), desk.commit("B", "good")
    site.rounds()
    states = desk.states()
    assert (states[early.message_id] in ("PENDING", "SENT"), states[other.message_id]) == (True, "SETTLED")
    site.rounds(30, seconds=8)
    assert desk.states()[early.message_id] == "DEAD"
    assert early.message_id in site.world.told
    desk.outbox.release(early.message_id)
    site.rounds(12, seconds=8)
    assert desk.states()[later.message_id] == "SETTLED"
