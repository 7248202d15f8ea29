"""Births, gaps, lost sequences and digests: what the receiver asks of a station and tells it again."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_messages import EPOCH, NOW, a_birth, a_correction, a_movement, an_event, an_inspection
from fakes_oms import Desk

from sync.contract.messages import (
    AnswerStatus,
    AnyEvent,
    BlockDigest,
    RebirthCommand,
    ReconcileCommand,
    ReconciliationRequest,
    ResendCommand,
    SettledEvent,
    SettledState,
)
from sync.oms.carrying import Carrying
from sync.oms.comparing import Comparing
from sync.oms.marks import Marks
from sync.oms.settings import OmsSettings
from sync.oms.stations import Stations

KEY = ("blr-01", "desk-1", EPOCH)
STATION = ("blr-01", "desk-1")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


class World:
    """Stations over a desk's ledger, with a clock that is wound by hand."""

    def __init__(self, desk: Desk, tmp_path: Path) -> None:
        self.now = 0.0
        self.stations = Stations(
            desk.ledger.database,
            Marks(desk.ledger.database),
            OmsSettings(data_dir=tmp_path, gap_quiet_s=10, gap_cap_s=40, reconcile_every_s=1000),
            Carrying(desk.ledger.database, now=lambda: NOW),
            new_id=lambda: "c-1",
            monotonic=lambda: self.now,
        )

    def resends(self) -> list[tuple[int, int | None]]:
        return [
            (command.first, command.last)
            for _, command in self.stations.commands()
            if isinstance(command, ResendCommand)
        ]


@pytest.fixture
def world(desk: Desk, tmp_path: Path) -> World:
    return World(desk, tmp_path)


def events(*sequences: int) -> list[AnyEvent]:
    return [an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in sequences]


def test_a_gap_is_asked_for_once_the_station_is_quiet(desk: Desk, world: World) -> None:
    desk.deliver(*events(1, 2, 5))
    world.stations.born(a_birth(7))
    world.now = 9.0
    assert world.resends() == []
    world.now = 10.0
    assert world.resends() == [(3, 4), (6, 7)]


def test_asking_again_gets_rarer_until_the_station_speaks(desk: Desk, world: World) -> None:
    world.stations.born(a_birth(1))
    asked = []
    for second in range(1, 200):
        world.now = float(second)
        if world.resends():
            asked.append(second)
    assert asked == [10, 30, 70, 110, 150, 190]
    world.stations.heard(STATION)
    world.now += 10
    assert world.resends() == [(1, 1)]


def test_nothing_is_asked_of_a_station_that_is_gone(world: World) -> None:
    world.stations.born(a_birth(3))
    world.stations.died(STATION, EPOCH)
    world.now = 50.0
    assert world.resends() == []


def test_an_oms_restored_from_a_backup_asks_for_what_it_forgot(desk: Desk, world: World) -> None:
    desk.deliver(*events(1, 2))
    told = world.stations.born(a_birth(1000))
    assert [(one.acks.epoch, one.acks.through) for one in told] == [(EPOCH, 2)]
    world.now = 10.0
    assert world.resends() == [(3, 1000)]


def test_sequences_lost_at_the_station_are_passed_over(desk: Desk, world: World) -> None:
    desk.deliver(*events(1, 4))
    (told,) = world.stations.born(a_birth(6, (2, 3), (5, 6)))
    assert (told.acks.through, told.acks.through_id) == (4, events(4)[0].id), "a lost event has no id"
    world.now = 10.0
    assert world.resends() == []


def test_a_return_that_waits_for_a_lost_event_is_let_go(desk: Desk, world: World) -> None:
    first = an_event(an_inspection("i1"), 1)
    second = an_event(an_inspection("i2"), 3)
    assert [one.status for one in desk.tell_all(an_event(a_correction(first), 2), second)] == [
        AnswerStatus.RETRY
    ] * 2
    world.stations.born(a_birth(3, (1, 2)))
    assert desk.tell(second).status is AnswerStatus.APPLIED


def test_rejections_and_exceptions_are_told_again_at_a_birth(desk: Desk, world: World) -> None:
    bad = an_event(an_inspection("i1", movements=(a_movement(quantity=9),)), 1)
    desk.deliver(bad, *events(2))
    (told,) = world.stations.born(a_birth(2))
    assert told.acks.through == 2
    assert [(one.id, one.status) for one in told.acks.results] == [(bad.id, AnswerStatus.REJECTED)]


def test_a_birth_of_a_station_that_never_sent_anything_is_not_answered(world: World) -> None:
    assert world.stations.born(a_birth(0)) == []


def test_stations_are_asked_to_compare_now_and_then(world: World) -> None:
    world.stations.born(a_birth(0))
    world.now = 1000.0
    commands = [command for _, command in world.stations.commands()]
    assert [type(one) for one in commands] == [ReconcileCommand]


def test_a_station_that_speaks_unannounced_is_asked_for_its_birth(world: World) -> None:
    world.stations.asks(STATION)
    assert [type(one) for _, one in world.stations.commands()] == [RebirthCommand]
    assert world.stations.commands() == [], "once, and again only much later"
    world.stations.born(a_birth(0))
    world.now = 40.0
    assert world.stations.commands() == []


# ---- digests


def request(desk_events: list[AnyEvent], **changes: object) -> ReconciliationRequest:
    text = "".join(f"{one.sequence} {one.id} settled\n" for one in desk_events)
    block = BlockDigest(
        block=0,
        first=desk_events[0].sequence,
        last=desk_events[-1].sequence,
        count=len(desk_events),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    return ReconciliationRequest(id="q-1", epoch=EPOCH, blocks=(block,)).model_copy(update=changes)


def by_name(held: list[AnyEvent], state: SettledState = SettledState.SETTLED) -> ReconciliationRequest:
    named = tuple(SettledEvent(sequence=one.sequence, id=one.id, state=state) for one in held)
    return ReconciliationRequest(id="q-2", epoch=EPOCH, events=named)


def test_equal_digests_ask_for_nothing(desk: Desk) -> None:
    held = events(1, 2, 3)
    desk.deliver(*held)
    comparing = Comparing(desk.ledger.database, new_id=lambda: "c-1")
    assert comparing.compare(*STATION, request(held)).commands == []


def test_a_differing_block_is_asked_for_by_name_and_healed_by_resend(desk: Desk) -> None:
    held = events(1, 2, 3, 4)
    desk.deliver(held[0], held[3])
    comparing = Comparing(desk.ledger.database, new_id=lambda: "c-1")
    (asked,) = comparing.compare(*STATION, request(held)).commands
    assert asked.root == ReconcileCommand(id="c-1", epoch=EPOCH, block=0)
    found = comparing.compare(*STATION, by_name(held))
    assert found.missing == [2, 3]
    assert [one.root for one in found.commands] == [ResendCommand(id="c-1", epoch=EPOCH, first=2, last=3)]


def test_a_lost_answer_is_found_and_told_again(desk: Desk, world: World) -> None:
    bad = an_event(an_inspection("i1", movements=(a_movement(quantity=9),)), 1)
    desk.deliver(bad)
    comparing = Comparing(desk.ledger.database, new_id=lambda: "c-1")
    found = comparing.compare(*STATION, by_name([bad]))
    assert found.tell_again == [bad.id]
    (acks,) = world.stations.answers(KEY, found.tell_again)
    assert [(one.id, one.status) for one in acks.results] == [(bad.id, AnswerStatus.REJECTED)]


def test_different_events_in_one_place_are_named(desk: Desk) -> None:
    desk.deliver(*events(1))
    stranger = an_event(an_inspection("x", return_id="R-x"), 1, message_id="stranger")
    comparing = Comparing(desk.ledger.database, new_id=lambda: "c-1")
    assert comparing.compare(*STATION, by_name([stranger])).foreign == [1]


def test_a_death_of_another_epoch_is_a_late_will_and_means_nothing(desk: Desk, world: World) -> None:
    desk.deliver(*events(1, 3))
    world.stations.born(a_birth(3))
    world.stations.died(STATION, "000001-aaaaaa")
    world.now = 10.0
    assert world.resends() == [(2, 2)]
    world.stations.died(STATION, EPOCH)
    world.now = 100.0
    assert world.resends() == []
