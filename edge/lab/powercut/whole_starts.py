"""A few states started as a whole: `darkstore run` in a process of its own, asked over HTTP as a page would.

The enumeration runs the start-up in its own workers, because a process for each of thousands of states would
take a day. This shows on a sample that the program as it is installed comes to the same.
"""

import hashlib
import json
import random
import tempfile
from pathlib import Path

from edge.lab.errors import LabError
from edge.lab.ports import free_port
from edge.lab.powercut.checking import recover, violations
from edge.lab.powercut.disk_states import ArrivalChooser
from edge.lab.powercut.materialising import StateWriter, is_minor
from edge.lab.powercut.obligations import Owed
from edge.lab.powercut.operations import describe
from edge.lab.powercut.shares import Finding, settings_for
from edge.lab.powercut.timeline import Timeline
from edge.lab.processes import Program
from edge.lab.station_client import StationClient, in_path

START_TIMEOUT_S = 60.0


def start_whole(timeline: Timeline, *, count: int, seed: int) -> list[Finding]:
    """Start so many states at which something had just been told; gives those that break the promise.

    Args:
        timeline: The recording.
        count: How many.
        seed: Chooses them.
    """
    rng = random.Random(seed)
    moments = sorted(rng.sample(sorted(timeline.telling), min(count, len(timeline.telling))))
    model, reached, findings = timeline.beginning(), -1, []
    with tempfile.TemporaryDirectory(prefix="darkstore-powercut-") as name:
        writer = StateWriter(Path(name))
        for moment in moments:
            for change in timeline.changes[reached + 1 : moment + 1]:
                model.apply(change)
            reached = moment
            chooser = ArrivalChooser(model, rng, minor=is_minor)
            arrival = rng.choice([chooser.nothing(), next(chooser.by_chance())])
            writer.write(model, arrival)
            wrong = _ask(timeline, writer, timeline.owed[moment])
            if wrong:
                after = describe(timeline.changes[moment])
                findings.append(Finding(moment, after, arrival.plan, tuple(wrong)))
    return findings


def _ask(timeline: Timeline, writer: StateWriter, owed: Owed) -> list[str]:
    folder = writer.state
    port = free_port()
    config = folder / "started.toml"
    settings = settings_for(timeline, folder)
    section = settings.station
    config.write_text(
        f'[station]\nsite = "{section.site}"\nstation = "{section.station}"\nport = {port}\n'
        f"data_dir = {json.dumps(str(section.data_dir))}\n[broker]\nport = {free_port()}\n",
        encoding="utf-8",
    )
    log = folder.parent / "station.log"
    program = Program("station", ["run", "--config", str(config)], log)
    program.start()
    try:
        with StationClient(f"http://127.0.0.1:{port}") as client:
            program.wait_ready(client.is_up, START_TIMEOUT_S)
            wrong = [
                f"the page does not show {inspection_id} as it was saved ({problem})"
                for inspection_id in sorted(owed.inspections)
                if (problem := _shown(client, inspection_id, timeline)) is not None
            ]
    except LabError as error:
        return [str(error)]
    finally:
        program.stop()
    birth = recover(settings)
    return wrong + violations(section.data_dir, birth, owed, timeline.truth, writer.sha256)


def _shown(client: StationClient, inspection_id: str, timeline: Timeline) -> str | None:
    try:
        path = f"/api/inspections/{in_path(inspection_id)}"
        client.get(path)
        for name, digest in timeline.truth.pictures[inspection_id]:
            view = name.rsplit("-", 1)[-1].removesuffix(".jpg")
            if hashlib.sha256(client.get_bytes(f"{path}/pictures/{view}")).hexdigest() != digest:
                return f"another picture as {view}"
    except LabError as error:
        return str(error)
    return None
