"""The rules that operations set: what the pack says beyond the hard rules.

Each returns a voice or nothing. None of them forbids anything to a supervisor.
"""

import math
from decimal import Decimal

from edge.grading.decision import Disposition, Grade, GradeResult, GradeSource
from edge.grading.golden_rules import golden_voices
from edge.grading.hard_rules import is_expired
from edge.grading.observation import BundleState, MatchState, Observation
from edge.grading.policy import PolicyPack
from edge.grading.policy_tables import TableException
from edge.grading.voice import Voice, fired
from edge.returns.dates import DateSource
from edge.returns.expected import Custody
from edge.returns.holds import HoldReason


def policy_voices(seen: Observation, graded: GradeResult, policy: PolicyPack) -> list[Voice]:
    """Every rule of the pack that fires, the most important first."""
    found = [
        _not_judged(seen, graded),
        _serial_missing(seen, policy),
        _cold_after_customer(seen, policy),
        _life(seen, policy),
        _weight(seen, policy),
        _bundle(seen.bundle, policy),
        _blind(seen, policy),
        *golden_voices(seen, policy),
        *_exceptions(seen, policy),
        _table(graded, policy),
        _presumed(graded, policy),
        *_asks(seen, graded, policy),
    ]
    return [voice for voice in found if voice is not None]


def _not_judged(seen: Observation, graded: GradeResult) -> Voice | None:
    if graded.source is not GradeSource.NOBODY:
        return None
    code = "no_model" if not seen.model.present and seen.usable_views else "no_usable_picture"
    return Voice(fired(code), at_best=Disposition.HOLD_FOR_REVIEW, hold=HoldReason.NOT_JUDGED, person=True)


def _serial_missing(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.serialised or seen.serial:
        return None
    at_best = Disposition.HOLD_FOR_REVIEW if policy.identity.hold_missing_serial else None
    return Voice(fired("serial_missing"), at_best=at_best, hold=HoldReason.SERIAL_MISSING, person=True)


def _cold_after_customer(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.storage_class.is_cold or not seen.was_with_customer:
        return None
    if policy.cold_chain.restock_after_customer:
        return None
    rule = fired("cold_after_customer" if seen.custody is Custody.CUSTOMER else "cold_custody_unknown")
    return Voice(rule, at_best=policy.cold_chain.after_customer, hold=HoldReason.POLICY)


def _life(seen: Observation, policy: PolicyPack) -> Voice | None:
    """Remaining life of dated goods, in days and as a share of the shelf life."""
    days = seen.days_left
    if not seen.dated or days is None or not seen.clock_ok:
        return None
    life = policy.life
    needed = _days_needed(life.restock_min_days, life.restock_min_share, seen.shelf_life_days)
    needed_markdown = _days_needed(life.markdown_min_days, life.markdown_min_share, seen.shelf_life_days)
    if days < needed_markdown:
        rule = fired("life_too_short", days=max(days, 0), needed=needed_markdown)
        return Voice(rule, at_best=life.below_markdown, hold=HoldReason.POLICY)
    if days < needed:
        rule = fired("life_short", days=days, needed=needed)
        return Voice(rule, at_best=Disposition.RESTOCK_MARKDOWN)
    machine = seen.pack_date is not None and seen.pack_date.source is DateSource.READ
    if machine and not life.trust_machine_read:
        return Voice(fired("date_read_by_machine", date=str(seen.last_good_day)), person=True)
    return Voice(fired("life_enough", days=days, needed=needed))


def _days_needed(days: int, share: float, shelf_life: int | None) -> int:
    """The stricter of days and share, in whole days."""
    by_share = -int(-(Decimal(str(share)) * shelf_life) // 1) if shelf_life else 0
    return max(days, by_share)


def _weight(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.weighed:
        return None
    if seen.observed_weight_kg is None:
        return Voice(
            fired("weight_missing"),
            at_best=Disposition.HOLD_FOR_REVIEW,
            hold=HoldReason.WEIGHT_DIFFERS,
            person=True,
        )
    if seen.expected_weight_kg is None:
        return None
    allowed = seen.expected_weight_kg * Decimal(str(policy.weight.tolerance_share))
    if abs(seen.observed_weight_kg - seen.expected_weight_kg) <= allowed:
        return None
    rule = fired(
        "weight_differs", observed=f"{seen.observed_weight_kg:f}", expected=f"{seen.expected_weight_kg:f}"
    )
    return Voice(rule, at_best=policy.weight.outside, hold=HoldReason.WEIGHT_DIFFERS, person=True)


def _bundle(bundle: BundleState | None, policy: PolicyPack) -> Voice | None:
    if bundle is None or bundle.complete:
        return None
    rule = fired("bundle_incomplete", missing=", ".join(bundle.missing[:3]), count=len(bundle.missing))
    return Voice(rule, at_best=policy.bundle.incomplete, hold=HoldReason.BUNDLE_INCOMPLETE)


def _blind(seen: Observation, policy: PolicyPack) -> Voice | None:
    if seen.match is not MatchState.BLIND:
        return None
    if policy.blind.restock and seen.mrp is not None and seen.mrp <= policy.blind.restock_up_to_mrp:
        return Voice(fired("blind_allowed", limit=float(policy.blind.restock_up_to_mrp)))
    rule = fired("blind_held")
    return Voice(rule, at_best=Disposition.HOLD_FOR_REVIEW, hold=HoldReason.BLIND, person=True)


def _exceptions(seen: Observation, policy: PolicyPack) -> list[Voice]:
    return [
        Voice(fired("exception", name=one.name), at_best=one.at_best, hold=HoldReason.POLICY)
        for one in policy.disposition.exception
        if _fits(one, seen)
    ]


def _fits(one: TableException, seen: Observation) -> bool:
    custody = Custody.CUSTOMER if seen.was_with_customer else Custody.RIDER_ONLY
    return (
        (one.custody is None or custody in one.custody)
        and (one.return_type is None or seen.return_type in one.return_type)
        and (one.storage_class is None or seen.storage_class in one.storage_class)
    )


def _table(graded: GradeResult, policy: PolicyPack) -> Voice | None:
    if graded.grade is None:
        return None
    # The table never brings a worse grade nearer to sale, so the row alone is the limit.
    return Voice(
        fired(f"grade.{graded.grade.value.lower()}"),
        at_best=policy.disposition.of(graded.grade),
        hold=HoldReason.POLICY,
    )


def _presumed(graded: GradeResult, policy: PolicyPack) -> Voice | None:
    if graded.source is not GradeSource.PRESUMED:
        return None
    return Voice(fired("presumed_sound"), at_best=policy.disposition.presumed, hold=HoldReason.POLICY)


def _asks(seen: Observation, graded: GradeResult, policy: PolicyPack) -> list[Voice]:
    """Reasons for which a person must look, whatever the disposition."""
    asks = policy.confidence
    voices = []
    by_pictures = graded.source is GradeSource.PICTURES
    limit = max(asks.ask_below, _tested_limit(seen, graded))
    if by_pictures and graded.confidence < limit:
        percent = math.floor(round(graded.confidence * 100, 6))  # 92.6 of 93 wanted is not "93 of 93"
        rule = fired("unsure", percent=percent, limit=math.ceil(round(limit * 100, 6)))
        voices.append(Voice(rule, person=True))
    if by_pictures and not seen.model.calibrated and asks.uncalibrated_asks:
        voices.append(Voice(fired("model_uncalibrated"), person=True))
    if seen.mrp is not None and seen.mrp >= asks.person_from_mrp and not is_expired(seen):
        voices.append(Voice(fired("valuable", mrp=float(seen.mrp)), person=True))
    if asks.person_confirms_always:
        voices.append(Voice(fired("person_always"), person=True))
    return voices


def _tested_limit(seen: Observation, graded: GradeResult) -> float:
    """The tested threshold, of units that look sound: what is found damaged is not put back on the shelf."""
    if not seen.model.calibrated or seen.model.threshold is None or graded.grade not in (Grade.A, Grade.B):
        return 0.0
    return seen.model.threshold
