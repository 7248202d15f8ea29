"""The whole enumeration: shares the moments out among workers until enough distinct states were opened."""

import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from edge.lab.powercut.operations import Sync
from edge.lab.powercut.shares import MEMORY, Finding, Share, ShareResult, begin, work
from edge.lab.powercut.timeline import Timeline

MOMENTS_A_SHARE = 24
STATES_A_MOMENT = 6
"""Fewer moments are looked at rather than fewer states of each, as long as states are scarce."""
MOST_ROUNDS = 60
"""The last ones look for a handful of states and are soon over; a round that finds none ends the search."""


@dataclass(slots=True)
class Outcome:
    """What the enumeration came to.

    Attributes:
        moments: Moments of the recording at which the power may go.
        looked_at: How many of them were looked at.
        starts: Recoveries that were run.
        opened: Keys of the distinct states that were opened.
        findings: States in which the promise is broken.
        seconds: How long it took.
    """

    moments: int
    looked_at: set[int] = field(default_factory=set)
    starts: int = 0
    opened: set[bytes] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, share: Share, result: ShareResult) -> None:
        """Count a share."""
        self.looked_at.update(share.moments)
        self.starts += result.starts
        self.opened.update(result.opened)
        self.findings.extend(result.findings)


def enumerate_cuts(
    timeline: Timeline,
    *,
    states: int,
    seed: int,
    workers: int | None = None,
    keep: Path | None = None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Outcome:
    """Open so many distinct states, or as many as there are to be found.

    Args:
        timeline: The recording.
        states: How many.
        seed: Equal seeds choose equal states of one recording.
        workers: Processes; None takes one a core.
        keep: Folder for states with violations.
        on_progress: Told how many states were opened, and how many violate the promise.
    """
    began = time.monotonic()
    outcome = Outcome(moments=len(timeline.changes))
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="darkstore-powercut-", dir=_roomy_folder()) as folder:
        pool = ProcessPoolExecutor(
            workers or os.cpu_count() or 1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=begin,
            initargs=(os.getpid(), str(timeline.recording.folder), folder, str(keep) if keep else None),
        )
        try:
            for number in range(MOST_ROUNDS):
                missing = states - len(outcome.opened)
                if missing <= 0:
                    break
                before = len(outcome.opened)
                waiting = {
                    pool.submit(work, share): share for share in _round(timeline, missing, rng, number)
                }
                for done in as_completed(waiting):
                    outcome.add(waiting[done], done.result())
                    on_progress(len(outcome.opened), len(outcome.findings))
                if len(outcome.opened) == before:
                    break
        finally:
            pool.shutdown(cancel_futures=True)
    outcome.findings.sort(key=lambda finding: finding.moment)
    outcome.seconds = time.monotonic() - began
    return outcome


def _round(timeline: Timeline, missing: int, rng: random.Random, number: int) -> list[Share]:
    """Shares that together bring about so many new states; the first round has the planned ones."""
    wanted = max(missing // STATES_A_MOMENT, MOMENTS_A_SHARE)
    moments = _moments(timeline, wanted, rng, telling=number == 0)
    states = -(-missing // len(moments))
    return [
        Share(tuple(moments[start : start + MOMENTS_A_SHARE]), states, rng.randrange(2**32), number == 0)
        for start in range(0, len(moments), MOMENTS_A_SHARE)
    ]


def _moments(timeline: Timeline, wanted: int, rng: random.Random, *, telling: bool) -> list[int]:
    """Moments to look at, ascending: those of a telling, then others, rather those beside a sync."""
    first = timeline.telling if telling else frozenset()
    others = [moment for moment in range(len(timeline.changes)) if moment not in first]
    others.sort(key=lambda moment: rng.random() * (1 if _is_around_sync(timeline, moment) else 2))
    return sorted([*first, *others[: max(0, wanted - len(first))]])


def _is_around_sync(timeline: Timeline, moment: int) -> bool:
    following = timeline.changes[moment + 1] if moment + 1 < len(timeline.changes) else None
    return isinstance(timeline.changes[moment], Sync) or isinstance(following, Sync)


def _roomy_folder() -> Path | None:
    """Memory, where there is enough of it."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > 2**30 and os.access(MEMORY, os.W_OK) else None
    except OSError:
        return None
