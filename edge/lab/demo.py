"""`darkstore demo`: a shift at a returns desk against the real thing, with the network cut in the middle.

Broker, OMS receiver and station run as they do in a store, each in a process of its own; this driver plays
the staff and pulls the plug. At the end it compares its own journal with the OMS's books.
"""

import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from edge.lab.demo_folder import SITE, SUPERVISOR, DemoFolder, ShiftChoice
from edge.lab.demo_options import DemoOptions
from edge.lab.demo_report import (
    count_dispositions,
    decided_in,
    describe_cases,
    describe_returns,
    print_report,
)
from edge.lab.desk_watch import DeskWatch
from edge.lab.drawn_pictures import DrawnPictures, draw_empty_station
from edge.lab.driver_journal import DriverJournal
from edge.lab.errors import LabError
from edge.lab.photographs import Photographs
from edge.lab.progress import progress_bar
from edge.lab.recollection import recollect
from edge.lab.running_parts import BrokerAddress, RunningParts
from edge.lab.settling import Reconciliation, compare, read_ledger, wait_until_settled
from edge.lab.shift.plan import CASES, Shift
from edge.lab.shift.script import write_shift
from edge.lab.staff import Staff
from edge.lab.station_copy import StationCopy
from edge.lab.table_scene import PictureSource, TableScene

SETTLE_TIMEOUT_S = 90.0


def run_demo(options: DemoOptions) -> bool:
    """Play the shift; True if nothing is lost or doubled and every case was seen.

    Raises:
        CommandFailed: The options do not fit together.
        LabError: A program did not come up, or the desk got stuck; the data folder keeps everything.
    """
    own_folder = options.data is None
    path = options.data or Path(tempfile.mkdtemp(prefix="darkstore-demo-"))
    demo = _Demo(options, DemoFolder(path))
    try:
        good = demo.play()
    except (LabError, KeyboardInterrupt):
        demo.console.print(f"Everything is kept: darkstore demo --resume --data {path}", soft_wrap=True)
        raise
    if own_folder:
        shutil.rmtree(path, ignore_errors=True)
    return good


class _Demo:
    def __init__(self, options: DemoOptions, folder: DemoFolder) -> None:
        self.options = options
        self.folder = folder
        # With --json people read stderr and programs stdout.
        self.console = Console(stderr=options.as_json, highlight=False)
        self._started = time.monotonic()
        self._owed_when_mended = 0

    def play(self) -> bool:
        choice = self._choice()
        shift = write_shift(SITE, choice.started_at, seed=choice.seed, returns=choice.returns)
        self.folder.write_oms_files(shift, cancelled=False)
        pictures = self._pictures(choice, shift)
        broker = BrokerAddress.parse(self.options.broker) if self.options.broker else None
        parts = RunningParts(self.folder, broker=broker, http_port=self.options.port)
        try:
            self.console.print("Starting broker, OMS receiver and station…")
            parts.start()
            copy = StationCopy(self.folder, parts)
            copy.wait_for_announcements(shift)
            self.folder.write_oms_files(shift, cancelled=True)
            copy.wait_for_cancellations(shift)
            self.console.print(f"The station is up: {parts.address}", soft_wrap=True)
            with closing(DriverJournal(self.folder.journal)) as journal:
                self._shift(shift, parts, journal, pictures)
                reconciliation, outcome = self._settle(shift, parts, journal)
            outcome["codes"] = _codes(pictures)
            self._tell(outcome, reconciliation)
            if not self.options.headless:
                self._stay_up(parts)
        finally:
            parts.stop()
        return bool(outcome["ok"])

    def _choice(self) -> ShiftChoice:
        options = self.options
        if options.resume:
            return self.folder.resume()
        photographs = str(options.pictures.absolute()) if options.pictures else None
        # Whole seconds: what is read back on --resume is the same moment.
        started_at = datetime.now(UTC).replace(microsecond=0)
        choice = ShiftChoice(options.seed, options.returns, started_at, photographs)
        self.folder.begin(choice)
        return choice

    def _pictures(self, choice: ShiftChoice, shift: Shift) -> PictureSource:
        if choice.photographs is not None:
            photographs = Photographs(Path(choice.photographs), choice.seed)
            self.console.print(f"{photographs.count} photographs from {choice.photographs}", soft_wrap=True)
            TableScene(self.folder.scene, photographs).put(shift.returns[0].units[0])
            return photographs
        drawn = DrawnPictures(self.folder.pictures, choice.seed)
        with progress_bar(self.console) as progress:
            task = progress.add_task("Drawing the shift's items", total=None)
            drawn.prepare(shift, lambda done, of: progress.update(task, completed=done, total=of or 1))
        empty = draw_empty_station()
        self.folder.write_references(empty)
        TableScene(self.folder.scene, drawn).clear(empty)
        return drawn

    def _shift(
        self, shift: Shift, parts: RunningParts, journal: DriverJournal, pictures: PictureSource
    ) -> None:
        watch = DeskWatch(parts.client)
        journal.write("started", resumed=False)
        if self.options.resume:
            found = recollect(watch, journal)
            self.console.print(f"Going on; {found} saved units had not been noted before the kill.")
        played = {entry["play_id"] for entry in journal.entries("played")}
        cut_from, cut_to = len(shift.returns) // 3, 2 * len(shift.returns) // 3
        table = TableScene(self.folder.scene, pictures)
        table.plug_in()
        with progress_bar(self.console) as progress:
            task = progress.add_task("Playing the shift", total=len(shift.returns), completed=len(played))
            staff = Staff(
                watch,
                self.folder.scanner,
                table,
                journal,
                supervisor=SUPERVISOR,
                on_unit=lambda one: progress.console.print(
                    f"  {one.play_id:4} {one.item[:38]:38} {one.grade or '-':2} {one.disposition:17} "
                    f"{one.decided_ms:4.0f} ms"
                ),
            )
            for number, plan in enumerate(shift.returns):
                if plan.play_id in played:
                    continue
                self._set_wire(parts, cut=cut_from <= number < cut_to, progress=progress)
                staff.play(plan)
                progress.advance(task)
            self._set_wire(parts, cut=False, progress=progress)

    def _set_wire(self, parts: RunningParts, *, cut: bool, progress: Progress) -> None:
        """Cut or mend the network, where that is a change."""
        is_cut = parts.wire.state == "cut"
        if cut and not is_cut:
            parts.wire.cut()
            progress.console.print("[yellow]The network is cut. Work goes on.[/]")
        elif is_cut and not cut:
            self._owed_when_mended = int(parts.client.get("/api/state")["connection"]["owed"])
            parts.wire.mend()
            progress.console.print(
                f"[green]The network is back; {self._owed_when_mended} messages are owed.[/]"
            )

    def _settle(
        self, shift: Shift, parts: RunningParts, journal: DriverJournal
    ) -> tuple[Reconciliation, dict[str, Any]]:
        with progress_bar(self.console) as progress:
            task = progress.add_task("Waiting until the OMS has confirmed everything", total=None)
            owed = wait_until_settled(
                parts.client,
                timeout_s=SETTLE_TIMEOUT_S,
                on_progress=lambda left: progress.update(task, description=f"Still owed to the OMS: {left}"),
            )
        entries = journal.entries()
        booked = read_ledger(self.folder.oms, entries)
        reconciliation = compare(entries, booked, owed)
        self.folder.write_saved(entries)
        returns = describe_returns(shift, entries, booked)
        cases = describe_cases(shift, entries)
        dispositions = count_dispositions(returns)
        whole = shift.cases == frozenset(CASES)
        missing = [name for name, count in dispositions.items() if count == 0 and whole]
        outcome: dict[str, Any] = {
            "ok": reconciliation.good and all(cases.values()) and not missing,
            "returns": returns,
            "cases": cases,
            "cases_missing": [case for case, seen in cases.items() if not seen],
            "dispositions": dispositions,
            "dispositions_missing": missing,
            "owed": reconciliation.owed,
            "confirmed": reconciliation.confirmed,
            "applied": reconciliation.applied,
            "lost": len(reconciliation.lost),
            "applied_twice": len(reconciliation.applied_twice),
            "unknown": len(reconciliation.unknown),
            "rejected": len(reconciliation.rejected),
            "misplaced": len(reconciliation.misplaced),
            "misplaced_inspections": dict(reconciliation.misplaced),
            "lost_inspections": list(reconciliation.lost),
            "applied_twice_inspections": list(reconciliation.applied_twice),
            "owed_when_the_network_came_back": self._owed_when_mended,
            "decided_ms": decided_in(returns),
            "seconds": round(time.monotonic() - self._started, 1),
            "station": parts.address,
            "data": str(self.folder.path) if self.options.data or not self.options.headless else None,
        }
        return reconciliation, outcome

    def _tell(self, outcome: dict[str, Any], reconciliation: Reconciliation) -> None:
        if self.options.as_json:
            sys.stdout.write(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            print_report(self.console, outcome, reconciliation)

    def _stay_up(self, parts: RunningParts) -> None:
        """Keep everything up for use by hand until Ctrl-C or SIGTERM."""
        self.console.print(
            f"The station stays up for you: {parts.address}   (Ctrl-C ends everything)", soft_wrap=True
        )
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        with suppress(KeyboardInterrupt):
            while not stop.wait(0.5) and all(program.alive() for program in parts.programs.values()):
                pass


def _codes(pictures: PictureSource) -> dict[str, int]:
    if isinstance(pictures, DrawnPictures):
        return {"read_off_pictures": pictures.read_off, "typed": pictures.typed}
    return {"read_off_pictures": 0, "typed": 0}
