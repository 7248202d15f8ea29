"""Recording a shift: the real station under strace, killed, stopped in order, and started after each.

RECORDING/recording.json   where the station's folder was, how many runs, what was taken away
RECORDING/run-1.strace …   one for each start of the station
RECORDING/before/          the station's folder before the first start
RECORDING/after/           the station's folder after the last stop: what the model must arrive at
"""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.lab.demo_folder import SITE, SUPERVISOR, DemoFolder, ShiftChoice
from edge.lab.desk_watch import DeskWatch
from edge.lab.driver_journal import DriverJournal
from edge.lab.powercut.errors import RecordingUnusable, StraceMissing
from edge.lab.powercut.operations import Operation, Sync
from edge.lab.powercut.shift_pictures import ShiftPictures
from edge.lab.powercut.trace_reading import read_trace
from edge.lab.powercut.traced_station import TracedParts
from edge.lab.powercut.weakened import Weakening
from edge.lab.settling import wait_until_settled
from edge.lab.shift.plan import ReturnPlan
from edge.lab.shift.script import write_shift
from edge.lab.staff import Staff
from edge.lab.station_copy import StationCopy
from edge.lab.table_scene import TableScene

SHIFT_SEED = 20
SHIFT_RETURNS = 36
PLAYED = ("R23", "R25", "R04", "R24", "R22", "R06", "R16", "R30", "R02", "R26", "R31", "R15", "R18", "R36")
"""Which of the shift's returns: undo, put-away, a late unit, a hold resolved, overrides, ordinary ones."""
SETTLE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded.

    Attributes:
        folder: Where it lies.
        root: The station's folder as it was called while recording.
        runs: How often the station was started.
        weakening: The safeguard that was taken away.
    """

    folder: Path
    root: Path
    runs: int
    weakening: Weakening

    @property
    def before(self) -> Path:
        """The station's folder before the first start."""
        return self.folder / "before"

    @property
    def after(self) -> Path:
        """The station's folder after the last stop."""
        return self.folder / "after"

    def operations(self) -> list[Operation]:
        """What happened, over all runs, numbered throughout.

        Raises:
            RecordingUnusable: A trace is missing, or holds a call that is not understood.
        """
        found: list[Operation] = []
        for run in range(1, self.runs + 1):
            beyond = found[-1].at + 1 if found else 0
            try:
                with (self.folder / f"run-{run}.strace").open(encoding="ascii", errors="replace") as lines:
                    operations = read_trace(lines, self.root)
            except (OSError, ValueError) as error:
                raise RecordingUnusable(self.folder, str(error)) from error
            found.extend(_shifted(operation, beyond) for operation in operations)
        return found

    @classmethod
    def load(cls, folder: Path) -> "Recording":
        """A recording that was made before.

        Raises:
            RecordingUnusable: The folder holds none.
        """
        try:
            found = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
            return cls(folder, Path(found["root"]), int(found["runs"]), Weakening(found["weakening"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordingUnusable(folder, f"its recording.json can't be read ({error})") from error


def record(
    folder: Path,
    *,
    returns: int,
    weakening: Weakening = Weakening.NONE,
    on_unit: Callable[[str], None] = lambda _: None,
) -> Recording:
    """Play a short shift and record what the station does to its disk.

    Args:
        folder: A new folder for the recording.
        returns: How many returns of the shift are played.
        weakening: A safeguard to take away.
        on_unit: Told of each unit that was saved.

    Raises:
        StraceMissing, StraceRefused: Nothing can be recorded here.
        LabError: A program did not come up, or the desk got stuck.
    """
    if shutil.which("strace") is None:
        raise StraceMissing
    folder = folder.absolute()
    demo = DemoFolder(folder / "shift")
    started_at = datetime.now(UTC).replace(microsecond=0)
    demo.begin(ShiftChoice(SHIFT_SEED, SHIFT_RETURNS, started_at, None))
    shift = write_shift(SITE, started_at, seed=SHIFT_SEED, returns=SHIFT_RETURNS)
    plans = {plan.play_id: plan for plan in shift.returns}
    played = [_with_cameras(plans[play_id]) for play_id in PLAYED[:returns]]
    pictures = ShiftPictures(shift)
    table = TableScene(demo.scene, pictures)
    table.put(played[0].units[0])
    demo.write_oms_files(shift, cancelled=False)
    parts = TracedParts(demo, folder, weakening)
    try:
        parts.start()
        StationCopy(demo, parts).wait_for_announcements(shift)
        with closing(DriverJournal(demo.journal)) as journal:
            watch = DeskWatch(parts.client)
            staff = Staff(
                watch,
                demo.scanner,
                table,
                journal,
                supervisor=SUPERVISOR,
                on_unit=lambda unit: on_unit(unit.unit_id),
            )
            for number, plan in enumerate(played):
                if number == max(1, len(played) // 3):
                    parts.programs["station"].kill()
                    parts.start_station()
                elif number == max(2, 2 * len(played) // 3):
                    parts.programs["station"].stop()
                    parts.start_station()
                staff.play(plan)
        wait_until_settled(parts.client, timeout_s=SETTLE_TIMEOUT_S, on_progress=lambda _: None)
    finally:
        parts.stop()
    shutil.copytree(demo.station, folder / "after")
    recording = Recording(folder, demo.station, parts.runs, weakening)
    content = {"root": str(demo.station), "runs": parts.runs, "weakening": weakening.value}
    (folder / "recording.json").write_text(json.dumps(content), encoding="utf-8")
    return recording


def _with_cameras(plan: ReturnPlan) -> ReturnPlan:
    """The same return with every camera at work: waiting for a lost one tells nothing about the disk."""
    units = tuple(replace(unit, lost_camera=None, first_look=None) for unit in plan.units)
    return replace(plan, units=units)


def _shifted(operation: Operation, by: int) -> Operation:
    if isinstance(operation, Sync):
        return replace(operation, at=operation.at + by, began=operation.began + by)
    return replace(operation, at=operation.at + by)
