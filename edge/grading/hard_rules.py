"""The rules that no role and no policy may override.

Expired, recalled, cold-chain-broken, or opened food, medicine, baby or hygiene goods never reach people
again. They are code because they are law and conscience, not taste: a policy pack can add to them, never take
from them, and `forbids` stands before every override.

| rule | what it forbids for ever |
|---|---|
| expired | reaching people |
| recalled, or perhaps recalled (lot unknown) | reaching people |
| cold chain broken, or nobody knows | reaching people |
| opened food, medicine, baby, hygiene goods | reaching people |

Others hold until a supervisor has resolved the hold: a date that nobody took from the item, a clock that may
be wrong, a serial that differs, a wrong product, an excess.
"""

import math
from dataclasses import replace

from edge.grading.decision import REACHES_PEOPLE, Disposition, FiredRule
from edge.grading.observation import EARLIEST_TODAY, MatchState, Observation, SealState
from edge.grading.policy import MOST_MINUTES, WARMEST, PolicyPack
from edge.grading.voice import Voice, fired
from edge.returns.blocklist import BlockState
from edge.returns.catalogue import StorageClass
from edge.returns.holds import HoldReason
from vision.findings import DefectKind

NEVER_AGAIN = REACHES_PEOPLE | {Disposition.REFURBISH, Disposition.HAND_BACK}
"""Forbidden for unsafe goods. Refurbishing is on the way to people; handing back our own goods is too."""

ALL_BUT_HOLD = frozenset(Disposition) - {Disposition.HOLD_FOR_REVIEW}

SURELY_OPEN = 0.5
"""Score from which an opening counts as one, however blind a policy is."""

SURELY_WRONG = 0.8
"""Score from which a picture of another article counts, however blind a policy is."""

_BREACHES = (DefectKind.OPENING, DefectKind.PENETRATION, DefectKind.BREAKAGE, DefectKind.SPILLAGE)


def hard_voices(seen: Observation, policy: PolicyPack) -> list[Voice]:
    """Every hard rule that fires, the most important first."""
    found = [
        _belongs_elsewhere(seen),
        _serial_differs(seen),
        _recalled(seen, policy),
        _expired(seen, policy),
        _too_warm(seen, policy),
        _out_of_cold(seen, policy),
        _opened(seen, policy),
        _unknown_product(seen),
        _match(seen),
        _looks_wrong(seen, policy),
        _date_unproven(seen),
    ]
    return [voice for voice in found if voice is not None]


def forbids(seen: Observation, policy: PolicyPack, disposition: Disposition) -> bool:
    """Whether a hard rule forbids a disposition to everybody, for ever."""
    return any(disposition in voice.never for voice in hard_voices(seen, policy))


def minutes_limit(seen: Observation, policy: PolicyPack) -> int:
    """The longest time out of the cold for this unit, minutes."""
    chilled = seen.storage_class is StorageClass.CHILLED
    asked = policy.cold_chain.chilled_max_minutes if chilled else policy.cold_chain.frozen_max_minutes
    return min(asked, MOST_MINUTES[seen.storage_class])


def celsius_limit(seen: Observation, policy: PolicyPack) -> float:
    """The highest probe reading for this unit, °C."""
    chilled = seen.storage_class is StorageClass.CHILLED
    asked = policy.cold_chain.chilled_max_celsius if chilled else policy.cold_chain.frozen_max_celsius
    return min(asked, WARMEST[seen.storage_class])


def is_expired(seen: Observation) -> bool:
    """Whether the last good day is past.

    By a clock known to be right, or because no clock could say otherwise.
    """
    last = seen.last_good_day
    if last is None:
        return False
    return last < (seen.today if seen.clock_ok else EARLIEST_TODAY)


def is_opened(seen: Observation, policy: PolicyPack) -> bool:
    """Whether the pack is no longer closed, by a person's word or by what the pictures show."""
    if seen.seal is SealState.OPENED:
        return True
    for finding in seen.findings:
        table = policy.defects.of(finding.kind)
        if finding.kind in _BREACHES and table and finding.score >= min(table.count_from, SURELY_OPEN):
            return True
    return False


def _unsafe(asked: Disposition) -> Disposition:
    """The policy's word for unsafe goods, unless it is one that a hard rule forbids."""
    return Disposition.SCRAP if asked in NEVER_AGAIN else asked


def _belongs_elsewhere(seen: Observation) -> Voice | None:
    if seen.match is MatchState.NOT_OUR_STOCK:
        rule, where = fired("not_our_stock"), Disposition.HAND_BACK
    elif seen.match is MatchState.OTHER_SITE:
        rule, where = fired("other_site"), Disposition.TRANSFER
    else:
        return None
    kept = {where, Disposition.HOLD_FOR_REVIEW, Disposition.HAND_BACK, Disposition.TRANSFER}
    return Voice(rule, at_best=where, not_at_desk=frozenset(Disposition) - kept, settles=True)


def _serial_differs(seen: Observation) -> Voice | None:
    if not seen.serial or not seen.dispatched_serials:
        return None
    if _plain(seen.serial) in {_plain(serial) for serial in seen.dispatched_serials}:
        return None
    return Voice(
        fired("serial_differs", serial=seen.serial, dispatched=", ".join(seen.dispatched_serials[:3])),
        at_best=Disposition.HOLD_FOR_REVIEW,
        hold=HoldReason.SERIAL_DIFFERS,
        not_at_desk=ALL_BUT_HOLD,
        settles=True,
        person=True,
    )


def _recalled(seen: Observation, policy: PolicyPack) -> Voice | None:
    if seen.block is BlockState.BLOCKED:
        rule = fired("recalled", lot=seen.lot or "-", reason=seen.block_reason or "-")
        at_best = _unsafe(policy.unsafe.recalled)
        return Voice(rule, at_best=at_best, hold=HoldReason.RECALLED, never=NEVER_AGAIN)
    if seen.block is BlockState.LOT_UNKNOWN:
        return Voice(
            fired("recall_lot_unknown", reason=seen.block_reason or "-"),
            at_best=Disposition.HOLD_FOR_REVIEW,
            hold=HoldReason.LOT_UNKNOWN,
            never=NEVER_AGAIN,
            person=True,
        )
    return None


def _expired(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not is_expired(seen):
        return None
    rule = fired("expired", date=str(seen.last_good_day))
    return Voice(rule, at_best=_unsafe(policy.unsafe.expired), hold=HoldReason.POLICY, never=NEVER_AGAIN)


def _too_warm(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.storage_class.is_cold or seen.temperature_c is None:
        return None
    limit = celsius_limit(seen, policy)
    if seen.temperature_c <= limit:
        return None
    rule = fired("too_warm", temperature=round(seen.temperature_c, 1), limit=limit)
    return _cold_chain_broken(rule, policy)


def _out_of_cold(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.storage_class.is_cold:
        return None
    # Minutes are a difference of wall times: with a clock that may be wrong they prove nothing either way.
    if seen.minutes_out_of_cold is None or not seen.clock_ok:
        return Voice(
            fired("cold_chain_unknown"),
            at_best=Disposition.HOLD_FOR_REVIEW,
            hold=HoldReason.COLD_CHAIN_UNKNOWN,
            never=NEVER_AGAIN,
            person=True,
        )
    limit = minutes_limit(seen, policy)
    if seen.minutes_out_of_cold <= limit:
        return None
    rule = fired("cold_chain_broken", minutes=math.ceil(seen.minutes_out_of_cold), limit=limit)
    return _cold_chain_broken(rule, policy)


def _cold_chain_broken(rule: FiredRule, policy: PolicyPack) -> Voice:
    at_best = _unsafe(policy.unsafe.cold_chain_broken)
    return Voice(rule, at_best=at_best, hold=HoldReason.POLICY, never=NEVER_AGAIN)


def _opened(seen: Observation, policy: PolicyPack) -> Voice | None:
    if not seen.goods_class.closed_packs_only or not is_opened(seen, policy):
        return None
    rule = fired(f"opened_{seen.goods_class.value}")
    return Voice(rule, at_best=_unsafe(policy.unsafe.opened), hold=HoldReason.POLICY, never=NEVER_AGAIN)


_HELD_MATCHES = {
    MatchState.EXCESS: ("excess", HoldReason.EXCESS),
    MatchState.WRONG_PRODUCT: ("wrong_product", HoldReason.WRONG_PRODUCT),
    MatchState.CANCELLED_RETURN: ("cancelled_return", HoldReason.CANCELLED_RETURN),
}


def _match(seen: Observation) -> Voice | None:
    if seen.match in _HELD_MATCHES:
        return _held(*_HELD_MATCHES[seen.match])
    return None


def _unknown_product(seen: Observation) -> Voice | None:
    """An article without catalogue data has no hygiene law, no vendor, no shelf life.

    It must be kept as it is.
    """
    if seen.match is MatchState.UNKNOWN_PRODUCT or not seen.in_catalogue:
        return replace(_held("unknown_product", HoldReason.UNKNOWN_PRODUCT), settles=True)
    return None


def _looks_wrong(seen: Observation, policy: PolicyPack) -> Voice | None:
    limit = min(policy.identity.wrong_item_from, SURELY_WRONG)
    scores = [finding.score for finding in seen.findings if finding.kind is DefectKind.WRONG_ITEM]
    if not scores or max(scores) < limit:
        return None
    return _held("looks_like_another", HoldReason.WRONG_PRODUCT)


def _date_unproven(seen: Observation) -> Voice | None:
    if not seen.dated:
        return None
    if seen.pack_date is None or not seen.pack_date.source.is_from_item or seen.last_good_day is None:
        return _held("date_missing", HoldReason.DATE_MISSING)
    if not seen.clock_ok:
        return _held("clock_wrong", HoldReason.CLOCK_WRONG)
    return None


def _held(code: str, reason: HoldReason) -> Voice:
    return Voice(
        fired(code),
        at_best=Disposition.HOLD_FOR_REVIEW,
        hold=reason,
        not_at_desk=REACHES_PEOPLE | {Disposition.REFURBISH},
        person=True,
    )


def _plain(serial: str) -> str:
    return serial.strip().casefold()
