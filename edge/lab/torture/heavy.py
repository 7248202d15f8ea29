"""Faults that take more than a moment: old copies put back, disks, clocks, twins, one unit twice.

Each has a beginning between two units of the round and an end some units later. What needs everything to be
settled first waits for it: a copy that is put back knows nothing of what came after it, so a station is
restored only when the OMS has answered for all that it committed. What a disk takes with it that nobody else
had yet is not lost by the delivery; this way nothing is excused.
"""

import random
import resource
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from edge.lab.errors import LabError
from edge.lab.torture.chain import Chain, DeskProcess
from edge.lab.torture.faults import FaultKind
from edge.lab.torture.log import TortureLog
from edge.lab.torture.mischief import Mischief
from edge.lab.torture.plan import DESKS, Fault
from edge.lab.torture.shifted_clock import set_shift
from edge.lab.torture.small_disk import KIB, SmallDisk
from edge.lab.torture.staff import TortureStaff
from edge.lab.torture.waiting import wait_for

TEN_YEARS = timedelta(days=3653)
RECOGNISED_WITHIN_S = 30.0
REDELIVERED = 40
MOST_SPARE_KIB = 48
HALF = 0.5


class NotRecognisedError(LabError):
    """Two stations went by one name, and neither noticed."""

    code = "lab.not_recognised"


class HeavyFaults:
    """Begins and ends them.

    Args:
        chain: What is struck.
        staff: Who work at the desks, and look after them.
        log: The driver's journal.
        disk: The disk that can be filled, where there is one.
    """

    def __init__(self, chain: Chain, staff: TortureStaff, log: TortureLog, disk: SmallDisk | None) -> None:
        self._chain = chain
        self._staff = staff
        self._log = log
        self._disk = disk
        self._days = timedelta(0)
        self.struck: Counter[FaultKind] = Counter()
        self.skipped: Counter[FaultKind] = Counter()

    def begin(self, fault: Fault) -> None:
        """Strike.

        Raises:
            LabError: The chain could not be brought where the fault needs it.
        """
        if fault.kind is FaultKind.DISK_FULL and self._disk is None:
            self.skipped[fault.kind] += 1
            return
        self._log.fault(fault.kind, fault.target, "begins")
        self._beginnings[fault.kind](self, fault, random.Random(fault.draw))
        self.struck[fault.kind] += 1

    def end(self, fault: Fault) -> None:
        """It is over; safe for one that never began.

        Raises:
            LabError: As for `begin`.
        """
        ending = self._endings.get(fault.kind)
        if ending is not None and not (fault.kind is FaultKind.DISK_FULL and self._disk is None):
            ending(self, fault, random.Random(fault.draw))
            self._log.fault(fault.kind, fault.target, "ends")

    # ---- old copies

    def _back_up_oms(self, fault: Fault, rng: random.Random) -> None:
        del fault
        if not self._chain.folder.oms_backup.exists() or rng.random() < HALF:
            self._chain.folder.back_up_oms()  # else the copy of an earlier round grows older

    def _restore_oms(self, fault: Fault, rng: random.Random) -> None:
        del fault
        if rng.random() < HALF:
            self._chain.kill_oms()
        else:
            self._chain.stop_oms()
        self._log.write("oms_restored", forgotten=self._chain.folder.restore_oms())
        self._chain.start_oms()

    def _renew_oms_backup(self) -> None:
        """A device was thrown away or put back: the OMS alone holds what only that device knew.

        Its copies from before are not put back any more: what every holder has lost, nobody can deliver.
        """
        self._chain.folder.oms_backup.unlink(missing_ok=True)

    def _begin_station_restore(self, fault: Fault, rng: random.Random) -> None:
        """Either a quiet copy, which will know nothing of what follows; or work offline, copied later."""
        desk = self._chain.desks[fault.target]
        if rng.random() < HALF:
            self._copy_station(desk)
        else:
            shutil.rmtree(_backup(desk), ignore_errors=True)
            desk.wire.behave(Mischief(cut=True))

    def _restore_station(self, fault: Fault, rng: random.Random) -> None:
        """The copy holds what was owed then; all of it is answered before the copy is put back."""
        del rng
        desk = self._chain.desks[fault.target]
        if not _backup(desk).exists():
            self._copy_station(desk)
        desk.wire.behave(Mischief())
        self._staff.settle(desk)
        desk.stop()
        for old in desk.data.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copytree(_backup(desk), desk.data, dirs_exist_ok=True)
        self._log.write("restored", desk=desk.name)
        self._staff.bring_up(desk)
        self._renew_oms_backup()

    def _copy_station(self, desk: DeskProcess) -> None:
        desk.stop()
        shutil.rmtree(_backup(desk), ignore_errors=True)
        shutil.copytree(desk.data, _backup(desk))
        self._staff.bring_up(desk)

    # ---- disks and clocks

    def _fill_disk(self, fault: Fault, rng: random.Random) -> None:
        del fault
        if self._disk is not None:
            self._disk.fill(rng.randrange(MOST_SPARE_KIB) * KIB)

    def _empty_disk(self, fault: Fault, rng: random.Random) -> None:
        del fault, rng
        if self._disk is not None:
            self._disk.empty()

    def _forbid_writing(self, fault: Fault, rng: random.Random) -> None:
        """No file of the station may grow beyond a size: the kernel answers its writes with an error."""
        desk = self._chain.desks[fault.target]
        wal = desk.data / "station.db-wal"
        size = wal.stat().st_size if wal.exists() else 0
        self._limit_files(desk, rng.choice((0, 4 * KIB, size, size + 8 * KIB)))

    def _allow_writing(self, fault: Fault, rng: random.Random) -> None:
        del rng
        self._limit_files(self._chain.desks[fault.target], resource.RLIM_INFINITY)

    def _limit_files(self, desk: DeskProcess, size: int) -> None:
        if desk.process is not None and desk.alive():
            hard = resource.RLIM_INFINITY
            resource.prlimit(desk.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def _clocks_on(self, fault: Fault, rng: random.Random) -> None:
        self._shift(fault, rng, TEN_YEARS)

    def _clocks_back(self, fault: Fault, rng: random.Random) -> None:
        self._shift(fault, rng, -TEN_YEARS)

    def _shift(self, fault: Fault, rng: random.Random, by: timedelta) -> None:
        """One desk's clock, sometimes the OMS's instead, sometimes everybody's."""
        choice = rng.random()
        desks = DESKS if choice < 1 / 4 else (fault.target,) if choice < 3 / 4 else ()
        for name in desks:
            self._chain.desks[name].set_clock(self._days + by)
        if choice < 1 / 4 or choice >= 3 / 4:
            set_shift(self._chain.folder.oms_clock, self._days + by)

    def _right_clocks(self, fault: Fault, rng: random.Random) -> None:
        del fault, rng
        for desk in self._chain.desks.values():
            desk.set_clock(self._days)
        set_shift(self._chain.folder.oms_clock, self._days)

    # ---- messages that come back

    def _redeliver(self, fault: Fault, rng: random.Random) -> None:
        """Days pass; then the network delivers old messages again."""
        self._days += timedelta(days=rng.randint(2, 6))
        self._right_clocks(fault, rng)
        for wire in self._chain.wires.values():
            wire.redeliver(REDELIVERED)

    # ---- stations and units that are there twice

    def _twin(self, fault: Fault, rng: random.Random) -> None:
        """A copied disk is started beside the first one: one of them must give way, and say so."""
        del rng
        desk = self._chain.desks[fault.target]
        desk.stop()
        twin = self._chain.twin_of(desk, desk.data)
        self._staff.bring_up(desk)
        try:
            self._staff.bring_up(twin)
            self._staff.must_inspect(desk, _bag(fault), 1)
            self._staff.must_inspect(twin, _bag(fault), 2)
            if not wait_for(lambda: _taken_over(desk) or _taken_over(twin), RECOGNISED_WITHIN_S):
                raise NotRecognisedError(
                    f"Two stations went by the name {desk.identity} for {RECOGNISED_WITHIN_S:.0f} s, and "
                    "neither said so."
                )
            self._log.fault(fault.kind, desk.name if _taken_over(desk) else twin.name, "gives way")
            self._one_after_the_other(desk, twin)
        finally:
            twin.kill()
            twin.client.close()

    def _one_after_the_other(self, desk: DeskProcess, twin: DeskProcess) -> None:
        """As people would: first the copy alone, until it owes nothing, then the first one again."""
        desk.stop()
        twin.stop()
        self._staff.bring_up(twin)
        self._staff.settle(twin)
        twin.stop()
        self._staff.bring_up(desk)
        self._renew_oms_backup()

    def _unit_twice(self, fault: Fault, rng: random.Random) -> None:
        """Both desks are offline; the same unit is taken at one, then at the other."""
        names = list(DESKS)
        rng.shuffle(names)
        for name in names:
            self._chain.wires[name].behave(Mischief(cut=True))
        for name in names:
            desk = self._chain.desks[name]
            self._staff.must_inspect(desk, _bag(fault), 1)
            self._staff.attempt(desk, self._staff.driver(desk).leave)
        for name in names:
            self._chain.wires[name].behave(Mischief())

    _beginnings: ClassVar[dict[FaultKind, Callable[["HeavyFaults", Fault, random.Random], None]]] = {
        FaultKind.OMS_RESTORED: _back_up_oms,
        FaultKind.STATION_RESTORED: _begin_station_restore,
        FaultKind.DISK_FULL: _fill_disk,
        FaultKind.IO_ERROR: _forbid_writing,
        FaultKind.CLOCK_FORWARD: _clocks_on,
        FaultKind.CLOCK_BACK: _clocks_back,
        FaultKind.REDELIVERED_LATE: _redeliver,
        FaultKind.TWIN_STATION: _twin,
        FaultKind.UNIT_TWICE: _unit_twice,
    }
    _endings: ClassVar[dict[FaultKind, Callable[["HeavyFaults", Fault, random.Random], None]]] = {
        FaultKind.OMS_RESTORED: _restore_oms,
        FaultKind.STATION_RESTORED: _restore_station,
        FaultKind.DISK_FULL: _empty_disk,
        FaultKind.IO_ERROR: _allow_writing,
        FaultKind.CLOCK_FORWARD: _right_clocks,
        FaultKind.CLOCK_BACK: _right_clocks,
    }


def _bag(fault: Fault) -> int:
    if fault.bag is None:
        raise ValueError(f"{fault.kind} needs a bag of its own")
    return fault.bag


def _backup(desk: DeskProcess) -> Path:
    return desk.data.parent / f"{desk.data.name}-backup"


def _taken_over(desk: DeskProcess) -> bool:
    connection = desk.connection()
    return connection is not None and bool(connection["session_taken_over"])
