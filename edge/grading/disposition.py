"""What is done with the unit: the farthest from sale that any rule asks for.

Hard rules speak first, then the pack's rules; a rule that settles whose the unit is, or that it must be kept
as it is, ends the matter. Every rule that fired is named, the one that decided first.
"""

from collections.abc import Iterable

from edge.grading.decision import (
    NEARNESS_TO_SALE,
    Decision,
    Disposition,
    FiredRule,
    Grade,
    GradeResult,
    Liability,
    StockState,
    nearness,
    place_kind_of,
    state_of,
)
from edge.grading.hard_rules import hard_voices, is_opened
from edge.grading.observation import MatchState, Observation
from edge.grading.policy import PolicyPack
from edge.grading.policy_rules import policy_voices
from edge.grading.voice import Voice
from edge.returns.holds import HoldReason


def decide(seen: Observation, graded: GradeResult, policy: PolicyPack) -> Decision:
    """The proposal for a unit: the same observation, grade and policy always give the same one.

    Args:
        seen: Everything known of the unit.
        graded: Its condition, from `grade` or from a person.
        policy: The pack of its category.
    """
    voices = [*hard_voices(seen, policy), *policy_voices(seen, graded, policy)]
    chosen = _chosen(voices)
    never = frozenset().union(*(voice.never for voice in voices))
    if seen.match is MatchState.NOT_OUR_STOCK:
        # What is not ours goes back to its owner, however spoilt; it never enters our books.
        never -= {Disposition.HAND_BACK}
    not_at_desk = frozenset().union(*(voice.not_at_desk for voice in voices)) - never
    allowed = _allowed(chosen, never, not_at_desk)
    rules = _by_importance(voices, chosen, graded)
    return Decision(
        grade=graded.grade,
        disposition=chosen,
        to_state=stock_state(chosen, policy),
        place_kind=place_kind_of(chosen),
        storage_class=seen.storage_class,
        rules=rules,
        findings=graded.findings,
        needs_person=any(voice.person for voice in voices),
        confidence=graded.confidence,
        hold_reason=_hold_reason(voices, chosen),
        liability=_liability(seen, graded, policy, rules),
        depth=seen.depth,
        allowed=allowed,
        allowed_with_supervisor=_others(allowed, never | not_at_desk),
        allowed_on_resolution=tuple(one for one in Disposition if one in not_at_desk and one not in allowed),
        forbidden=tuple(one for one in Disposition if one in never),
        policy=policy.name,
        policy_version=policy.version,
    )


def stock_state(disposition: Disposition, policy: PolicyPack) -> StockState:
    """The stock state after the movement; sellable stock may have to wait for its bin to be scanned."""
    state = state_of(disposition)
    waits = policy.putaway.available_at == "putaway"
    if waits and state in (StockState.AVAILABLE, StockState.MARKDOWN):
        return StockState.AWAITING_PUTAWAY
    return state


def _chosen(voices: Iterable[Voice]) -> Disposition:
    farthest = Disposition.RESTOCK
    for voice in voices:
        if voice.at_best is None:
            continue
        if voice.settles:
            return voice.at_best
        if nearness(voice.at_best) < nearness(farthest):
            farthest = voice.at_best
    return farthest


def _allowed(
    chosen: Disposition, never: frozenset[Disposition], not_at_desk: frozenset[Disposition]
) -> tuple[Disposition, ...]:
    """What the person at the desk may choose: the proposal, waiting, and whatever is farther from sale."""
    free = [chosen, Disposition.HOLD_FOR_REVIEW]
    if chosen in NEARNESS_TO_SALE:
        free += [one for one in reversed(NEARNESS_TO_SALE) if nearness(one) < nearness(chosen)]
    barred = (never | not_at_desk) - {chosen, Disposition.HOLD_FOR_REVIEW}
    return tuple(dict.fromkeys(one for one in free if one not in barred))


def _others(allowed: tuple[Disposition, ...], barred: frozenset[Disposition]) -> tuple[Disposition, ...]:
    return tuple(one for one in Disposition if one not in allowed and one not in barred)


def _hold_reason(voices: Iterable[Voice], chosen: Disposition) -> HoldReason | None:
    if chosen is not Disposition.HOLD_FOR_REVIEW:
        return None
    asking = (voice.hold for voice in voices if voice.at_best is chosen and voice.hold is not None)
    return next(asking, HoldReason.POLICY)


def _by_importance(
    voices: Iterable[Voice], chosen: Disposition, graded: GradeResult
) -> tuple[FiredRule, ...]:
    """What settled the matter, then what asked for the chosen disposition, then findings and the rest."""
    listed = list(voices)
    settling = [voice.rule for voice in listed if voice.settles]
    deciding = [voice.rule for voice in listed if voice.at_best is chosen and not voice.settles]
    others = [voice.rule for voice in listed if voice.at_best is not chosen and not voice.settles]
    by_grade = [rule for rule in deciding if rule.code.startswith("rule.grade.")]
    first = [rule for rule in deciding if rule not in by_grade]
    ordered = [*settling, *first, *by_grade, *graded.rules, *others]
    return tuple(rule for at, rule in enumerate(ordered) if rule not in ordered[:at])


def _liability(
    seen: Observation, graded: GradeResult, policy: PolicyPack, rules: tuple[FiredRule, ...]
) -> Liability:
    """Whose fault the pack suggests; a stranger's or another site's unit is nobody's fault here."""
    if seen.match in (MatchState.NOT_OUR_STOCK, MatchState.OTHER_SITE):
        return Liability.NONE
    codes = {rule.code for rule in rules}
    table = policy.liability
    for code, liable in (
        ("rule.serial_differs", table.serial_differs),
        ("rule.recalled", table.recalled),
        ("rule.cold_chain_broken", table.cold_chain),
        ("rule.too_warm", table.cold_chain),
        ("rule.expired", table.expired),
    ):
        if code in codes:
            return liable
    damaged = graded.grade in (Grade.C, Grade.D) or is_opened(seen, policy)
    if not damaged:
        return Liability.NONE
    return table.damaged_by_customer if seen.was_with_customer else table.damaged_by_rider
