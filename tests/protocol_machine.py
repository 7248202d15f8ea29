"""Stations and an OMS as a state machine: what may be done to them, and what must hold all the same.

Two stations on one site's streams and an OMS, all real, over a network that loses, doubles, reorders and
forgets; any of them may be killed, restored from a backup, or lose part of its database. What must hold is
checked after every step; when the faults end, everything must come to rest.
"""

import shutil
import tempfile
from pathlib import Path

from fakes_protocol import OMS, WINDOW, SimOms, SimStation, World
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from sync.contract.messages import Command, RebirthCommand, ReconcileCommand, ResendCommand
from sync.errors import EventNotRepairable
from sync.oms import outgoing
from sync.records import OutboxState

HEALING_ROUNDS = 150
WHO = st.sampled_from(["desk-1", "desk-2"])
CLIENT = st.sampled_from(["blr-01.desk-1", "blr-01.desk-2", OMS])
SUBJECT = st.sampled_from(["A", "B", "C", "D"])
KINDS = ["good", "good", "good", "good", "bad", "early"]
KIND = st.sampled_from(KINDS)
GOING_ON = ["all", "station", "oms", "streams", "time"]
TRICKS = ["lose", "double", "reorder", "cut", "reconnect", "broker forgets"]
FATES = ["restarts", "backs up", "is restored", "loses a page"]
ASKED = ["replace", "send again", "release", "resend", "rebirth", "reconcile"]


class Protocol(RuleBasedStateMachine):
    """Stations, OMS and network, and what the world may do to them."""

    settle_on_puback = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="protocol-"))
        self.world = World(self.folder, settle_on_puback=self.settle_on_puback)
        self.oms = SimOms(self.world)
        self.stations = {name: SimStation(self.world, name) for name in ("desk-1", "desk-2")}

    @initialize()
    def begin(self) -> None:
        """Usually all goes well: without faults nothing would ever be settled."""
        self.oms.expect(2)
        self.everybody(2)
        for who in self.stations:
            self.commit(who, ["A", "B", "A", "C"], "good")
            self.commit(who, ["B"], "bad")
        self.everybody(2)

    # ---- work

    @rule(
        who=WHO,
        subjects=st.lists(SUBJECT, min_size=1, max_size=4),
        kind=KIND,
        rounds=st.integers(0, 2),
    )
    def staff_work(self, who: str, subjects: list[str], kind: str, rounds: int) -> None:
        self.commit(who, subjects, kind)
        self.everybody(rounds)

    @rule(what=st.sampled_from(GOING_ON), who=WHO, number=st.integers(1, 3))
    def things_go_on(self, what: str, who: str, number: int) -> None:
        if what == "all":
            self.everybody(number)
        elif what == "station":
            self.station_turn(who, number - 1)
        elif what == "oms":
            self.oms_turn(number)
        elif what == "streams":
            self.streams_change(number)
        else:
            self.time_passes((1.5, 31.0, 95.0)[number - 1])

    @rule(trick=st.sampled_from(TRICKS), client=CLIENT, place=st.integers(0, 5), then=st.integers(0, 2))
    def network_misbehaves(self, trick: str, client: str, place: int, then: int) -> None:
        if trick in ("reconnect", "broker forgets"):
            (self.reconnect if trick == "reconnect" else self.broker_forgets)()
        elif trick == "cut":
            self.cut(client)
        else:
            {"lose": self.lose, "double": self.double, "reorder": self.reorder}[trick](client, place)
        self.everybody(then)

    @rule(
        fate=st.sampled_from(FATES),
        who=st.sampled_from(["desk-1", "desk-2", OMS]),
        lose=st.integers(1, 3),
        then=st.integers(0, 2),
    )
    def somebody_dies(self, fate: str, who: str, lose: int, then: int) -> None:
        one = self.oms if who == OMS else self.stations[who]
        if fate == "restarts":
            one.restart()
        elif fate == "backs up":
            one.back_up()
        elif fate == "is restored":
            one.restore()
        elif who != OMS:
            self.stations[who].salvage(lose)
        self.everybody(then)

    @rule(
        what=st.sampled_from(ASKED),
        who=WHO,
        number=st.integers(1, 4),
    )
    def somebody_asks(self, what: str, who: str, number: int) -> None:
        if what in ("replace", "send again", "release"):
            self.person_looks_at_a_dead_letter(what, number)
        else:
            self.oms_commands(who, what, number)

    # ---- the same, one by one

    def commit(self, who: str, subjects: list[str], kind: str) -> None:
        for subject in subjects:
            self.stations[who].commit(f"{who}-{subject}", kind)

    def everybody(self, rounds: int) -> None:
        for _ in range(rounds):
            for station in self.stations.values():
                self.world.network.deliver(station.identity.client_id)
                station.turn()
            self.world.network.deliver(OMS)
            self.oms.turn()

    def station_turn(self, who: str, most: int) -> None:
        self.world.network.deliver(self.stations[who].identity.client_id, most)
        self.stations[who].turn()

    def oms_turn(self, most: int) -> None:
        self.world.network.deliver(OMS, most)
        self.oms.turn()

    def time_passes(self, seconds: float) -> None:
        self.world.clock.seconds += seconds

    def streams_change(self, number: int) -> None:
        self.oms.expect(number)

    # ---- the network

    def _session(self, client: str) -> bool:
        return bool(self.world.network.sessions.get(client))

    def lose(self, client: str, place: int) -> None:
        if self._session(client):
            session = self.world.network.sessions[client]
            del session[place % len(session)]

    def double(self, client: str, place: int) -> None:
        if self._session(client):
            session = self.world.network.sessions[client]
            session.append(session[place % len(session)])

    def reorder(self, client: str, by: int) -> None:
        if self._session(client):
            self.world.network.sessions[client].rotate(by)

    def cut(self, client: str) -> None:
        self.world.network.disconnect(client)

    def reconnect(self) -> None:
        self.oms.connect()
        for station in self.stations.values():
            station.connect()

    def broker_forgets(self) -> None:
        self.world.network.forget()
        self.reconnect()

    # ---- people and commands

    def person_looks_at_a_dead_letter(self, how: str, which: int) -> None:
        dead = [(station, row) for station in self.stations.values() for row in station.dead()]
        if not dead:
            return
        station, row = dead[which % len(dead)]
        try:
            if how == "replace":
                station.repair(row)
            elif how == "release":
                station.outbox.release(row.message_id)
            else:
                station.outbox.requeue(row.message_id)
        except EventNotRepairable:
            assert how == "replace"  # it was replaced already

    def oms_commands(self, who: str, kind: str, first: int) -> None:
        station, command_id = self.stations[who], self.world.clock.new_id()
        commands = {
            "resend": ResendCommand(id=command_id, epoch=station.outbox.epoch.text, first=first),
            "rebirth": RebirthCommand(id=command_id),
            "reconcile": ReconcileCommand(id=command_id),
        }
        self.world.network.publish(outgoing.command("blr-01", who, Command(commands[kind])))

    # ---- what always holds

    @invariant()
    def nothing_is_settled_that_the_oms_has_not_recorded(self) -> None:
        for station in self.stations.values():
            settled = {one for one, state in station.states().items() if state == OutboxState.SETTLED}
            assert settled <= self.world.recorded, "settled, and never recorded by the OMS"

    @invariant()
    def nothing_is_applied_twice(self) -> None:
        booked, applied = self.oms.applied_units()
        assert booked == applied

    @invariant()
    def order_holds_within_a_return(self) -> None:
        assert self.world.out_of_order == []

    @invariant()
    def no_more_than_the_window_is_unanswered(self) -> None:
        for station in self.stations.values():
            assert station.delivery.relay.status().in_flight <= WINDOW

    @invariant()
    def sequences_have_no_holes_but_the_named_ones(self) -> None:
        for station in self.stations.values():
            for summary in station.outbox.epochs():
                there = {
                    row[0]
                    for row in station.database.sql(
                        "SELECT sequence FROM outbox WHERE epoch = ?", (summary.epoch,)
                    )
                }
                lost = {one for first, last in summary.lost for one in range(first, last + 1)}
                assert there | lost == set(range(1, summary.last_sequence + 1))

    def always(self) -> None:
        """All of it."""
        self.nothing_is_settled_that_the_oms_has_not_recorded()
        self.nothing_is_applied_twice()
        self.order_holds_within_a_return()
        self.no_more_than_the_window_is_unanswered()
        self.sequences_have_no_holes_but_the_named_ones()

    # ---- the end

    def teardown(self) -> None:
        try:
            self._comes_to_rest()
        finally:
            for station in self.stations.values():
                station.close()
            self.oms.close()
            shutil.rmtree(self.folder)

    def _comes_to_rest(self) -> None:
        self.cut("blr-01.desk-1")
        self.cut("blr-01.desk-2")
        self.reconnect()
        for _ in range(HEALING_ROUNDS):
            self.everybody(2)
            self.world.clock.seconds += 21.0
            if self._is_at_rest():
                break
        statuses = self.oms.statuses()
        for name, station in self.stations.items():
            repaired = {row[0] for row in station.database.sql("SELECT replaces FROM outbox")}
            for message_id, state in station.states().items():
                found = (name, message_id, state, statuses.get(message_id))
                if state == OutboxState.SETTLED:
                    assert statuses.get(message_id) == "applied", found
                elif state == OutboxState.DEAD:
                    assert statuses.get(message_id) == "rejected", found
                    assert message_id in self.world.told or message_id in repaired, found
                else:
                    assert station.outbox.get(message_id).held, found
            assert station.kept() == self.oms.stream(), name
        self.always()

    def _is_at_rest(self) -> bool:
        statuses, stream = self.oms.statuses(), self.oms.stream()
        final = {"SETTLED": "applied", "DEAD": "rejected"}
        return not any(self.world.network.sessions.values()) and all(
            station.kept() == stream
            and all(
                statuses.get(message_id) == final[state]
                if state in final
                else station.outbox.get(message_id).held
                for message_id, state in station.states().items()
            )
            for station in self.stations.values()
        )
