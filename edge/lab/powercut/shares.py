"""One worker's share of the work: some moments of the recording, and for each some states that are opened.

A worker reads the recording once and then follows it from moment to moment, so that shares are cheap.
"""

import logging
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from edge.lab.powercut.checking import recover, violations
from edge.lab.powercut.disk_model import DiskModel
from edge.lab.powercut.disk_states import Arrival, ArrivalChooser
from edge.lab.powercut.materialising import StateWriter, is_minor
from edge.lab.powercut.obligations import Owed
from edge.lab.powercut.operations import describe
from edge.lab.powercut.timeline import Timeline
from edge.settings import Settings, load_settings
from hardware.cameras.parent_death import die_with_parent
from models.settings import ModelSettings

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
TRIES_A_STATE = 4
NO_MODEL = "none"  # judging pictures again is no part of what a cut can harm, and takes a third of a second


@dataclass(frozen=True, slots=True)
class Share:
    """Moments, ascending, and how many new states of each are opened.

    Attributes:
        moments: Numbers of changes in the timeline.
        states: How many distinct states of each moment are wanted.
        seed: Of this share.
        planned: Whether the planned states come before those by chance.
    """

    moments: tuple[int, ...]
    states: int
    seed: int
    planned: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A state in which the promise is broken.

    Attributes:
        moment: The change after which the power went.
        after: That change, in words.
        arrived: What arrived of what was on its way.
        wrong: What is wrong.
        kept: A copy of the state before the recovery, for whoever looks for the cause.
    """

    moment: int
    after: str
    arrived: str
    wrong: tuple[str, ...]
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class ShareResult:
    """What a share came to: a key for each state that was opened, recoveries run, and what was wrong."""

    opened: tuple[bytes, ...]
    starts: int
    findings: tuple[Finding, ...]


class Worker:
    """Opens states of one recording.

    Args:
        timeline: The recording.
        folder: A folder of its own.
        keep: Where states with violations are kept; None keeps none.
    """

    def __init__(self, timeline: Timeline, folder: Path, keep: Path | None = None) -> None:
        self._timeline = timeline
        self._writer = StateWriter(folder)
        self._keep = keep
        self._settings = settings_for(timeline, self._writer.state)
        self._model = DiskModel()
        self._reached = -1

    def work(self, share: Share) -> ShareResult:
        """Open the states of a share."""
        opened: dict[bytes, Owed] = {}
        findings: list[Finding] = []
        starts = 0
        for moment in share.moments:
            model, owed = self._at(moment), self._timeline.owed[moment]
            rng = random.Random(f"{share.seed}/{moment}")
            wanted = len(opened) + share.states
            for arrival in self._arrivals(model, rng, share):
                if len(opened) >= wanted:
                    break
                key = self._writer.key(model, arrival)
                if opened.get(key) is owed:
                    continue
                opened[key] = owed  # the same state is opened again where more is owed by then
                starts += 1
                if wrong := self._open(model, arrival, owed):
                    kept = self._kept(model, arrival, moment) if not findings else None
                    after = describe(self._timeline.changes[moment])
                    findings.append(Finding(moment, after, arrival.plan, tuple(wrong), kept))
        return ShareResult(tuple(opened), starts, tuple(findings))

    def _arrivals(self, model: DiskModel, rng: random.Random, share: Share) -> Iterator[Arrival]:
        chooser = ArrivalChooser(model, rng, minor=is_minor)
        by_chance = islice(chooser.by_chance(), share.states * TRIES_A_STATE if chooser.uncertain else 0)
        if not share.planned:
            return by_chance
        planned = list(chooser.planned())
        rng.shuffle(planned)
        # At least half of the states by chance: what nobody planned for is what is looked for.
        return chain([chooser.nothing()], planned[: max(1, share.states // 2)], by_chance, planned)

    def _open(self, model: DiskModel, arrival: Arrival, owed: Owed) -> list[str]:
        self._writer.write(model, arrival)
        data = self._settings.station.data_dir
        try:
            birth = recover(self._settings)
        except Exception as error:  # whatever stops a station after a power cut is a finding
            return [f"the station does not start: {type(error).__name__}: {error}"]
        return violations(data, birth, owed, self._timeline.truth, self._writer.sha256)

    def _kept(self, model: DiskModel, arrival: Arrival, moment: int) -> str | None:
        if self._keep is None:
            return None
        target = self._keep / f"moment-{moment}"
        self._writer.write(model, arrival)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._writer.state, target)
        return str(target)

    def _at(self, moment: int) -> DiskModel:
        if moment < self._reached or self._reached < 0:
            self._model, self._reached = self._timeline.beginning(), -1
        for change in self._timeline.changes[self._reached + 1 : moment + 1]:
            self._model.apply(change)
        self._reached = moment
        return self._model


def settings_for(timeline: Timeline, root: Path) -> Settings:
    """The recorded station's settings, for a copy of its folder somewhere else."""
    settings = load_settings(timeline.recording.before / "station.toml")
    station = settings.station.model_copy(update={"data_dir": root / "data"})
    storage = settings.storage.model_copy(update={"queue_mb": 0})  # room that is taken holds nothing
    model = ModelSettings(name=NO_MODEL)
    return settings.model_copy(update={"station": station, "storage": storage, "model": model})


_worker: list[Worker] = []


def begin(driver: int, recording: str, folder: str, keep: str | None) -> None:
    """In a new worker process: read the recording; end with the driver, however that ends."""
    die_with_parent(driver)
    logging.disable(logging.CRITICAL)  # thousands of starts would each tell what they found
    own = Path(tempfile.mkdtemp(prefix="worker-", dir=folder))
    _worker.append(Worker(Timeline.load(Path(recording)), own, Path(keep) if keep else None))


def work(share: Share) -> ShareResult:
    """In a worker process: open a share's states."""
    return _worker[0].work(share)
