"""The station's calibration: worked out from judged units, kept, watched for drift, asked at each decision.

It is kept by model and policy pack, and holds only for that very model, the bound that the pack demands and
the values by which it grades. Calibrating is a person's act (`darkstore calibrate`); what the station does by
itself can only make it stricter.
"""

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from edge.clock import Clock
from edge.grading.calibration import Calibration, calibrate
from edge.grading.drift import (
    Dated,
    Figures,
    Outcome,
    Sign,
    compare,
    day_effect,
    outcome_of,
    spread,
    threshold_after,
)
from edge.grading.observation import Share
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import PolicyShelf
from edge.inspection.judged_units import JudgedUnit, ReadingStopped, judged_units
from edge.inspection.records import AuditRecord, CalibrationRecord
from edge.inspection.saved import ModelUsed
from edge.returns.values import FrozenValue
from sync.database import Database

logger = logging.getLogger(__name__)

RECENT = timedelta(days=7)
"""What drift is looked for in."""

REVIEWED_EVERY = timedelta(hours=6)

Standing = Literal["calibrated", "tightened", "alarmed", "uncalibrated"]


class KeptCalibration(FrozenValue):
    """A calibration in force, or why there is none.

    Attributes:
        judging: The pack's values for which it holds (`PolicyPack.judging`).
        found: What the labelled units gave.
        threshold: In force now; None: a person is always asked.
        standing: `tightened` and `alarmed` by drift; `uncalibrated` where the labels did not allow a
            threshold.
        asked_share: Of all units judged by pictures, those for which a person is asked with that threshold.
        labels_since: Labels of before no longer count, because the returns have changed.
        baseline: What later returns are compared with.
        signs: What differed, where it was tightened or alarmed.
    """

    model: ModelUsed
    policy: str
    judging: str
    found: Calibration
    threshold: float | None
    standing: Standing
    asked_share: Share
    labels_since: AwareDatetime | None = None
    at: AwareDatetime
    baseline: Figures = Figures(units=0)
    signs: tuple[Sign, ...] = ()


class CalibrationBook:
    """Knows for each policy pack from which confidence the station may decide alone."""

    def __init__(
        self, database: Database, policies: PolicyShelf, model: ModelUsed | None, clock: Clock
    ) -> None:
        self._database = database
        self._policies = policies
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._reviewed_at: datetime | None = None
        self._progress: dict[str, Calibration] = {}
        self._kept: dict[str, KeptCalibration] = _newest(database, model) if model is not None else {}
        self.model = model

    def threshold(self, pack: PolicyPack) -> float | None:
        """The confidence from which a unit of this pack needs no person; None: not calibrated."""
        kept = self.kept(pack)
        return kept.threshold if kept is not None else None

    def kept(self, pack: PolicyPack) -> KeptCalibration | None:
        """What holds for this pack; None where nothing does, or where it was made for other values."""
        kept = self._kept.get(pack.name)
        return kept if kept is not None and kept.judging == pack.judging else None

    def progress(self, pack: PolicyPack) -> Calibration | None:
        """What calibrating would give, as last reviewed; None where it was not looked at yet."""
        return self._progress.get(pack.name)

    def calibrate(self, *, write: bool) -> dict[str, KeptCalibration]:
        """Work out every pack's threshold from the units that people judged.

        Args:
            write: Put it in force; else only say what it would be.
        """
        if self.model is None:
            return {}
        with self._one_at_a_time:
            units = _by_pack(judged_units(self._database, self._policies, self.model))
            found = {
                pack.name: self._worked_out(pack, self.model, units.get(pack.name, []))
                for pack in self._policies.packs
                if pack.bound is not None
            }
            if write:
                with self._database.write():
                    for kept in found.values():
                        self._keep(kept, "calibration.computed")
                self._kept = {**self._kept, **found}
            self._progress = {name: kept.found for name, kept in found.items()}
        return found

    def review(self, rest: Callable[[], bool] = lambda: False) -> None:
        """Look for drift, and count what is still wanting.

        Makes a threshold higher or takes it away, never lower.
        """
        now = self._clock.reading()
        if self.model is None or not now.ok:
            return
        if self._reviewed_at is not None and now.now - self._reviewed_at < REVIEWED_EVERY:
            return
        self._reviewed_at = now.now
        with self._one_at_a_time, suppress(ReadingStopped):
            self._review(self.model, now.now, rest)

    def _review(self, model: ModelUsed, now: datetime, rest: Callable[[], bool]) -> None:
        packs = [pack for pack in self._policies.packs if pack.bound is not None]
        since = now - RECENT if all(self.threshold(pack) is not None for pack in packs) else None
        units = _by_pack(judged_units(self._database, self._policies, model, since=since, rest=rest))
        for pack in packs:
            kept, mine = self.kept(pack), units.get(pack.name, [])
            if kept is not None and kept.threshold is not None and pack.bound is not None:
                begin = max(kept.at, now - RECENT)
                recent = figures([unit for unit in mine if unit.saved_at >= begin])
                self._heed(kept, kept.threshold, compare(kept.baseline, recent, pack.bound.harm), now)
            elif pack.bound is not None:
                self._progress[pack.name] = self._worked_out(pack, model, mine).found

    def _heed(self, kept: KeptCalibration, threshold: float, signs: tuple[Sign, ...], now: datetime) -> None:
        outcome = outcome_of(signs)
        if outcome is Outcome.OK:
            return
        after = threshold_after(threshold, outcome)
        changed = kept.model_copy(
            update={
                "threshold": after,
                "standing": "tightened" if after is not None else "alarmed",
                "asked_share": kept.asked_share if after is not None else 1.0,
                "labels_since": kept.labels_since if after is not None else now,
                "at": now,
                "signs": signs,
            }
        )
        logger.warning("returns of %s differ from those it was calibrated on: %s", kept.policy, signs)
        with self._database.write():
            self._keep(changed, f"calibration.{changed.standing}")
        self._kept = {**self._kept, kept.policy: changed}

    def _worked_out(self, pack: PolicyPack, model: ModelUsed, units: Sequence[JudgedUnit]) -> KeptCalibration:
        assert pack.bound is not None  # noqa: S101 - packs on the shelf come from files, which name one
        before = self._kept.get(pack.name)
        since = before.labels_since if before is not None else None
        fresh = [unit for unit in units if since is None or unit.saved_at >= since]
        found = calibrate([unit.label for unit in fresh if unit.label is not None], pack.bound)
        asked = sum(unit.alone.asks(found.threshold) for unit in fresh)
        return KeptCalibration(
            model=model,
            policy=pack.name,
            judging=pack.judging,
            found=found,
            threshold=found.threshold,
            standing="calibrated" if found.threshold is not None else "uncalibrated",
            asked_share=round(asked / len(fresh), 4) if fresh else 1.0,
            labels_since=since,
            at=self._clock.reading().now,
            baseline=figures(fresh),
        )

    def _keep(self, kept: KeptCalibration, action: str) -> None:
        self._database.run(
            CalibrationRecord.insert(
                model_sha256=kept.model.sha256,
                policy=kept.policy,
                standing=kept.standing,
                threshold=kept.threshold,
                body=kept.model_dump_json(),
                at=kept.at,
            )
        )
        reading = self._clock.reading()
        detail = {"threshold": kept.threshold, "labelled": kept.found.labelled, "reason": kept.found.reason}
        self._database.run(
            AuditRecord.insert(
                at=reading.now,
                clock_ok=reading.ok,
                who=None,
                action=action,
                subject=kept.policy,
                detail=json.dumps(detail),
            )
        )


def figures(units: Sequence[JudgedUnit]) -> Figures:
    """What drift compares, of some units."""
    by_time = sorted(units, key=lambda unit: unit.saved_at)
    named: dict[str, list[Dated]] = defaultdict(list)
    for unit in by_time:
        named["confidence"].append((unit.alone.day, unit.alone.confidence))
        for name, value in unit.pictures.items():
            named[name].append((unit.alone.day, value))
    kept = {name: spread(values) for name, values in sorted(named.items())}
    plain = {name: tuple(value for _, value in values) for name, values in kept.items()}
    by_itself = [unit for unit in by_time if not unit.asked]
    return Figures(
        units=len(by_time),
        days=max(1, len({unit.alone.day for unit in by_time})),
        confidences=plain.pop("confidence", ()),
        worse=sum(unit.found_worse for unit in by_time),
        alone=len(by_itself),
        harmful_alone=sum(unit.found_worse for unit in by_itself),
        pictures=plain,
        effects={name: round(day_effect(values), 3) for name, values in kept.items()},
    )


def _by_pack(units: Iterable[JudgedUnit]) -> dict[str, list[JudgedUnit]]:
    found: dict[str, list[JudgedUnit]] = defaultdict(list)
    for unit in units:
        found[unit.policy].append(unit)
    return found


def _newest(database: Database, model: ModelUsed) -> dict[str, KeptCalibration]:
    rows = database.run(
        CalibrationRecord.select(CalibrationRecord.body)
        .where(CalibrationRecord.model_sha256 == model.sha256)
        .order_by(CalibrationRecord.calibration_id)
    )
    kept = [KeptCalibration.model_validate_json(row.body) for row in rows]
    return {one.policy: one for one in kept}
