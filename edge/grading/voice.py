"""Each rule that fires has a voice: how near to sale the unit may come at most, and what nobody may choose.

The decision is the *farthest from sale* that any voice asks for. Rules that fire on worse evidence only ever
add voices, so worse evidence can never bring a unit nearer to sale: that needs no luck in the order of rules.
"""

from dataclasses import dataclass

from edge.grading.decision import Disposition, FiredRule, RuleParam
from edge.returns.holds import HoldReason


@dataclass(frozen=True, slots=True)
class Voice:
    """What one fired rule says.

    Attributes:
        rule: The rule, for people.
        at_best: The unit may come no nearer to sale than this; None where the rule only tells something.
        hold: Why the unit waits, where this rule makes it wait.
        never: What nobody may choose, whatever their role.
        not_at_desk: What nobody may choose before a hold was resolved.
        settles: The rule says whose the unit is, or that it must be kept as it is: no other voice counts.
        person: A person must look.
    """

    rule: FiredRule
    at_best: Disposition | None = None
    hold: HoldReason | None = None
    never: frozenset[Disposition] = frozenset()
    not_at_desk: frozenset[Disposition] = frozenset()
    settles: bool = False
    person: bool = False


def fired(code: str, **params: RuleParam) -> FiredRule:
    """A fired rule with its parameters."""
    return FiredRule(code=f"rule.{code}", params=params)
