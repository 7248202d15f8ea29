"""Faults that strike while work goes on: a process is killed, or a wire does something bad for a while."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from edge.lab.torture.chain import Chain
from edge.lab.torture.faults import KILLED_BROKER, FaultKind
from edge.lab.torture.log import TortureLog
from edge.lab.torture.mischief import Mischief
from edge.lab.torture.plan import DESKS, OMS, Fault

LONGEST_DOWN_S = 0.5
LONGEST_DELAY_S = 0.12
MIXING_S = 0.8
LONGEST_HALF_OPEN_S = 5.0
"""Long enough, at times, that a station notices by itself that nobody is there."""


class LightFaults:
    """Strikes, each in a thread of its own, at its moment.

    Args:
        chain: What is struck.
        log: The driver's journal.
    """

    def __init__(self, chain: Chain, log: TortureLog) -> None:
        self._chain = chain
        self._log = log
        self._on_wires: dict[str, list[Fault]] = {name: [] for name in (*DESKS, OMS)}
        self._mixing: set[str] = set()
        self._timers: list[threading.Timer] = []
        self._lock = threading.Lock()
        self._failures: list[Exception] = []
        self.struck: Counter[FaultKind] = Counter()

    def begin(self, fault: Fault) -> None:
        """Strike in so many milliseconds from now."""
        timer = threading.Timer(fault.moment_ms / 1000, self._guarded, (fault,))
        self._timers.append(timer)
        timer.start()

    def end(self, fault: Fault) -> None:
        """What lasts is over."""
        self.wait()
        if fault.kind is FaultKind.HALF_OPEN and fault in self._on_wires[fault.target]:
            time.sleep(random.Random(fault.draw).uniform(0, LONGEST_HALF_OPEN_S))
        if fault.kind is FaultKind.REORDERED and fault in self._on_wires[fault.target]:
            self._mix(fault.target)
        with self._lock:
            if fault.target in self._on_wires and fault in self._on_wires[fault.target]:
                self._on_wires[fault.target].remove(fault)
                self._log.fault(fault.kind, fault.target, "ends")
                self._behave(fault.target)

    def _mix(self, wire: str) -> None:
        """What waited behind the cut now comes, in another order."""
        self._mixing.add(wire)
        self._behave(wire)
        time.sleep(MIXING_S)
        self._mixing.remove(wire)

    def end_all(self) -> None:
        """Good wires, every process up.

        Raises:
            LabError: A process that was killed did not come up again.
        """
        self.wait()
        for faults in self._on_wires.values():
            for fault in tuple(faults):
                self.end(fault)
        if self._failures:
            raise self._failures.pop()
        self._chain.mend()

    def wait(self) -> None:
        """Wait until everything that was begun has struck."""
        while self._timers:
            self._timers.pop().join()

    def _guarded(self, fault: Fault) -> None:
        try:
            self._strike(fault)
        except Exception as error:  # told in the driver's own thread
            self._failures.append(error)

    def _strike(self, fault: Fault) -> None:
        rng = random.Random(fault.draw)
        kill, start = self._killing(fault)
        if kill is None:
            with self._lock:
                self._on_wires[fault.target].append(fault)
                self._behave(fault.target)
            self._log.fault(fault.kind, fault.target, "begins")
            self.struck[fault.kind] += 1
            return
        kill()
        self._log.fault(fault.kind, fault.target, "killed")
        self.struck[fault.kind] += 1
        if start is not None:
            time.sleep(rng.uniform(0, LONGEST_DOWN_S))
            start()

    def _killing(self, fault: Fault) -> tuple[Callable[[], None] | None, Callable[[], None] | None]:
        """How it is killed and started again; a station's driver starts it when he misses it."""
        chain = self._chain
        if fault.kind is FaultKind.KILL_STATION:
            return chain.desks[fault.target].kill, None
        if fault.kind is FaultKind.KILL_OMS:
            return chain.kill_oms, chain.start_oms
        if fault.kind in KILLED_BROKER:
            return chain.kill_broker, lambda: chain.start_broker(chain.broker_kind)
        return None, None

    def _behave(self, wire: str) -> None:
        mischief = Mischief()
        for fault in self._on_wires[wire]:
            rng = random.Random(fault.draw)
            match fault.kind:
                case FaultKind.CUT:
                    mischief.cut = True
                case FaultKind.HALF_OPEN:
                    mischief.half_open = True
                case FaultKind.SLOW:
                    mischief.delay_s = rng.uniform(0.01, LONGEST_DELAY_S)
                case FaultKind.BROKER_FORGETS:
                    mischief.forgets = True
                case FaultKind.ANSWER_LOST:
                    mischief.loses_answers = True
                case FaultKind.DUPLICATED:
                    mischief.duplicates = True
                case FaultKind.REORDERED:
                    # A desk has one event of a return under way at a time: only a backlog can be mixed up.
                    mischief.cut = wire not in self._mixing
                    mischief.reorders = wire in self._mixing
                case other:
                    raise ValueError(f"{other} is nothing that a wire does")
        self._chain.wires[wire].behave(mischief)
