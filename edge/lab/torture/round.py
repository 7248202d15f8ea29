"""Plays one round: bags come to the desks, faults strike, then everything is mended, settled and compared."""

import time
from collections.abc import Iterator

from edge.lab.torture.chain import Chain
from edge.lab.torture.checker import check
from edge.lab.torture.faults import LIGHT, FaultKind
from edge.lab.torture.findings import Verdict
from edge.lab.torture.heavy import HeavyFaults
from edge.lab.torture.light import LightFaults
from edge.lab.torture.log import TortureLog
from edge.lab.torture.plan import Fault, Round, Visit
from edge.lab.torture.staff import TortureStaff
from edge.lab.torture.waiting import wait_for

HEALED_WITHIN_S = 60.0
TEMPTED_S = 0.5
NEEDS_QUIET = frozenset(
    {FaultKind.STATION_RESTORED, FaultKind.TWIN_STATION, FaultKind.UNIT_TWICE, FaultKind.OMS_RESTORED}
)
"""Light faults end before these begin or end: they wait for things that need a good line."""


class RoundPlayer:
    """Plays rounds on one chain.

    Args:
        chain: The processes.
        staff: Who work at the desks.
        light: Strikes light faults.
        heavy: Strikes heavy ones.
        log: The driver's journal.
    """

    def __init__(
        self, chain: Chain, staff: TortureStaff, light: LightFaults, heavy: HeavyFaults, log: TortureLog
    ) -> None:
        self._chain, self._staff, self._light, self._heavy, self._log = chain, staff, light, heavy, log
        self._oms_restored = False
        self._unfinished: list[Visit] = []
        self._done: set[tuple[str, int, int]] = set()

    def play(self, one: Round) -> Verdict:
        """Play it to its end.

        Raises:
            LabError: The chain did not come back to life, or did not settle: as bad as a finding.
        """
        self._log.round = one.number
        self._log.write("round", broker=one.broker.value)
        self._chain.change_broker(one.broker)
        faults = _Faults(one, self._light, self._heavy)
        self._oms_restored = any(fault.kind is FaultKind.OMS_RESTORED for fault in one.faults)
        for visit in one.visits:
            verdict = self._visit(visit, faults)
            if verdict is not None:
                return verdict
        faults.end_all()
        self._light.end_all()
        self._finish()
        for desk in self._chain.desks.values():
            self._staff.settle(desk)
        return self._compare()

    def _visit(self, visit: Visit, faults: "_Faults | None") -> Verdict | None:
        """One visit; a verdict where it came out that a station believes itself confirmed and is not."""
        desk = self._chain.desks[visit.desk]
        driver = self._staff.driver(desk)
        all_saved = True
        for unit in visit.units:
            if faults is not None:
                faults.next_unit()
            if not self._staff.inspect(desk, visit.bag, unit):
                all_saved = False
            elif unit == visit.undo and self._once("undo", visit.bag, unit):
                self._staff.attempt(desk, lambda unit=unit: driver.undo(visit.bag, unit))  # type: ignore[misc]
            elif unit == visit.put_away and self._once("put_away", visit.bag, unit):
                self._staff.attempt(desk, lambda unit=unit: driver.put_away(visit.bag, unit))  # type: ignore[misc]
            if (verdict := self._believed_and_wrong()) is not None:
                return verdict
        ended = all_saved and self._staff.attempt(
            desk, (lambda: driver.close(visit.bag)) if visit.closes else driver.leave
        )
        if not ended:
            self._unfinished.append(visit)
        return None

    def _once(self, what: str, bag: int, unit: int) -> bool:
        """Whether it has not been tried before: what was not answered is not asked for twice."""
        key = (what, bag, unit)
        fresh = key not in self._done
        self._done.add(key)
        return fresh

    def _finish(self) -> None:
        """Everything is mended: bring the desks up, and do what could not be done before."""
        for desk in self._chain.desks.values():
            self._staff.bring_up(desk)
        deadline = time.monotonic() + HEALED_WITHIN_S
        while self._unfinished and time.monotonic() < deadline:
            left, self._unfinished = self._unfinished, []
            for visit in left:
                self._visit(visit, None)
            if self._unfinished:
                time.sleep(0.2)

    def _believed_and_wrong(self) -> Verdict | None:
        """Stations that owe nothing have been answered for everything: then the OMS must have applied it now.

        Only an OMS that went back to an old copy may lack what it has answered for, until it has asked again.
        """
        if self._oms_restored:
            return None
        forgetting = any(wire.mischief.forgets for wire in self._chain.wires.values())
        patience_s = TEMPTED_S if forgetting else 0.0  # time enough to believe a broker that confirms
        if not wait_for(self._nobody_owes, patience_s):
            return None
        verdict = check(self._log.path, self._chain.folder.ledger)
        return verdict if verdict.counts()["lost"] else None

    def _nobody_owes(self) -> bool:
        return all(self._staff.owes_nothing(one) for one in self._chain.desks.values())

    def _compare(self) -> Verdict:
        """Compare; what an OMS put back from an old copy asks for again may still be on its way."""
        if not self._oms_restored:
            return check(self._log.path, self._chain.folder.ledger)
        verdicts: list[Verdict] = []

        def good() -> bool:
            verdicts.append(check(self._log.path, self._chain.folder.ledger))
            return not verdicts[-1].may_heal

        wait_for(good, HEALED_WITHIN_S, 0.1)
        for desk in self._chain.desks.values():
            self._staff.settle(desk)
        return verdicts[-1]


class _Faults:
    """Begins and ends the round's faults at their units."""

    def __init__(self, one: Round, light: LightFaults, heavy: HeavyFaults) -> None:
        self._light, self._heavy = light, heavy
        self._to_begin = list(one.faults)
        self._running: list[tuple[int, Fault]] = []  # with the unit at which it ends
        self._unit = -1

    def next_unit(self) -> None:
        """The next unit is about to be inspected."""
        self._unit += 1
        for at, fault in self._take_running():
            if at <= self._unit:
                self._end(fault)
            else:
                self._running.append((at, fault))
        due = [fault for fault in self._to_begin if fault.unit <= self._unit]
        self._to_begin = [fault for fault in self._to_begin if fault.unit > self._unit]
        for fault in due:
            self._begin(fault)

    def end_all(self) -> None:
        """The last unit is through."""
        for _, fault in self._take_running():
            self._end(fault)

    def _take_running(self) -> Iterator[tuple[int, Fault]]:
        running, self._running = self._running, []
        yield from running

    def _begin(self, fault: Fault) -> None:
        self._running.append((self._unit + fault.units, fault))
        if fault.kind in LIGHT:
            self._light.begin(fault)
            return
        if fault.kind in NEEDS_QUIET:
            self._light.end_all()
        self._heavy.begin(fault)

    def _end(self, fault: Fault) -> None:
        if fault.kind in LIGHT:
            self._light.end(fault)
            return
        if fault.kind in NEEDS_QUIET:
            self._light.end_all()
        self._heavy.end(fault)
