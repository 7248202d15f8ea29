"""How closely a unit is looked at, before any picture is taken: `count`, `photo` or `full`.

A sealed refused bag of cheap goods needs scans, not portraits; a phone that a customer had needs every view.
"""

from edge.grading.decision import FiredRule
from edge.grading.observation import CaptureDepth, Observation, SealState
from edge.grading.policy import DepthRule, PolicyPack
from edge.grading.voice import fired
from edge.returns.expected import Custody, ReturnType
from edge.returns.values import FrozenValue, Rupees


class ChosenDepth(FrozenValue):
    """The depth and the rule that chose it."""

    depth: CaptureDepth
    rule: FiredRule


def capture_depth(
    policy: PolicyPack,
    *,
    mrp: Rupees | None,
    custody: Custody | None,
    return_type: ReturnType,
    blind: bool = False,
) -> ChosenDepth:
    """The depth that the pack asks for; a blind return is always looked at fully.

    Args:
        policy: The pack of the unit's category.
        mrp: Price of one unit, rupees; unknown counts as dear.
        custody: Unknown counts as a customer's.
        return_type: Why it comes back.
        blind: The station doesn't know the return.
    """
    if blind:
        return ChosenDepth(depth=CaptureDepth.FULL, rule=fired("depth_blind"))
    for number, rule in enumerate(policy.capture.rule, start=1):
        if _fits(rule, mrp, custody, return_type):
            return ChosenDepth(depth=rule.depth, rule=fired(f"depth_{rule.depth.value}", number=number))
    depth = policy.capture.otherwise
    return ChosenDepth(depth=depth, rule=fired(f"depth_{depth.value}", number=0))


def identical_units_limit(policy: PolicyPack, seen: Observation) -> int:
    """How many identical units one inspection may cover.

    One, unless they are sealed and nothing tells them apart.
    """
    if seen.serialised or seen.serial or seen.weighed or seen.bundle or seen.seal is SealState.OPENED:
        return 1
    return policy.quantity.identical_units_max


def _fits(rule: DepthRule, mrp: Rupees | None, custody: Custody | None, return_type: ReturnType) -> bool:
    return (
        (rule.custody is None or (custody or Custody.CUSTOMER) in rule.custody)
        and (rule.return_type is None or return_type in rule.return_type)
        and (rule.mrp_below is None or (mrp is not None and mrp < rule.mrp_below))
    )
