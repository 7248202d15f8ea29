"""`darkstore torture`: rounds of work under faults, chain after chain, until all are through or one fails."""

import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from edge.lab.ending import ended_in_order
from edge.lab.errors import LabError
from edge.lab.progress import progress_bar
from edge.lab.torture.chain import STATION, Chain
from edge.lab.torture.checker import check
from edge.lab.torture.findings import Finding, Verdict
from edge.lab.torture.folder import ChainFolder
from edge.lab.torture.goods import expiry_of
from edge.lab.torture.heavy import HeavyFaults
from edge.lab.torture.light import LightFaults
from edge.lab.torture.log import TortureLog
from edge.lab.torture.outcome import NOT_REVIVED, Outcome, tell_people
from edge.lab.torture.plan import SMALL_DISK_DESK, ChainPlan, digest_of, plan_campaign
from edge.lab.torture.round import RoundPlayer
from edge.lab.torture.small_disk import SmallDisk
from edge.lab.torture.staff import TortureStaff
from edge.lab.torture.story import tell


@dataclass(frozen=True, slots=True)
class TortureOptions:
    """What was asked for.

    Attributes:
        rounds: How many.
        seed: Equal seeds bring equal faults.
        as_json: Print one JSON document.
        folder: Where everything is kept meanwhile; a temporary folder if left out.
        own_disk: Everything on the disk of `folder`: no file system of memory beside it.
        minutes: When this time is over, no further round begins.
        station_entry: What runs at the desks; tests give a weakened station.
    """

    rounds: int
    seed: int
    as_json: bool = False
    folder: Path | None = None
    own_disk: bool = False
    minutes: float = 600.0
    station_entry: str = STATION


def run_torture(options: TortureOptions) -> bool:
    """Play the campaign and tell; True if nothing was lost, doubled or out of order."""
    console = Console(stderr=options.as_json, highlight=False)
    with ended_in_order(), progress_bar(console) as progress:
        task = progress.add_task("Torturing the chain", total=options.rounds)
        outcome = Campaign(options, on_round=lambda: progress.advance(task)).play()
    if options.as_json:
        sys.stdout.write(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    if not options.as_json or not outcome.good:
        tell_people(console, outcome)
    return outcome.good


class Campaign:
    """Chain after chain.

    Args:
        options: What was asked for.
        on_round: Called after each round.
    """

    def __init__(self, options: TortureOptions, on_round: Callable[[], None] = lambda: None) -> None:
        self._options = options
        self._on_round = on_round
        self._own_folder = options.folder is None
        self._folder = options.folder or Path(tempfile.mkdtemp(prefix="darkstore-torture-"))
        self._outcome = Outcome(options.rounds, options.seed)
        self._started = time.monotonic()

    def play(self) -> Outcome:
        """Play until the end, the first failure, or the end of the time."""
        outcome = self._outcome
        campaign = plan_campaign(self._options.seed, self._options.rounds)
        outcome.plan = digest_of(campaign)
        for number, plan in enumerate(campaign):
            if self._out_of_time() or not self._chain(number, plan):
                break
        outcome.seconds = time.monotonic() - self._started
        if outcome.found:
            outcome.kept = str(self._folder)
        elif self._own_folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        return outcome

    def _out_of_time(self) -> bool:
        return time.monotonic() - self._started > self._options.minutes * 60

    def _chain(self, number: int, plan: ChainPlan) -> bool:
        """One chain through its rounds; its folder goes when all went well."""
        path = self._folder / f"chain-{number:03d}"
        disk = self._disk(path)
        started_at = datetime.now(UTC).replace(microsecond=0)
        folder = ChainFolder(path, disk.place if disk else None, SMALL_DISK_DESK)
        folder.write_oms_files(plan.bags, started_at)
        log = TortureLog(folder.journal)
        try:
            good = self._rounds(plan, folder, log, disk, started_at)
        finally:
            log.close()
            if disk is not None:
                if self._outcome.found:
                    shutil.copytree(disk.place, path / "small-disk-as-it-was", dirs_exist_ok=True)
                disk.unmount()
        if good:
            shutil.rmtree(path, ignore_errors=True)
        return good

    def _rounds(
        self, plan: ChainPlan, folder: ChainFolder, log: TortureLog, disk: SmallDisk | None, at: datetime
    ) -> bool:
        outcome = self._outcome
        chain = Chain(folder, self._options.seed, station_entry=self._options.station_entry)
        staff = TortureStaff(log, expiry_of(at), disk)
        light, heavy = LightFaults(chain, log), HeavyFaults(chain, staff, log, disk)
        verdict = Verdict((), 0, 0)
        findings: tuple[Finding, ...] = ()
        try:
            self._begin(chain, staff, plan)
            player = RoundPlayer(chain, staff, light, heavy, log)
            for one in plan.rounds:
                if self._out_of_time():
                    break
                verdict = player.play(one)
                findings = verdict.findings
                if findings:
                    break
                outcome.rounds += 1
                outcome.brokers[one.broker] += 1
                self._on_round()
        except LabError as error:
            findings = (Finding(NOT_REVIVED, str(error)), *self._last_look(folder, log))
        finally:
            light.wait()
            chain.stop()
        self._count(chain, light, heavy, verdict)
        if findings:
            outcome.found.update(one.kind for one in findings)
            outcome.story = tell(findings, log.path, folder.ledger)
        return not findings

    def _begin(self, chain: Chain, staff: TortureStaff, plan: ChainPlan) -> None:
        chain.start_broker(plan.rounds[0].broker)
        chain.start_oms()
        for desk in chain.desks.values():
            staff.bring_up(desk)
        staff.wait_for_announcements(chain.desks.values(), max(plan.bags))

    def _last_look(self, folder: ChainFolder, log: TortureLog) -> tuple[Finding, ...]:
        with contextlib.suppress(Exception):
            return check(log.path, folder.ledger).findings
        return ()

    def _count(self, chain: Chain, light: LightFaults, heavy: HeavyFaults, verdict: Verdict) -> None:
        outcome = self._outcome
        outcome.faults.update(light.struck)
        outcome.faults.update(heavy.struck)
        for kind in heavy.skipped:
            outcome.skipped[kind.value] = (
                "a device's own disk is never filled"
                if self._options.own_disk
                else "this user may not mount a file system that could be filled"
            )
        for wire in chain.wires.values():
            outcome.wires.update(wire.struck.as_counts())
        outcome.saved += verdict.saved
        outcome.events += verdict.events

    def _disk(self, path: Path) -> SmallDisk | None:
        """The disk that can be filled; never the operator's own."""
        if self._options.own_disk:
            return None
        disk = SmallDisk(path / "small-disk")
        return disk if disk.mount() else None
